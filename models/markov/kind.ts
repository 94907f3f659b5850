/**
 * @module
 * The kind `markov`: its options, and the way to its code, which is loaded when a model is trained or read.
 */
import { option, wording } from '../../src/wording.js';
import { randomStartOptions, type TokenFitOptions, tokenOptions, unlessEmpirical } from '../shared-options.js';
import type { ModelKind } from '../traffic-model.js';

const options = {
  ...tokenOptions,
  ...unlessEmpirical(
    randomStartOptions,
    wording`is for models that are fitted from a random start; ${option('fit.quantizer', 'empirical')} with ${option('model', 'markov')} is not`,
  ),
};

export const markov: ModelKind<TokenFitOptions> = {
  kind: 'markov',
  description: 'Markov chain of variable order over the tokens of a quantizer',
  options,
  fit: async (...given) => (await import('./markov-model.js')).fitMarkov(...given),
  load: async (saved) => (await import('./markov-model.js')).loadMarkov(saved),
};
