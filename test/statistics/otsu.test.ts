import { expect, test } from 'vitest';
import { otsuThreshold } from '../../src/statistics/otsu.js';
import { sortedCopy } from '../../src/statistics/sort.js';
import fc from '../support/fast-check.js';
import { A, anySample, normals, RUNS } from './samples.js';

/** Otsu's σ_B² = ω₀ ω₁ (μ₁ − μ₀)² of the values up to a threshold and of those above. */
function betweenClasses(sample: Float64Array, threshold: number): number {
  const [low, high] = [sample.filter((value) => value <= threshold), sample.filter((value) => value > threshold)];
  const meanOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return ((low.length * high.length) / sample.length ** 2) * (meanOf(high) - meanOf(low)) ** 2;
}

const thresholdOf = (...values: number[]) => otsuThreshold(Float64Array.from(values).sort());

test('the threshold is half way across the gap between two groups', () => {
  expect(thresholdOf(1, 2, 3, 101, 102)).toBe(52);
  expect(thresholdOf(0, 0, 0, 0, 0, 0, 0, 7)).toBe(3.5);
  expect(thresholdOf(-5, -4, 8)).toBe(2);
});

test('the threshold is that of numpy', () => {
  // numpy 1.24.2: /usr/bin/python3 -c "import numpy as np; v=np.sort([i*i*37%101 for i in range(40)]); u=np.unique(v); \
  //   f=lambda t: (v<=t).mean()*(v>t).mean()*(v[v<=t].mean()-v[v>t].mean())**2; \
  //   i=max(range(len(u)-1), key=lambda i: f(u[i])); print((u[i]+u[i+1])/2)"
  expect(otsuThreshold(sortedCopy(A))).toBe(50.5);
});

test('no other threshold leaves more variance between the classes', () => {
  fc.assert(
    fc.property(anySample, (sample) => {
      const threshold = otsuThreshold(sortedCopy(sample));
      expect(threshold === undefined).toBe(sample.every((value) => value === sample[0]));
      if (threshold === undefined) return;
      const best = Math.max(
        ...sample.filter((value) => value < Math.max(...sample)).map((t) => betweenClasses(sample, t)),
      );
      expect(betweenClasses(sample, threshold)).toBeCloseTo(best, 10);
    }),
    RUNS,
  );
});

test('the threshold of two normal distributions is between them', () => {
  const both = Float64Array.of(...normals(5000, 'low'), ...normals(5000, 'high').map((value) => value + 10));
  expect(Math.abs(otsuThreshold(sortedCopy(both))! - 5)).toBeLessThan(1.5);
});

test('values that are all the same have none', () => {
  expect(thresholdOf(0.1, 0.1, 0.1)).toBeUndefined();
  expect(thresholdOf(7)).toBeUndefined();
  expect(thresholdOf()).toBeUndefined();
});
