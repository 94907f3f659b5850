/**
 * @module
 * Kolmogorov–Smirnov statistics: the largest distance between two distribution functions, see src/statistics/ks.ts. The one metric
 * that sees a spike in the wrong place, whatever its unit.
 */
import { ksOfSorted } from '../../statistics/ks.js';
import { sortedCopy } from '../../statistics/sort.js';
import { type Aspect, defineMetric, eachDirection, enough, type Metric, tooFew } from '../metric.js';
import type { Reference } from '../reference.js';
import type { SeriesView } from '../series-view.js';
import { bursts, idleTimes, responseGaps, runLengths } from './events.js';

const THROUGHPUT_SECONDS = [0.1, 1, 10];
/** Fewer values than this are no distribution. */
const LEAST = 10;
const NONE = new Float64Array(0);

export const ksMetrics = (reference: Reference): Metric[] => [
  ...ks('size', 'size', (view, outbound) => enough(view.sortedSizes(outbound), 1, 'packets')),
  ...ks('gap', 'gap', (view, outbound) => enough(view.sortedGaps(outbound), 1, 'gaps')),
  ...THROUGHPUT_SECONDS.flatMap((seconds) =>
    eachDirection((direction, outbound) =>
      defineMetric(
        {
          metric: 'ks',
          quantity: `throughput ${seconds} s`,
          direction,
          unit: '',
          most: 1,
          inTime: true,
          scored: { aspect: 'rate', worst: 1 },
        },
        (view) => {
          const bins = view.bins(seconds * 1e9);
          if (bins < LEAST) return tooFew(bins, LEAST, `full bins of ${seconds} s`);
          const busy = view.sortedBusyBins(outbound, seconds * 1e9);
          return { busy, empty: bins - busy.length };
        },
        (sample, real) => ksOfSorted(sample.busy, real.busy, sample.empty, real.empty),
      ),
    ),
  ),
  ...ks('burst length', 'rate', (view, outbound) =>
    sortedIfEnough(bursts(view, outbound, reference) ?? NONE, 'bursts'),
  ),
  ...ks('idle time', 'rate', (view, outbound) =>
    enough(idleTimes(view, outbound, reference) ?? NONE, LEAST, 'idle times'),
  ),
  ...ks('response gap', 'dialogue', (view, outbound) =>
    sortedIfEnough(responseGaps(view, outbound), 'changes of direction'),
  ),
  ...ks('run length', 'dialogue', (view, outbound) => sortedIfEnough(runLengths(view, outbound), 'runs of packets')),
];

/** @param sorted a sample, rising; what it has too little of where it is not enough */
function ks(
  quantity: string,
  aspect: Aspect,
  sorted: (view: SeriesView, outbound: boolean) => Float64Array | string,
): Metric[] {
  return eachDirection((direction, outbound) =>
    defineMetric(
      { metric: 'ks', quantity, direction, unit: '', most: 1, scored: { aspect, worst: 1 } },
      (view) => sorted(view, outbound),
      (sample, real) => ksOfSorted(sample, real),
    ),
  );
}

function sortedIfEnough(values: Float64Array, what: string): Float64Array | string {
  const found = enough(values, LEAST, what);
  return typeof found === 'string' ? found : sortedCopy(found);
}
