/**
 * @module
 * Sizes as few classes, and packets as tokens of direction and size class: what charts of the order of packets are made of.
 */
import type { SeriesView } from '../evaluation/series-view.js';
import type { PacketBlock } from '../packets/packet-series.js';
import { binEdges, binOf } from '../statistics/histogram.js';

/** The size classes of both directions; a token is a class of a direction, those of outbound packets come first. */
export interface SizeClasses {
  readonly outbound: Float64Array;
  readonly inbound: Float64Array;
  /** For each token its sizes in bytes, for people. */
  readonly names: readonly string[];
  /** Tokens that are outbound: the first ones. */
  readonly outboundTokens: number;
}

/**
 * Classes with about as many packets of a series in each; a frequent size has one to itself.
 *
 * @param perDirection how many classes there would be if all sizes were alike; at most 2 × that + 1 come out, 256 tokens in all
 */
export function sizeClasses(view: SeriesView, perDirection: number): SizeClasses {
  const edgesOf = (outbound: boolean) => {
    const sorted = view.sortedSizes(outbound);
    return sorted.length === 0 ? new Float64Array(0) : binEdges(sorted, perDirection);
  };
  const outbound = edgesOf(true);
  const inbound = edgesOf(false);
  const names = [classNames(outbound), classNames(inbound)];
  return { outbound, inbound, names: names.flat(), outboundTokens: names[0]!.length };
}

function classNames(edges: Float64Array): readonly string[] {
  if (edges.length < 2) return ['any'];
  return Array.from(edges.subarray(1), (end, index) => {
    const begin = edges[index]!;
    return end - begin === 1 ? String(begin) : `${begin}–${end - 1}`;
  });
}

/** The token of every packet. A size beyond the classes counts for the nearest one. */
export function sizeTokens(block: PacketBlock, classes: SizeClasses): Uint8Array {
  const { outbound, inbound, outboundTokens } = classes;
  const tokens = new Uint8Array(block.length);
  for (let i = 0; i < block.length; i++) {
    const isOutbound = block.outbound[i] === 1;
    const edges = isOutbound ? outbound : inbound;
    const last = Math.max(0, edges.length - 2);
    const index = Math.min(last, Math.max(0, binOf(block.sizes[i]!, edges) - 1));
    tokens[i] = isOutbound ? index : outboundTokens + index;
  }
  return tokens;
}
