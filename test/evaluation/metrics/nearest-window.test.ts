import { expect, test } from 'vitest';
import { nearestWindowDistance, windowRows } from '../../../src/evaluation/metrics/nearest-window.js';
import { type Row, requests, rowsBy } from '../../models/blocks.js';
import { viewOf } from '../compare.js';

const distance = (sample: readonly Row[], training: readonly Row[]) =>
  nearestWindowDistance(windowRows(viewOf(sample))!, windowRows(viewOf(training))!);

test('of packets that stand in the training part, wherever, is 0', () => {
  const training = requests(300);
  expect(distance(training, training)).toBe(0);
  expect(distance(training.slice(37, 37 + 65), training)).toBe(0);
});

test('is in standard deviations of the training part', () => {
  const [small, large] = [50, 400];
  // 50 of each after the first packet, and nothing else varies: s² = 100/99 of a quarter of the squared difference of logarithms.
  const training = rowsBy(101, (i) => [1e6, i % 2 === 0 ? small : large, 1]);
  const deviation = (Math.log(large / small) / 2) * Math.sqrt(100 / 99);
  // One of three numbers of a packet is off, and by as much for each of them.
  const factor = 10;
  const sample = training.map(([time, size]): Row => [time, size * factor, 1]);
  expect(distance(sample, training)).toBeCloseTo(Math.log(factor) / deviation / Math.sqrt(3), 10);
});

test('weighs what never changes in training as it is', () => {
  const training = rowsBy(101, () => [1e6, 100, 1]);
  const sample = rowsBy(101, () => [1e6, 200, 1]);
  expect(distance(sample, training)).toBeCloseTo(Math.LN2 / Math.sqrt(3), 12);
});

test('is the median over windows', () => {
  const training = rowsBy(101, () => [1e6, 100, 1]);
  const windows = (strange: number) => rowsBy(1 + 16 * 5, (i) => [1e6, i > 16 * (5 - strange) ? 200 : 100, 1]);
  expect(distance(windows(2), training)).toBe(0);
  expect(distance(windows(3), training)).toBeCloseTo(Math.LN2 / Math.sqrt(3), 12);
});

test('of fresh packets of the same kind is greater than 0', () => {
  expect(distance(requests(300, 'other'), requests(300))).toBeGreaterThan(0.01);
});

test('takes a window of 16 packets after the first', () => {
  expect(windowRows(viewOf(requests(16)))).toBeUndefined();
  expect(windowRows(viewOf(requests(17)))).toMatchObject({ queries: { length: 48 }, known: { length: 48 } });
  expect(windowRows(viewOf([]))).toBeUndefined();
});

test('looks for 200 windows among the first 2¹⁴ packets', () => {
  const { queries, known } = windowRows(viewOf(requests(40_000)))!;
  expect([queries.length, known.length]).toEqual([200 * 16 * 3, 2 ** 14 * 3]);
});
