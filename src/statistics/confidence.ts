/**
 * @module
 * How far the mean of a few values may be from what many of them would have.
 */
import { mean, standardError } from './mean.js';

/** The probability with which the mean of many lies within the interval. */
const LEVEL = 0.95;

/** The range in which something lies with that probability. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface MeanInterval {
  readonly mean: number;
  /** Null for fewer than two values. */
  readonly interval: Interval | null;
}

/**
 * The mean of independent values and its 95 % interval by Student’s t: x̄ ± t s / √n, with s² over n − 1.
 *
 * Source: Student (1908), The probable error of a mean; same interval as
 * `scipy.stats.t.interval(0.95, n - 1, values.mean(), scipy.stats.sem(values))`.
 *
 * @param values of a distribution not far from normal, at least one
 */
export function meanInterval(values: readonly number[]): MeanInterval {
  const sample = Float64Array.from(values);
  const average = mean(sample);
  const degrees = sample.length - 1;
  if (degrees < 1) return { mean: average, interval: null };
  // The standard error there is for a variance over n.
  const margin = criticalT(LEVEL, degrees) * standardError(sample) * Math.sqrt(sample.length / degrees);
  return { mean: average, interval: { low: average - margin, high: average + margin } };
}

/**
 * The t that a variable with Student’s distribution stays within, on either side of 0, with a probability; same value as
 * `scipy.stats.t.ppf((1 + probability) / 2, degrees)`.
 *
 * @param probability above 0 and below 1
 * @param degrees of freedom, a whole number from 1 on; the time it takes is proportional to them
 */
export function criticalT(probability: number, degrees: number): number {
  // By the angle θ = atan(t / √ν), in which the probability rises from 0 to 1 without a long tail.
  let low = 0;
  let high = Math.PI / 2;
  for (let middle = high / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (probabilityWithin(middle, degrees) < probability) low = middle;
    else high = middle;
  }
  return Math.tan(high) * Math.sqrt(degrees);
}

/**
 * The probability of |T| ≤ √ν tan θ, a finite sum for whole ν.
 *
 * Source: Abramowitz & Stegun (1964), Handbook of mathematical functions, 26.7.3 and 26.7.4.
 */
function probabilityWithin(angle: number, degrees: number): number {
  const isOdd = degrees % 2 === 1;
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  let sum = 0;
  // ν odd: cos θ + ⅔ cos³ θ + … up to cos^(ν−2); ν even: 1 + ½ cos² θ + … likewise.
  let term = isOdd ? cosine : 1;
  for (let power = isOdd ? 1 : 0; power <= degrees - 2; power += 2) {
    sum += term;
    term *= ((power + 1) / (power + 2)) * cosine ** 2;
  }
  return isOdd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
}
