/**
 * @module
 * The Earth Mover's Distance: how far, on average, a packet's value must be moved to turn one sample into the other, see
 * src/statistics/emd.ts. In the unit of the quantity, and in standard deviations of the real part.
 */
import { emdOfSorted } from '../../statistics/emd.js';
import { sampleVariance } from '../../statistics/mean.js';
import { defineMetric, eachDirection, type Metric } from '../metric.js';
import { gaps, type Sample, type SampleOf, sizes, throughput } from './sample.js';

interface Quantity {
  readonly quantity: string;
  readonly unit: string;
  /** In one unit there are so many of the numbers in the columns. */
  readonly scale: number;
  readonly sample: SampleOf;
}

const QUANTITIES: readonly Quantity[] = [
  { quantity: 'size', unit: 'B', scale: 1, sample: sizes },
  { quantity: 'gap', unit: 's', scale: 1e9, sample: gaps },
  { quantity: 'throughput 1 s', unit: 'B/s', scale: 1, sample: throughput(1) },
];

export const emdMetrics = (): Metric[] =>
  QUANTITIES.flatMap(({ quantity, unit, scale, sample }) => [
    ...emd('emd', quantity, unit, sample, () => scale),
    ...emd('emd-normalised', quantity, 'σ', sample, deviation),
  ]);

/** @param one what counts as one, in the numbers of the columns */
const emd = (
  metric: string,
  quantity: string,
  unit: string,
  sample: SampleOf,
  one: (real: Sample) => number,
): Metric[] =>
  eachDirection((direction, outbound) =>
    defineMetric(
      { metric, quantity, direction, unit },
      (view) => sample(view, outbound),
      (synthetic, real) => emdOfSorted(synthetic.values, real.values, synthetic.zeros, real.zeros) / one(real),
    ),
  );

/** Where there is no spread at all, the smallest step there is, one byte or one nanosecond, stands for it. */
const deviation = ({ values, zeros }: Sample): number =>
  values.length + zeros < 2 ? 1 : Math.max(1, Math.sqrt(sampleVariance(values, zeros)));
