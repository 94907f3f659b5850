/** Single metrics of series made by hand. */
import { expect } from 'vitest';
import type { Direction, Metric } from '../../src/evaluation/metric.js';
import { Reference } from '../../src/evaluation/reference.js';
import type { MetricResult } from '../../src/evaluation/result.js';
import { SeriesView } from '../../src/evaluation/series-view.js';
import { blockOf, type Row } from '../models/blocks.js';

export const viewOf = (rows: readonly Row[]): SeriesView => new SeriesView(blockOf(rows));
export const referenceOf = (rows: readonly Row[]): Reference => new Reference(viewOf(rows));

/** One of many metrics, or of many results. */
export function named<T extends Pick<Metric | MetricResult, 'metric' | 'quantity' | 'direction'>>(
  metrics: readonly T[],
  name: string,
  quantity: string,
  direction: Direction = 'both',
): T {
  const found = metrics.filter(
    (one) => one.metric === name && one.quantity === quantity && one.direction === direction,
  );
  expect(found, `${name} ${quantity} ${direction}`).toHaveLength(1);
  return found[0]!;
}

/** @throws Error where one of the two lacks something */
export function valueFrom(metric: Metric, sample: SeriesView, real: SeriesView): number {
  const found = metric.compare(sample, real);
  if (!('value' in found)) throw new Error(`the ${found.lacks} has ${found.what}`);
  return found.value;
}
