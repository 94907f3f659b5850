/**
 * @module
 * How well a score tells two kinds of things apart: the area under the ROC curve.
 */
import { mean } from './mean.js';
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
