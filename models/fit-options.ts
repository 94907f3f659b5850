/**
 * @module
 * What a kind of model may be told about its training.
 */
import { z } from 'zod';
import { SynthError } from '../src/errors.js';
import { defaultThreads } from '../src/kernels/fit-pool.js';
import { option, wording } from '../src/wording.js';
import { LANES, MAX_BATCH, MAX_COMPONENTS, MAX_KERNEL_SIZE, MAX_LAYERS, MAX_UNITS, MAX_WINDOW } from './limits.js';

export const QUANTIZER_KINDS = ['empirical', 'gmm'] as const;
export type QuantizerKind = (typeof QUANTIZER_KINDS)[number];
/** With `auto` the one counts under which the end of the series, held out, is likelier. */
export const QUANTIZER_CHOICES = ['auto', ...QUANTIZER_KINDS] as const;
export type QuantizerChoice = (typeof QUANTIZER_CHOICES)[number];

const auto = z.literal('auto');
const count = z.int().positive();
const units = z.int().min(LANES).max(MAX_UNITS).multipleOf(LANES);

/** Of neural kinds; `auto` is what suits the number of packets, or what a model that a training starts from has. */
export const networkOptionsSchema = z.object({
  /** Units of a recurrent layer, or channels of a convolution: multiples of 8. */
  hidden: z.union([auto, units]),
  /** Numbers that stand for a token. */
  embedding: z.union([auto, units]),
  /** Recurrent layers, or residual blocks. */
  layers: z.union([auto, count.max(MAX_LAYERS)]),
  /** Taps of a convolution. */
  kernelSize: z.union([auto, count.min(2).max(MAX_KERNEL_SIZE)]),
  /** Probability that an activation is dropped in training. */
  dropout: z.union([auto, z.number().min(0).lt(1)]),
  /** Passes over the packets, at most. */
  epochs: z.union([auto, count]),
  /** Passes without a better one before the training ends. */
  patience: z.union([auto, count]),
  learningRate: z.union([auto, z.number().positive()]),
  /** Streams side by side, and steps of each, between two steps of the optimizer. */
  batch: z.union([auto, count.max(MAX_BATCH)]),
  window: z.union([auto, count.max(MAX_WINDOW)]),
});
export type NetworkOption = keyof z.infer<typeof networkOptionsSchema>;

const fitOptionsSchema = networkOptionsSchema.extend({
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
  const issue = parsed.error.issues[0]!; // a failure has one at least
  const name = issue.path[0] as keyof FitOptions; // the schema is an object with these keys
  throw new SynthError('SYNTH_USAGE', wording`the option ${option(name)} is not possible: ${issue.message}`, {
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
  hidden: 'auto',
  embedding: 'auto',
  layers: 'auto',
  kernelSize: 'auto',
  dropout: 'auto',
  epochs: 'auto',
  patience: 'auto',
  learningRate: 'auto',
  batch: 'auto',
  window: 'auto',
});
