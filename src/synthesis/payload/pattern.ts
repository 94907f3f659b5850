/**
 * @module
 * Payloads that say nothing: zeros, and the pattern that fewest dissectors take for a broken packet of their own protocol
 * (docs/decisions/0006-payload-pattern.md).
 */
import type { PayloadSource, PayloadStream } from '../payload-stream.js';

const NO_BYTES = new Uint8Array(0);

/** Writes ff ff and then zeros. @returns sum of the words */
export function writePattern(bytes: Uint8Array, at: number, length: number): number {
  bytes.fill(0, at, at + length);
  if (length === 0) return 0;
  bytes[at] = 0xff;
  if (length === 1) return 0xff00;
  bytes[at + 1] = 0xff;
  return 0xffff;
}

function writeZeros(bytes: Uint8Array, at: number, length: number): number {
  bytes.fill(0, at, at + length);
  return 0;
}

export const PATTERN_STREAM: PayloadStream = { write: writePattern };
export const ZEROS_STREAM: PayloadStream = { write: writeZeros };

export const PATTERN_SOURCE: PayloadSource = { preamble: NO_BYTES, minBytes: () => 0, begin: () => PATTERN_STREAM };
export const ZEROS_SOURCE: PayloadSource = { preamble: NO_BYTES, minBytes: () => 0, begin: () => ZEROS_STREAM };
