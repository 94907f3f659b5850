import { expect, test } from 'vitest';
import { windowStarts } from '../../src/evaluation/windows.js';
import fc from '../support/fast-check.js';
import { RUNS } from './series.js';

test('windows stand one after the other where all of them are wanted', () => {
  expect([...windowStarts(35, 10, 100)]).toEqual([0, 10, 20]);
  expect([...windowStarts(9, 10, 100)]).toEqual([]);
});

test('and far from each other where they are too many', () => {
  expect([...windowStarts(100, 10, 3)]).toEqual([0, 30, 60]);
});

test('windows do not overlap, are as many as fit or are wanted, and are spread over the series', () => {
  const size = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(fc.nat({ max: 5000 }), size, size, (packets, window, most) => {
      const starts = [...windowStarts(packets, window, most)];
      const fitting = Math.floor(packets / window);
      expect(starts.length).toBe(Math.min(fitting, most));
      const ends = [...starts.slice(1), packets];
      starts.forEach((start, i) => {
        expect(start + window).toBeLessThanOrEqual(ends[i]!);
        // No stretch is left out that is longer than the share of a window.
        expect(Math.abs(start / window - (i * fitting) / starts.length)).toBeLessThan(1);
      });
    }),
    RUNS,
  );
});
