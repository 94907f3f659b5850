/**
 * @module
 * Payloads without meaning: slices of one pool whose checksums are known beforehand, so that a packet costs a copy and two look-ups,
 * whatever its size. All conversations share it.
 */
import type { Random } from '../random.js';
import type { PayloadSource, PayloadStream } from './payload-stream.js';

/**
 * `pattern` is ff ff and then zeros: of what was tried on 75 ports of UDP and TCP, fewest dissectors take it for a broken packet
 * of their own protocol (docs/decisions/0006-payload-pattern.md).
 */
export const PAYLOAD_KINDS = ['pattern', 'zeros', 'random'] as const;
export type PayloadKind = (typeof PAYLOAD_KINDS)[number];

/** Longer than any payload, and as long again to begin anywhere. */
const POOL_BYTES = 2 ** 19;
/** Random payloads begin at one of this many even positions. */
const POSITIONS = 2 ** 17;

export class PayloadPool implements PayloadSource, PayloadStream {
  readonly preamble: Uint8Array;
  readonly #kind: PayloadKind;
  readonly #random: Random;
  /** Sum of the 16-bit words before each word; below 2^53. */
  readonly #sums: Float64Array;

  constructor(kind: PayloadKind, random: Random) {
    this.#kind = kind;
    this.#random = random;
    this.preamble = new Uint8Array(POOL_BYTES);
    if (kind === 'random') {
      const words = new Uint32Array(this.preamble.buffer);
      for (let i = 0; i < words.length; i++) words[i] = random.next() * 2 ** 32;
    } else if (kind === 'pattern') {
      this.preamble.fill(0xff, 0, 2);
    }
    this.#sums = new Float64Array(POOL_BYTES / 2 + 1);
    for (let word = 0; word < POOL_BYTES / 2; word++) {
      this.#sums[word + 1] = this.#sums[word]! + this.preamble[2 * word]! * 256 + this.preamble[2 * word + 1]!;
    }
  }

  begin(): PayloadStream {
    return this;
  }

  write(bytes: Uint8Array, at: number, length: number): number {
    const position = this.#kind === 'random' ? Math.floor(this.#random.next() * POSITIONS) * 2 : 0;
    bytes.copyWithin(at, position, position + length);
    return this.#sum(position, length);
  }

  /** Sum of the 16-bit words of a payload; an odd last byte is the upper half of a word (RFC 1071 §1). */
  #sum(position: number, length: number): number {
    const word = position / 2;
    const words = length >>> 1;
    const sum = this.#sums[word + words]! - this.#sums[word]!;
    return (length & 1) === 0 ? sum : sum + this.preamble[position + length - 1]! * 256;
  }
}
