/**
 * @module
 * What a kind of model may be told about its training.
 */
import { z } from 'zod';
import { SynthError } from '../src/errors.js';
import { defaultThreads } from '../src/kernels/fit-pool.js';
import { MAX_COMPONENTS } from './limits.js';

export const QUANTIZER_KINDS = ['empirical', 'gmm'] as const;
export type QuantizerKind = (typeof QUANTIZER_KINDS)[number];
/** With `auto` the one counts under which the end of the series, held out, is likelier. */
export const QUANTIZER_CHOICES = ['auto', ...QUANTIZER_KINDS] as const;
export type QuantizerChoice = (typeof QUANTIZER_CHOICES)[number];

const fitOptionsSchema = z.object({
  /** What turns packets into tokens, for the kinds that have tokens. */
  quantizer: z.enum(QUANTIZER_CHOICES),
  /** Numbers of states, or of components, to choose from. */
  components: z.union([z.literal('auto'), z.array(z.int().min(1).max(MAX_COMPONENTS)).min(1).readonly()]),
  /** How often k-means starts anew before a Gaussian model is fitted. */
  restarts: z.int().min(1),
  /** Most iterations of expectation and maximization. */
  iterations: z.int().min(1),
  /** Iterations end when one gains less, in nats per packet. */
  tolerance: z.number().positive(),
  seed: z.string(),
  /** Threads to fit on. Their number does not change the result. */
  threads: z.int().min(1),
});

/** A kind ignores what does not concern it. */
export type FitOptions = Readonly<z.infer<typeof fitOptionsSchema>>;

/** Fills in what is left out. @throws SynthError `SYNTH_USAGE` */
export function resolveFitOptions(given: Partial<FitOptions> = {}): FitOptions {
  const parsed = fitOptionsSchema.safeParse({ ...defaultFitOptions(), ...given });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new SynthError('SYNTH_USAGE', `the option ${issue?.path.join('.')} is not possible: ${issue?.message}`, {
    cause: parsed.error,
  });
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
