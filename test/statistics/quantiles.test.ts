import { expect, test } from 'vitest';
import { quantileOfSorted, relativeDifference } from '../../src/statistics/quantiles.js';
import { sortedCopy } from '../../src/statistics/sort.js';
import fc from '../support/fast-check.js';
import { A, anySample, expectClose, RUNS } from './samples.js';

test('quantiles are those of numpy', () => {
  // numpy 1.24.2: /usr/bin/python3 -c "import numpy as np; \
  //   print(np.quantile([i*i*37%101 for i in range(40)], [0,.05,.1,.25,.5,.75,.9,.99,1]).tolist())"
  const expected = [0, 4.800000000000001, 8.700000000000001, 24, 53, 78.25, 92.30000000000001, 98.83, 100];
  const sorted = sortedCopy(A);
  expectClose(
    [0, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1].map((p) => quantileOfSorted(sorted, p)),
    expected,
    1e-15,
  );
});

test('quantiles rise with p, from the smallest value to the largest', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(anySample, share, share, (sample, p, q) => {
      const sorted = sortedCopy(sample);
      // −0 may come as 0.
      expect(quantileOfSorted(sorted, 0) === sorted[0]).toBe(true);
      expect(quantileOfSorted(sorted, 1) === sorted.at(-1)).toBe(true);
      expect(quantileOfSorted(sorted, Math.min(p, q))).toBeLessThanOrEqual(quantileOfSorted(sorted, Math.max(p, q)));
    }),
    RUNS,
  );
});

test('one value is every quantile, and no value has none', () => {
  expect(quantileOfSorted(Float64Array.of(7), 0.3)).toBe(7);
  expect(quantileOfSorted(Float64Array.of(), 0.5)).toBeNaN();
});

// By the definition |a − b| / (|a| + |b|).
test.each([
  [0, 0, 0],
  [0, -0, 0],
  [5, 5, 0],
  [1, 3, 0.5],
  [0, 2, 1],
  [-1, 1, 1],
  [-1, -3, 0.5],
])('the relative difference of %d and %d is %d', (a, b, difference) => {
  expect(relativeDifference(a, b)).toBe(difference);
  expect(relativeDifference(b, a)).toBe(difference);
});
