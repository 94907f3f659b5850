/**
 * @module
 * What a kind of model may be told about its training, as flags, and which of them concern whom.
 */
import { Flags, type Interfaces } from '@oclif/core';
import {
  defaultFitOptions,
  type FitOptions,
  type NetworkOption,
  networkOptionsSchema,
  QUANTIZER_CHOICES,
  type QuantizerChoice,
  resolveFitOptions,
} from '../../../models/fit-options.js';
import type { FitStart } from '../../../models/generator.js';
import { LANES, MAX_BATCH, MAX_KERNEL_SIZE, MAX_LAYERS, MAX_UNITS, MAX_WINDOW } from '../../../models/limits.js';
import { SynthError } from '../../errors.js';
import { seedFlag } from '../flags.js';
import { parseComponents, parsePositive } from '../parse.js';

const DEFAULTS = defaultFitOptions();
const FITTING = 'FITTING';
const NETWORK = 'NETWORK';
/** The numbers that there may be, beside `auto`: what suits the number of packets. */
const POSSIBLE: Readonly<Record<NetworkOption, string>> = {
  hidden: `a multiple of ${LANES} up to ${MAX_UNITS}`,
  layers: `a whole number from 1 to ${MAX_LAYERS}`,
  embedding: `a multiple of ${LANES} up to ${MAX_UNITS}`,
  kernelSize: `a whole number from 2 to ${MAX_KERNEL_SIZE}`,
  dropout: 'a number from 0 to below 1',
  epochs: 'a whole number above 0',
  patience: 'a whole number above 0',
  learningRate: 'a number above 0',
  batch: `a whole number from 1 to ${MAX_BATCH}`,
  window: `a whole number from 1 to ${MAX_WINDOW}`,
};

const networkFlag = (summary: string, possible: string) =>
  Flags.string({ summary: `${summary}: ${possible}.`, default: 'auto', helpValue: 'auto|N', helpGroup: NETWORK });

export const fittingFlags = {
  quantizer: Flags.option({ options: QUANTIZER_CHOICES })({
    summary:
      'What makes tokens of packets: quantiles (empirical), Gaussian mixtures (gmm), or auto: for --model markov what fits ' +
      'better, for rnn and tcn gmm.',
    default: DEFAULTS.quantizer,
    helpGroup: FITTING,
  }),
  components: Flags.string({
    summary:
      'States of --model hmm, or components of --quantizer gmm: a number, a range and its step, or auto. BIC decides.',
    default: 'auto',
    helpValue: 'auto|N|FROM..TO:STEP',
    helpGroup: FITTING,
  }),
  restarts: Flags.integer({
    summary: 'How often k-means starts anew before a Gaussian model is fitted.',
    default: DEFAULTS.restarts,
    min: 1,
    max: 1000,
    helpGroup: FITTING,
  }),
  iterations: Flags.integer({
    summary: 'Most iterations of expectation and maximization.',
    default: DEFAULTS.iterations,
    min: 1,
    max: 100_000,
    helpGroup: FITTING,
  }),
  tolerance: Flags.string({
    summary: 'Iterations end when one gains less, in nats per packet.',
    default: String(DEFAULTS.tolerance),
    helpGroup: FITTING,
  }),
  seed: seedFlag({
    summary:
      'Where k-means draws its first centres from, and a network its first weights. The same seed gives the same model.',
    default: DEFAULTS.seed,
    helpGroup: FITTING,
  }),
  threads: Flags.integer({
    summary: 'Threads to fit on; their number does not change the model. Default: one a processor, 16 at most.',
    min: 1,
    max: 256,
    helpGroup: FITTING,
  }),
};

/** Of neural kinds. */
export const networkFlags = {
  hidden: networkFlag('Units of a layer of rnn, or channels of tcn', POSSIBLE.hidden),
  layers: networkFlag('Layers of rnn, or residual blocks of tcn', POSSIBLE.layers),
  embedding: networkFlag('Numbers that stand for a token', POSSIBLE.embedding),
  'kernel-size': networkFlag('Taps of a convolution of tcn', POSSIBLE.kernelSize),
  dropout: networkFlag('Share of the activations to drop while learning', POSSIBLE.dropout),
  epochs: networkFlag('Passes over the packets, at most', POSSIBLE.epochs),
  patience: networkFlag('Passes without a better one before the training ends', POSSIBLE.patience),
  'learning-rate': networkFlag('Size of the first steps', POSSIBLE.learningRate),
  batch: networkFlag('Stretches of packets to learn from side by side', POSSIBLE.batch),
  window: networkFlag('Packets of each of them in a step', POSSIBLE.window),
};

/** A model to start from. */
export const startFlags = {
  resume: Flags.string({
    summary: 'Go on with the unfinished training of this rnn or tcn, on the same packets; - is standard input.',
    helpValue: 'FILE',
    exclusive: ['from'],
    helpGroup: NETWORK,
  }),
  from: Flags.string({
    summary: 'Start from what this rnn or tcn has learned of other packets (fine-tuning); - is standard input.',
    helpValue: 'FILE',
    exclusive: ['resume'],
    helpGroup: NETWORK,
  }),
};

/** What decides which flags there are. */
export interface TrainingChoice {
  readonly kind: string;
  readonly quantizer: QuantizerChoice;
  /** How the training starts, unless from nothing. */
  readonly how: FitStart['how'] | undefined;
}

