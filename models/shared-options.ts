/**
 * @module
 * Options that several kinds of model have, each declared once: what Gaussian models are fitted with, how packets become tokens,
 * seeds and threads.
 */
import { z } from 'zod';
import { defaultThreads } from '../src/kernels/fit-pool.js';
import { option, wording } from '../src/wording.js';
import { MAX_COMPONENTS } from './limits.js';
import type { ModelOption, OptionsOf, Refusal } from './model-options.js';
import { QUANTIZER_KINDS, type QuantizerKind } from './quantizer.js';

/** More than anybody types, and short enough for the comment of a capture. */
const MAX_SEED_LENGTH = 1024;

const components: ModelOption<'auto' | readonly number[]> = {
  schema: z.union([z.literal('auto'), z.array(z.int().min(1).max(MAX_COMPONENTS)).min(1).readonly()]),
  default: 'auto',
  help: 'Numbers of hidden states or Gaussian components to compare for each direction; BIC decides.',
};

const restarts: ModelOption<number> = {
  schema: z.int().min(1).max(1000),
  default: 3,
  help: 'Number of k-means starts before a Gaussian model is fitted.',
};

const iterations: ModelOption<number> = {
  schema: z.int().min(1).max(100_000),
  default: 100,
  help: 'Maximum number of expectation-maximization iterations.',
};

const tolerance: ModelOption<number> = {
  schema: z.number().positive(),
  default: 1e-3,
  help: 'Stops the iterations when one gains less than this, in nats per packet.',
};

const seed: ModelOption<string> = {
  schema: z.string().max(MAX_SEED_LENGTH),
  default: '1',
  help: 'Seed of k-means and of the first weights of a network. The same seed gives the same model.',
};

const threads: ModelOption<number> = {
  schema: z.int().min(1).max(256),
  default: defaultThreads,
  help: 'Number of threads for fitting. Affects timing only. Default: one per processor, 16 at most.',
  fixedBy: [],
};

/** Options of everything that is fitted from a random start. */
export const randomStartOptions = { seed, threads };

/** Options of Gaussian models. */
export const gaussianOptions = { components, restarts, iterations, tolerance };

export type GaussianFitOptions = OptionsOf<typeof gaussianOptions & typeof randomStartOptions>;

const quantizer: ModelOption<'auto' | QuantizerKind> = {
  schema: z.enum(['auto', ...QUANTIZER_KINDS]),
  default: 'auto',
  help: 'Method that turns packets into tokens: quantiles (empirical), Gaussian mixtures (gmm), or auto. For markov auto takes the one that fits better, for rnn and tcn gmm.',
  owner: 'kinds of model that learn tokens',
};

const USE_MIXTURES = wording`Add ${option('fit.quantizer', 'gmm')}.`;

/** The same options, refused where tokens are made of quantiles. */
export const unlessEmpirical = <Set extends Readonly<Record<string, ModelOption>>>(
  set: Set,
  problem: Refusal['problem'],
): Set => {
  const refusal: ModelOption['refusal'] = (options) =>
    options['quantizer'] === 'empirical' ? { problem, hint: USE_MIXTURES } : undefined;
  return Object.fromEntries(Object.entries(set).map(([name, one]) => [name, { ...one, refusal }])) as unknown as Set; // the same names
};

/** Options of kinds that learn tokens. */
export const tokenOptions = {
  quantizer,
  ...unlessEmpirical(
    gaussianOptions,
    wording`is for Gaussian models; ${option('fit.quantizer', 'empirical')} has none`,
  ),
};

export type TokenFitOptions = OptionsOf<typeof tokenOptions & typeof randomStartOptions>;
