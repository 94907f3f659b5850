/**
 * @module
 * The Earth Mover's Distance: how far, on average, a packet's value must be moved to turn one sample into the other, see
 * src/statistics/emd.ts. In the unit of the quantity, and in standard deviations of the real part.
 */
import { emdOfSorted } from '../../statistics/emd.js';
import { sampleVariance } from '../../statistics/mean.js';
import { defineMetric, eachDirection, enough, type Metric, tooFew } from '../metric.js';
import type { SeriesView } from '../series-view.js';

const BIN_NS = 1e9;
const LEAST_BINS = 10;
/** A year. */
const MAX_BINS = 366 * 86_400;

interface Sample {
  /** Rising. */
  readonly values: Float64Array;
  /** Values of 0 before them. */
  readonly zeros: number;
}

interface Quantity {
  readonly quantity: string;
  readonly unit: string;
  /** In one unit there are so many of the numbers in the columns. */
  readonly scale: number;
  readonly sample: (view: SeriesView, outbound: boolean) => Sample | string;
}

const QUANTITIES: readonly Quantity[] = [
  {
    quantity: 'size',
    unit: 'B',
    scale: 1,
    sample: (view, outbound) => sampleOf(enough(view.sortedSizes(outbound), 1, 'packets')),
  },
  {
    quantity: 'gap',
    unit: 's',
    scale: 1e9,
    sample: (view, outbound) => sampleOf(enough(view.sortedGaps(outbound), 1, 'gaps')),
  },
  { quantity: 'throughput 1 s', unit: 'B/s', scale: 1, sample: throughput },
];

export const emdMetrics = (): Metric[] =>
  QUANTITIES.flatMap(({ quantity, unit, scale, sample }) => [
    ...eachDirection((direction, outbound) =>
      defineMetric(
        { metric: 'emd', quantity, direction, unit },
        (view) => sample(view, outbound),
        (synthetic, real) => distance(synthetic, real) / scale,
      ),
    ),
    ...eachDirection((direction, outbound) =>
      defineMetric(
        { metric: 'emd-normalised', quantity, direction, unit: 'σ' },
        (view) => sample(view, outbound),
        (synthetic, real) => distance(synthetic, real) / deviation(real),
      ),
    ),
  ]);

const sampleOf = (values: Float64Array | string): Sample | string =>
  typeof values === 'string' ? values : { values, zeros: 0 };

const distance = (a: Sample, b: Sample): number => emdOfSorted(a.values, b.values, a.zeros, b.zeros);

/** Where there is no spread at all, the smallest step there is, one byte or one nanosecond, stands for it. */
const deviation = ({ values, zeros }: Sample): number =>
  values.length + zeros < 2 ? 1 : Math.max(1, Math.sqrt(sampleVariance(values, zeros)));

function throughput(view: SeriesView, outbound: boolean): Sample | string {
  const bins = view.bins(BIN_NS);
  if (bins > MAX_BINS) return `${bins} bins of 1 s, more than ${MAX_BINS}`;
  if (bins < LEAST_BINS) return tooFew(bins, LEAST_BINS, 'full bins of 1 s');
  const values = view.sortedBusyBins(outbound, BIN_NS);
  return { values, zeros: bins - values.length };
}
