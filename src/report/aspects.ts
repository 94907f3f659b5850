/**
 * @module
 * The aspects of the fidelity score and the metrics, as people call them.
 */
import type { Aspect } from '../evaluation/metric.js';
import type { MetricResult } from '../evaluation/result.js';

export const ASPECT_NAMES: Readonly<Record<Aspect, { readonly name: string; readonly about: string }>> = {
  size: { name: 'Size', about: 'how large packets are' },
  gap: { name: 'Gap', about: 'how much time passes between packets' },
  rate: { name: 'Rate', about: 'how much is sent over time, and in what bursts' },
  order: { name: 'Order', about: 'which packet follows which' },
  dialogue: { name: 'Dialogue', about: 'how the two directions take turns' },
  classifier: { name: 'Classifier', about: 'how hard it is for a classifier to tell them apart' },
};

const FAMILIES: Readonly<Record<string, string>> = {
  ks: 'KS statistic',
  emd: 'Earth mover’s distance',
  'emd-normalised': 'Earth mover’s distance, normalised',
  jsd: 'Jensen–Shannon divergence',
  'kl real‖synthetic': 'Kullback–Leibler divergence, real ‖ synthetic',
  'kl synthetic‖real': 'Kullback–Leibler divergence, synthetic ‖ real',
  'hurst aggregated variance': 'Hurst exponent by aggregated variance',
  'hurst rescaled range': 'Hurst exponent by rescaled range',
  quantiles: 'Difference of quantiles',
  bigrams: 'Pairs of successive packets',
  trigrams: 'Triples of successive packets',
  'outbound share': 'Outbound share',
  'classifier AUC': 'Classifier, area under the ROC curve',
  'memorisation: copied n-grams': 'Copied runs',
  'memorisation: longest copied run': 'Longest copied run',
  'memorisation: nearest window': 'Distance to the nearest window of the training part',
};

const QUANTITIES: Readonly<Record<string, string>> = {
  'log gap': 'logarithm of the gap',
  'bytes per bin': 'bytes per bin of time',
  windows: 'windows of packets',
};

/** Names that say it all: their quantity is a unit. */
const WHOLE_NAMES: ReadonlySet<string> = new Set(['memorisation: longest copied run', 'memorisation: nearest window']);

/** Family and quantity of a metric, for people; one that has no other name keeps its own. */
export function metricName({ metric, quantity }: Pick<MetricResult, 'metric' | 'quantity'>): string {
  const family = FAMILIES[metric] ?? metric.charAt(0).toUpperCase() + metric.slice(1);
  if (quantity === '' || WHOLE_NAMES.has(metric)) return family;
  const what = QUANTITIES[quantity] ?? quantity.replace(/^throughput (\S+ \w+)$/, 'throughput in bins of $1');
  return `${family}, ${what}`;
}
