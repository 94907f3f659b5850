/**
 * @module
 * What a kind of model may be told about its training.
 */
import { defaultThreads } from '../src/kernels/fit-pool.js';
import type { ComponentChoice } from './gaussian/component-search.js';

export const QUANTIZER_KINDS = ['empirical', 'gmm'] as const;
export type QuantizerKind = (typeof QUANTIZER_KINDS)[number];
/** With `auto` the one counts under which the end of the series, held out, is likelier. */
export const QUANTIZER_CHOICES = ['auto', ...QUANTIZER_KINDS] as const;
export type QuantizerChoice = (typeof QUANTIZER_CHOICES)[number];

/** A kind ignores what does not concern it. */
export interface FitOptions {
  /** What turns packets into tokens, for the kinds that have tokens. */
  readonly quantizer: QuantizerChoice;
  /** Numbers of states, or of components, to choose from. */
  readonly components: ComponentChoice;
  /** How often k-means starts anew before a Gaussian model is fitted. */
  readonly restarts: number;
  /** Most iterations of expectation and maximization. */
  readonly iterations: number;
  /** Iterations end when one gains less, in nats per packet. */
  readonly tolerance: number;
  readonly seed: string;
  /** Threads to fit on. Their number does not change the result. */
  readonly threads: number;
}

export const defaultFitOptions = (): FitOptions => ({
  quantizer: 'auto',
  components: 'auto',
  restarts: 3,
  iterations: 100,
  tolerance: 1e-3,
  seed: '1',
  threads: defaultThreads(),
});
