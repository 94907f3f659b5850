/**
 * @module
 * DNS (RFC 1035) and LLMNR (RFC 4795): the opener asks for an address, the other end answers with the id and the question of the last query.
 */
import type { Random } from '../../../random.js';
import type { Circumstances, DatagramApplication, SegmentApplication } from '../application.js';
import type { Message } from '../message.js';
import {
  HEADER_BYTES,
  isNameLength,
  isOptLength,
  OPT_PADDING_BYTES,
  QUESTION_TAIL_BYTES,
  RECORD_HEAD_BYTES,
  TYPE,
  writeAddress,
  writeHeader,
  writeLabel,
  writeName,
  writeOpt,
  writeQuestionTail,
  writeRecordHead,
} from './dns-wire.js';
import { ascii } from './text.js';

/** `example` and the root; with the label `device` before it, a name has 16 bytes. */
const SUFFIX = ascii('\x07example\0');
const USUAL_NAME_BYTES = 16;
const QUERY_BYTES = HEADER_BYTES + USUAL_NAME_BYTES + QUESTION_TAIL_BYTES;
const POINTER_TO_QUESTION = 0xc000 + HEADER_BYTES;
const POINTER_BYTES = 2;
const ADDRESS_RECORD_BYTES = POINTER_BYTES + RECORD_HEAD_BYTES + 4;
/** A CNAME of one label before the suffix in the question. */
const MIN_ALIAS_BYTES = POINTER_BYTES + RECORD_HEAD_BYTES + 2 + POINTER_BYTES;

interface Dialect {
  readonly query: number;
  readonly response: number;
}

/** Flags, RFC 1035 §4.1.1: recursion desired, and available. RFC 4795 §2.1.1: neither. */
const DNS: Dialect = { query: 0x0100, response: 0x8180 };
const LLMNR: Dialect = { query: 0, response: 0x8000 };

export class DnsConversation implements DatagramApplication {
  readonly #dialect: Dialect;
  /** Counted, so that no two queries of a conversation look like one sent again. */
  #id: number;
  /** Length of the name of the last question. */
  #nameBytes = USUAL_NAME_BYTES;
  #isAnswered = true;

  constructor(dialect: Dialect, random: Random) {
    this.#dialect = dialect;
    this.#id = Math.floor(random.next() * 2 ** 16);
  }

  compose(message: Message, size: number, byOpener: boolean): boolean {
    return byOpener ? this.#query(message, size) : this.#response(message, size);
  }

  /** A short query has a shorter name, a long one has padding. */
  #query(message: Message, size: number): boolean {
    const isPadded = size >= QUERY_BYTES + OPT_PADDING_BYTES;
    const nameBytes = isPadded ? USUAL_NAME_BYTES : size - HEADER_BYTES - QUESTION_TAIL_BYTES;
    if (!isNameLength(nameBytes)) return this.#headerAlone(message, size, this.#dialect.query);
    this.#id = this.#nextId();
    this.#nameBytes = nameBytes;
    this.#isAnswered = false;
    writeHeader(message, this.#id, this.#dialect.query, 1, 0, isPadded ? 1 : 0);
    this.#question(message);
    if (isPadded) writeOpt(message, size - QUERY_BYTES);
    return true;
  }

  #response(message: Message, size: number): boolean {
    if (this.#isAnswered) this.#id = this.#nextId();
    const room = size - HEADER_BYTES - this.#nameBytes - QUESTION_TAIL_BYTES;
    this.#isAnswered = true;
    if (this.#answer(message, room) || this.#refusal(message, size - HEADER_BYTES)) return true;
    return this.#headerAlone(message, size, this.#dialect.response);
  }

  /** The question, and behind it `room` bytes: nothing, an alias, or an address and padding. */
  #answer(message: Message, room: number): boolean {
    const padding = room - ADDRESS_RECORD_BYTES;
    if (padding === 0 || isOptLength(padding)) {
      this.#answerHead(message, 1, padding > 0 ? 1 : 0);
      message.u16(POINTER_TO_QUESTION);
      writeAddress(message);
      if (padding > 0) writeOpt(message, padding);
      return true;
    }
    if (room >= MIN_ALIAS_BYTES) {
      // The name of the question stands for the suffix of the alias: hub.device.example.
      const dataBytes = room - POINTER_BYTES - RECORD_HEAD_BYTES;
      this.#answerHead(message, 1, 0);
      message.u16(POINTER_TO_QUESTION);
      writeRecordHead(message, TYPE.cname, dataBytes);
      writeLabel(message, dataBytes - POINTER_BYTES - 1);
      message.u16(POINTER_TO_QUESTION);
      return true;
    }
    if (room !== 0 && !isOptLength(room)) return false;
    this.#answerHead(message, 0, room > 0 ? 1 : 0);
    if (room > 0) writeOpt(message, room);
    return true;
  }

  /** Where the question does not fit. */
  #refusal(message: Message, room: number): boolean {
    if (room !== 0 && !isOptLength(room)) return false;
    const refused = 5;
    writeHeader(message, this.#id, this.#dialect.response | refused, 0, 0, room > 0 ? 1 : 0);
    if (room > 0) writeOpt(message, room);
    return true;
  }

  /** What is too long for a header and too short for anything else ends in zeros. */
  #headerAlone(message: Message, size: number, flags: number): boolean {
    if (size < HEADER_BYTES) return false;
    this.#id = this.#nextId();
    this.#isAnswered = true;
    writeHeader(message, this.#id, flags, 0, 0, 0);
    message.fill('zeros', size - HEADER_BYTES);
    return true;
  }

  #nextId(): number {
    return (this.#id + 1) & 0xffff;
  }

  #answerHead(message: Message, answers: number, additional: number): void {
    writeHeader(message, this.#id, this.#dialect.response, 1, answers, additional);
    this.#question(message);
  }

  #question(message: Message): void {
    writeName(message, this.#nameBytes, SUFFIX);
    writeQuestionTail(message, TYPE.a);
  }
}

export const dns = ({ random }: Circumstances): DatagramApplication => new DnsConversation(DNS, random);
export const llmnr = ({ random }: Circumstances): DatagramApplication => new DnsConversation(LLMNR, random);

/** RFC 1035 §4.2.2: each message has its length before it. */
const LENGTH_BYTES = 2;
const MAX_MESSAGE_BYTES = 0xffff;
/** From a name of one letter on there is a query of every size. */
const MIN_NAMED_QUERY_BYTES = HEADER_BYTES + 3 + QUESTION_TAIL_BYTES;

class DnsOverTcp implements SegmentApplication {
  readonly #conversation: DnsConversation;

  constructor(random: Random) {
    this.#conversation = new DnsConversation(DNS, random);
  }

  compose(message: Message, room: number, byOpener: boolean): void {
    const wanted = Math.min(room - LENGTH_BYTES, MAX_MESSAGE_BYTES);
    const size = wanted >= MIN_NAMED_QUERY_BYTES ? wanted : QUERY_BYTES;
    message.u16(size);
    this.#conversation.compose(message, size, byOpener);
  }
}

export const dnsOverTcp = ({ random }: Circumstances): SegmentApplication => new DnsOverTcp(random);
