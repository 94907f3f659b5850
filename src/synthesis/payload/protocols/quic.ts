/**
 * @module
 * QUIC version 1 (RFC 9000): an Initial packet with a ClientHello, one with a ServerHello, and packets with a short header, which are
 * nobody's to read.
 */
import type { Random } from '../../../random.js';
import type { Circumstances, DatagramApplication } from '../application.js';
import type { Message } from '../message.js';
import { clientHello, drawBytes, extension, serverHello } from './client-hello.js';
import { CONNECTION_ID_BYTES, INITIAL_OVERHEAD_BYTES, initialPacket } from './quic-initial.js';

const LONGEST_INITIAL_BYTES = 1500;
const FIXED_BIT = 0x40;
/** RFC 9001 §8.2, and of its parameters initial_source_connection_id (RFC 9000 §18.2). */
const TRANSPORT_PARAMETERS = 57;
const INITIAL_SOURCE_CONNECTION_ID = 15;

class QuicConversation implements DatagramApplication {
  readonly #random: Random;
  /** What packets to the opener, and to the other end, are addressed to. */
  readonly #idOfOpener: Uint8Array;
  readonly #idOfOther: Uint8Array;
  #openerBegan = false;
  #otherBegan = false;

  constructor(random: Random) {
    this.#random = random;
    this.#idOfOpener = Uint8Array.from(drawBytes(random, CONNECTION_ID_BYTES));
    this.#idOfOther = Uint8Array.from(drawBytes(random, CONNECTION_ID_BYTES));
  }

  compose(message: Message, size: number, byOpener: boolean): boolean {
    return this.#initial(message, size, byOpener) || this.#shortHeader(message, size, byOpener);
  }

  /** The first datagram of each end, if it has room for a hello. */
  #initial(message: Message, size: number, byOpener: boolean): boolean {
    const isFirst = byOpener ? !this.#openerBegan : this.#openerBegan && !this.#otherBegan;
    if (!isFirst || size > LONGEST_INITIAL_BYTES) return false;
    const hello = byOpener ? this.#clientHello() : serverHello(this.#random, []);
    if (size < hello.length + INITIAL_OVERHEAD_BYTES) return false;
    if (byOpener) this.#openerBegan = true;
    else this.#otherBegan = true;
    const [from, to] = byOpener ? [this.#idOfOpener, this.#idOfOther] : [this.#idOfOther, this.#idOfOpener];
    message.bytes(initialPacket({ size, hello, from, to, keyId: this.#idOfOther, byClient: byOpener }));
    return true;
  }

  #clientHello(): Uint8Array {
    const source = [INITIAL_SOURCE_CONNECTION_ID, CONNECTION_ID_BYTES, ...this.#idOfOpener];
    const moreExtensions = extension(TRANSPORT_PARAMETERS, source);
    return clientHello(this.#random, { sessionId: [], protocols: ['h3'], moreExtensions, paddingBytes: 0 });
  }

  /** RFC 9000 §17.3.1. A real one has at least 29 bytes; of less there is as much as there can be. */
  #shortHeader(message: Message, size: number, byOpener: boolean): boolean {
    if (size === 0) return false;
    message.u8(FIXED_BIT | Math.floor(this.#random.next() * 0x40));
    const id = byOpener ? this.#idOfOther : this.#idOfOpener;
    message.bytes(id.subarray(0, size - 1));
    message.fill('bytes', size - message.length);
    return true;
  }
}

export const quic = ({ random }: Circumstances): DatagramApplication => new QuicConversation(random);
