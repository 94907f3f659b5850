/**
 * @module
 * Loss, order and delay of stamped packets, by device: what the sequence numbers say has been sent, beside what has arrived.
 */

/** An old number within so many of the highest is known to be a duplicate or not. */
const WINDOW = 8192;
const WINDOW_WORDS = WINDOW / 32;

export class StampAccount {
  readonly device: number;
  /** All packets, also those without a stamp, and duplicates. */
  received = 0;
  duplicates = 0;
  /** Behind a packet with a higher number; no duplicates. */
  outOfOrder = 0;
  /** Which of the latest `WINDOW` numbers have arrived, as bits. */
  readonly #seen = new Uint32Array(WINDOW_WORDS);
  /** Of the numbers, which go on above 2^32 here. */
  #highest = -1;

  constructor(device: number) {
    this.device = device;
  }

  /** Packets that were sent, as far as can be told. */
  get expected(): number {
    return Math.max(this.#highest + 1, this.received - this.duplicates);
  }

  get lost(): number {
    return this.expected - (this.received - this.duplicates);
  }

  /** @param sequence of 32 bits, which wraps around */
  count(sequence: number): void {
    this.received++;
    // A packet is at most half of all numbers ahead of the highest, or behind it (RFC 1982 §3.2).
    const ahead = this.#highest < 0 ? sequence + 1 : (sequence - this.#highest) | 0;
    if (ahead > 0) {
      this.#advance(ahead);
      return;
    }
    if (-ahead < WINDOW && this.#isSeen(this.#highest + ahead)) this.duplicates++;
    else this.outOfOrder++;
    if (-ahead < WINDOW) this.#mark(this.#highest + ahead);
  }

  #advance(ahead: number): void {
    if (ahead >= WINDOW) this.#seen.fill(0);
    else for (let i = 1; i < ahead; i++) this.#clear(this.#highest + i);
    this.#highest += ahead;
    this.#mark(this.#highest);
  }

  #isSeen(number: number): boolean {
    const bit = number % WINDOW;
    return bit >= 0 && (this.#seen[bit >> 5]! & (1 << (bit & 31))) !== 0;
  }

  #mark(number: number): void {
    const bit = number % WINDOW;
    if (bit >= 0) this.#seen[bit >> 5]! |= 1 << (bit & 31);
  }

  #clear(number: number): void {
    const bit = number % WINDOW;
    this.#seen[bit >> 5]! &= ~(1 << (bit & 31));
  }
}
