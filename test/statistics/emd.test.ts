import { describe, expect, test } from 'vitest';
import { randomStream } from '../../src/random.js';
import { emd, emdOfSorted } from '../../src/statistics/emd.js';
import { sortedCopy } from '../../src/statistics/sort.js';
import fc from '../support/fast-check.js';
import { A, anySample, B, RUNS, series } from './samples.js';

/** The definition, area by area, in fractions of whole numbers: exact for whole values. */
function exact(a: Float64Array, b: Float64Array): number {
  const [n, m] = [BigInt(a.length), BigInt(b.length)];
  const all = Float64Array.of(...a, ...b).sort();
  let area = 0n;
  for (let k = 1; k < all.length; k++) {
    const upTo = (sample: Float64Array) => BigInt(sample.filter((value) => value < all[k]!).length);
    const difference = upTo(a) * m - upTo(b) * n;
    area += (difference < 0n ? -difference : difference) * (BigInt(all[k]!) - BigInt(all[k - 1]!));
  }
  // 60 binary digits after the point are more than a double keeps.
  return Number((area << 60n) / (n * m)) / 2 ** 60;
}

test.each([
  { name: 'the same sample', a: [3, 1, 2], b: [2, 3, 1], distance: 0 },
  { name: 'the same distribution, twice as many values', a: [1, 2], b: [1, 1, 2, 2], distance: 0 },
  { name: 'one value each', a: [7], b: [10], distance: 3 },
  { name: 'a shift', a: [0, 5, 9], b: [2, 7, 11], distance: 2 },
  { name: 'one value against two', a: [0], b: [1, 3], distance: 2 }, // (1 + 3) / 2
  { name: 'half of a sample moved', a: [0, 0, 8, 8], b: [0, 8, 8, 8], distance: 2 }, // a quarter of it by 8
  { name: 'negative zero and zero', a: [-0, -0], b: [0], distance: 0 },
])('$name: $distance', ({ a, b, distance }) => {
  expect(emd(Float64Array.from(a), Float64Array.from(b))).toBeCloseTo(distance, 14);
});

test('the distance is that of scipy', () => {
  // scipy 1.10.1: /usr/bin/python3 -c "from scipy.stats import wasserstein_distance as w; \
  //   print(w([i*i*37%101 for i in range(40)], [i*i*53%97 for i in range(30)]))"
  expect(emd(A, B)).toBeCloseTo(3.2666666666666657, 12);
  // … print(w([60, 60, 1514, 1514, 1514], [52, 66, 1514]))
  expect(emd(Float64Array.of(60, 60, 1514, 1514, 1514), Float64Array.of(52, 66, 1514))).toBeCloseTo(389.2, 10);
});

describe('for any samples the distance', () => {
  test('is symmetric, and 0 for a sample and itself', () => {
    fc.assert(
      fc.property(anySample, anySample, (a, b) => {
        expect(emd(a, b)).toBeCloseTo(emd(b, a), 12);
        expect(emd(a, a)).toBe(0);
      }),
      RUNS,
    );
  });

  test('is no longer than a way by a third', () => {
    fc.assert(
      fc.property(anySample, anySample, anySample, (a, b, c) => {
        expect(emd(a, c)).toBeLessThanOrEqual(emd(a, b) + emd(b, c) + 1e-12);
      }),
      RUNS,
    );
  });

  test('does not see a common shift, and is in the unit of the values', () => {
    fc.assert(
      fc.property(anySample, anySample, (a, b) => {
        const moved = (values: Float64Array) => values.map((value) => 1000 * (value + 3));
        expect(emd(moved(a), moved(b)) / 1000).toBeCloseTo(emd(a, b), 10);
      }),
      RUNS,
    );
  });

  test('is at least the difference of the means', () => {
    const meanOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
    fc.assert(
      fc.property(anySample, anySample, (a, b) => {
        expect(emd(a, b)).toBeGreaterThanOrEqual(Math.abs(meanOf(a) - meanOf(b)) - 1e-12);
      }),
      RUNS,
    );
  });
});

describe('rounding takes nothing', () => {
  test('from times up to 10¹⁵ ns, in samples of different lengths', () => {
    const random = randomStream('emd', 'test');
    const time = () => Math.round(10 ** (15 * random.next()));
    const [a, b] = [series(701, time), series(997, time)];
    expect(emd(a, b) / exact(a, b)).toBeCloseTo(1, 14);
  });

  test('from a million small differences beside a large one', () => {
    // Value i moves by 1 and the last one by 10¹⁵ as well: (10⁶ + 10¹⁵) / 10⁶.
    const length = 1e6;
    const a = series(length, (i) => 3 * i);
    const b = series(length, (i) => 3 * i + 1 + (i === length - 1 ? 1e15 : 0));
    expect(emdOfSorted(a, b)).toBe(1e9 + 1);
  });
});

test('the distance of density values, as published estimators have it, is another', () => {
  // The same three sizes, each 1000 bytes longer: as far apart as can be, but the histograms have the same heights.
  const [a, b] = [Float64Array.of(60, 60, 100, 140), Float64Array.of(1060, 1060, 1100, 1140)];
  const heights = (sample: Float64Array) =>
    series(60, (bin) => sample.filter((value) => Math.floor(value / 20) === bin).length / sample.length / 20);
  expect(emd(heights(a), heights(b))).toBe(0);
  expect(emd(a, b)).toBe(1000);
});

test('samples that are sorted already give the same', () => {
  expect(emdOfSorted(sortedCopy(A), sortedCopy(B))).toBe(emd(A, B));
});

test('zeros may be given as their number', () => {
  const anyPositive = fc
    .array(fc.integer({ min: 1, max: 9 }), { maxLength: 20 })
    .map((values) => Float64Array.from(values).sort());
  const zeros = fc.nat({ max: 20 });
  fc.assert(
    fc.property(anyPositive, anyPositive, zeros, zeros, (a, b, zerosA, zerosB) => {
      const spelled = (values: Float64Array, count: number) => Float64Array.of(...new Float64Array(count), ...values);
      expect(emdOfSorted(a, b, zerosA, zerosB)).toBe(emdOfSorted(spelled(a, zerosA), spelled(b, zerosB)));
    }),
    RUNS,
  );
});

test('an empty sample has no distance', () => {
  expect(emd(Float64Array.of(), A)).toBeNaN();
  expect(emd(A, Float64Array.of())).toBeNaN();
});
