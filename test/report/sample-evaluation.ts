/**
 * An evaluation of which nothing could be compared, with reasons that are no HTML.
 */
import { ASPECTS, eachAspect } from '../../src/evaluation/metric.js';
import type { Evaluation, MetricResult } from '../../src/evaluation/result.js';

const metrics = [...ASPECTS, null].map(
  (aspect): MetricResult => ({
    metric: 'ks',
    quantity: 'size',
    direction: 'outbound',
    unit: '',
    aspect,
    value: null,
    interval: null,
    floor: null,
    bootstrap: null,
    excess: null,
    loss: null,
    reason: 'not enough data: <one> packet & no more',
    detail: null,
  }),
);

export const emptyEvaluation: Evaluation = {
  score: null,
  scoreInterval: null,
  reason: 'not enough data: <nothing> of the real series can be compared',
  seriesCompared: 1,
  scores: [null],
  aspects: eachAspect(() => null),
  trainingPackets: 0,
  heldOutPackets: 1,
  syntheticPackets: [1],
  metrics,
  meanExcess: null,
};
