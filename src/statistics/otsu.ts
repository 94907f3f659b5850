/**
 * @module
 * Where a sample falls apart into low and high values.
 */
import { mean } from './mean.js';

/**
 * The threshold that leaves the least variance within the values below it and within those above: halfway between the two
 * neighbours between which the variance between the classes, ω₀ ω₁ (μ₁ − μ₀)², is largest. The lowest one, of several.
 *
 * Source: Otsu (1979), A threshold selection method from gray-level histograms; over all values instead of a histogram. O(n).
 *
 * @param sorted values that rise
 * @returns not below the greatest low value, and below the smallest high one; undefined where all are the same
 */
export function otsuThreshold(sorted: Float64Array): number | undefined {
  const n = sorted.length;
  const average = mean(sorted);
  let threshold: number | undefined;
  let largest = -1;
  /** Of the deviations of the first k values from the mean. The variance is its square over k (n − k), but for a factor. */
  let sum = 0;
  for (let k = 1; k < n; k++) {
    const low = sorted[k - 1]!;
    const high = sorted[k]!;
    sum += low - average;
    if (low === high) continue;
    const between = sum ** 2 / k / (n - k);
    if (between > largest) {
      largest = between;
      const middle = low + (high - low) / 2;
      // Between neighbouring doubles there is nothing.
      threshold = middle < high ? middle : low;
    }
  }
  return threshold;
}
