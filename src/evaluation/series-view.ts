/**
 * @module
 * A series as the metrics look at it: columns that several of them need are made once, when the first one asks.
 */
import { directionGapsNs, directionSizes, gapsNs, type PacketBlock, spanNs } from '../series/packet-series.js';
import { throughputBytes } from '../series/throughput.js';
import { sortedCopy } from '../statistics/sort.js';

/** A series of more bins than this is not cut into them. */
const MAX_BINS = 2 ** 25;

export class SeriesView {
  readonly block: PacketBlock;
  readonly #columns = new Map<string, Float64Array>();

  constructor(block: PacketBlock) {
    this.block = block;
  }

  /** Number of packets. */
  get length(): number {
    return this.block.length;
  }

  get spanNs(): number {
    return spanNs(this.block);
  }

  /** Sizes in bytes, in the order of time. */
  sizes(outbound: boolean): Float64Array {
    return this.#column(`sizes ${outbound}`, () => directionSizes(this.block, outbound));
  }

  /** Gaps in ns, in the order of time: one fewer than packets. */
  gaps(outbound: boolean): Float64Array {
    return this.#column(`gaps ${outbound}`, () => directionGapsNs(this.block, outbound));
  }

  jointGaps(): Float64Array {
    return this.#column('joint gaps', () => gapsNs(this.block));
  }

  sortedSizes(outbound: boolean): Float64Array {
    return this.#column(`sorted sizes ${outbound}`, () => sortedCopy(this.sizes(outbound)));
  }

  sortedGaps(outbound: boolean): Float64Array {
    return this.#column(`sorted gaps ${outbound}`, () => sortedCopy(this.gaps(outbound)));
  }

  /** Bytes in each full bin of time; undefined where there would be too many bins. */
  throughput(outbound: boolean, binNs: number): Float64Array | undefined {
    if (this.spanNs / binNs > MAX_BINS) return undefined;
    return this.#column(`throughput ${outbound} ${binNs}`, () => throughputBytes(this.block, outbound, binNs));
  }

  #column(name: string, make: () => Float64Array): Float64Array {
    let column = this.#columns.get(name);
    if (column === undefined) {
      column = make();
      this.#columns.set(name, column);
    }
    return column;
  }
}
