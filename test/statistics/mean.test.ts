import { expect, test } from 'vitest';
import { mean, sampleVariance, standardError, sum } from '../../src/statistics/mean.js';
import { A } from './samples.js';

test('sum, mean, variance and standard error are those of numpy', () => {
  // numpy 1.24.2: /usr/bin/python3 -c "import numpy as np; x=np.array([i*i*37%101 for i in range(40)]); \
  //   print(x.sum(), x.mean(), x.var(ddof=1), np.sqrt(x.var()/40))"
  expect(sum(A)).toBe(2076);
  expect(mean(A)).toBe(51.9);
  expect(sampleVariance(A)).toBeCloseTo(961.8871794871794, 10);
  expect(standardError(A)).toBeCloseTo(4.84210697940473, 12);
});

test('the variance of equal values is exactly 0', () => {
  expect(sampleVariance(new Float64Array(30).fill(0.1))).toBe(0);
});

test('the variance does not suffer from values far from 0', () => {
  // (−1)² + 0 + 1², over 2
  expect(sampleVariance(Float64Array.of(1e15 - 1, 1e15, 1e15 + 1))).toBe(1);
});

test('one value has no variance, and none has no mean', () => {
  expect(sampleVariance(Float64Array.of(5))).toBeNaN();
  expect(mean(Float64Array.of())).toBeNaN();
});

test('the variance takes zeros by their number', () => {
  expect(sampleVariance(A, 25)).toBeCloseTo(sampleVariance(Float64Array.of(...A, ...new Float64Array(25))), 10);
  expect(sampleVariance(Float64Array.of(), 3)).toBe(0);
});
