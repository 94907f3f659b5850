/**
 * @module
 * Options of the kinds `rnn` and `tcn`.
 */
import { z } from 'zod';
import { LANES, MAX_BATCH, MAX_KERNEL_SIZE, MAX_LAYERS, MAX_UNITS, MAX_WINDOW } from '../limits.js';
import type { ModelOption, OptionsOf } from '../model-options.js';
import { randomStartOptions, tokenOptions } from '../shared-options.js';

const count = z.int().positive();
const units = z.int().min(LANES).max(MAX_UNITS).multipleOf(LANES);

type Auto = 'auto' | number;

/** `auto` is a value that suits the number of packets, or that of the model that a training starts from. */
const networkOption = (
  schema: z.ZodType<number>,
  help: string,
  more: Partial<ModelOption<Auto>> = {},
): ModelOption<Auto> => ({
  schema: z.union([z.literal('auto'), schema]),
  default: 'auto',
  help,
  group: 'network',
  owner: 'networks',
  ...more,
});

/** The size of a network comes with the model that a training starts from. */
const size = { fixedBy: ['resume', 'from'] } as const;
/** A resumed training may end at another time. */
const end = { fixedBy: [] } as const;

const networkOptions = {
  hidden: networkOption(units, 'Units of each layer (rnn), or channels (tcn).', size),
  layers: networkOption(count.max(MAX_LAYERS), 'Recurrent layers (rnn), or residual blocks (tcn).', size),
  embedding: networkOption(units, 'Length of the vector that stands for a token.', size),
  dropout: networkOption(z.number().min(0).lt(1), 'Share of activations to drop during training.'),
  epochs: networkOption(count, 'Maximum number of passes over the packets.', end),
  patience: networkOption(count, 'Passes without improvement after which the training ends.', end),
  learningRate: networkOption(z.number().positive(), 'Learning rate of the first steps.'),
  batch: networkOption(count.max(MAX_BATCH), 'Number of streams that a step learns from side by side.'),
  window: networkOption(count.max(MAX_WINDOW), 'Packets of each stream per step.'),
};

const convolutionOptions = {
  kernelSize: networkOption(z.int().min(2).max(MAX_KERNEL_SIZE), 'Kernel size of the convolutions, in tokens.', {
    ...size,
    owner: 'convolutions',
  }),
};

export const rnnOptions = { ...tokenOptions, ...randomStartOptions, ...networkOptions };
export const tcnOptions = { ...rnnOptions, ...convolutionOptions };

export type RnnOptions = OptionsOf<typeof rnnOptions>;
/** Options of every network: a recurrent one has no kernel, which is `auto`. */
export type NetworkFitOptions = OptionsOf<typeof tcnOptions>;
/** Options that describe a network or its training. */
export type NetworkOption = keyof (typeof networkOptions & typeof convolutionOptions);
