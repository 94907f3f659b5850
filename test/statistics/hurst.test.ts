import { describe, expect, test } from 'vitest';
import { planFft } from '../../src/statistics/fft.js';
import { hurstByAggregatedVariance, hurstByRescaledRange } from '../../src/statistics/hurst.js';
import { mean } from '../../src/statistics/mean.js';
import { normals, series } from './samples.js';

/**
 * Fractional Gaussian noise of 2¹² values with exactly the covariances γ_k = ½ (|k+1|^2H − 2 |k|^2H + |k−1|^2H).
 * Davies & Harte (1987), Tests for Hurst effect, in the form of Dietrich & Newsam (1997).
 */
function fractionalNoise(h: number, seed: string): Float64Array {
  const length = 2 ** 12;
  const power = (k: number) => Math.abs(k) ** (2 * h);
  const covariance = (k: number) => (power(k + 1) - 2 * power(k) + power(k - 1)) / 2;
  const fft = planFft(2 * length);
  const eigenvalues = series(2 * length, (i) => covariance(Math.min(i, 2 * length - i)));
  fft(eigenvalues, new Float64Array(2 * length));
  const scaled = (part: string) =>
    normals(2 * length, `${seed}/${part}`).map(
      (value, k) => value * Math.sqrt(Math.max(0, eigenvalues[k]!) / 2 / length),
    );
  const noise = scaled('real');
  fft(noise, scaled('imaginary'));
  return noise.subarray(0, length);
}

/** Mean of an estimator over 24 series, so that what it makes of one of them does not matter. */
const meanOf = (estimate: (values: Float64Array) => number | string, h: number) =>
  mean(series(24, (i) => Number(estimate(fractionalNoise(h, `${h}/${i}`)))));

test('both estimators are those of numpy', () => {
  let x = 1;
  const values = series(3000, (i) => {
    x = (x * 16_807) % 2_147_483_647;
    return (x % 1000) + 300 * ((i >> 5) & 1) + 300 * ((i >> 8) & 1);
  });
  // numpy 1.24.2: /usr/bin/python3 test/peers/statistics/hurst.py example
  expect(hurstByAggregatedVariance(values)).toBeCloseTo(0.7674043293013796, 9);
  expect(hurstByRescaledRange(values)).toBeCloseTo(0.906963839102518, 9);
});

describe('the estimate from the variance of blocks', () => {
  test('is ½ for independent values', () => {
    expect(Math.abs(meanOf(hurstByAggregatedVariance, 0.5) - 0.5)).toBeLessThan(0.02);
  });

  test('is near 0.8, from below, for fractional noise of 0.8', () => {
    const h = meanOf(hurstByAggregatedVariance, 0.8);
    expect(h).toBeGreaterThan(0.75);
    expect(h).toBeLessThan(0.8);
  });
});

describe('the estimate from the rescaled range', () => {
  test('is above ½ for independent values, because short blocks have too wide a range', () => {
    const h = meanOf(hurstByRescaledRange, 0.5);
    expect(h).toBeGreaterThan(0.52);
    expect(h).toBeLessThan(0.56);
  });

  test('is near 0.8 for fractional noise of 0.8', () => {
    expect(Math.abs(meanOf(hurstByRescaledRange, 0.8) - 0.8)).toBeLessThan(0.02);
  });
});

describe.each([
  ['variance', hurstByAggregatedVariance],
  ['rescaled range', hurstByRescaledRange],
])('by %s', (_, estimate) => {
  test('a trend in bursts is more than noise', () => {
    const bursts = normals(4096, 'bursts').map((value, i) => value + 5 * ((i >> 9) & 1));
    expect(estimate(bursts)).toBeGreaterThan(Number(estimate(normals(4096, 'bursts'))));
  });

  test('shift and scale change nothing', () => {
    const values = normals(2000, 'scale');
    expect(estimate(values.map((value) => 1e6 + 1000 * value))).toBeCloseTo(Number(estimate(values)), 8);
  });

  test('a short or constant series has no exponent, and is told why', () => {
    expect(estimate(normals(511, 'short'))).toBe('too few bins: 511, fewer than 512');
    expect(estimate(normals(512, 'short'))).toBeTypeOf('number');
    expect(estimate(new Float64Array(1000).fill(0.1))).toBe('bins that are all alike');
  });

  test('a series that is silent but for a moment has one', () => {
    expect(estimate(series(1000, (i) => (i === 300 ? 7 : 0)))).toBeTypeOf('number');
  });

  test('a series that is silent but for its last value, which most sizes of blocks leave over, has none', () => {
    expect(estimate(series(521, (i) => (i === 520 ? 7 : 0)))).toBe('blocks that are all alike');
  });
});
