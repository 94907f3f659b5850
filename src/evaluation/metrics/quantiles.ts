/**
 * @module
 * Differences of quantiles: where along the distribution the difference is. The number is the mean of |a − b| / (|a| + |b|) over the
 * quantiles, 0 to 1; the quantiles themselves are its detail, in bytes or seconds.
 */
import { quantileOfSorted, relativeDifference } from '../../statistics/quantiles.js';
import { defineMetric, eachDirection, enough, type Metric } from '../metric.js';
import type { SeriesView } from '../series-view.js';

const SHARES = [0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

export interface QuantileDetail {
  readonly share: number;
  readonly synthetic: number;
  readonly real: number;
}

export const quantileMetrics = (): Metric[] => [
  ...quantiles('size', 1, (view, outbound) => enough(view.sortedSizes(outbound), 1, 'packets')),
  ...quantiles('gap', 1e9, (view, outbound) => enough(view.sortedGaps(outbound), 1, 'gaps')),
];

function quantiles(
  quantity: string,
  scale: number,
  sorted: (view: SeriesView, outbound: boolean) => Float64Array | string,
): Metric[] {
  return eachDirection((direction, outbound) =>
    defineMetric(
      { metric: 'quantiles', quantity, direction, unit: '', most: 1 },
      (view) => sorted(view, outbound),
      (sample, real) => {
        const detail = SHARES.map(
          (share): QuantileDetail => ({
            share,
            synthetic: quantileOfSorted(sample, share) / scale,
            real: quantileOfSorted(real, share) / scale,
          }),
        );
        const differences = detail.map(({ synthetic, real: observed }) => relativeDifference(synthetic, observed));
        return { value: differences.reduce((sum, one) => sum + one, 0) / SHARES.length, detail };
      },
    ),
  );
}
