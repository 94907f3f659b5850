/**
 * @module
 * A message of an application while it is being sent: a head that was composed byte by byte, a run of filler, and a fixed tail.
 * It may leave in one datagram, or in as many segments as it takes.
 */
import { writeU16BE, writeU32BE } from '../../net/bytes.js';
import type { Random } from '../../random.js';
import type { Filler, FillerPool } from './filler-pool.js';

/** Longer than most heads; others grow it. */
const HEAD_BYTES = 384;
const NO_BYTES = new Uint8Array(0);

export class Message {
  readonly #pool: FillerPool;
  readonly #random: Random;
  #head = new Uint8Array(HEAD_BYTES);
  #headBytes = 0;
  #filler: Filler = 'zeros';
  #fillerBytes = 0;
  #tail: Uint8Array = NO_BYTES;
  #sent = 0;

  constructor(pool: FillerPool, random: Random) {
    this.#pool = pool;
    this.#random = random;
  }

  /** Length of the whole message. */
  get length(): number {
    return this.#headBytes + this.#fillerBytes + this.#tail.length;
  }

  /** What has not been sent. */
  get bytesLeft(): number {
    return this.length - this.#sent;
  }

  /** Forgets everything: the next message begins here. */
  reset(): void {
    this.#headBytes = 0;
    this.#fillerBytes = 0;
    this.#tail = NO_BYTES;
    this.#sent = 0;
  }

  u8(value: number): void {
    const at = this.#advance(1); // may make another head
    this.#head[at] = value;
  }

  u16(value: number): void {
    const at = this.#advance(2);
    writeU16BE(this.#head, at, value);
  }

  u32(value: number): void {
    const at = this.#advance(4);
    writeU32BE(this.#head, at, value);
  }

  bytes(values: Uint8Array): void {
    const at = this.#advance(values.length);
    this.#head.set(values, at);
  }

  /** Makes room at the end of the head. @returns where it begins */
  #advance(count: number): number {
    const at = this.#headBytes;
    this.#headBytes = at + count;
    if (this.#headBytes > this.#head.length) {
      const larger = new Uint8Array(2 * this.#headBytes);
      larger.set(this.#head);
      this.#head = larger;
    }
    return at;
  }

  /** Filler follows what was written so far, and then nothing but a tail. */
  fill(filler: Filler, count: number, tail: Uint8Array = NO_BYTES): void {
    this.#filler = filler;
    this.#fillerBytes = count;
    this.#tail = tail;
  }

  /**
   * Sends the next `count` bytes of the message, of those left.
   *
   * @param isOdd whether the first of them is the lower half of a word
   * @returns sum of the words (RFC 1071 §1)
   */
  send(bytes: Uint8Array, at: number, count: number, isOdd: boolean): number {
    const from = this.#sent;
    const to = from + count;
    const fillerEnd = this.#headBytes + this.#fillerBytes;
    this.#sent = to;
    let sum = 0;
    if (from < this.#headBytes) {
      sum += copySumming(this.#head, from, Math.min(to, this.#headBytes), bytes, at, isOdd);
    }
    const fillFrom = Math.max(from, this.#headBytes);
    const fillTo = Math.min(to, fillerEnd);
    if (fillFrom < fillTo) {
      const odd = isOdd !== isOddNumber(fillFrom - from);
      sum += this.#pool.write(bytes, at + fillFrom - from, fillTo - fillFrom, this.#filler, odd, this.#random);
    }
    const tailFrom = Math.max(from, fillerEnd);
    if (tailFrom < to) {
      const odd = isOdd !== isOddNumber(tailFrom - from);
      sum += copySumming(this.#tail, tailFrom - fillerEnd, to - fillerEnd, bytes, at + tailFrom - from, odd);
    }
    return sum;
  }
}

const isOddNumber = (value: number): boolean => (value & 1) === 1;

/** Copies source[from…to) to `at`. @returns the sum of its words */
export function copySumming(
  source: Uint8Array,
  from: number,
  to: number,
  bytes: Uint8Array,
  at: number,
  isOdd: boolean,
): number {
  let upper = 0;
  let lower = 0;
  let i = from;
  let target = at;
  for (; i + 1 < to; i += 2) {
    const first = source[i]!;
    const second = source[i + 1]!;
    bytes[target++] = first;
    bytes[target++] = second;
    upper += first;
    lower += second;
  }
  if (i < to) {
    const last = source[i]!;
    bytes[target] = last;
    upper += last;
  }
  return isOdd ? lower * 256 + upper : upper * 256 + lower;
}
