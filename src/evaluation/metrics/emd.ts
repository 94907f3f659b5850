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

interface Quantity {
  readonly quantity: string;
  readonly unit: string;
  /** In one unit there are so many of the numbers in the columns. */
  readonly scale: number;
  readonly sorted: (view: SeriesView, outbound: boolean) => Float64Array | string;
}

const QUANTITIES: readonly Quantity[] = [
  {
    quantity: 'size',
    unit: 'B',
    scale: 1,
    sorted: (view, outbound) => enough(view.sortedSizes(outbound), 1, 'packets'),
  },
  { quantity: 'gap', unit: 's', scale: 1e9, sorted: (view, outbound) => enough(view.sortedGaps(outbound), 1, 'gaps') },
  { quantity: 'throughput 1 s', unit: 'B/s', scale: 1, sorted: sortedThroughput },
];

export const emdMetrics = (): Metric[] =>
  QUANTITIES.flatMap(({ quantity, unit, scale, sorted }) => [
    ...eachDirection((direction, outbound) =>
      defineMetric(
        { metric: 'emd', quantity, direction, unit },
        (view) => sorted(view, outbound),
        (sample, real) => emdOfSorted(sample, real) / scale,
      ),
    ),
    ...eachDirection((direction, outbound) =>
      defineMetric(
        { metric: 'emd-normalised', quantity, direction, unit: 'σ' },
        (view) => sorted(view, outbound),
        (sample, real) => emdOfSorted(sample, real) / deviation(real),
      ),
    ),
  ]);

/** Where there is no spread at all, the smallest step there is, one byte or one nanosecond, stands for it. */
const deviation = (values: Float64Array): number =>
  values.length < 2 ? 1 : Math.max(1, Math.sqrt(sampleVariance(values)));

function sortedThroughput(view: SeriesView, outbound: boolean): Float64Array | string {
  const bins = view.bins(BIN_NS);
  if (bins > MAX_BINS) return `${bins} bins of 1 s, more than ${MAX_BINS}`;
  if (bins < LEAST_BINS) return tooFew(bins, LEAST_BINS, 'full bins of 1 s');
  const busy = view.sortedBusyBins(outbound, BIN_NS);
  const sorted = new Float64Array(bins);
  sorted.set(busy, bins - busy.length);
  return sorted;
}
