/**
 * @module
 * The kinds of model, by the name that `--model` takes. Each is loaded when it is asked for.
 */
import type { ModelKind } from './generator.js';

export const modelKinds: ReadonlyMap<string, () => Promise<ModelKind>> = new Map([
  ['markov', async () => (await import('./markov/markov-model.js')).markov],
  ['hmm', async () => (await import('./hmm/hmm-model.js')).hmm],
  ['rnn', async () => (await import('./neural/fit-network.js')).rnn],
  ['tcn', async () => (await import('./neural/fit-network.js')).tcn],
]);

export const DEFAULT_MODEL_KIND = 'markov';
