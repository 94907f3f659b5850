/**
 * @module
 * Collects packets into the columns of a PacketSeries, in any order, and brings them into the order of time.
 */
import type { Conversation, PacketSeries } from './packet-series.js';

const FIRST_CAPACITY = 1024;

export class SeriesBuilder {
  #length = 0;
  #firstSeconds = 0;
  #firstNanoseconds = 0;
  #lastOffsetNs = 0;
  #backwards = 0;
  #offsetsNs = new Float64Array(FIRST_CAPACITY);
  #sizes = new Uint32Array(FIRST_CAPACITY);
  #outbound = new Uint8Array(FIRST_CAPACITY);
  #conversation = new Uint16Array(FIRST_CAPACITY);
  #marks = new Uint8Array(FIRST_CAPACITY);

  get length(): number {
    return this.#length;
  }

  /** @param seconds, nanoseconds time since the Unix epoch */
  append(
    seconds: number,
    nanoseconds: number,
    sizeBytes: number,
    outbound: boolean,
    conversation: number,
    marks = 0,
  ): void {
    const index = this.#length;
    if (index === this.#sizes.length) this.#grow();
    if (index === 0) {
      this.#firstSeconds = seconds;
      this.#firstNanoseconds = nanoseconds;
    }
    const offsetNs = (seconds - this.#firstSeconds) * 1e9 + (nanoseconds - this.#firstNanoseconds);
    if (offsetNs < this.#lastOffsetNs) this.#backwards++;
    this.#lastOffsetNs = offsetNs;
    this.#offsetsNs[index] = offsetNs;
    this.#sizes[index] = sizeBytes;
    this.#outbound[index] = outbound ? 1 : 0;
    this.#conversation[index] = conversation;
    this.#marks[index] = marks;
    this.#length++;
  }

  #grow(): void {
    const capacity = this.#length * 2;
    const grown = <T extends { set(from: T): void }>(larger: T, from: T): T => {
      larger.set(from);
      return larger;
    };
    this.#offsetsNs = grown(new Float64Array(capacity), this.#offsetsNs);
    this.#sizes = grown(new Uint32Array(capacity), this.#sizes);
    this.#outbound = grown(new Uint8Array(capacity), this.#outbound);
    this.#conversation = grown(new Uint16Array(capacity), this.#conversation);
    this.#marks = grown(new Uint8Array(capacity), this.#marks);
  }

  /** The series, sorted by time where the packets did not come in order; packets of equal time keep their order. */
  build(conversations: readonly Conversation[]): PacketSeries {
    const length = this.#length;
    let offsetsNs = this.#offsetsNs.slice(0, length);
    let sizes = this.#sizes.slice(0, length);
    let outbound = this.#outbound.slice(0, length);
    let conversation = this.#conversation.slice(0, length);
    let marks = this.#marks.slice(0, length);
    let startNanoseconds = this.#firstNanoseconds;
    if (this.#backwards > 0) {
      const unsorted = offsetsNs;
      const order = Uint32Array.from({ length }, (_, i) => i).sort((a, b) => unsorted[a]! - unsorted[b]! || a - b);
      const earliest = unsorted[order[0]!]!;
      offsetsNs = Float64Array.from(order, (i) => unsorted[i]! - earliest);
      sizes = Uint32Array.from(order, (i) => this.#sizes[i]!);
      outbound = Uint8Array.from(order, (i) => this.#outbound[i]!);
      conversation = Uint16Array.from(order, (i) => this.#conversation[i]!);
      marks = Uint8Array.from(order, (i) => this.#marks[i]!);
      startNanoseconds += earliest;
    }
    return {
      length,
      startNs: BigInt(this.#firstSeconds) * 1_000_000_000n + BigInt(startNanoseconds),
      offsetsNs,
      sizes,
      outbound,
      conversation,
      marks,
      conversations,
    };
  }
}
