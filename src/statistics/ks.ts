/**
 * @module
 * The two-sample Kolmogorov–Smirnov statistic.
 */

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
  if (a.length === 0 || b.length === 0) return Number.NaN;
  const x = a.slice().sort();
  const y = b.slice().sort();
  let i = 0;
  let j = 0;
  let largest = 0;
  while (i < x.length && j < y.length) {
    const value = Math.min(x[i]!, y[j]!);
    while (i < x.length && x[i] === value) i++;
    while (j < y.length && y[j] === value) j++;
    largest = Math.max(largest, Math.abs(i / x.length - j / y.length));
  }
  return largest;
}
