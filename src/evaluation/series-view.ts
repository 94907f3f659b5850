/**
 * @module
 * A series as the metrics look at it. Columns that are costly and that several of them need are made once, when the first one asks; the others
 * each time, because a series may have ten million packets.
 */
import { directionGapsNs, directionSizes, type PacketBlock, spanNs } from '../packets/packet-series.js';
import { busyBins, throughputBytes } from '../packets/throughput.js';
import { sortedCopy } from '../statistics/sort.js';

/** A series of more bins than this is not cut into them. */
const MAX_BINS = 2 ** 25;

export class SeriesView {
  readonly block: PacketBlock;
  readonly #columns = new Map<string, Float64Array>();
  #outboundPackets: number | undefined;

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

  /** Packets of one direction. */
  count(outbound: boolean): number {
    this.#outboundPackets ??= countOutbound(this.block);
    return outbound ? this.#outboundPackets : this.length - this.#outboundPackets;
  }

  /** Sizes in bytes, in the order of time. */
  sizes(outbound: boolean): Float64Array {
    return directionSizes(this.block, outbound);
  }

  /** Gaps in ns, in the order of time: one fewer than packets. */
  gaps(outbound: boolean): Float64Array {
    return directionGapsNs(this.block, outbound);
  }

  /** Joint gaps before the packets of one direction, in ns, in the order of time; the first packet of all has none. */
  jointGaps(outbound: boolean): Float64Array {
    const { length, offsetsNs, outbound: directions } = this.block;
    const wanted = outbound ? 1 : 0;
    let count = 0;
    const gaps = new Float64Array(this.count(outbound));
    for (let i = 1; i < length; i++) {
      if (directions[i] === wanted) gaps[count++] = offsetsNs[i]! - offsetsNs[i - 1]!;
    }
    return gaps.subarray(0, count);
  }

  sortedSizes(outbound: boolean): Float64Array {
    return this.#column(`sorted sizes ${outbound}`, () => sortedCopy(this.sizes(outbound)));
  }

  sortedGaps(outbound: boolean): Float64Array {
    return this.#column(`sorted gaps ${outbound}`, () => sortedCopy(this.gaps(outbound)));
  }

  /** Bytes in each full bin of time; undefined where there would be too many bins. */
  throughput(outbound: boolean, binNs: number): Float64Array | undefined {
    if (this.bins(binNs) > MAX_BINS) return undefined;
    return this.#column(`throughput ${outbound} ${binNs}`, () => throughputBytes(this.block, outbound, binNs));
  }

  /** Number of full bins of time. */
  bins(binNs: number): number {
    return Math.floor(this.spanNs / binNs);
  }

  /** Bytes in each full bin that is not empty, rising: a quiet device has millions of empty ones. */
  sortedBusyBins(outbound: boolean, binNs: number): Float64Array {
    return this.#column(`sorted busy bins ${outbound} ${binNs}`, () =>
      sortedCopy(busyBins(this.block, outbound, binNs)),
    );
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

function countOutbound({ length, outbound }: PacketBlock): number {
  let count = 0;
  for (let i = 0; i < length; i++) count += outbound[i]!;
  return count;
}
