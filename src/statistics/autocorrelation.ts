/**
 * @module
 * How much a value of a series tells of those after it.
 */
import { mean } from './mean.js';

/** Values that are worked on at once; with those they are multiplied by they stay in the fastest cache. */
const BLOCK = 2048;

/**
 * Autocorrelations r₁ … r_lags of a series, −1 to 1: r_k = Σ_{t ≤ n−k} (x_t − x̄)(x_{t+k} − x̄) / Σ_t (x_t − x̄)².
 *
 * Source: Box & Jenkins (1976), Time series analysis, section 2.1.5, the estimator that divides by n for every lag, so that the
 * sequence is positive semidefinite; same values as `statsmodels.tsa.stattools.acf(values, nlags=lags, adjusted=False)[1:]`.
 *
 * @param values equally spaced in time, or one after the other
 * @returns one value per lag; undefined where all values are the same, or there are not more of them than lags
 */
export function autocorrelation(values: Float64Array, lags: number): Float64Array | undefined {
  if (values.length <= lags || values.every((value) => value === values[0])) return undefined;
  const average = mean(values);
  /** Sums of products, at lag 0 and on. */
  const sums = new Float64Array(lags + 1);
  const deviations = new Float64Array(BLOCK + lags);
  for (let begin = 0; begin < values.length; begin += BLOCK) {
    const length = Math.min(deviations.length, values.length - begin);
    for (let i = 0; i < length; i++) deviations[i] = values[begin + i]! - average;
    // There is nothing after the end.
    deviations.fill(0, length);
    addProducts(deviations, sums);
  }
  return sums.subarray(1).map((sum) => sum / sums[0]!);
}

/** Adds to the sum of each lag the products of the first values with those that many places later. */
function addProducts(deviations: Float64Array, sums: Float64Array): void {
  let lag = 0;
  // Four at a time: one sum would wait for each of its additions, and every value is read once for four.
  for (; lag + 4 <= sums.length; lag += 4) {
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let i = 0, j = lag; i < BLOCK; i++, j++) {
      const value = deviations[i]!;
      a += value * deviations[j]!;
      b += value * deviations[j + 1]!;
      c += value * deviations[j + 2]!;
      d += value * deviations[j + 3]!;
    }
    sums[lag]! += a;
    sums[lag + 1]! += b;
    sums[lag + 2]! += c;
    sums[lag + 3]! += d;
  }
  for (; lag < sums.length; lag++) {
    let sum = 0;
    for (let i = 0; i < BLOCK; i++) sum += deviations[i]! * deviations[i + lag]!;
    sums[lag]! += sum;
  }
}
