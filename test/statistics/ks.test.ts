import { describe, expect, test } from 'vitest';
import { ksOfSorted, ksStatistic } from '../../src/statistics/ks.js';
import { sortedCopy } from '../../src/statistics/sort.js';
import fc from '../support/fast-check.js';
import { A, B } from './samples.js';

const ks = (a: readonly number[], b: readonly number[]) => ksStatistic(Float64Array.from(a), Float64Array.from(b));

/** The definition: sup over all x of |F₁(x) − F₂(x)|, F(x) the share of the sample that is at most x; it is reached at a sample. */
function naive(a: readonly number[], b: readonly number[]): number {
  const share = (sample: readonly number[], x: number) => sample.filter((value) => value <= x).length / sample.length;
  return Math.max(...[...a, ...b].map((x) => Math.abs(share(a, x) - share(b, x))));
}

const sample = fc.array(fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double({ noNaN: true, min: -6, max: 6 })), {
  minLength: 1,
  maxLength: 30,
});
const RUNS = { numRuns: 500 };

// All by the definition, F₁ and F₂ written out by hand.
test.each([
  { name: 'the same sample', a: [3, 1, 2], b: [2, 3, 1], distance: 0 },
  { name: 'the same distribution, twice as many values', a: [1, 2], b: [1, 1, 2, 2], distance: 0 },
  { name: 'samples apart', a: [1, 2, 3], b: [4, 5], distance: 1 },
  { name: 'one value each, equal', a: [7], b: [7], distance: 0 },
  { name: 'one value each, different', a: [7], b: [8], distance: 1 },
  { name: 'a tie on half of one sample', a: [1, 1, 1, 1], b: [1, 1, 2, 2], distance: 1 / 2 }, // at 1: 1 − 1/2
  { name: 'ties in both', a: [1, 2, 2, 3], b: [2, 2, 2, 4], distance: 1 / 4 }, // at 1: 1/4 − 0; at 3: 1 − 3/4
  { name: 'interleaved values', a: [1, 3, 5], b: [2, 4, 6], distance: 1 / 3 }, // at 1: 1/3 − 0
  { name: 'one inside the other', a: [1, 10], b: [4, 5, 6], distance: 1 / 2 }, // at 1: 1/2 − 0; at 6: 1/2 − 1
  { name: 'negative zero and zero', a: [-0, -0], b: [0, 0], distance: 0 },
])('$name: $distance', ({ a, b, distance }) => {
  expect(ks(a, b)).toBeCloseTo(distance, 12);
  expect(ks(b, a)).toBeCloseTo(distance, 12);
});

describe('for any two samples the statistic', () => {
  test('is the definition', () => {
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        expect(ks(a, b)).toBeCloseTo(naive(a, b), 12);
      }),
      RUNS,
    );
  });

  test('is symmetric, from 0 to 1, and 0 for a sample and itself', () => {
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const distance = ks(a, b);
        expect(ks(b, a)).toBe(distance);
        expect(distance).toBeGreaterThanOrEqual(0);
        expect(distance).toBeLessThanOrEqual(1);
        expect(ks(a, a)).toBe(0);
      }),
      RUNS,
    );
  });
});

test('the statistic is that of scipy', () => {
  // scipy 1.10.1: /usr/bin/python3 -c "from scipy.stats import ks_2samp; \
  //   print(ks_2samp([i*i*37%101 for i in range(40)], [i*i*53%97 for i in range(30)]).statistic)"
  expect(ksStatistic(A, B)).toBeCloseTo(0.125, 14);
});

test('samples that are sorted already give the same', () => {
  expect(ksOfSorted(sortedCopy(A), sortedCopy(B))).toBe(ksStatistic(A, B));
  expect(ksOfSorted(Float64Array.of(), B)).toBeNaN();
});

test('the samples are left in their order', () => {
  const a = Float64Array.of(3, 1, 2);
  ksStatistic(a, a);
  expect([...a]).toEqual([3, 1, 2]);
});

test('an empty sample has no distance', () => {
  expect(ks([], [1])).toBeNaN();
  expect(ks([1], [])).toBeNaN();
});
