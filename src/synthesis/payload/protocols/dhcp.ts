/**
 * @module
 * DHCP (RFC 2131): discover, offer, request, acknowledgement. The client is who talks to port 67.
 */
import type { Random } from '../../../random.js';
import type { Circumstances, DatagramApplication } from '../application.js';
import type { Message } from '../message.js';

const CLIENT_PORT = 68;
const DISCOVER = 1;
const OFFER = 2;
const REQUEST = 3;
const ACKNOWLEDGEMENT = 5;
/** Fixed fields, magic cookie, options, end. */
const FIXED_BYTES = 236;
const COOKIE = 0x6382_5363;
const END = 0xff;
const TYPE_OPTION_BYTES = 3;
const OPTION_BYTES = 6;
/** With the type alone. */
const MIN_BYTES = FIXED_BYTES + 4 + TYPE_OPTION_BYTES + 1;

/** Addresses of documentation: RFC 5737, RFC 7042. */
const CLIENT_ADDRESS = 0xc000_0201; // 192.0.2.1
const SERVER_ADDRESS = 0xc633_6401; // 198.51.100.1
const CLIENT_MAC = Uint8Array.of(0x00, 0x00, 0x5e, 0x00, 0x53, 0x01);
/** The rest of the hardware address, name of the server, name of the boot file. */
const UNUSED = new Uint8Array(10 + 64 + 128);

class DhcpConversation implements DatagramApplication {
  readonly #clientOpened: boolean;
  readonly #random: Random;
  #transaction: number;
  #lastOfClient = REQUEST;

  constructor({ servicePort, random }: Circumstances) {
    this.#clientOpened = servicePort !== CLIENT_PORT;
    this.#random = random;
    this.#transaction = Math.floor(random.next() * 2 ** 32);
  }

  compose(message: Message, size: number, byOpener: boolean): boolean {
    if (size < MIN_BYTES) return false;
    const byClient = byOpener === this.#clientOpened;
    const type = byClient ? this.#nextOfClient() : this.#lastOfClient === DISCOVER ? OFFER : ACKNOWLEDGEMENT;
    this.#fixedFields(message, byClient);
    message.u32(COOKIE);
    message.u8(53);
    message.u8(1);
    message.u8(type);
    if (type === REQUEST) option(message, size, 50, CLIENT_ADDRESS);
    if (type !== DISCOVER) option(message, size, 54, SERVER_ADDRESS);
    if (!byClient) option(message, size, 51, 86_400); // seconds of the lease
    message.u8(END);
    message.fill('zeros', size - message.length); // option 0 is padding, RFC 2132 §3.1
    return true;
  }

  /** A discover opens a transaction, and a request ends it. */
  #nextOfClient(): number {
    this.#lastOfClient = this.#lastOfClient === DISCOVER ? REQUEST : DISCOVER;
    if (this.#lastOfClient === DISCOVER) this.#transaction = Math.floor(this.#random.next() * 2 ** 32);
    return this.#lastOfClient;
  }

  #fixedFields(message: Message, byClient: boolean): void {
    message.u32(byClient ? 0x0101_0600 : 0x0201_0600); // request or reply, Ethernet, six bytes of address
    message.u32(this.#transaction);
    message.u32(0); // seconds, flags
    message.u32(0);
    message.u32(byClient ? 0 : CLIENT_ADDRESS);
    message.u32(0);
    message.u32(0);
    message.bytes(CLIENT_MAC);
    message.bytes(UNUSED);
  }
}

/** Writes an option of four bytes, if it fits before the end. */
function option(message: Message, size: number, code: number, value: number): void {
  if (message.length + OPTION_BYTES + 1 > size) return;
  message.u8(code);
  message.u8(4);
  message.u32(value);
}

export const dhcp = (circumstances: Circumstances): DatagramApplication => new DhcpConversation(circumstances);
