/**
 * @module
 * The options of generated TCP segments: which of those on offer a SYN has room for, and their bytes. Everything is aligned to four
 * bytes, in the order in which Linux writes them.
 */

import { writeU16BE, writeU32BE } from './bytes.js';
import { wordsOf } from './checksum.js';
import type { SynOptions } from './syn-options.js';

/** Options as bits of a set. */
export const TCP_OPTION = { mss: 1, windowScale: 2, sackPermitted: 4, timestamps: 8 } as const;

/** Kinds (IANA), with their lengths. */
const NO_OPERATION = 1;
const MSS = 0x0204;
const WINDOW_SCALE = 0x0303;
const SACK_PERMITTED = 0x0402;
const TIMESTAMPS = 0x080a;

/** What an end has to say in its options. */
export interface OptionValues {
  readonly mss: number;
  readonly windowScale: number;
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
