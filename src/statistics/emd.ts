/**
 * @module
 * The Earth Mover's Distance of two samples: how far their values have to be moved, on average, to make one of the other.
 *
 * It is a distance of samples. Handing the heights of two histograms to it as if they were samples, as a published
 * estimator does, says how differently the heights are spread and nothing of where they stand: two distributions of the
 * same shape in different places then have a distance of 0.
 */
import { sortedCopy } from './sort.js';

/**
 * W₁ = ∫ |F₁(x) − F₂(x)| dx, in the unit of the values. Exact, with ties.
 *
 * Source: Vallender (1974), Calculation of the Wasserstein distance between probability distributions on the line; same
 * value as `scipy.stats.wasserstein_distance(a, b)`.
 *
 * @param a, b finite values in any order
 * @returns NaN if a sample is empty
 */
export function emd(a: Float64Array, b: Float64Array): number {
  return emdOfSorted(sortedCopy(a), sortedCopy(b));
}

/**
 * The same of samples that rise. O(n + m).
 *
 * F₁ − F₂ = (i·m − j·n) / (n·m), where i and j values are at most x: the numerator is a whole number and exact, and the
 * areas are added with what rounding takes from them (Neumaier 1974), so the result is good to the last digits for any
 * number of values with n·m < 2⁵³.
 *
 * @param zerosA, zerosB values of 0 that either sample has before those given, all of which are above 0 then
 */
export function emdOfSorted(a: Float64Array, b: Float64Array, zerosA = 0, zerosB = 0): number {
  const n = a.length + zerosA;
  const m = b.length + zerosB;
  if (n === 0 || m === 0) return Number.NaN;
  let i = zerosA;
  let j = zerosB;
  let sum = 0;
  let lost = 0;
  let previous = zerosA + zerosB > 0 ? 0 : Math.min(a[0]!, b[0]!);
  while (i < n || j < m) {
    const fromA = j === m || (i < n && a[i - zerosA]! <= b[j - zerosB]!);
    const value = fromA ? a[i - zerosA]! : b[j - zerosB]!;
    if (value !== previous) {
      const area = Math.abs(i * m - j * n) * (value - previous);
      const next = sum + area;
      lost += sum >= area ? sum - next + area : area - next + sum;
      sum = next;
      previous = value;
    }
    if (fromA) i++;
    else j++;
  }
  return (sum + lost) / n / m;
}
