/**
 * @module
 * Long-range dependence: the difference of two Hurst exponents of bytes per bin of time, by aggregated variance and by rescaled range,
 * see src/statistics/hurst.ts. A short series has none, and says so.
 */
import { hurstByAggregatedVariance, hurstByRescaledRange } from '../../statistics/hurst.js';
import { defineMetric, eachDirection, type Metric } from '../metric.js';
import type { Reference } from '../reference.js';

const ESTIMATORS = {
  'hurst aggregated variance': hurstByAggregatedVariance,
  'hurst rescaled range': hurstByRescaledRange,
};

export const hurstMetrics = (reference: Reference): Metric[] =>
  Object.entries(ESTIMATORS).flatMap(([metric, estimate]) =>
    eachDirection((direction, outbound) =>
      defineMetric(
        { metric, quantity: 'bytes per bin', direction, unit: '', inTime: true },
        (view) => {
          const bins = view.throughput(outbound, reference.timeBinNs);
          if (bins === undefined) return 'too many bins of time';
          const exponent = estimate(bins);
          return typeof exponent === 'string' ? exponent : { exponent };
        },
        (sample, real) => ({
          value: Math.abs(sample.exponent - real.exponent),
          detail: { synthetic: sample.exponent, real: real.exponent },
        }),
      ),
    ),
  );
