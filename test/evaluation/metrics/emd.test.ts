import { expect, test } from 'vitest';
import { emdMetrics } from '../../../src/evaluation/metrics/emd.js';
import { type Row, rowsBy } from '../../models/blocks.js';
import { named, viewOf } from '../compare.js';
import { expectOracle } from './example.js';

const SECOND = 1e9;
const emd = (name: string, quantity: string, sample: readonly Row[], real: readonly Row[]) =>
  named(emdMetrics(), name, quantity, 'outbound').compare(viewOf(sample), viewOf(real));
const value = (...given: Parameters<typeof emd>) => (emd(...given) as { value: number }).value;

const REAL = rowsBy(101, (i) => [SECOND, i % 2 === 0 ? 90 : 110, 1]);

test('all of them are those of scipy', () => {
  expectOracle(emdMetrics);
});

test('is in bytes, seconds and bytes per second', () => {
  const larger = REAL.map(([time, size]): Row => [time, size + 7, 1]);
  expect(value('emd', 'size', larger, REAL)).toBeCloseTo(7, 12);
  expect(value('emd', 'throughput 1 s', larger, REAL)).toBeCloseTo(7, 12);
  const slower = REAL.map(([time, size]): Row => [1.5 * time, size, 1]);
  expect(value('emd', 'gap', slower, REAL)).toBeCloseTo(0.5, 12);
  expect(emdMetrics().map(({ quantity, unit }) => `${quantity}: ${unit}`)).toEqual([
    ...['size: B', 'size: B', 'size: σ', 'size: σ'],
    ...['gap: s', 'gap: s', 'gap: σ', 'gap: σ'],
    ...['throughput 1 s: B/s', 'throughput 1 s: B/s', 'throughput 1 s: σ', 'throughput 1 s: σ'],
  ]);
});

test('or in standard deviations of the real part', () => {
  const larger = REAL.map(([time, size]): Row => [time, size + 7, 1]);
  // 51 sizes of 90 and 50 of 110: s² = 51 · 50 / 101 · 20² / 100.
  const deviation = Math.sqrt((((51 * 50) / 101) * 400) / 100);
  expect(value('emd-normalised', 'size', larger, REAL)).toBeCloseTo(7 / deviation, 12);
});

test('where nothing varies a byte and a nanosecond stand for the deviation', () => {
  const constant = rowsBy(20, () => [SECOND, 90, 1]);
  const other = rowsBy(20, () => [SECOND + 3, 95, 1]);
  expect(value('emd-normalised', 'size', other, constant)).toBe(5);
  expect(value('emd-normalised', 'gap', other, constant)).toBe(3);
  expect(value('emd-normalised', 'size', constant, constant)).toBe(0);
});

test('throughput counts the empty seconds', () => {
  // 100 B in each of 20 seconds against 200 B in every other one.
  const steady = rowsBy(21, () => [SECOND, 100, 1]);
  const rare = rowsBy(11, () => [2 * SECOND, 200, 1]);
  expect(value('emd', 'throughput 1 s', rare, steady)).toBe(100);
});

test('throughput of years costs no more than its packets', () => {
  // In two of 63,244,800 seconds 100 B against 200 B; the third packet is at the end of the last full one.
  const years = (bytes: number) => rowsBy(3, () => [366 * 86_400 * SECOND, bytes, 1]);
  expect(value('emd', 'throughput 1 s', years(100), years(200))).toBeCloseTo(200 / 63_244_800, 15);
});

test('throughput of less than ten seconds is no distribution', () => {
  const short = rowsBy(10, () => [SECOND, 100, 1]);
  const what = 'too few full bins of 1 s: 9, fewer than 10';
  expect(emd('emd', 'throughput 1 s', short, REAL)).toEqual({ lacks: 'sample', what });
});

test('is reported and not scored', () => {
  expect(emdMetrics().every(({ scored }) => scored === undefined)).toBe(true);
});
