import { build } from 'hdr-histogram-js';
import { expect, test } from 'vitest';
import { LATENESS_BYTES, LatenessCounts } from '../../src/emission/lateness.js';
import fc from '../support/fast-check.js';

const create = () => new LatenessCounts(new SharedArrayBuffer(LATENESS_BYTES));

test('percentiles are those of an HdrHistogram that got every value itself, to half a percent', () => {
  const value = fc.oneof(
    fc.integer({ min: 0, max: 2000 }),
    fc.integer({ min: 0, max: 2 ** 46 }),
    fc.double({ min: 0, max: 1e7, noNaN: true }),
  );
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 200 }), (values) => {
      const counts = create();
      const peer = build({
        lowestDiscernibleValue: 1,
        highestTrackableValue: 2 ** 47,
        numberOfSignificantValueDigits: 4,
      });
      for (const one of values) {
        counts.record(one);
        peer.recordValue(Math.floor(one));
      }
      const histogram = counts.histogram();
      expect(histogram.totalCount).toBe(values.length);
      for (const percentile of [0, 50, 90, 99, 100]) {
        const expected = peer.getValueAtPercentile(percentile);
        expect(Math.abs(histogram.getValueAtPercentile(percentile) - expected)).toBeLessThanOrEqual(
          1 + expected * 0.005,
        );
      }
    }),
    { numRuns: 30 },
  );
});

test('what is longer than 39 hours counts as 39 hours', () => {
  const counts = create();
  counts.record(1e15);
  expect(counts.histogram().maxValue).toBeGreaterThan(1.4e14);
});

test('ranges hold every packet once', () => {
  const counts = create();
  for (const ns of [0, 9e3, 11e3, 90e3, 5e6, 3e9]) counts.record(ns);
  const ranges = counts.ranges();
  expect(ranges.find(({ upToNs }) => upToNs === 10e3)?.packets).toBe(2);
  expect(ranges.find(({ upToNs }) => upToNs === null)?.packets).toBe(1);
  expect(ranges.reduce((sum, { packets }) => sum + packets, 0)).toBe(6);
});
