/**
 * @module
 * All metrics of an evaluation, in the order in which they are shown.
 */
import type { Metric } from '../metric.js';
import type { Reference } from '../reference.js';
import { autocorrelationMetrics } from './autocorrelation.js';
import { classifierMetric } from './classifier.js';
import { directionRatioMetrics } from './direction-ratio.js';
import { divergenceMetrics } from './divergence.js';
import { emdMetrics } from './emd.js';
import { hurstMetrics } from './hurst.js';
import { ksMetrics } from './ks.js';
import { memorisationMetrics } from './memorisation.js';
import { ngramMetrics } from './ngrams.js';
import { quantileMetrics } from './quantiles.js';
import { rollingEntropyMetrics } from './rolling-entropy.js';
import { spectrumMetrics } from './spectrum.js';

export const allMetrics = (reference: Reference): readonly Metric[] => [
  ...ksMetrics(reference),
  ...emdMetrics(),
  ...divergenceMetrics(reference),
  ...quantileMetrics(),
  ...autocorrelationMetrics(reference),
  ...ngramMetrics(reference),
  ...rollingEntropyMetrics(reference),
  ...spectrumMetrics(reference),
  ...hurstMetrics(reference),
  ...directionRatioMetrics(),
  classifierMetric(reference),
  ...memorisationMetrics(),
];
