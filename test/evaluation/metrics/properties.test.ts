/** What holds for every metric, whatever the series. */

import { describe, expect, test } from 'vitest';
import type { Metric } from '../../../src/evaluation/metric.js';
import { allMetrics } from '../../../src/evaluation/metrics/index.js';
import { Reference } from '../../../src/evaluation/reference.js';
import { SeriesView } from '../../../src/evaluation/series-view.js';
import type { PacketBlock } from '../../../src/packets/packet-series.js';
import { randomStream } from '../../../src/random.js';
import { blockOf, DEGENERATE, fromGaps, type Row, seriesOf } from '../../models/blocks.js';
import fc from '../../support/fast-check.js';
import { referenceOf, valueFrom, viewOf } from '../compare.js';
import { rowsOf } from '../series.js';
import { minimalStandard, nameOf, packets } from './example.js';

const isMemorisation = ({ metric }: Metric) => metric.startsWith('memorisation');
const isKullbackLeibler = ({ metric }: Metric) => metric.startsWith('kl');

/** Long enough for all metrics: 1500 packets, 140 s. */
const LONG = [7, 8].map((seed) => packets(1500, 6, minimalStandard(seed)));
const REFERENCE = referenceOf(packets(4500, 6, minimalStandard(9)));

describe('series that have enough of everything', () => {
  const [a, b] = LONG.map(viewOf) as [SeriesView, SeriesView];

  test.each(allMetrics(REFERENCE).map((metric) => [nameOf(metric), metric] as const))('%s', (_, metric) => {
    const value = valueFrom(metric, a, b);
    if (isMemorisation(metric)) return;
    expect(value).toBeGreaterThan(0);
    // A series and itself, and the same twice over.
    expect(valueFrom(metric, a, a)).toBe(metric.metric === 'classifier AUC' ? 1 / 2 : 0);
    expect(valueFrom(metric, viewOf(LONG[0]!), viewOf(LONG[0]!))).toBe(valueFrom(metric, a, a));
    // The deviation is that of one of the sides.
    if (metric.metric === 'emd-normalised' || isKullbackLeibler(metric)) return;
    expect(valueFrom(metric, b, a)).toBeCloseTo(value, 10);
  });
});

test('no metric is negative or not a number, and what lacks something is told of, of any two series', () => {
  fc.assert(
    fc.property(rowsOf({ minLength: 1, maxLength: 80 }), rowsOf({ maxLength: 80 }), (real, sample) => {
      const view = viewOf(sample);
      const against = viewOf(real);
      for (const metric of allMetrics(referenceOf(real))) expectAnswer(metric, view, against);
    }),
    { numRuns: 150 },
  );
});

test.each(DEGENERATE)('nor where one of them, or both, are of this kind: $name', ({ rows }) => {
  const metrics = allMetrics(referenceOf(rows));
  const [degenerate, long] = [viewOf(rows), viewOf(LONG[0]!)];
  for (const metric of metrics) {
    expectAnswer(metric, degenerate, degenerate);
    expectAnswer(metric, long, degenerate);
  }
  for (const metric of allMetrics(REFERENCE)) expectAnswer(metric, degenerate, long);
});

function expectAnswer(metric: Metric, sample: SeriesView, real: SeriesView): void {
  const found = metric.compare(sample, real);
  if ('value' in found) {
    const isNumber = found.value >= 0 && found.value < Number.POSITIVE_INFINITY;
    // NaN and infinity are null in JSON.
    const isWhole = !(JSON.stringify(found.detail) ?? '').includes('null');
    if (!isNumber || !isWhole) throw new Error(`${nameOf(metric)}: ${found.value} ${JSON.stringify(found.detail)}`);
  } else if (!/^(no|too few|too many|fewer|throughput|\d+ bins|[a-z ]+ all alike)/.test(found.what)) {
    throw new Error(`${nameOf(metric)}: ${found.what}`);
  }
}

describe('the same packets in another order', () => {
  const { next } = randomStream('order', 'packets');
  const rows = LONG[0]!;
  const keys = rows.map(() => next());
  const order = rows.map((_, i) => i).toSorted((i, j) => keys[i]! - keys[j]!);
  const gaps = rows.map(([time], i) => time - (rows[i - 1]?.[0] ?? time));
  const shuffled = fromGaps(order.map((i): Row => [gaps[i]!, rows[i]![1], rows[i]![2]]));
  const metrics = allMetrics(REFERENCE);
  const changed = (metric: Metric) => valueFrom(metric, viewOf(shuffled), viewOf(rows));

  test('has the same sizes and shares', () => {
    const unmoved = metrics.filter(
      ({ quantity, metric }) =>
        metric === 'outbound share' || (quantity === 'size' && /^(ks|emd|jsd|kl|quantiles)/.test(metric)),
    );
    expect(unmoved.length).toBe(16);
    for (const metric of unmoved) expect(changed(metric), nameOf(metric)).toBe(0);
  });

  test('and is seen by every metric of order and dialogue but the shares', () => {
    const moved = metrics.filter(
      ({ scored, metric }) =>
        (scored?.aspect === 'order' || scored?.aspect === 'dialogue') && metric !== 'outbound share',
    );
    expect(moved.length).toBe(16);
    for (const metric of moved) expect(changed(metric), nameOf(metric)).toBeGreaterThan(0);
  });
});

test('the columns of a block may be longer than it is', () => {
  const rows = packets(1600, 6, minimalStandard(10));
  const longer: PacketBlock = { ...blockOf(rows), length: 1500 };
  const exact = viewOf(rows.slice(0, 1500));
  const real = viewOf(LONG[0]!);
  for (const metric of allMetrics(REFERENCE)) {
    expect(metric.compare(new SeriesView(longer), real), nameOf(metric)).toEqual(metric.compare(exact, real));
  }
});

test('a metric does not depend on when a series begins', () => {
  const later = LONG[0]!.map(([time, size, outbound]): Row => [time + 5e12, size, outbound]);
  const real = viewOf(LONG[1]!);
  const metrics = allMetrics(new Reference(new SeriesView(seriesOf(LONG[1]!))));
  for (const metric of metrics) {
    expect(metric.compare(viewOf(later), real), nameOf(metric)).toEqual(metric.compare(viewOf(LONG[0]!), real));
  }
});
