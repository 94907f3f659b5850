/**
 * @module
 * How far apart two distributions over the same categories are. They are given as counts, which need not have the same sum.
 */
import { sum } from './mean.js';

/**
 * Jensen–Shannon divergence in bits, 0 (the same) to 1 (nothing in common): ½ KL(p ‖ m) + ½ KL(q ‖ m) with m = (p + q) / 2.
 *
 * Source: Lin (1991), Divergence measures based on the Shannon entropy; same value as
 * `scipy.spatial.distance.jensenshannon(p, q, base=2) ** 2`.
 *
 * @param p, q counts of the same categories
 * @returns NaN if one of them has no counts
 */
export function jensenShannonDivergence(p: Float64Array, q: Float64Array): number {
  const n = sum(p);
  const m = sum(q);
  if (n === 0 || m === 0) return Number.NaN;
  let bits = 0;
  for (let i = 0; i < p.length; i++) bits += excess(p[i]! / n, q[i]! / m) + excess(q[i]! / m, p[i]! / n);
  return between0And1(bits / 2);
}

/**
 * Kullback–Leibler divergence of p from q in bits, Σ p log₂(p / q) ≥ 0: what it costs to encode a value of p with a code made
 * for q. Each count of either is half a count higher than given (Krichevsky & Trofimov 1981, The performance of universal
 * encoding), so that it is finite where q has never seen a category. Not symmetric.
 *
 * Source: Kullback & Leibler (1951), On information and sufficiency; same value as
 * `scipy.stats.entropy(p + 0.5, q + 0.5, base=2)`.
 *
 * @param p, q counts of the same categories, at least one
 */
export function kullbackLeiblerDivergence(p: Float64Array, q: Float64Array): number {
  const n = sum(p) + p.length / 2;
  const m = sum(q) + q.length / 2;
  let bits = 0;
  for (let i = 0; i < p.length; i++) {
    const probability = (p[i]! + 0.5) / n;
    bits += probability * Math.log2(probability / ((q[i]! + 0.5) / m));
  }
  return Math.max(0, bits);
}

/** What a category adds to the divergence of p from the mean of p and q. */
const excess = (p: number, q: number) => (p > 0 ? p * Math.log2((2 * p) / (p + q)) : 0);

/** Rounding may lead just outside. */
const between0And1 = (value: number) => Math.min(1, Math.max(0, value));
