/**
 * @module
 * A distribution over everything possible. Likelihoods give it a little weight, so that nothing has probability zero.
 */

export const BACKGROUND_WEIGHT = 1e-4;

/** Sizes evenly up to 64 KiB; zero gaps half of the time, other gaps evenly in their logarithm up to 2^53 ns. */
export const background = (gapNs: number): number => (gapNs === 0 ? 0.5 : 0.5 / (53 * Math.LN2 * gapNs)) / 65_536;

/** Total log-likelihood, in nats, of packets of which nothing is known. */
export const logBackground = (gapsNs: Float64Array): number =>
  gapsNs.reduce((total, gapNs) => total + Math.log(BACKGROUND_WEIGHT * background(gapNs)), 0);
