/**
 * @module
 * Means, how far values are from them, and how sure they are.
 */

export function sum(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}

export function mean(values: Float64Array): number {
  return sum(values) / values.length;
}

/** Standard error of the mean. */
export function standardError(values: Float64Array): number {
  const average = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - average) ** 2)) / values.length);
}

/**
 * Σ (x − x̄)² / (n − 1), the variance of a distribution by a sample of independent values. It is 0, and not nearly, where all
 * are the same. Same value as `numpy.var(values, ddof=1)`.
 *
 * @param zeros values of 0 that there are beside those given
 * @returns NaN for fewer than two values
 */
export function sampleVariance(values: Float64Array, zeros = 0): number {
  const count = values.length + zeros;
  // Counted from the first value, which leaves exact zeros of a constant.
  const first = zeros > 0 ? 0 : values[0]!;
  let shift = 0;
  for (let i = 0; i < values.length; i++) shift += values[i]! - first;
  const average = shift / count;
  let squares = zeros * average ** 2;
  for (let i = 0; i < values.length; i++) squares += (values[i]! - first - average) ** 2;
  return squares / (count - 1);
}
