/**
 * @module
 * A cursor over blocks of packets: one packet after the other.
 */
import type { PacketBlock } from './packet-series.js';

export class PacketCursor {
  // The packet that `advance` came to.
  /** Time since the start of the series, in ns. */
  offsetNs = 0;
  sizeBytes = 0;
  /** 1 = sent by the target. */
  outbound = 0;
  readonly #blocks: Iterator<PacketBlock>;
  #block: PacketBlock | undefined;
  #next = 0;

  constructor(blocks: Iterable<PacketBlock>) {
    this.#blocks = blocks[Symbol.iterator]();
  }

  /** Goes to the next packet. @returns false if there is none */
  advance(): boolean {
    while (this.#block === undefined || this.#next === this.#block.length) {
      const { done, value } = this.#blocks.next();
      if (done) return false;
      this.#block = value;
      this.#next = 0;
    }
    const next = this.#next++;
    this.offsetNs = this.#block.offsetsNs[next]!;
    this.sizeBytes = this.#block.sizes[next]!;
    this.outbound = this.#block.outbound[next]!;
    return true;
  }
}
