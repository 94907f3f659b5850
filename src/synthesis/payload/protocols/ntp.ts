/**
 * @module
 * NTP (RFC 5905): the opener is a client, the other end a server. Clients send random times, as draft-ietf-ntp-data-minimization
 * wants them to, so nothing here has to know what time it is.
 */
import type { Random } from '../../../random.js';
import type { Circumstances, DatagramApplication } from '../application.js';
import type { Message } from '../message.js';

const HEADER_BYTES = 48;
/** RFC 7822 §3: at least 28 bytes where no authenticator follows, in steps of four. Of what is left over, zeros. */
const MIN_EXTENSION_BYTES = 28;
/** RFC 5906 would say what is inside; an unassigned type says nothing. */
const EXTENSION_TYPE = 0x2002;
const CLIENT = 0x23; // version 4, mode 3
const SERVER = 0x24;
/** 2025-01-01 in the seconds of NTP, which count from 1900: date -u -d 2025-01-01 +%s, and 2208988800. */
const SERVER_SECONDS = 3_944_678_400;
const REFERENCE = 0xc0000235; // 192.0.2.53

class NtpConversation implements DatagramApplication {
  readonly #random: Random;
  /** What the client sent last, for the server to give back. */
  #originHigh = 0;
  #originLow = 0;
  #answers = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  compose(message: Message, size: number, byOpener: boolean): boolean {
    const rest = size - HEADER_BYTES;
    if (rest < 0) return false;
    if (byOpener) this.#request(message);
    else this.#answer(message);
    const extension = rest - (rest % 4);
    if (extension >= MIN_EXTENSION_BYTES && extension <= 0xffff) {
      message.u16(EXTENSION_TYPE);
      message.u16(extension);
    }
    message.fill('zeros', size - message.length);
    return true;
  }

  /** Everything but the first byte and the time of sending is zero. */
  #request(message: Message): void {
    this.#originHigh = Math.floor(this.#random.next() * 2 ** 32);
    this.#originLow = Math.floor(this.#random.next() * 2 ** 32);
    message.u8(CLIENT);
    message.u8(0);
    message.u16(0);
    for (let word = 1; word < 10; word++) message.u32(0);
    message.u32(this.#originHigh);
    message.u32(this.#originLow);
  }

  #answer(message: Message): void {
    const seconds = SERVER_SECONDS + this.#answers++;
    message.u8(SERVER);
    message.u8(2); // stratum
    message.u8(6); // 64 s between polls
    message.u8(0xe9); // precision 2^-23 s
    message.u32(0x0000_0200); // root delay
    message.u32(0x0000_0400); // root dispersion
    message.u32(REFERENCE);
    message.u32(SERVER_SECONDS - 600); // when its clock was set
    message.u32(0);
    message.u32(this.#originHigh);
    message.u32(this.#originLow);
    message.u32(seconds); // received
    message.u32(0x1000_0000);
    message.u32(seconds); // sent, 0.1 ms later
    message.u32(0x1006_8db9);
  }
}

export const ntp = ({ random }: Circumstances): DatagramApplication => new NtpConversation(random);
