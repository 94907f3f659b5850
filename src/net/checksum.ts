/**
 * @module
 * The Internet checksum (RFC 1071), computed anew or updated for what has changed (RFC 1624), and CRC32c, that of SCTP (RFC 9260
 * appendix A). An update leaves a right checksum right and a wrong one wrong.
 */
import { readU16BE, writeU16BE } from './bytes.js';

/** Sums of so many words fit 31 bits. */
const WORDS_PER_FOLD = 0x7fff;

/** A one's complement sum in 16 bits. @param sum below 2^47: the words of a jumbo frame can take it above 32 bits, where only arithmetic on doubles is right */
function fold(sum: number): number {
  let folded = sum < 2 ** 31 ? sum : (sum % 0x10000) + Math.floor(sum / 0x10000);
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return folded;
}

/**
 * The one's complement sum of words; an odd last byte is followed by a zero.
 *
 * @param sum what stands before, at most 2^16 words
 */
export function sumOfWords(bytes: Uint8Array, at: number, length: number, sum = 0): number {
  const end = at + length;
  let total = fold(sum);
  for (let cursor = at; cursor + 1 < end; ) {
    const stop = Math.min(end - 1, cursor + 2 * WORDS_PER_FOLD);
    for (; cursor < stop; cursor += 2) total += (bytes[cursor]! << 8) | bytes[cursor + 1]!;
    total = fold(total);
  }
  return fold((length & 1) === 0 ? total : total + (bytes[end - 1]! << 8));
}

/** The checksum of a sum. */
export const checksumOf = (sum: number): number => ~fold(sum) & 0xffff;

/** Sum of the two words of a 32-bit number. */
export const wordsOf = (value: number): number => (value >>> 16) + (value & 0xffff);

/** What a checksum has to be updated by when a word changes: ~m + m′ of RFC 1624 equation 3. Several are added. */
export const wordChange = (before: number, after: number): number =>
  before === after ? 0 : (~before & 0xffff) + after;

/**
 * Updates a checksum: HC′ = ~(~HC + ~m + m′), RFC 1624 equation 3.
 *
 * @param change sum of `wordChange`s
 * @returns the change of the checksum itself, for another one that covers it
 */
export function updateChecksum(bytes: Uint8Array, at: number, change: number): number {
  if (change === 0) return 0;
  const before = readU16BE(bytes, at);
  const after = ~fold((~before & 0xffff) + change) & 0xffff;
  writeU16BE(bytes, at, after);
  return wordChange(before, after);
}

/** Remainders of the reflected Castagnoli polynomial. */
function crcTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ ((remainder & 1) * 0x82f63b78);
    return remainder;
  });
}

const CRC_TABLE = crcTable();

/** Takes bytes into a CRC32c that has neither been inverted at the beginning nor at the end. */
export function crc32c(bytes: Uint8Array, at: number, length: number, crc: number): number {
  let remainder = crc;
  for (let i = at; i < at + length; i++) remainder = (remainder >>> 8) ^ CRC_TABLE[(remainder ^ bytes[i]!) & 0xff]!;
  return remainder;
}

/** The same for bytes that are all zero. */
export function crc32cOfZeros(length: number, crc: number): number {
  let remainder = crc;
  for (let i = 0; i < length; i++) remainder = (remainder >>> 8) ^ CRC_TABLE[remainder & 0xff]!;
  return remainder;
}
