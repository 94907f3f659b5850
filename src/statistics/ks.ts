/**
 * @module
 * The two-sample Kolmogorov–Smirnov statistic.
 */
import { sortedCopy } from './sort.js';

/**
 * The largest distance between the empirical distribution functions of two samples, 0 to 1:
 * D = sup |F₁(x) − F₂(x)|. Exact, with ties.
 *
 * Source: Smirnov (1948), Table for estimating the goodness of fit of empirical distributions; same value as
 * `scipy.stats.ks_2samp(a, b).statistic`.
 *
 * @param a, b samples in any order, neither empty
 * @returns NaN if a sample is empty
 */
export function ksStatistic(a: Float64Array, b: Float64Array): number {
  return ksOfSorted(sortedCopy(a), sortedCopy(b));
}

/**
 * The same of samples that rise. O(n + m).
 *
 * @param zerosA, zerosB values of 0 that either sample has before those given, all of which are above 0 then
 */
export function ksOfSorted(a: Float64Array, b: Float64Array, zerosA = 0, zerosB = 0): number {
  const n = a.length + zerosA;
  const m = b.length + zerosB;
  if (n === 0 || m === 0) return Number.NaN;
  let i = 0;
  let j = 0;
  let largest = Math.abs(zerosA / n - zerosB / m);
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i]!, b[j]!);
    while (i < a.length && a[i] === value) i++;
    while (j < b.length && b[j] === value) j++;
    largest = Math.max(largest, Math.abs((zerosA + i) / n - (zerosB + j) / m));
  }
  return largest;
}
