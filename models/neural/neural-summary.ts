/**
 * @module
 * Summary of a network and its training, as a model file keeps it.
 */
import { z } from 'zod';
import { mixturesSchema } from '../gaussian/fit-mixtures.js';
import { MAX_BATCH, MAX_WINDOW } from '../limits.js';
import { QUANTIZER_KINDS } from '../quantizer.js';
import { architectureSchema } from './architecture.js';

const planSchema = z.object({
  batch: z.int().positive().max(MAX_BATCH),
  window: z.int().positive().max(MAX_WINDOW),
  learningRate: z.number().positive(),
  epochs: z.int().positive(),
  patience: z.int().positive(),
  seed: z.string(),
});
const epochSchema = z.object({ training: z.number(), validation: z.number().nullable() });
const power = z.number().min(0).lt(1);
const runSchema = z.object({
  steps: z.int().nonnegative(),
  stepsInEpoch: z.int().nonnegative(),
  lossSum: z.number(),
  lossTokens: z.int().nonnegative(),
  learningRate: z.number().positive(),
  powers: z.tuple([power, power]),
});
export const neuralSummarySchema = architectureSchema.extend({
  quantizer: z.enum(QUANTIZER_KINDS),
  /** Numbers that were learned. */
  parameters: z.int().positive(),
  /** Tokens that a prediction depends on; null where all before it. */
  receptiveField: z.int().positive().nullable(),
  /** Of the sequence of tokens, in tokens; null where it has none, or none was looked for. */
  period: z.int().positive().nullable(),
  plan: planSchema,
  /** Loss in nats per token after each pass; the validation's is null where nothing was held out. */
  epochs: z.array(epochSchema),
  /** The pass whose parameters these are, from 1; 0 if none was finished. */
  bestEpoch: z.int().nonnegative(),
  trainingTokens: z.int().positive(),
  validationTokens: z.int().nonnegative(),
  end: z.enum(['patience', 'epochs', 'interrupted']),
  /** SHA-256 of the packets, in hex, by which a resumed training knows them again. */
  packetsDigest: z.string(),
  /** What a resumed training goes on from; null where it has come to its end. */
  run: runSchema.nullable(),
  /** What the choice of the Gaussian mixtures' components compared; null for other quantizers. */
  mixtures: mixturesSchema.nullable(),
});
export type NeuralSummary = z.infer<typeof neuralSummarySchema>;
