/**
 * @module
 * Kolmogorov–Smirnov statistics: the largest distance between two distribution functions, see src/statistics/ks.ts. The one metric
 * that sees a spike in the wrong place, whatever its unit.
 */
import { ksOfSorted } from '../../statistics/ks.js';
import { sortedCopy } from '../../statistics/sort.js';
import { type Aspect, defineMetric, eachDirection, type Metric } from '../metric.js';
import type { Reference } from '../reference.js';
import { bursts, idleTimes, responseGaps, runLengths } from './events.js';
import { gaps, LEAST, type SampleOf, sampleOf, sizes, throughput } from './sample.js';

const THROUGHPUT_SECONDS = [0.1, 1, 10];
const NONE = new Float64Array(0);

export const ksMetrics = (reference: Reference): Metric[] => [
  ...ks('size', 'size', sizes),
  ...ks('gap', 'gap', gaps),
  ...THROUGHPUT_SECONDS.flatMap((seconds) => ks(`throughput ${seconds} s`, 'rate', throughput(seconds), true)),
  ...ks('burst length', 'rate', (view, outbound) =>
    sampleOf(sortedCopy(bursts(view, outbound, reference) ?? NONE), LEAST, 'bursts'),
  ),
  ...ks('idle time', 'rate', (view, outbound) =>
    sampleOf(idleTimes(view, outbound, reference) ?? NONE, LEAST, 'idle times'),
  ),
  ...ks('response gap', 'dialogue', (view, outbound) =>
    sampleOf(sortedCopy(responseGaps(view, outbound)), LEAST, 'changes of direction'),
  ),
  ...ks('run length', 'dialogue', (view, outbound) =>
    sampleOf(sortedCopy(runLengths(view, outbound)), LEAST, 'runs of packets'),
  ),
];

const ks = (quantity: string, aspect: Aspect, sample: SampleOf, inTime = false): Metric[] =>
  eachDirection((direction, outbound) =>
    defineMetric(
      { metric: 'ks', quantity, direction, unit: '', most: 1, inTime, scored: { aspect, worst: 1 } },
      (view) => sample(view, outbound),
      (synthetic, real) => ksOfSorted(synthetic.values, real.values, synthetic.zeros, real.zeros),
    ),
  );
