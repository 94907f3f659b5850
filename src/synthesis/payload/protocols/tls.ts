/**
 * @module
 * TLS 1.3 (RFC 8446): a ClientHello and a ServerHello, and records of what nobody can read.
 */
import type { Random } from '../../../random.js';
import type { Circumstances, SegmentApplication } from '../application.js';
import type { Message } from '../message.js';
import { clientHello, drawBytes, EXTENSION_HEAD_BYTES, serverHello } from './client-hello.js';

const HANDSHAKE = 22;
const APPLICATION_DATA = 23;
const VERSION = 0x0303;
const RECORD_HEAD_BYTES = 5;
/** Content type and authentication tag of the shortest record that may be sent (RFC 8446 §5.2). */
const MIN_CONTENT_BYTES = 17;
/** What begins in too short a segment, goes on in the next ones. */
const SPANNING_CONTENT_BYTES = 48;
const MAX_CONTENT_BYTES = 2 ** 14 + 256;
const LONGEST_HELLO_BYTES = 1536;
const SESSION_ID_BYTES = 32;

/** What is spoken inside, as ALPN names it (RFC 7301, the registry of IANA). */
const HTTP_PROTOCOLS = ['h2', 'http/1.1'];
const PROTOCOLS_OF_PORT: ReadonlyMap<number, readonly string[]> = new Map([
  [443, HTTP_PROTOCOLS],
  [853, ['dot']],
  [990, ['ftp']],
  [993, ['imap']],
  [995, ['pop3']],
  [8443, HTTP_PROTOCOLS],
  [8883, ['mqtt']],
]);

class TlsConversation implements SegmentApplication {
  readonly #random: Random;
  readonly #protocols: readonly string[];
  readonly #sessionId: readonly number[];
  #openerSaidHello = false;
  #otherSaidHello = false;

  constructor({ servicePort, random }: Circumstances) {
    this.#random = random;
    this.#protocols = PROTOCOLS_OF_PORT.get(servicePort) ?? [];
    this.#sessionId = drawBytes(random, SESSION_ID_BYTES);
  }

  compose(message: Message, room: number, byOpener: boolean): void {
    if (byOpener && !this.#openerSaidHello) {
      this.#openerSaidHello = true;
      record(message, HANDSHAKE, this.#clientHello(room - RECORD_HEAD_BYTES));
    } else if (!byOpener && !this.#otherSaidHello) {
      this.#otherSaidHello = true;
      record(message, HANDSHAKE, serverHello(this.#random, this.#sessionId));
    } else {
      applicationData(message, room - RECORD_HEAD_BYTES);
    }
  }

  /** As long as the room if padding can make it so. */
  #clientHello(room: number): Uint8Array {
    const options = { sessionId: this.#sessionId, protocols: this.#protocols, moreExtensions: [], paddingBytes: 0 };
    const plain = clientHello(this.#random, options);
    const paddingBytes = room - plain.length;
    if (paddingBytes < EXTENSION_HEAD_BYTES || room > LONGEST_HELLO_BYTES) return plain;
    return clientHello(this.#random, { ...options, paddingBytes });
  }
}

function record(message: Message, type: number, content: Uint8Array): void {
  recordHead(message, type, content.length);
  message.bytes(content);
}

function applicationData(message: Message, room: number): void {
  const fits = room >= MIN_CONTENT_BYTES;
  const contentBytes = fits ? Math.min(room, MAX_CONTENT_BYTES) : SPANNING_CONTENT_BYTES;
  recordHead(message, APPLICATION_DATA, contentBytes);
  message.fill('bytes', contentBytes);
}

function recordHead(message: Message, type: number, contentBytes: number): void {
  message.u8(type);
  message.u16(VERSION);
  message.u16(contentBytes);
}

export const tls = (circumstances: Circumstances): SegmentApplication => new TlsConversation(circumstances);
