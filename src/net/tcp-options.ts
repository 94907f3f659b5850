/**
 * @module
 * The options of TCP segments: read from captured SYNs, and written into generated ones. What is written is aligned to four bytes, in the
 * order in which Linux writes it.
 */

import { readU16BE, writeU16BE, writeU32BE } from './bytes.js';
import { wordsOf } from './checksum.js';
import { TCP_HEADER_BYTES } from './header-bytes.js';
import type { SynOptions } from './syn-options.js';

/** Options as bits of a set. */
export const TCP_OPTION = { mss: 1, windowScale: 2, sackPermitted: 4, timestamps: 8 } as const;

/** Kinds (IANA). */
const KIND = { end: 0, noOperation: 1, mss: 2, windowScale: 3, sackPermitted: 4, timestamps: 8 } as const;
/** Kinds with their lengths, as options begin. */
const NO_OPERATION = KIND.noOperation;
const MSS = KIND.mss * 256 + 4;
const WINDOW_SCALE = KIND.windowScale * 256 + 3;
const SACK_PERMITTED = KIND.sackPermitted * 256 + 2;
const TIMESTAMPS = KIND.timestamps * 256 + 10;
/** Larger shifts are taken for this one (RFC 7323 §2.3). */
const MAX_WINDOW_SCALE = 14;

/** What an end has to say in its options. */
export interface OptionValues {
  readonly mss: number;
  readonly windowScale: number;
}

/**
 * The options of a SYN.
 *
 * @param at position of the TCP header, captured as far as its length
 * @param capturedEnd end of the captured bytes
 * @returns undefined where the options were not captured whole
 */
export function readSynOptions(bytes: Uint8Array, at: number, capturedEnd: number): SynOptions | undefined {
  const end = at + (bytes[at + 12]! >> 4) * 4;
  if (end > capturedEnd) return undefined;
  let mss: number | null = null;
  let windowScale: number | null = null;
  let sackPermitted = false;
  let timestamps = false;
  for (let cursor = at + TCP_HEADER_BYTES; cursor < end; ) {
    const kind = bytes[cursor]!;
    if (kind === KIND.end) break;
    if (kind === KIND.noOperation) {
      cursor++;
      continue;
    }
    const length = cursor + 1 < end ? bytes[cursor + 1]! : 0;
    if (length < 2 || cursor + length > end) break;
    if (kind === KIND.mss && length === 4) mss = readU16BE(bytes, cursor + 2);
    else if (kind === KIND.windowScale && length === 3) windowScale = Math.min(MAX_WINDOW_SCALE, bytes[cursor + 2]!);
    else if (kind === KIND.sackPermitted) sackPermitted = true;
    else if (kind === KIND.timestamps) timestamps = true;
    cursor += length;
  }
  return { mss, windowScale, sackPermitted, timestamps };
}

/** The set of options that a SYN would like to carry. */
export function offeredOptions({ mss, windowScale, sackPermitted, timestamps }: SynOptions): number {
  return (
    (mss === null ? 0 : TCP_OPTION.mss) |
    (windowScale === null ? 0 : TCP_OPTION.windowScale) |
    (sackPermitted ? TCP_OPTION.sackPermitted : 0) |
    (timestamps ? TCP_OPTION.timestamps : 0)
  );
}

/** Bytes that a set of options takes: SACK permitted stands where timestamps need two bytes of padding. */
export function optionBytes(options: number): number {
  return (
    ((options & TCP_OPTION.mss) !== 0 ? 4 : 0) +
    ((options & TCP_OPTION.windowScale) !== 0 ? 4 : 0) +
    ((options & TCP_OPTION.timestamps) !== 0 ? 12 : (options & TCP_OPTION.sackPermitted) !== 0 ? 4 : 0)
  );
}

const BY_IMPORTANCE = [TCP_OPTION.mss, TCP_OPTION.windowScale, TCP_OPTION.sackPermitted, TCP_OPTION.timestamps];

/** The options of a set that fit into `room` bytes. */
export function fittingOptions(options: number, room: number): number {
  let fitting = 0;
  for (const option of BY_IMPORTANCE) {
    if ((options & option) !== 0 && optionBytes(fitting | option) <= room) fitting |= option;
  }
  return fitting;
}

/**
 * Writes a set of options at `at`, and padding up to `end`: zeros, of which the first ends the list (RFC 9293 §3.1). Not
 * no-operations, because four of those in a row are taken for options that a router has wiped out.
 *
 * @param timestamp, echoed TSval and TSecr
 * @returns the sum of the 16-bit words written
 */
export function writeOptions(
  bytes: Uint8Array,
  at: number,
  end: number,
  options: number,
  { mss, windowScale }: OptionValues,
  timestamp: number,
  echoed: number,
): number {
  let cursor = at;
  let sum = 0;
  if ((options & TCP_OPTION.mss) !== 0) {
    sum += writePair(bytes, cursor, MSS, mss);
    cursor += 4;
  }
  const second = (options & TCP_OPTION.sackPermitted) !== 0 ? SACK_PERMITTED : NO_OPERATION * 257;
  if ((options & TCP_OPTION.timestamps) !== 0) {
    sum += writePair(bytes, cursor, second, TIMESTAMPS);
    writeU32BE(bytes, cursor + 4, timestamp);
    writeU32BE(bytes, cursor + 8, echoed);
    sum += wordsOf(timestamp) + wordsOf(echoed);
    cursor += 12;
  } else if ((options & TCP_OPTION.sackPermitted) !== 0) {
    sum += writePair(bytes, cursor, NO_OPERATION * 257, SACK_PERMITTED);
    cursor += 4;
  }
  if ((options & TCP_OPTION.windowScale) !== 0) {
    sum += writePair(
      bytes,
      cursor,
      NO_OPERATION * 256 + (WINDOW_SCALE >>> 8),
      (WINDOW_SCALE & 0xff) * 256 + windowScale,
    );
    cursor += 4;
  }
  while (cursor < end) bytes[cursor++] = 0;
  return sum;
}

function writePair(bytes: Uint8Array, at: number, first: number, second: number): number {
  writeU16BE(bytes, at, first);
  writeU16BE(bytes, at + 2, second);
  return first + second;
}
