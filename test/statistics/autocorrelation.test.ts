import { describe, expect, test } from 'vitest';
import { autocorrelation } from '../../src/statistics/autocorrelation.js';
import fc from '../support/fast-check.js';
import { A, expectClose, normals, RUNS, series } from './samples.js';

/** The definition, lag by lag. */
function direct(values: Float64Array, lags: number): Float64Array {
  const average = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviations = values.map((value) => value - average);
  const product = (lag: number) => {
    let sum = 0;
    for (let t = lag; t < values.length; t++) sum += deviations[t]! * deviations[t - lag]!;
    return sum;
  };
  const variance = product(0);
  return series(lags, (i) => product(i + 1) / variance);
}

test('the values are those of numpy', () => {
  // numpy 1.24.2: /usr/bin/python3 -c "import numpy as np; x=np.array([i*i*37%101 for i in range(40)],float); d=x-x.mean(); \
  //   print([float(d[:-k]@d[k:]/(d@d)) for k in range(1,7)])"
  expectClose(
    autocorrelation(A, 6),
    [
      -0.10188331698370721, 0.028247888765674314, 0.23693193934999565, -0.11945641047513433, 0.2764264160197902,
      -0.2726307259233984,
    ],
    1e-13,
  );
});

// A block of the implementation has 2048 values, and lags go by fours.
describe('the definition', () => {
  test.each([2, 3, 33, 2047, 2048, 2049, 2080, 4096, 10_000])('holds for %i values', (length) => {
    const values = normals(length, 'blocks').map((value) => 1e9 + 1e6 * value);
    for (const lags of [1, 2, 3, 4, 7, 8, 32].filter((lags) => lags < length)) {
      expectClose(autocorrelation(values, lags), direct(values, lags), 1e-9);
    }
  });

  test('holds for more lags than a block has', () => {
    const values = series(9000, (i) => (i * i * 37) % 101);
    expectClose(autocorrelation(values, 5001), direct(values, 5001), 1e-11);
  });
});

test('a series that alternates is against itself at odd lags', () => {
  // n − k products of ∓1 over n.
  const values = series(1000, (i) => i % 2);
  expectClose(autocorrelation(values, 3), [-0.999, 0.998, -0.997]);
});

test('values lie between −1 and 1 and do not see shift or scale', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 5, maxLength: 40 }), (numbers) => {
      const values = Float64Array.from(numbers);
      const given = autocorrelation(values, 4);
      const moved = autocorrelation(
        values.map((value) => 17 - 5 * value),
        4,
      );
      expect(moved === undefined).toBe(given === undefined);
      if (given === undefined || moved === undefined) return;
      expect(given.every((value) => Math.abs(value) <= 1)).toBe(true);
      given.forEach((value, i) => {
        expect(moved[i]).toBeCloseTo(value, 12);
      });
    }),
    RUNS,
  );
});

test('there is none of a constant series, or of one that is not longer than the lags', () => {
  expect(autocorrelation(new Float64Array(100).fill(0.1), 3)).toBeUndefined();
  expect(autocorrelation(A, 40)).toBeUndefined();
  expect(autocorrelation(A, 39)?.length).toBe(39);
  expect(autocorrelation(Float64Array.of(), 1)).toBeUndefined();
});
