/**
 * @module
 * The contract between the file formats and the loop that drives them: a reader takes one record after the other out of a
 * `ByteWindow` and says when it needs more bytes. It never waits, so that the loop runs at full speed between two reads.
 */
import type { Packet } from './packet.js';

/** What `next` came to. */
export const RECORD = {
  /** The packet is filled in. */
  packet: 0,
  /** The next record needs `needed` bytes in the window. */
  incomplete: 1,
  /** The bytes are not a record: `damage` says why. Nothing more can be read. */
  damaged: 2,
} as const;

export type RecordStatus = (typeof RECORD)[keyof typeof RECORD];

/** Things about timestamps that a reader noticed. */
export interface TimestampCounts {
  /** Fractions of a second of one second or more; they are carried over. */
  fractionInvalid: number;
  /** Packets that the format stores without a time (pcapng Simple Packet Blocks); they take the time of the one before. */
  missing: number;
}

export interface RecordReader {
  readonly format: CaptureFormat;
  readonly timestamps: TimestampCounts;
  /** Link types seen so far, in order of appearance. */
  readonly linkTypes: readonly number[];
  /** Bytes needed after `incomplete`. */
  readonly needed: number;
  /** What is wrong after `damaged`. */
  readonly damage: string;
  /** Takes the next packet out of the window and fills in the record part of `packet`. */
  next(packet: Packet): RecordStatus;
}

/** Names as Wireshark's tools use them. */
export type CaptureFormat = 'pcap' | 'nsecpcap' | 'modpcap' | 'pcapng';
