/**
 * @module
 * The aspects of the fidelity score and the families of metrics, as people call them.
 */
import type { Aspect } from '../evaluation/metric.js';

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
};

/** The family of a metric, for people; one that has no other name keeps its own. */
export function familyName(metric: string): string {
  const own = metric.replaceAll('-', ' ');
  return FAMILIES[metric] ?? own.charAt(0).toUpperCase() + own.slice(1);
}
