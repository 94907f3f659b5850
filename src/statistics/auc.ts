/**
 * @module
 * How well a score tells two kinds of things apart: the area under the ROC curve.
 */
import { mean, sampleVariance } from './mean.js';
import { sortedCopy } from './sort.js';

/**
 * The probability that a positive has a higher score than a negative, equal ones counted half: ½ for a score that tells nothing,
 * 1 for one that puts all positives above all negatives. O((n + m) log(n + m)).
 *
 * Source: Mann & Whitney (1947), On a test of whether one of two random variables is stochastically larger than the other: U / nm;
 * same value as `sklearn.metrics.roc_auc_score(labels, scores)`.
 *
 * @param positive, negative scores in any order
 * @returns NaN if one of them is empty
 */
export function auc(positive: Float64Array, negative: Float64Array): number {
  const placements = placementsOf(sortedCopy(positive), sortedCopy(negative));
  // Multiples of ½, so their sum is exact.
  return mean(placements) / negative.length;
}

/**
 * The variance of that area as an estimate: S₁₀ / n + S₀₁ / m, with the variances of the shares of negatives that each positive is
 * above, and of positives that each negative is below.
 *
 * Source: DeLong, DeLong & Clarke-Pearson (1988), Comparing the areas under two or more correlated receiver operating characteristic
 * curves; in O((n + m) log(n + m)) as in Sun & Xu (2014), Fast implementation of DeLong’s algorithm: what they subtract, midranks
 * among the own kind from midranks among all, is the placement used here.
 *
 * @param positive, negative scores in any order
 * @returns NaN if one of them has fewer than two
 */
export function aucVariance(positive: Float64Array, negative: Float64Array): number {
  const [p, n] = [sortedCopy(positive), sortedCopy(negative)];
  return (
    sampleVariance(placementsOf(p, n)) / n.length ** 2 / p.length +
    sampleVariance(placementsOf(n, p)) / p.length ** 2 / n.length
  );
}

/** How many of the others are below each value, equal ones counted half. Both rise. */
function placementsOf(values: Float64Array, others: Float64Array): Float64Array {
  const placements = new Float64Array(values.length);
  let below = 0;
  let upTo = 0;
  for (let i = 0; i < values.length; i++) {
    while (below < others.length && others[below]! < values[i]!) below++;
    while (upTo < others.length && others[upTo]! <= values[i]!) upTo++;
    placements[i] = (below + upTo) / 2;
  }
  return placements;
}
