import { expect, test } from 'vitest';
import type { Value } from '../../../src/evaluation/metric.js';
import { classifierMetric } from '../../../src/evaluation/metrics/classifier.js';
import { type Row, requests, rowsBy } from '../../models/blocks.js';
import { referenceOf, viewOf } from '../compare.js';
import { expectOracle } from './example.js';

/** 40 windows of 32 packets after the first. */
const PACKETS = 1 + 40 * 32;
const REAL = requests(PACKETS);
const classify = (sample: readonly Row[], real: readonly Row[] = REAL) =>
  classifierMetric(referenceOf(real)).compare(viewOf(sample), viewOf(real));

test('its area is that of scikit-learn', () => {
  expectOracle((reference) => [classifierMetric(reference)]);
});

test('cannot tell a series from itself', () => {
  expect(classify(REAL)).toMatchObject({ value: 1 / 2, detail: { auc: 1 / 2, windows: [40, 40] } });
});

test('can hardly tell two series of one process', () => {
  const { value, interval } = classify(requests(PACKETS, 'other')) as Value;
  expect(value).toBeLessThan(0.65);
  expect(interval!.low).toBeLessThan(1 / 2);
});

test('always tells sizes that real packets never have, or an order that they never have', () => {
  const larger = REAL.map(([time, size, outbound]): Row => [time, size + 1, outbound]);
  expect(classify(larger)).toMatchObject({ value: 1, interval: { low: 1, high: 1 } });
  // The same packets and gaps, of which the answers come before the requests.
  const reversed = REAL.map((_, i): Row => [REAL[i]![0], ...tail(REAL[i - (i % 3) + ((i + 1) % 3)] ?? REAL[i]!)]);
  expect(classify(reversed)).toMatchObject({ value: 1 });
});

const tail = ([, size, outbound]: Row) => [size, outbound] as const;

test('is not below one half: less is chance, and in the detail', () => {
  const values = Array.from({ length: 6 }, (_, i) => classify(requests(PACKETS, `chance ${i}`)) as Value);
  const details = values.map(({ detail }) => (detail as { auc: number }).auc);
  expect(Math.min(...details)).toBeLessThan(1 / 2);
  values.forEach(({ value, interval }, i) => {
    expect(value).toBe(Math.max(1 / 2, details[i]!));
    expect(interval!.low).toBeGreaterThanOrEqual(0);
    expect(interval!.high).toBeLessThanOrEqual(1);
    expect(interval!.low).toBeLessThanOrEqual(details[i]!);
    expect(interval!.high).toBeGreaterThanOrEqual(details[i]!);
  });
});

test('works where nothing at all varies', () => {
  const constant = rowsBy(PACKETS, () => [1e6, 100, 1]);
  expect(classify(constant, constant)).toMatchObject({ value: 1 / 2 });
});

test('takes twenty windows', () => {
  expect(classify(requests(641))).toHaveProperty('value');
  expect(classify(requests(640))).toEqual({
    lacks: 'sample',
    what: 'too few windows of 32 packets: 19, fewer than 20',
  });
  expect(classify(REAL, requests(32))).toEqual({ lacks: 'real', what: 'no windows of 32 packets' });
});

test('brings an interval of its own', () => {
  expect(classify(requests(700))).toMatchObject({
    interval: { low: expect.closeTo(0.5, 0), high: expect.closeTo(0.5, 0) },
  });
  expect(classifierMetric(referenceOf(REAL)).scored).toEqual({ aspect: 'classifier', worst: 1 / 2 });
});
