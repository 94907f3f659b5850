/**
 * @module
 * The NetBIOS name service (RFC 1002 §4.2): name queries and their answers. A scope behind the name fills them.
 */
import type { Random } from '../../../random.js';
import type { Circumstances, DatagramApplication } from '../application.js';
import type { Message } from '../message.js';
import { HEADER_BYTES, QUESTION_TAIL_BYTES, writeHeader, writeLabel } from './dns-wire.js';
import { ascii } from './text.js';

/** `*` and 15 zeros, each byte as two letters (RFC 1001 §14.1). */
const NAME = ascii(` CK${'A'.repeat(30)}`);
const TYPE_NB = 0x20;
const CLASS_IN = 1;
const QUERY_FLAGS = 0x0110; // recursion desired, broadcast
const RESPONSE_FLAGS = 0x8500;
/** Type, class, time to live, length, flags and address. */
const RECORD_TAIL_BYTES = 16;
const ADDRESS = 0xc633_6401; // 198.51.100.1
const MAX_NAME_BYTES = 255;
const MAX_LABEL_BYTES = 63;

class NetbiosConversation implements DatagramApplication {
  readonly #random: Random;
  #id = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  compose(message: Message, size: number, byOpener: boolean): boolean {
    const scopeBytes = size - HEADER_BYTES - NAME.length - 1 - (byOpener ? QUESTION_TAIL_BYTES : RECORD_TAIL_BYTES);
    if (scopeBytes < 0 || scopeBytes === 1 || scopeBytes > MAX_NAME_BYTES - NAME.length - 1) return false;
    if (byOpener) this.#id = Math.floor(this.#random.next() * 2 ** 16);
    writeHeader(message, this.#id, byOpener ? QUERY_FLAGS : RESPONSE_FLAGS, byOpener ? 1 : 0, byOpener ? 0 : 1, 0);
    message.bytes(NAME);
    writeScope(message, scopeBytes);
    message.u8(0);
    message.u16(TYPE_NB);
    message.u16(CLASS_IN);
    if (!byOpener) writeAddress(message);
    return true;
  }
}

/** Labels of exactly so many bytes: 0, or 2 and more. */
function writeScope(message: Message, bytes: number): void {
  for (let left = bytes; left > 0; ) {
    const whole = Math.min(left, MAX_LABEL_BYTES + 1);
    // One byte cannot be left over: it would be a label without letters.
    const label = left - whole === 1 ? whole - 1 : whole;
    writeLabel(message, label - 1);
    left -= label;
  }
}

function writeAddress(message: Message): void {
  message.u32(300_000); // seconds to live
  message.u16(6);
  message.u16(0);
  message.u32(ADDRESS);
}

export const netbiosNames = ({ random }: Circumstances): DatagramApplication => new NetbiosConversation(random);
