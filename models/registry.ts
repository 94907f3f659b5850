/**
 * @module
 * The kinds of model, by the name that trainings and model files have for them. Each is loaded when it is asked for.
 */
import { SynthError } from '../src/errors.js';
import type { KindOptions } from './fit-options.js';
import type { ModelKind } from './generator.js';
import { hmmOptions } from './hmm/options.js';
import { markovOptions } from './markov/options.js';
import { rnnOptions, tcnOptions } from './neural/options.js';

/** What is known of a kind before it is loaded. */
export interface RegisteredKind extends KindOptions {
  /** Whether a training may start from another model of the kind. */
  readonly hasStart: boolean;
  load(): Promise<ModelKind>;
}

const kinds = new Map<string, RegisteredKind>([
  [
    'markov',
    { ...markovOptions, hasStart: false, load: async () => (await import('./markov/markov-model.js')).markov },
  ],
  ['hmm', { ...hmmOptions, hasStart: false, load: async () => (await import('./hmm/hmm-model.js')).hmm }],
  ['rnn', { ...rnnOptions, hasStart: true, load: async () => (await import('./neural/fit-network.js')).rnn }],
  ['tcn', { ...tcnOptions, hasStart: true, load: async () => (await import('./neural/fit-network.js')).tcn }],
]);

export const modelKinds: ReadonlyMap<string, RegisteredKind> = kinds;

export const DEFAULT_MODEL_KIND = 'markov';

/**
 * Makes a further kind of model known in this process: for training, for model files, for generation.
 *
 * @throws SynthError `SYNTH_USAGE` if there is a kind of this name
 */
export function registerModelKind(kind: ModelKind): void {
  if (kinds.has(kind.kind)) throw new SynthError('SYNTH_USAGE', `there is a kind of model “${kind.kind}” already`);
  const { options, ownOptions } = kind;
  kinds.set(kind.kind, { options, ownOptions, hasStart: kind.fitFrom !== undefined, load: async () => kind });
}
