/**
 * @module
 * The kinds of model, by the name that a model file and `train()` take.
 */
import { SynthError } from '../src/errors.js';
import { hmm } from './hmm/kind.js';
import { markov } from './markov/kind.js';
import { defaultOptions } from './model-options.js';
import { rnn, tcn } from './neural/kinds.js';
import type { NetworkFitOptions } from './neural/options.js';
import type { GaussianFitOptions, TokenFitOptions } from './shared-options.js';
import type { ModelKind } from './traffic-model.js';

/** Options of the kinds that come with synth. A kind refuses options that it does not have. */
export type FitOptions = TokenFitOptions & GaussianFitOptions & NetworkFitOptions;

const kinds = new Map<string, ModelKind>();

/** In the order in which help lists them. */
export const modelKinds: ReadonlyMap<string, ModelKind> = kinds;

export const DEFAULT_MODEL_KIND = 'markov';

/**
 * Adds a kind of model. `train`, `loadModel` and everything that generates then know it by its name, in this process and on this
 * thread.
 *
 * @returns a function that removes the kind again
 * @throws SynthError `SYNTH_USAGE` for a name that exists already, and for names and defaults that are not possible
 * @example
 * registerModelKind(uniform);
 * const model = await train('capture.pcap', { model: 'uniform', fit: { jitter: 0.1 } });
 */
export function registerModelKind<Options>(kind: ModelKind<Options>): () => void {
  // Its methods are only called with options that its own schemas have passed.
  const registered = kind as unknown as ModelKind;
  const { kind: name, options } = registered;
  requireThat(/^[a-z][a-z0-9-]*$/.test(name), `“${name}” is no name for a kind of model: use a–z, 0–9 and hyphens`);
  requireThat(!kinds.has(name), `a kind of model named “${name}” exists already`);
  const defaults = defaultOptions(options);
  for (const [option, { schema }] of Object.entries(options)) {
    requireThat(/^[a-z][a-zA-Z0-9]*$/.test(option), `“${option}” is no name for an option: use camelCase`);
    requireThat(schema.safeParse(defaults[option]).success, `the schema of the option “${option}” refuses its default`);
  }
  kinds.set(name, registered);
  return () => void kinds.delete(name);
}

function requireThat(condition: boolean, problem: string): void {
  if (!condition) throw new SynthError('SYNTH_USAGE', problem);
}

registerModelKind(markov);
registerModelKind(hmm);
registerModelKind(rnn);
registerModelKind(tcn);
