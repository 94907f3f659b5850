/**
 * @module
 * CoAP (RFC 7252): the opener gets, or posts if there is more to say, and the other end acknowledges with content.
 */
import type { Random } from '../../../random.js';
import type { Circumstances, DatagramApplication } from '../application.js';
import type { Message } from '../message.js';
import { ascii } from './text.js';

const HEADER_BYTES = 4;
/** Version 1, without token: one exchange at a time is open. */
const CONFIRMABLE = 0x40;
const NON_CONFIRMABLE = 0x50;
const ACKNOWLEDGEMENT = 0x60;
const RESET = 0x70;
const EMPTY = 0;
const GET = 0x01;
const POST = 0x02;
const CONTENT = 0x45; // 2.05
const PAYLOAD_MARKER = 0xff;
/** Uri-Path is option 11, Content-Format 12 (RFC 7252 §5.10). */
const URI_PATH = 0xb0;
const OCTET_STREAM = 42;
const PATH = ascii('telemetry/temperature');
/** A length up to 12 stands in the byte of the option. */
const LONGEST_GET_BYTES = HEADER_BYTES + 1 + 12;
/** The path, two bytes of Content-Format, and the marker: as long as the longest GET. */
const POST_PATH_BYTES = 9;
const POST_HEAD_BYTES = HEADER_BYTES + 1 + POST_PATH_BYTES + 2 + 1;

class CoapConversation implements DatagramApplication {
  #id: number;
  #isOpen = false;

  constructor(random: Random) {
    this.#id = Math.floor(random.next() * 2 ** 16);
  }

  compose(message: Message, size: number, byOpener: boolean): boolean {
    if (size < HEADER_BYTES) return false;
    if (byOpener) this.#request(message, size);
    else this.#response(message, size);
    return true;
  }

  #request(message: Message, size: number): void {
    this.#id = (this.#id + 1) & 0xffff;
    this.#isOpen = true;
    if (size === HEADER_BYTES) {
      this.#header(message, CONFIRMABLE, EMPTY);
    } else if (size <= LONGEST_GET_BYTES) {
      const length = size - HEADER_BYTES - 1;
      this.#header(message, CONFIRMABLE, GET);
      message.u8(URI_PATH + length);
      message.bytes(PATH.subarray(0, length));
    } else {
      this.#header(message, CONFIRMABLE, POST);
      message.u8(URI_PATH + POST_PATH_BYTES);
      message.bytes(PATH.subarray(0, POST_PATH_BYTES));
      message.u8(0x11); // Content-Format is 1 more than Uri-Path, and has one byte
      message.u8(OCTET_STREAM);
      message.u8(PAYLOAD_MARKER);
      message.fill('bytes', size - POST_HEAD_BYTES);
    }
  }

  /** To what nobody asked for any more, a message of its own. */
  #response(message: Message, size: number): void {
    const kind = this.#isOpen ? ACKNOWLEDGEMENT : NON_CONFIRMABLE;
    if (!this.#isOpen) this.#id = (this.#id + 1) & 0xffff;
    this.#isOpen = false;
    if (size === HEADER_BYTES) {
      this.#header(message, RESET, EMPTY);
      return;
    }
    this.#header(message, kind, CONTENT);
    if (size === HEADER_BYTES + 1) {
      message.u8(0xc0); // Content-Format without value is text
    } else if (size <= HEADER_BYTES + 3) {
      message.u8(PAYLOAD_MARKER);
      message.fill('letters', size - HEADER_BYTES - 1);
    } else {
      message.u8(0xc1); // Content-Format of one byte
      message.u8(OCTET_STREAM);
      message.u8(PAYLOAD_MARKER);
      message.fill('bytes', size - HEADER_BYTES - 3);
    }
  }

  #header(message: Message, kind: number, code: number): void {
    message.u8(kind);
    message.u8(code);
    message.u16(this.#id);
  }
}

export const coap = ({ random }: Circumstances): DatagramApplication => new CoapConversation(random);
