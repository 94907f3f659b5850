import { expect, test } from 'vitest';
import { fromGaps, type Row, rowsBy } from '../models/blocks.js';
import fc from '../support/fast-check.js';
import { viewOf } from './compare.js';
import { RUNS, rowsOf } from './series.js';

const SECOND = 1e9;
const VIEW = viewOf(
  fromGaps([
    [0, 100, 1],
    [SECOND / 2, 60, 0],
    [SECOND, 200, 1],
    [SECOND, 300, 1],
    [SECOND, 70, 0],
  ]),
);

test('sizes and gaps are those of one direction, in the order of time', () => {
  expect([VIEW.length, VIEW.count(true), VIEW.count(false), VIEW.spanNs]).toEqual([5, 3, 2, 3.5 * SECOND]);
  expect(VIEW.sizes(true)).toEqual(Float64Array.of(100, 200, 300));
  expect(VIEW.gaps(true)).toEqual(Float64Array.of(1.5 * SECOND, SECOND));
  expect(VIEW.gaps(false)).toEqual(Float64Array.of(3 * SECOND));
  expect(VIEW.sortedGaps(true)).toEqual(Float64Array.of(SECOND, 1.5 * SECOND));
});

test('joint gaps are those since any packet', () => {
  expect(VIEW.jointGaps(true)).toEqual(Float64Array.of(SECOND, SECOND));
  expect(VIEW.jointGaps(false)).toEqual(Float64Array.of(SECOND / 2, SECOND));
});

test('throughput is of full bins, and the busy ones of them are its values above 0', () => {
  expect(VIEW.bins(SECOND)).toBe(3);
  expect(VIEW.throughput(true, SECOND)).toEqual(Float64Array.of(100, 200, 300));
  expect(VIEW.throughput(false, SECOND)).toEqual(Float64Array.of(60, 0, 0));
  expect(VIEW.sortedBusyBins(false, SECOND)).toEqual(Float64Array.of(60));
});

test('busy bins and empty ones are the throughput, of any series', () => {
  fc.assert(
    fc.property(rowsOf({}), fc.boolean(), fc.constantFrom(1e8, SECOND, 1e10), (rows, outbound, bin) => {
      const view = viewOf(rows);
      const busy = view.throughput(outbound, bin)!.filter((bytes) => bytes > 0);
      expect(view.sortedBusyBins(outbound, bin)).toEqual(busy.sort());
      const joint = view.jointGaps(true).length + view.jointGaps(false).length;
      expect(joint).toBe(Math.max(0, rows.length - 1));
    }),
    RUNS,
  );
});

test('what costs much is made once', () => {
  expect(VIEW.sortedSizes(true)).toBe(VIEW.sortedSizes(true));
  expect(VIEW.throughput(true, SECOND)).toBe(VIEW.throughput(true, SECOND));
  expect(VIEW.sortedSizes(true)).not.toBe(VIEW.sortedSizes(false));
});

test('a span of more than 2²⁵ bins is not cut into them, and its busy bins are', () => {
  const slow = viewOf(rowsBy(3, (): Row => [2 ** 24 * SECOND + SECOND, 93, 1]));
  expect(slow.throughput(true, SECOND)).toBeUndefined();
  expect(slow.sortedBusyBins(true, SECOND)).toEqual(Float64Array.of(93, 93));
});

test('a series without packets has nothing', () => {
  const empty = viewOf([]);
  expect([empty.length, empty.spanNs, empty.count(true), empty.bins(SECOND)]).toEqual([0, 0, 0, 0]);
  for (const column of [empty.sizes(true), empty.gaps(true), empty.jointGaps(true), empty.throughput(true, SECOND)!]) {
    expect(column.length).toBe(0);
  }
});
