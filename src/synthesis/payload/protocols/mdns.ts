/**
 * @module
 * Multicast DNS (RFC 6762): who opened asks for the address of `device.local`, and the other end answers. To a group, which never
 * answers, longer messages are announcements.
 */
import type { Circumstances, DatagramApplication } from '../application.js';
import type { Message } from '../message.js';
import {
  HEADER_BYTES,
  isNameLength,
  OPT_PADDING_BYTES,
  QUESTION_TAIL_BYTES,
  RECORD_HEAD_BYTES,
  TYPE,
  writeAddress,
  writeHeader,
  writeName,
  writeOpt,
  writeQuestionTail,
} from './dns-wire.js';
import { ascii } from './text.js';

const SUFFIX = ascii('\x05local\0');
const USUAL_NAME_BYTES = 14;
const QUERY_BYTES = HEADER_BYTES + QUESTION_TAIL_BYTES;
const ANSWER_BYTES = HEADER_BYTES + RECORD_HEAD_BYTES + 4;
/** A response has a name with a suffix. */
const MIN_ANSWER_BYTES = ANSWER_BYTES + SUFFIX.length + 2;
/** To a group, what is longer is an announcement. */
const LONGEST_GROUP_QUERY_BYTES = 90;
const AUTHORITATIVE_RESPONSE = 0x8400;

export const mdns = ({ multicast }: Circumstances): DatagramApplication => ({
  compose(message: Message, size: number, byOpener: boolean): boolean {
    const asks = byOpener && !(multicast && size > LONGEST_GROUP_QUERY_BYTES);
    return asks || size < MIN_ANSWER_BYTES ? query(message, size) : answer(message, size);
  },
});

function query(message: Message, size: number): boolean {
  const padding = size - QUERY_BYTES - USUAL_NAME_BYTES;
  const isPadded = padding >= OPT_PADDING_BYTES;
  const nameBytes = isPadded ? USUAL_NAME_BYTES : size - QUERY_BYTES;
  const asks = isNameLength(nameBytes);
  if (size < HEADER_BYTES) return false;
  writeHeader(message, 0, 0, asks ? 1 : 0, 0, isPadded ? 1 : 0);
  if (!asks) {
    message.fill('zeros', size - HEADER_BYTES);
    return true;
  }
  writeName(message, nameBytes, SUFFIX);
  writeQuestionTail(message, TYPE.a);
  if (isPadded) writeOpt(message, padding);
  return true;
}

function answer(message: Message, size: number): boolean {
  const padding = size - ANSWER_BYTES - USUAL_NAME_BYTES;
  const isPadded = padding >= OPT_PADDING_BYTES;
  writeHeader(message, 0, AUTHORITATIVE_RESPONSE, 0, 1, isPadded ? 1 : 0);
  writeName(message, isPadded ? USUAL_NAME_BYTES : size - ANSWER_BYTES, SUFFIX);
  writeAddress(message);
  if (isPadded) writeOpt(message, padding);
  return true;
}
