/**
 * @module
 * Sequence and time in the first 16 bytes of a payload, so that a sink can tell loss, order and delay: a mark (1 byte), the device (3),
 * its packet (4), and the planned time in ns since the Unix epoch (8), all in network byte order.
 */
import { readU32BE, writeU32BE } from '../net/bytes.js';

export const STAMP_BYTES = 16;
const MARK = 0xa7;
const MAX_DEVICES = 2 ** 24;
const WORD = 2 ** 32;

export interface Stamp {
  readonly device: number;
  /** Counted from 0 for each device, also over packets too short for a stamp; wraps at 2^32. */
  readonly sequence: number;
  readonly plannedNs: bigint;
}

/** @param device below 2^24 */
export function writeStamp(
  bytes: Uint8Array,
  at: number,
  device: number,
  sequence: number,
  startWallNs: bigint,
  deadlineNs: number,
): void {
  writeU32BE(bytes, at, MARK * MAX_DEVICES + device);
  writeU32BE(bytes, at + 4, sequence);
  // In two words, without a BigInt for each packet: seconds and nanoseconds would not sort, so one number of 64 bits.
  const low = Number(startWallNs & 0xffff_ffffn) + deadlineNs;
  const carry = Math.floor(low / WORD);
  writeU32BE(bytes, at + 8, Number(startWallNs >> 32n) + carry);
  writeU32BE(bytes, at + 12, Math.floor(low - carry * WORD));
}

/** Undefined where there is none. */
export function readStamp(bytes: Uint8Array, at: number, length: number): Stamp | undefined {
  if (length < STAMP_BYTES || bytes[at] !== MARK) return undefined;
  return {
    device: readU32BE(bytes, at) % MAX_DEVICES,
    sequence: readU32BE(bytes, at + 4),
    plannedNs: (BigInt(readU32BE(bytes, at + 8)) << 32n) | BigInt(readU32BE(bytes, at + 12)),
  };
}

/** Reads stamps without an object for each packet. */
export class StampReader {
  device = 0;
  sequence = 0;
  /** Planned time since the beginning that the reader was given, in ns. */
  plannedNs = 0;
  readonly #startHigh: number;
  readonly #startLow: number;

  /** @param startWallNs since the Unix epoch */
  constructor(startWallNs: bigint) {
    this.#startHigh = Number(startWallNs >> 32n);
    this.#startLow = Number(startWallNs & 0xffff_ffffn);
  }

  /** @returns whether there is one */
  read(bytes: Uint8Array, at: number, length: number): boolean {
    if (length < STAMP_BYTES || bytes[at] !== MARK) return false;
    this.device = readU32BE(bytes, at) % MAX_DEVICES;
    this.sequence = readU32BE(bytes, at + 4);
    // Of two numbers of 64 bits, which no double holds, the difference.
    const high = readU32BE(bytes, at + 8) - this.#startHigh;
    this.plannedNs = high * WORD + readU32BE(bytes, at + 12) - this.#startLow;
    return true;
  }
}
