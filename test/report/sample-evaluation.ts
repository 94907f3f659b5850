/**
 * An evaluation as it could be, for reports: its numbers are made up, its kinds are those of the contract.
 */
import type { Aspect, Direction } from '../../src/evaluation/metric.js';
import type { Evaluation, MetricResult } from '../../src/evaluation/result.js';

function metric(
  name: string,
  quantity: string,
  direction: Direction,
  aspect: Aspect | null,
  [value, floor, loss]: readonly [number, number, number | null],
  unit = '',
): MetricResult {
  return {
    metric: name,
    quantity,
    direction,
    unit,
    aspect,
    value,
    interval: { low: value * 0.94, high: value * 1.07 },
    floor,
    bootstrap: { mean: floor * 1.02, low: floor * 0.8, high: floor * 1.3 },
    excess: value - floor,
    loss,
    reason: null,
    detail: null,
  };
}

const without = (result: MetricResult, reason: string): MetricResult => ({
  ...result,
  value: null,
  interval: null,
  floor: null,
  bootstrap: null,
  excess: null,
  loss: null,
  reason,
});

const METRICS: readonly MetricResult[] = [
  metric('ks', 'size', 'outbound', 'size', [0.031, 0.022, 0.03]),
  metric('ks', 'size', 'inbound', 'size', [0.054, 0.05, 0.01]),
  metric('emd', 'size', 'outbound', 'size', [14.6, 9.2, 0.04], 'bytes'),
  metric('ks', 'gap', 'outbound', 'gap', [0.081, 0.043, 0.13]),
  metric('ks', 'gap', 'inbound', 'gap', [0.066, 0.071, 0]),
  metric('jsd', 'log gap', 'inbound', 'gap', [0.12, 0.09, 0.1]),
  metric('ks', 'throughput', 'outbound', 'rate', [0.101, 0.1, 0.003]),
  without(
    metric('ks', 'throughput', 'inbound', 'rate', [0, 0, 0]),
    'not enough data: the held-out part has fewer than 10 full seconds',
  ),
  metric('autocorrelation', 'throughput', 'both', 'rate', [0.22, 0.12, 0.2]),
  metric('transitions', 'size class', 'both', 'order', [0.19, 0.08, 0.22]),
  metric('autocorrelation', 'size', 'both', 'order', [0.05, 0.03, 0.04]),
  metric('turns', 'packets in a turn', 'both', 'dialogue', [0.31, 0.06, 0.5]),
  metric('response-time', 'time to the answer', 'both', 'dialogue', [3.4, 1.1, 0.23], 'ms'),
  without(metric('classifier', 'auc', 'both', 'classifier', [0, 0, 0]), 'not enough data: 40 windows, 200 are needed'),
  metric('emd', 'gap', 'outbound', null, [1234.5, 987.6, null], 'ms'),
  metric('memorisation-runs', 'longest repeated run', 'both', null, [14, 11, null], 'packets'),
  metric('memorisation-share', 'windows found in training', 'both', null, [0.021, 0.034, null]),
];

/** @param score of the fidelity; the numbers of the metrics are the same for all */
export function sampleEvaluation(score: number, packets: readonly number[] = [4882, 4882, 4882]): Evaluation {
  const shift = (score - 82) / 100;
  return {
    score,
    scoreInterval: { low: score - 3.2, high: score + 2.9 },
    reason: null,
    seriesCompared: packets.length,
    aspects: {
      size: 0.03,
      gap: Math.max(0, 0.08 - shift),
      rate: 0.1,
      order: Math.max(0, 0.13 - shift),
      dialogue: Math.max(0, 0.36 - shift),
      classifier: null,
    },
    trainingPackets: 3254,
    heldOutPackets: 1628,
    syntheticPackets: packets,
    metrics: METRICS,
    meanExcess: 0.012 - shift / 10,
  };
}

/** Nothing could be compared. */
export const emptyEvaluation: Evaluation = {
  score: null,
  scoreInterval: null,
  reason: 'not enough data: <nothing> of the real series can be compared',
  seriesCompared: 1,
  aspects: { size: null, gap: null, rate: null, order: null, dialogue: null, classifier: null },
  trainingPackets: 0,
  heldOutPackets: 1,
  syntheticPackets: [1],
  metrics: METRICS.slice(0, 3).map((result) => without(result, 'not enough data: <one> packet & no more')),
  meanExcess: null,
};
