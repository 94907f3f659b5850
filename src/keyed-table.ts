/**
 * @module
 * A hash table from keys of a fixed number of 32-bit words to consecutive indices, for millions of entries: the flows of a large
 * capture, the contexts of a Markov model. Open addressing with linear probing; the number of entries is bounded.
 */

const EMPTY = -1;

export class KeyedTable {
  /** The key to look up: fill it in, then call `index`. */
  readonly key: Uint32Array;
  readonly #words: number;
  readonly #maxEntries: number;
  #slots = new Int32Array(256).fill(EMPTY);
  #keys: Uint32Array;
  #size = 0;

  /**
   * @param words length of a key
   * @param maxEntries keys beyond this number are not taken in
   */
  constructor(words: number, maxEntries: number) {
    this.key = new Uint32Array(words);
    this.#words = words;
    this.#maxEntries = maxEntries;
    this.#keys = new Uint32Array(words * 128);
  }

  get size(): number {
    return this.#size;
  }

  /** The index of `key`, which is taken in if it is new; -1 if it is new and the table is full. */
  index(): number {
    const mask = this.#slots.length - 1;
    for (let slot = this.#hash() & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]!;
      if (entry === EMPTY) return this.#insert(slot);
      if (this.#matches(entry)) return entry;
    }
  }

  /** The index of `key`, or -1 if it was never taken in. */
  find(): number {
    const mask = this.#slots.length - 1;
    for (let slot = this.#hash() & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]!;
      if (entry === EMPTY || this.#matches(entry)) return entry;
    }
  }

  /** The words of the entry with this index. */
  keyOf(index: number): Uint32Array {
    return this.#keys.subarray(index * this.#words, (index + 1) * this.#words);
  }

  #matches(entry: number): boolean {
    const at = entry * this.#words;
    for (let i = this.#words - 1; i >= 0; i--) {
      if (this.#keys[at + i] !== this.key[i]) return false;
    }
    return true;
  }

  /** Multiply and rotate over the words, then the finalizer of MurmurHash3. */
  #hash(): number {
    let hash = 0;
    for (let i = 0; i < this.#words; i++) {
      hash = Math.imul(hash ^ this.key[i]!, 0x9e3779b1);
      hash = (hash << 13) | (hash >>> 19);
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) >>> 0;
  }

  #insert(slot: number): number {
    if (this.#size === this.#maxEntries) return -1;
    const entry = this.#size++;
    const at = entry * this.#words;
    if (at + this.#words > this.#keys.length) {
      const larger = new Uint32Array(this.#keys.length * 2);
      larger.set(this.#keys);
      this.#keys = larger;
    }
    this.#keys.set(this.key, at);
    this.#slots[slot] = entry;
    if (this.#size * 2 > this.#slots.length) this.#rehash();
    return entry;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(EMPTY);
    const mask = slots.length - 1;
    for (let entry = 0; entry < this.#size; entry++) {
      this.key.set(this.keyOf(entry));
      let slot = this.#hash() & mask;
      while (slots[slot] !== EMPTY) slot = (slot + 1) & mask;
      slots[slot] = entry;
    }
    this.#slots = slots;
  }
}
