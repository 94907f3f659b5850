/**
 * @module
 * The likelihood of packets under a model that knows the probability of their tokens.
 */
import type { PacketBlock } from '../src/packets/packet-series.js';
import { BACKGROUND_WEIGHT, background } from './background.js';
import type { Quantizer } from './quantizer.js';

/** Weight of known symbols in combinations that may never have been seen. */
const NEW_COMBINATION = 0.02;

/**
 * The log-likelihood of each packet but the first, in nats: of its direction, its size and its gap in whole ns.
 *
 * @param tokens what the quantizer makes of the series
 * @param marginal probability of each token if nothing was known of those before it
 * @param probabilityOf asked in their order for the probability of each token of the alphabet, given those before it
 */
export function tokenLogLikelihoods(
  series: PacketBlock,
  tokens: Int32Array,
  quantizer: Quantizer,
  marginal: Float64Array,
  probabilityOf: (token: number, index: number) => number,
): Float64Array {
  const anyToken = quantizer.anyToken(marginal);
  return Float64Array.from(tokens, (token, index) => {
    const sizeBytes = series.sizes[index + 1]!;
    const gapNs = series.offsetsNs[index + 1]! - series.offsetsNs[index]!;
    const ofToken = probabilityOf(token, index);
    const known = token < 0 ? 0 : ofToken * quantizer.probability(token, sizeBytes, gapNs);
    return Math.log(
      (1 - BACKGROUND_WEIGHT - NEW_COMBINATION) * known +
        NEW_COMBINATION * anyToken(token, series.outbound[index + 1]!, sizeBytes, gapNs) +
        BACKGROUND_WEIGHT * background(gapNs),
    );
  });
}
