/**
 * @module
 * Memory from packet to packet, and from one bin of time to the next: the mean absolute difference of two autocorrelation functions over
 * their first lags, see src/statistics/autocorrelation.ts.
 */
import { autocorrelation } from '../../statistics/autocorrelation.js';
import { defineMetric, eachDirection, type Metric, tooFew } from '../metric.js';
import type { Reference } from '../reference.js';
import type { SeriesView } from '../series-view.js';

export const LAGS = 32;
/** A correlation over a lag is worth something where there are several times as many values. */
const LEAST = 4 * LAGS;
/** The largest difference of two correlations is 2; half of one at every lag is as far as real and shuffled traffic come. */
const WORST = 0.5;
const IN_TIME = 'bytes per bin';

export const autocorrelationMetrics = (reference: Reference): Metric[] => [
  ...acf('size', 'packets', (view, outbound) => view.sizes(outbound)),
  ...acf('log gap', 'gaps', (view, outbound) => view.gaps(outbound).map(Math.log1p)),
  ...acf(IN_TIME, 'full bins of time', (view, outbound) => view.throughput(outbound, reference.timeBinNs)),
];

function acf(
  quantity: string,
  what: string,
  values: (view: SeriesView, outbound: boolean) => Float64Array | undefined,
): Metric[] {
  return eachDirection((direction, outbound) =>
    defineMetric(
      {
        ...{ metric: 'autocorrelation', quantity, direction, unit: '', most: 2 },
        inTime: quantity === IN_TIME,
        scored: { aspect: 'order', worst: WORST },
      },
      (view) => {
        const found = values(view, outbound);
        if (found === undefined) return `too many ${what}`;
        if (found.length < LEAST) return tooFew(found.length, LEAST, what);
        return autocorrelation(found, LAGS) ?? `${what} that are all alike`;
      },
      meanAbsoluteDifference,
    ),
  );
}

function meanAbsoluteDifference(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;
}
