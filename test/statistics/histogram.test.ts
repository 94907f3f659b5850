import { describe, expect, test } from 'vitest';
import { binEdges, binOf, countsOfSorted } from '../../src/statistics/histogram.js';
import { sortedCopy } from '../../src/statistics/sort.js';
import fc from '../support/fast-check.js';
import { A, RUNS } from './samples.js';

const edgesOf = (values: readonly number[], bins: number) => [...binEdges(Float64Array.from(values).sort(), bins)];

describe('edges', () => {
  test('leave the same number of values in each bin where no value is frequent', () => {
    expect(edgesOf([0, 1, 2, 3, 4, 5, 6, 7], 4)).toEqual([0, 2, 4, 6, 8]);
  });

  test('enclose a frequent value', () => {
    // A quarter of all fills a bin: 60 alone does, the others in pairs.
    expect(edgesOf([60, 60, 60, 60, 100, 200, 300, 400], 4)).toEqual([60, 61, 300, 401]);
  });

  test('are beside neighbours that are frequent', () => {
    expect(edgesOf([1, 1, 2, 2, 3, 3], 3)).toEqual([1, 2, 3, 4]);
  });

  test('have an empty bin between frequent values that are apart', () => {
    expect(edgesOf([10, 10, 20, 20], 2)).toEqual([10, 11, 20, 21]);
  });

  test('of one value enclose it', () => {
    expect(edgesOf([1514, 1514], 10)).toEqual([1514, 1515]);
  });
});

/** Whole numbers, some of them frequent. */
const anyWhole = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 1e12 })), { minLength: 1, maxLength: 60 })
  .map((values) => Float64Array.from(values).sort());
const anyBins = fc.integer({ min: 1, max: 20 });

describe('for any sample', () => {
  test('edges rise, from the smallest value to one more than the largest, and are not too many', () => {
    fc.assert(
      fc.property(anyWhole, anyBins, (sorted, bins) => {
        const edges = binEdges(sorted, bins);
        expect(edges[0]).toBe(sorted[0]);
        expect(edges.at(-1)).toBe(sorted.at(-1)! + 1);
        expect(edges.slice(1).every((edge, i) => edge > edges[i]!)).toBe(true);
        expect(edges.length).toBeLessThanOrEqual(2 * bins + 2);
      }),
      RUNS,
    );
  });

  test('a bin with more than its share is that of one value, or was below its share before the last one', () => {
    fc.assert(
      fc.property(anyWhole, anyBins, (sorted, bins) => {
        const edges = binEdges(sorted, bins);
        for (let k = 0; k + 1 < edges.length; k++) {
          const values = sorted.filter((value) => value >= edges[k]! && value < edges[k + 1]!);
          const last = values.filter((value) => value === values.at(-1)).length;
          expect(new Set(values).size <= 1 || (values.length - last) * bins < sorted.length).toBe(true);
          if (last * bins >= sorted.length) expect(edges[k + 1]! - edges[k]!).toBe(1);
        }
      }),
      RUNS,
    );
  });

  test('every value is counted once, in the bin that it is in', () => {
    fc.assert(
      fc.property(anyWhole, anyWhole, anyBins, (sorted, others, bins) => {
        const edges = binEdges(sorted, bins);
        const counted = new Float64Array(edges.length + 1);
        for (const value of others) counted[binOf(value, edges)]!++;
        expect(countsOfSorted(others, edges)).toEqual(counted);
        expect(countsOfSorted(sorted, edges)[0]).toBe(0);
        expect(countsOfSorted(sorted, edges).at(-1)).toBe(0);
      }),
      RUNS,
    );
  });
});

test('the left edge belongs to a bin and the right one does not', () => {
  const edges = Float64Array.of(10, 20, 30);
  expect([9, 10, 19, 20, 29, 30, 31].map((value) => binOf(value, edges))).toEqual([0, 1, 1, 2, 2, 3, 3]);
});

test('counts are those of numpy', () => {
  // numpy 1.24.2: /usr/bin/python3 -c "import numpy as np; \
  //   print(np.histogram([i*i*37%101 for i in range(40)], [-np.inf, 10, 25, 60, 90, np.inf])[0])"
  expect([...countsOfSorted(sortedCopy(A), Float64Array.of(10, 25, 60, 90))]).toEqual([5, 5, 12, 13, 5]);
});
