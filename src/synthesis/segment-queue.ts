/**
 * @module
 * Where the segments end that one end of a TCP connection has sent and the other has not acknowledged, oldest first.
 */

/** A power of 2. What is sent beyond it counts as part of the latest segment. */
const CAPACITY = 32;

export class SegmentQueue {
  /** How many there are. */
  count = 0;
  #first = 0;
  readonly #ends = new Int32Array(CAPACITY);

  push(end: number): void {
    if (this.count < CAPACITY) this.count++;
    this.#ends[(this.#first + this.count - 1) % CAPACITY] = end;
  }

  /** Where the `n`-th segment ends, counted from 1. */
  endOf(n: number): number {
    return this.#ends[(this.#first + n - 1) % CAPACITY]!;
  }

  /** Drops the segments that are acknowledged as a whole. @returns how many */
  acknowledge(number: number): number {
    let dropped = 0;
    while (dropped < this.count && ((number - this.endOf(dropped + 1)) | 0) >= 0) dropped++;
    this.#first = (this.#first + dropped) % CAPACITY;
    this.count -= dropped;
    return dropped;
  }
}
