/**
 * @module
 * Bytes to fill payloads with: random ones and random letters, drawn once. They stand in the preamble of the array that frames are
 * written to, and their sums are known beforehand, so that any number of them costs a copy and two look-ups.
 */
import type { Random } from '../../random.js';

/** `bytes` is anything, `letters` are a–z, `zeros` are zeros. */
export type Filler = 'bytes' | 'letters' | 'zeros';

/** A run begins at one of this many even positions of its region, and has at most as many bytes again. */
const LETTER_POSITIONS = 2 ** 14;
const BYTE_POSITIONS = 2 ** 17;
/** The longest run; the rest of a region is there for its beginning. */
const LONGEST_LETTERS = LETTER_POSITIONS * 2;
const LONGEST_BYTES = BYTE_POSITIONS * 2;
const LETTERS_AT = LONGEST_BYTES * 2;
const POOL_BYTES = LETTERS_AT + LONGEST_LETTERS * 2;

export class FillerPool {
  readonly preamble = new Uint8Array(POOL_BYTES);
  /** Sum of the 16-bit words before each word; below 2^53. */
  readonly #sums = new Float64Array(POOL_BYTES / 2 + 1);

  constructor(random: Random) {
    const { preamble } = this;
    const draws = new Uint32Array(preamble.buffer, 0, LETTERS_AT >>> 2);
    for (let i = 0; i < draws.length; i++) draws[i] = random.next() * 2 ** 32;
    const letters = random.split('letters');
    for (let i = LETTERS_AT; i < POOL_BYTES; i++) preamble[i] = 0x61 + Math.floor(letters.next() * 26);
    for (let word = 0; word < POOL_BYTES / 2; word++) {
      this.#sums[word + 1] = this.#sums[word]! + preamble[2 * word]! * 256 + preamble[2 * word + 1]!;
    }
  }

  /**
   * Writes a run of filler into an array that begins with the preamble.
   *
   * @param isOdd whether the run begins with the lower half of a word
   * @param random says where in the pool the run begins
   * @returns the sum of its words (RFC 1071 §1)
   */
  write(bytes: Uint8Array, at: number, length: number, filler: Filler, isOdd: boolean, random: Random): number {
    if (filler === 'zeros') {
      bytes.fill(0, at, at + length);
      return 0;
    }
    const longest = filler === 'letters' ? LONGEST_LETTERS : LONGEST_BYTES;
    let sum = 0;
    // Both of these are even: every part but the last keeps the halves of words where they are.
    for (let done = 0; done < length; done += longest) {
      sum += this.#copy(bytes, at + done, Math.min(longest, length - done), filler, isOdd, random);
    }
    return sum;
  }

  #copy(bytes: Uint8Array, at: number, length: number, filler: Filler, isOdd: boolean, random: Random): number {
    const even =
      filler === 'letters'
        ? LETTERS_AT + Math.floor(random.next() * LETTER_POSITIONS) * 2
        : Math.floor(random.next() * BYTE_POSITIONS) * 2;
    const position = isOdd ? even + 1 : even;
    bytes.copyWithin(at, position, position + length);
    return this.#sum(position, position + length);
  }

  /** Words begin at even positions, so a run that begins at an odd one begins with the lower half of a word. */
  #sum(start: number, end: number): number {
    const first = (start + 1) >>> 1;
    const last = end >>> 1;
    let sum = this.#sums[last]! - this.#sums[first]!;
    if ((start & 1) === 1) sum += this.preamble[start]!;
    if ((end & 1) === 1) sum += this.preamble[end - 1]! * 256;
    return sum;
  }
}
