/**
 * @module
 * Divergences of histograms: Jensen–Shannon, and Kullback–Leibler both ways, in bits, see src/statistics/divergence.ts. The bins are
 * those of the real series, with one more at each end for what lies outside of it.
 */
import { jensenShannonDivergence, kullbackLeiblerDivergence } from '../../statistics/divergence.js';
import { countsOfSorted } from '../../statistics/histogram.js';
import { type Aspect, defineMetric, eachDirection, enough, type Metric } from '../metric.js';
import type { Reference } from '../reference.js';
import type { SeriesView } from '../series-view.js';

type Divergence = (sample: Float64Array, real: Float64Array) => number;

export const divergenceMetrics = (reference: Reference): Metric[] => [
  ...family('jsd', true, jensenShannonDivergence, reference),
  ...family('kl real‖synthetic', false, (sample, real) => kullbackLeiblerDivergence(real, sample), reference),
  ...family('kl synthetic‖real', false, kullbackLeiblerDivergence, reference),
];

function family(metric: string, scored: boolean, divergence: Divergence, reference: Reference): Metric[] {
  const quantity = (
    name: 'size' | 'gap',
    counts: (view: SeriesView, outbound: boolean) => Float64Array | string,
  ): Metric[] =>
    eachDirection((direction, outbound) => {
      const aspect: Aspect = name;
      return defineMetric(
        {
          metric,
          quantity: name,
          direction,
          unit: 'bit',
          most: scored ? 1 : undefined,
          scored: scored ? { aspect, worst: 1 } : undefined,
        },
        (view) => counts(view, outbound),
        divergence,
      );
    });
  return [
    ...quantity('size', (view, outbound) =>
      histogram(view.sortedSizes(outbound), reference.of(outbound).sizeBins, 'packets'),
    ),
    ...quantity('gap', (view, outbound) =>
      histogram(view.sortedGaps(outbound), reference.of(outbound).gapBins, 'gaps'),
    ),
  ];
}

function histogram(sorted: Float64Array, edges: Float64Array, what: string): Float64Array | string {
  const found = enough(sorted, 1, what);
  return typeof found === 'string' ? found : countsOfSorted(found, edges);
}
