/**
 * @module
 * What messages of DNS and its relatives are made of (RFC 1035 §4).
 */
import type { Message } from '../message.js';
import { ascii } from './text.js';

export const HEADER_BYTES = 12;
/** Type and class of a question. */
export const QUESTION_TAIL_BYTES = 4;
/** A record behind its name and before its data: type, class, time to live, length. */
export const RECORD_HEAD_BYTES = 10;
/** An OPT record without options, and one with an empty option of padding (RFC 6891 §6.1.2, RFC 7830 §3). */
export const OPT_BYTES = 11;
export const OPT_PADDING_BYTES = 15;

export const TYPE = { a: 1, cname: 5, ptr: 12, opt: 41 } as const;
const CLASS_IN = 1;
const PADDING_OPTION = 12;
const MAX_LABEL_BYTES = 63;
const UDP_PAYLOAD_BYTES = 1232;

/** Labels are the beginning of this: six letters of it are `device`. */
const LABEL = ascii('devicesensorlightcamerasocketmeterlockbulbhubcamspeakerplugfans').subarray(0, MAX_LABEL_BYTES);
/** An address of documentation (RFC 5737). */
const ADDRESS = 0xcb007107; // 203.0.113.7

export function writeHeader(
  message: Message,
  id: number,
  flags: number,
  questions: number,
  answers: number,
  additional: number,
): void {
  message.u16(id);
  message.u16(flags);
  message.u16(questions);
  message.u16(answers);
  message.u16(0);
  message.u16(additional);
}

/** Writes one label of `length` letters, 1 to 63. */
export function writeLabel(message: Message, length: number): void {
  message.u8(length);
  message.bytes(LABEL.subarray(0, length));
}

/** Whether there is a name of so many bytes on the wire, its root included. */
export const isNameLength = (bytes: number): boolean => bytes === 1 || (bytes >= 3 && bytes <= MAX_LABEL_BYTES + 2);

/**
 * Writes a name of exactly so many bytes: a label and the suffix if both fit, else a label.
 *
 * @param suffix labels with the root
 */
export function writeName(message: Message, bytes: number, suffix: Uint8Array): void {
  const label = bytes - suffix.length - 1;
  if (label >= 1) {
    writeLabel(message, label);
    message.bytes(suffix);
    return;
  }
  if (bytes >= 3) writeLabel(message, bytes - 2);
  message.u8(0);
}

export function writeQuestionTail(message: Message, type: number): void {
  message.u16(type);
  message.u16(CLASS_IN);
}

/** Writes what stands behind the name of a record, up to its data. */
export function writeRecordHead(message: Message, type: number, dataBytes: number): void {
  message.u16(type);
  message.u16(CLASS_IN);
  message.u32(300); // seconds to live
  message.u16(dataBytes);
}

/** Writes type, class, time to live and address, behind a name. */
export function writeAddress(message: Message): void {
  writeRecordHead(message, TYPE.a, 4);
  message.u32(ADDRESS);
}

/** Ends a message by an OPT record of exactly so many bytes: 11, or 15 and more. */
export function writeOpt(message: Message, bytes: number): void {
  message.u8(0);
  message.u16(TYPE.opt);
  message.u16(UDP_PAYLOAD_BYTES);
  message.u32(0);
  message.u16(bytes - OPT_BYTES);
  if (bytes === OPT_BYTES) return;
  message.u16(PADDING_OPTION);
  message.u16(bytes - OPT_PADDING_BYTES);
  message.fill('zeros', bytes - OPT_PADDING_BYTES);
}

export const isOptLength = (bytes: number): boolean => bytes === OPT_BYTES || bytes >= OPT_PADDING_BYTES;
