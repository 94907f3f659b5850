/**
 * @module
 * Draws from fixed discrete distributions in constant time, one number of randomness each.
 *
 * Source: M. D. Vose, “A linear algorithm for generating random numbers with a given distribution”, IEEE Trans. Softw. Eng. 17(9),
 * 1991.
 */
import type { Random } from '../src/random.js';

/** Rows of equal length, each a distribution. */
export class AliasTable {
  readonly #columns: number;
  /** Per cell the share of it that is its own column, and the column that has the rest. */
  readonly #share: Float64Array;
  readonly #other: Uint32Array;

  /** @param weights row by row; not negative, and a row without any weight is never drawn from */
  constructor(weights: Float64Array, columns: number) {
    this.#columns = columns;
    this.#share = new Float64Array(weights.length).fill(1);
    this.#other = new Uint32Array(weights.length);
    for (let from = 0; from < weights.length; from += columns)
      this.#build(weights.subarray(from, from + columns), from);
  }

  #build(weights: Float64Array, from: number): void {
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const scaled = weights.map((weight) => (weight / sum) * this.#columns);
    const small: number[] = [];
    const large: number[] = [];
    scaled.forEach((value, column) => {
      (value < 1 ? small : large).push(column);
    });
    while (small.length > 0 && large.length > 0) {
      const less = small.pop()!;
      const more = large.pop()!;
      this.#share[from + less] = scaled[less]!;
      this.#other[from + less] = more;
      scaled[more] = scaled[more]! - (1 - scaled[less]!);
      (scaled[more]! < 1 ? small : large).push(more);
    }
    // What rounding leaves over is a whole cell; it must not be one without weight.
    const fallback = weights.reduce((best, weight, column) => (weight > weights[best]! ? column : best), 0);
    for (const column of [...small, ...large]) {
      this.#share[from + column] = weights[column]! > 0 ? 1 : 0;
      this.#other[from + column] = fallback;
    }
  }

  /** A column of a row. */
  draw(row: number, random: Random): number {
    const at = random.next() * this.#columns;
    const column = Math.floor(at);
    const cell = row * this.#columns + column;
    return at - column < this.#share[cell]! ? column : this.#other[cell]!;
  }
}
