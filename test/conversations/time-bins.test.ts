import { expect, test } from 'vitest';
import { addExposure, shrunkRate, TIME_BINS, timeBin, upperEdge } from '../../src/conversations/time-bins.js';
import fc from '../support/fast-check.js';

/** Times in ns up to 104 days, as many short as long ones. */
const time = fc
  .tuple(fc.integer({ min: 0, max: 53 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([octave, share]) => Math.min(Number.MAX_SAFE_INTEGER, Math.floor(2 ** octave * share)));

test('a longer time is in no earlier bin', () => {
  fc.assert(
    fc.property(time, time, (a, b) => {
      expect(timeBin(Math.min(a, b))).toBeLessThanOrEqual(timeBin(Math.max(a, b)));
    }),
  );
});

test('a time is below the upper edge of its bin, and not below that of the bin before', () => {
  fc.assert(
    fc.property(time, (timeNs) => {
      const bin = timeBin(timeNs);
      expect(timeNs).toBeLessThan(upperEdge(bin));
      if (bin > 0) expect(timeNs).toBeGreaterThanOrEqual(upperEdge(bin - 1));
    }),
    { numRuns: 1000 },
  );
});

test('the edges are powers of two, from a microsecond on', () => {
  expect([0, 1023, 1024, 2047, 2048, 2 ** 31, 2 ** 32 - 1, 2 ** 32].map(timeBin)).toEqual([0, 0, 1, 1, 2, 22, 22, 23]);
  expect(timeBin(2 ** 53 - 1)).toBe(TIME_BINS - 1);
});

test('what is longer than 2^53 ns is in the last bin', () => {
  for (const timeNs of [2 ** 53, 2 ** 53 + 2, 3 * 2 ** 60, 1e300, Number.POSITIVE_INFINITY]) {
    expect(timeBin(timeNs)).toBe(TIME_BINS - 1);
  }
});

test('the exposures of a wait add up to the wait, and are nowhere longer than a bin', () => {
  fc.assert(
    fc.property(time, fc.integer({ min: 0, max: 3 }), (timeNs, row) => {
      const exposure = new Float64Array(4 * TIME_BINS);
      addExposure(exposure, row * TIME_BINS, timeNs);
      const sum = exposure.reduce((a, b) => a + b, 0);
      // Something that happens at once has taken a quarter of the first bin.
      expect(sum).toBeGreaterThanOrEqual(timeNs);
      expect(sum).toBeLessThanOrEqual(timeNs + 256);
      for (let bin = 0; bin < TIME_BINS; bin++) {
        const width = upperEdge(bin) - (bin === 0 ? 0 : upperEdge(bin - 1));
        const spent = exposure[row * TIME_BINS + bin]!;
        expect(spent).toBeLessThanOrEqual(width);
        expect(spent > 0).toBe(bin <= timeBin(timeNs));
      }
      // Nothing beside its own row.
      expect(exposure.filter((value, at) => value > 0 && Math.floor(at / TIME_BINS) !== row)).toHaveLength(0);
    }),
  );
});

test('a rate that nothing was seen of is the background, and with much seen it is events over exposure', () => {
  expect(shrunkRate(0, 0, 3e-9, 0.5)).toBeCloseTo(3e-9, 15);
  expect(shrunkRate(1e6, 1e15, 3e-3, 0.5) / 1e-9).toBeCloseTo(1, 3);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 1, max: 1e9 }), (events, exposure) => {
      const rate = shrunkRate(events, exposure, 1e-6, 0.5);
      expect(rate).toBeGreaterThanOrEqual(Math.min(events / exposure, 1e-6) * (1 - 1e-12));
      expect(rate).toBeLessThanOrEqual(Math.max(events / exposure, 1e-6) * (1 + 1e-12));
    }),
  );
});
