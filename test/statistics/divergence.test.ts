import { describe, expect, test } from 'vitest';
import { jensenShannonDivergence, kullbackLeiblerDivergence } from '../../src/statistics/divergence.js';
import fc from '../support/fast-check.js';
import { anyTwoCounts, RUNS, series } from './samples.js';

const P = series(20, (i) => (i * 7) % 11);
const Q = series(20, (i) => (i * i) % 13);
const counts = (...values: number[]) => Float64Array.from(values);

describe('the Jensen–Shannon divergence', () => {
  test.each([
    { name: 'the same counts', p: [1, 2, 3], q: [1, 2, 3], bits: 0 },
    { name: 'the same distribution', p: [1, 2, 3], q: [10, 20, 30], bits: 0 },
    { name: 'nothing in common', p: [5, 1, 0, 0], q: [0, 0, 2, 2], bits: 1 },
    // m = (3/4, 1/4): ½ log₂ 4/3 + ½ (½ log₂ 2/3 + ½ log₂ 2)
    { name: 'half in common', p: [1, 0], q: [1, 1], bits: (Math.log2(4 / 3) + Math.log2(2 / 3) / 2 + 1 / 2) / 2 },
  ])('of $name is $bits', ({ p, q, bits }) => {
    expect(jensenShannonDivergence(counts(...p), counts(...q))).toBeCloseTo(bits, 14);
  });

  test('is that of scipy', () => {
    // scipy 1.10.1: /usr/bin/python3 -c "from scipy.spatial.distance import jensenshannon as j; \
    //   print(j([i*7%11 for i in range(20)], [i*i%13 for i in range(20)], base=2)**2)"
    expect(jensenShannonDivergence(P, Q)).toBeCloseTo(0.24565872044348483, 13);
  });

  test('is symmetric, 0 to 1, and 0 for counts and themselves', () => {
    fc.assert(
      fc.property(anyTwoCounts, ([p, q]) => {
        const bits = jensenShannonDivergence(p, q);
        expect(jensenShannonDivergence(q, p)).toBeCloseTo(bits, 14);
        expect(bits).toBeGreaterThanOrEqual(0);
        expect(bits).toBeLessThanOrEqual(1);
        expect(jensenShannonDivergence(p, p)).toBe(0);
      }),
      RUNS,
    );
  });

  test('is the square of a distance', () => {
    // Endres & Schindelin (2003), A new metric for probability distributions.
    fc.assert(
      fc.property(anyTwoCounts, anyTwoCounts, ([p, q], [other]) => {
        const r = p.map((_, i) => 1 + (other[i] ?? 0));
        const distance = (a: Float64Array, b: Float64Array) => Math.sqrt(jensenShannonDivergence(a, b));
        expect(distance(p, q)).toBeLessThanOrEqual(distance(p, r) + distance(r, q) + 1e-7);
      }),
      RUNS,
    );
  });

  test('does not depend on the order of the categories', () => {
    fc.assert(
      fc.property(anyTwoCounts, ([p, q]) => {
        const turned = jensenShannonDivergence(p.slice().reverse(), q.slice().reverse());
        expect(turned).toBeCloseTo(jensenShannonDivergence(p, q), 14);
      }),
      RUNS,
    );
  });

  test('does not exist without counts', () => {
    expect(jensenShannonDivergence(counts(0, 0), counts(1, 0))).toBeNaN();
  });
});

describe('the Kullback–Leibler divergence', () => {
  test('is that of scipy, with half a count more in every category', () => {
    // scipy 1.10.1: /usr/bin/python3 -c "from scipy.stats import entropy; import numpy as np; \
    //   print(entropy(np.array([i*7%11 for i in range(20)])+.5, np.array([i*i%13 for i in range(20)])+.5, base=2))"
    expect(kullbackLeiblerDivergence(P, Q)).toBeCloseTo(0.875710760154613, 13);
  });

  test('is finite where a category was never seen', () => {
    // p = (3/4, 1/4), q = (1/4, 3/4): ¾ log₂ 3 + ¼ log₂ ⅓
    expect(kullbackLeiblerDivergence(counts(1, 0), counts(0, 1))).toBeCloseTo(Math.log2(3) / 2, 14);
    expect(kullbackLeiblerDivergence(counts(0, 0), counts(0, 0))).toBe(0);
  });

  test('is not negative, and 0 for counts and themselves', () => {
    fc.assert(
      fc.property(anyTwoCounts, ([p, q]) => {
        expect(kullbackLeiblerDivergence(p, q)).toBeGreaterThanOrEqual(0);
        expect(kullbackLeiblerDivergence(p, p)).toBe(0);
      }),
      RUNS,
    );
  });
});
