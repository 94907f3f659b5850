/**
 * @module
 * Long-range dependence: the Hurst exponent of a series of counts in bins, ½ where values far apart have nothing to do with
 * each other, up to 1 where bursts of all lengths are as bursty as the short ones. Two estimators of it, neither of which is to
 * be believed alone.
 */
import { mean, sampleVariance } from './mean.js';

/** A shorter series has too few sizes of blocks to see a slope. */
const MIN_BINS = 512;
/** Sizes of blocks, fewer where short ones fall together. */
const SIZES = 20;

/**
 * By the variance of means of blocks, which falls as m^(2H − 2) with their length m, from 1 to a tenth of the series.
 *
 * Source: Beran (1994), Statistics for long-memory processes, section 4.4; Taqqu, Teverovsky & Willinger (1995), Estimators for
 * long-range dependence: an empirical study, section 2.1. Too low for H near 1, because the mean of the series that the variance
 * is about is an estimate too.
 *
 * @param values one per bin of time
 * @returns H; or, as text after “it has”, why there is none
 */
export function hurstByAggregatedVariance(values: Float64Array): number | string {
  return exponentOf(
    values,
    1,
    10,
    (size) => sampleVariance(blockSums(values, size)) / size ** 2,
    (slope) => 1 + slope / 2,
  );
}

/**
 * By the rescaled range: how far the sum of a block runs up and down about its mean line, over the standard deviation of its
 * values, grows as m^H with its length m, from 16 to a quarter of the series.
 *
 * Source: Hurst (1951), Long-term storage capacity of reservoirs; Mandelbrot & Wallis (1969), Robustness of the rescaled range
 * R/S. Short blocks make it too high (Anis & Lloyd 1976, The expected value of the adjusted rescaled Hurst range): of independent
 * values it is 0.56 for 512 of them, 0.54 for 4096, 0.52 for 262 144. Two series of the same length are misjudged alike.
 *
 * @param values one per bin of time
 * @returns H; or, as text after “it has”, why there is none
 */
export function hurstByRescaledRange(values: Float64Array): number | string {
  return exponentOf(
    values,
    16,
    4,
    (size) => meanRescaledRange(values, size),
    (slope) => slope,
  );
}

/**
 * @param smallest size of the smallest blocks
 * @param fewest how many of the largest blocks there are
 * @param measure of all blocks of a size; 0 if they have none
 * @param exponent H by the slope of log measure over log size
 */
function exponentOf(
  values: Float64Array,
  smallest: number,
  fewest: number,
  measure: (size: number) => number,
  exponent: (slope: number) => number,
): number | string {
  if (values.length < MIN_BINS) return `too few bins: ${values.length}, fewer than ${MIN_BINS}`;
  if (values.every((value) => value === values[0])) return 'bins that are all alike';
  const points = blockSizes(smallest, Math.floor(values.length / fewest))
    .map((size) => ({ size, measure: measure(size) }))
    .filter((point) => point.measure > 0);
  // All that varies may be what the blocks leave over at the end.
  if (points.length < 3) return 'blocks that are all alike';
  const logs = (of: (point: { size: number; measure: number }) => number) =>
    Float64Array.from(points, (point) => Math.log(of(point)));
  return exponent(
    slope(
      logs(({ size }) => size),
      logs(({ measure }) => measure),
    ),
  );
}

/** Whole numbers that grow by about the same factor. */
function blockSizes(smallest: number, largest: number): number[] {
  const size = (_: unknown, i: number) => Math.round(smallest * (largest / smallest) ** (i / (SIZES - 1)));
  return [...new Set(Array.from({ length: SIZES }, size))];
}

/** Sums of blocks beside each other; what is left at the end is in none. */
function blockSums(values: Float64Array, size: number): Float64Array {
  const sums = new Float64Array(Math.floor(values.length / size));
  for (let block = 0, i = 0; block < sums.length; block++) {
    let sum = 0;
    for (const end = i + size; i < end; i++) sum += values[i]!;
    sums[block] = sum;
  }
  return sums;
}

/** Mean over the blocks in which not all values are the same; 0 if there are none. */
function meanRescaledRange(values: Float64Array, size: number): number {
  let sum = 0;
  let count = 0;
  for (let begin = 0; begin + size <= values.length; begin += size) {
    const ratio = rescaledRange(values, begin, size);
    if (ratio === 0) continue;
    sum += ratio;
    count++;
  }
  return count === 0 ? 0 : sum / count;
}

/** Range of the sums of deviations from the mean of a block, over its standard deviation; 0 if all its values are the same. */
function rescaledRange(values: Float64Array, begin: number, size: number): number {
  const first = values[begin]!;
  let sum = 0;
  for (let i = begin; i < begin + size; i++) sum += values[i]! - first;
  const average = sum / size;
  let [squares, walk, lowest, highest] = [0, 0, 0, 0];
  for (let i = begin; i < begin + size; i++) {
    const deviation = values[i]! - first - average;
    squares += deviation * deviation;
    walk += deviation;
    lowest = Math.min(lowest, walk);
    highest = Math.max(highest, walk);
  }
  return squares === 0 ? 0 : (highest - lowest) / Math.sqrt(squares / size);
}

/** Of the line through the points by least squares. */
function slope(x: Float64Array, y: Float64Array): number {
  const [middleX, middleY] = [mean(x), mean(y)];
  let [products, squares] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    products += (x[i]! - middleX) * (y[i]! - middleY);
    squares += (x[i]! - middleX) ** 2;
  }
  return products / squares;
}