interface Rule {
  readonly flags: readonly string[];
  readonly isMistake: (choice: TrainingChoice) => boolean;
  /** What follows the name of the flag. */
  readonly problem: (choice: TrainingChoice) => string;
  readonly hint?: string;
}

const isNeural = ({ kind }: TrainingChoice): boolean => kind === 'rnn' || kind === 'tcn';
const GAUSSIAN = ['components', 'restarts', 'iterations', 'tolerance'];
const SIZES = ['hidden', 'layers', 'embedding', 'kernel-size'];
/** What a training that is resumed may be told. */
const RESUMED = ['epochs', 'patience', 'threads'];

const RULES: readonly Rule[] = [
  {
    flags: ['resume', 'from'],
    isMistake: (choice) => !isNeural(choice),
    problem: ({ kind }) => `is for models of kind rnn and tcn; one of kind ${kind} always learns from the beginning`,
  },
  {
    flags: Object.keys(networkFlags),
    isMistake: (choice) => !isNeural(choice),
    problem: ({ kind }) => `is for networks; --model ${kind} has none`,
    hint: 'Take --model rnn or --model tcn.',
  },
  {
    flags: ['kernel-size'],
    isMistake: ({ kind }) => kind === 'rnn',
    problem: () => 'is for convolutions; --model rnn has none',
    hint: 'Take --model tcn.',
  },
  {
    flags: ['quantizer'],
    isMistake: ({ kind }) => kind === 'hmm',
    problem: () => 'is for kinds of model that learn tokens; --model hmm has none',
  },
  {
    flags: Object.keys({ ...fittingFlags, ...networkFlags }).filter((flag) => !RESUMED.includes(flag)),
    isMistake: ({ how }) => how === 'resume',
    problem: () => 'cannot change in a training that is resumed',
    hint: 'With --resume go --epochs, --patience and --threads.',
  },
  {
    flags: SIZES,
    isMistake: ({ how }) => how === 'from',
    problem: () => 'is what it is in the model given with --from',
  },
  {
    flags: GAUSSIAN,
    isMistake: ({ kind, quantizer }) => kind !== 'hmm' && quantizer === 'empirical',
    problem: () => 'is for Gaussian models; --quantizer empirical has none',
    hint: 'Add --quantizer gmm, or take --model hmm.',
  },
  {
    flags: ['seed', 'threads'],
    isMistake: ({ kind, quantizer }) => kind === 'markov' && quantizer === 'empirical',
    problem: () => 'is for what is fitted from a random start; --quantizer empirical with --model markov is not',
    hint: 'Add --quantizer gmm, or take another --model.',
  },
];

/** Flags that would be passed over are mistakes. @throws SynthError `SYNTH_USAGE` */
export function requireConcerned(choice: TrainingChoice, isGiven: (flag: string) => boolean): void {
  for (const { flags, isMistake, problem, hint } of RULES) {
    const flag = isMistake(choice) ? flags.find(isGiven) : undefined;
    if (flag === undefined) continue;
    throw new SynthError('SYNTH_USAGE', `--${flag} ${problem(choice)}`, hint === undefined ? {} : { hint });
  }
}

type Flagged<T> = Interfaces.InferredFlags<T>;

/** What the flags say, as options. @throws SynthError `SYNTH_USAGE` */
export const parseFitOptions = (flags: Flagged<typeof fittingFlags & typeof networkFlags>): FitOptions =>
  resolveFitOptions({
    quantizer: flags.quantizer,
    components: parseComponents(flags.components),
    restarts: flags.restarts,
    iterations: flags.iterations,
    tolerance: parsePositive(flags.tolerance),
    seed: flags.seed,
    threads: flags.threads ?? DEFAULTS.threads,
    hidden: parseNetworkOption('hidden', 'hidden', flags.hidden),
    layers: parseNetworkOption('layers', 'layers', flags.layers),
    embedding: parseNetworkOption('embedding', 'embedding', flags.embedding),
    kernelSize: parseNetworkOption('kernelSize', 'kernel-size', flags['kernel-size']),
    dropout: parseNetworkOption('dropout', 'dropout', flags.dropout),
    epochs: parseNetworkOption('epochs', 'epochs', flags.epochs),
    patience: parseNetworkOption('patience', 'patience', flags.patience),
    learningRate: parseNetworkOption('learningRate', 'learning-rate', flags['learning-rate']),
    batch: parseNetworkOption('batch', 'batch', flags.batch),
    window: parseNetworkOption('window', 'window', flags.window),
  });

/** @throws SynthError `SYNTH_USAGE` */
function parseNetworkOption(option: NetworkOption, flag: keyof typeof networkFlags, text: string): 'auto' | number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  const parsed = networkOptionsSchema.shape[option].safeParse(text === 'auto' ? text : value);
  if (parsed.success) return parsed.data;
  throw new SynthError('SYNTH_USAGE', `“${text}” is not possible for --${flag}: give ${POSSIBLE[option]}, or auto`);
}

export interface TrainingStart {
  readonly how: FitStart['how'];
  /** Of the model that it starts from; `-` is standard input. */
  readonly path: string;
}

/** How the training starts; undefined where from nothing. */
export function startOf({ resume, from }: Flagged<typeof startFlags>): TrainingStart | undefined {
  if (resume !== undefined) return { how: 'resume', path: resume };
  return from === undefined ? undefined : { how: 'from', path: from };
}
