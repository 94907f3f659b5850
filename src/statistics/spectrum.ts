/**
 * @module
 * The power of a series at each frequency, and how differently two series spread theirs.
 */
import { type Fft, planFft } from './fft.js';

/**
 * Power spectral density by Welch's method: the mean over segments that overlap by half, each less its own mean and under a
 * Hann window.
 *
 * Source: Welch (1967), The use of fast Fourier transform for the estimation of power spectra; same values as
 * `scipy.signal.welch(values, nperseg=segment)[1]`.
 *
 * @param values equally spaced in time
 * @param segment values in a segment, a power of two from 2 on
 * @returns segment/2 + 1 densities, the k-th at k/segment cycles per value, in squared units of the values per that frequency;
 *   undefined if there are fewer values than a segment has
 * @throws RangeError if the segment is not a power of two
 */
export function welch(values: Float64Array, segment: number): Float64Array | undefined {
  if (values.length < segment) return undefined;
  const fft = planFft(segment);
  const window = hann(segment);
  const powers = new Float64Array(segment / 2 + 1);
  const real = new Float64Array(segment);
  const imaginary = new Float64Array(segment);
  const segments = Math.floor((values.length - segment) / (segment / 2)) + 1;
  for (let index = 0; index < segments; index += 2) {
    // Two segments in one transform, whose powers are wanted in sum only.
    load(values, (index * segment) / 2, window, real);
    if (index + 1 < segments) load(values, ((index + 1) * segment) / 2, window, imaginary);
    else imaginary.fill(0);
    addPowers(fft, real, imaginary, powers);
  }
  const energy = window.reduce((sum, weight) => sum + weight * weight, 0);
  // All frequencies but the first and the last stand for a negative one as well.
  return powers.map((power, k) => (power * (k % (segment / 2) === 0 ? 1 : 2)) / (energy * segments));
}

/** The window of which the next value, after the last, would be the first again, as scipy has it. */
const hann = (size: number) =>
  Float64Array.from({ length: size }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size));

/** Puts a segment, less its mean and under the window, where the transform will find it. */
function load(values: Float64Array, begin: number, window: Float64Array, into: Float64Array): void {
  // Counted from the first value, so that nothing at all is left of a segment in which all values are the same.
  const first = values[begin]!;
  let sum = 0;
  for (let i = 0; i < into.length; i++) sum += values[begin + i]! - first;
  const average = sum / into.length;
  for (let i = 0; i < into.length; i++) into[i] = (values[begin + i]! - first - average) * window[i]!;
}

/**
 * Adds |X_k|² + |Y_k|² of two real sequences. With Z the transform of x + iy, X_k = (Z_k + Z̄_{N−k}) / 2 and
 * Y_k = (Z_k − Z̄_{N−k}) / 2i, so this is (|Z_k|² + |Z_{N−k}|²) / 2.
 */
function addPowers(fft: Fft, x: Float64Array, y: Float64Array, powers: Float64Array): void {
  fft(x, y);
  for (let k = 0; k < powers.length; k++) {
    const mirror = k === 0 ? 0 : x.length - k;
    powers[k]! += (x[k]! ** 2 + y[k]! ** 2 + x[mirror]! ** 2 + y[mirror]! ** 2) / 2;
  }
}

/**
 * The largest difference between the shares of power up to each frequency, 0 (spread alike) to 1. The mean of the series
 * (frequency 0) is not part of it, nor how much power there is.
 *
 * Source: Diggle & Fisher (1991), Nonparametric comparison of cumulative periodograms, the statistic D.
 *
 * @param a, b densities at the same frequencies, 0 first, as `welch` gives them
 * @returns undefined if one of them has no power
 */
export function spectralDistance(a: Float64Array, b: Float64Array): number | undefined {
  const totals = [powerOf(a), powerOf(b)] as const;
  if (totals[0] === 0 || totals[1] === 0) return undefined;
  let [upToA, upToB, largest] = [0, 0, 0];
  for (let k = 1; k < a.length; k++) {
    upToA += a[k]!;
    upToB += b[k]!;
    largest = Math.max(largest, Math.abs(upToA / totals[0] - upToB / totals[1]));
  }
  return largest;
}

const powerOf = (densities: Float64Array) => densities.subarray(1).reduce((sum, density) => sum + density, 0);
