/**
 * @module
 * What turns packets into tokens and tokens into packets: the alphabet of the kinds of model that learn sequences. One alphabet
 * has the tokens of both directions.
 */

import type { PacketBlock } from '../src/packets/packet-series.js';
import type { Random } from '../src/random.js';
import type { Tensor } from '../src/tensors.js';
import type { ComponentDescription } from './traffic-model.js';

export const QUANTIZER_KINDS = ['empirical', 'gmm'] as const;
export type QuantizerKind = (typeof QUANTIZER_KINDS)[number];

/** Position in time while tokens are decoded, and the packet that the latest one became. */
export interface DecodeState {
  /** Time of the latest packet; the first is at 0. */
  timeNs: number;
  sizeBytes: number;
  direction: number;
  /** Time of the latest packet of each direction, NaN before its first. */
  readonly lastNs: [number, number];
}

export const startOfDecoding = (): DecodeState => ({
  timeNs: 0,
  sizeBytes: 0,
  direction: 1,
  lastNs: [Number.NaN, Number.NaN],
});

/** True before the first packet, which has no gap, whatever its token says. */
export const isFirst = ({ lastNs }: DecodeState): boolean => Number.isNaN(lastNs[0]) && Number.isNaN(lastNs[1]);

export interface Quantizer {
  /** Number of tokens. */
  readonly vocabulary: number;
  readonly tokenDirection: Uint8Array;
  /** The token of each packet but the first, which has no gap; -1 for what the alphabet does not know. */
  encode(block: PacketBlock): Int32Array;
  /**
   * Moves `state` to the packet that `token` stands for.
   *
   * @returns the token that fits the packet that came out: what follows should depend on what happened, not on what was drawn
   */
  decode(token: number, state: DecodeState, random: Random): number;
  /**
   * Classes of tokens for use as contexts: direction, and sizes and gaps in `groups` groups of about equal share each.
   *
   * @param counts how often each token occurs
   * @returns the class of each token; each token its own class where `groups` is infinite
   */
  classes(counts: Float64Array, groups: number): Uint32Array;
  /** Probability of a size (bytes) and a gap (whole ns) given their token. */
  probability(token: number, sizeBytes: number, gapNs: number): number;
  /**
   * Probability of a packet if nothing was known of those before it, also where its parts were never seen together.
   *
   * @param marginal probability of each token
   * @returns a function of the packet and its token, which is negative if it has none
   */
  anyToken(marginal: Float64Array): (token: number, outbound: number, sizeBytes: number, gapNs: number) => number;
  /** Share and memory aside, which belong to what makes sequences of the tokens. */
  describe(token: number): Omit<ComponentDescription, 'share' | 'stay'>;
  save(tensors: Map<string, Tensor>): void;
}

/**
 * Groups of about equal share: things in the order of their values, cut where their weights add up.
 *
 * @returns the group of each
 */
export function groupByValue(values: ArrayLike<number>, weights: Float64Array, groups: number): Uint32Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const byValue = Uint32Array.from(weights, (_, i) => i).sort((a, b) => values[a]! - values[b]! || a - b);
  const group = new Uint32Array(weights.length);
  let below = 0;
  for (const i of byValue) {
    group[i] = Math.min(groups - 1, Math.floor(((below + weights[i]! / 2) / total) * groups));
    below += weights[i]!;
  }
  return group;
}
