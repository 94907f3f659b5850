/**
 * @module
 * Sources of packets in the order of their next packets: a binary heap.
 */

export interface TimedSource {
  /** Of the packet that the source is at. */
  readonly timeNs: number;
  /** Goes to the next packet. @returns false if there is none */
  advance(): boolean;
}

export class TimeQueue<T extends TimedSource> {
  readonly #heap: { readonly source: T; readonly order: number }[] = [];
  #added = 0;

  /** @param sources each at its first packet */
  constructor(sources: readonly T[]) {
    for (const source of sources) this.#heap.push({ source, order: this.#added++ });
    for (let at = (this.#heap.length >> 1) - 1; at >= 0; at--) this.#sink(at);
  }

  /** The source whose packet comes next; at equal times the one named first. */
  get first(): T | undefined {
    return this.#heap[0]?.source;
  }

  /** One more source, at its first packet. */
  add(source: T): void {
    let at = this.#heap.push({ source, order: this.#added++ }) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      const moved = this.#heap[at]!;
      this.#heap[at] = this.#heap[parent]!;
      this.#heap[parent] = moved;
      at = parent;
    }
  }

  /** The first source goes to its next packet. There must be one. */
  advance(): void {
    if (!this.#heap[0]!.source.advance()) {
      const last = this.#heap.pop()!;
      if (this.#heap.length === 0) return;
      this.#heap[0] = last;
    }
    this.#sink(0);
  }

  #sink(from: number): void {
    let at = from;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= this.#heap.length) return;
      const child = left + 1 < this.#heap.length && this.#isBefore(left + 1, left) ? left + 1 : left;
      if (!this.#isBefore(child, at)) return;
      const moved = this.#heap[at]!;
      this.#heap[at] = this.#heap[child]!;
      this.#heap[child] = moved;
      at = child;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [one, other] = [this.#heap[a]!, this.#heap[b]!];
    const difference = one.source.timeNs - other.source.timeNs;
    return difference < 0 || (difference === 0 && one.order < other.order);
  }
}
