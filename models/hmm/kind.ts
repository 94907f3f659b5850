/**
 * @module
 * The kind `hmm`: its options, and the way to its code, which is loaded when a model is trained or read.
 */

import { type GaussianFitOptions, gaussianOptions, randomStartOptions } from '../shared-options.js';
import type { ModelKind } from '../traffic-model.js';

export const hmm: ModelKind<GaussianFitOptions> = {
  kind: 'hmm',
  description: 'Gaussian hidden Markov model per direction',
  options: { ...gaussianOptions, ...randomStartOptions },
  fit: async (...given) => (await import('./hmm-model.js')).fitHmm(...given),
  load: async (saved) => (await import('./hmm-model.js')).loadHmm(saved),
};
