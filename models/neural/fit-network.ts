/**
 * @module
 * How a network is learned from series: tokens, the sizes of the network, its training.
 */
import { createHash } from 'node:crypto';
import { systemClock } from '../../src/clock.js';
import { SynthError, throwIfInterrupted } from '../../src/errors.js';
import { formatCount, formatSeconds } from '../../src/format.js';
import { Kernels } from '../../src/kernels/kernels.js';
import { randomStream } from '../../src/random.js';
import type { PacketBlock } from '../../src/series/packet-series.js';
import type { FitOptions, QuantizerKind } from '../fit-options.js';
import type { MixturesSummary } from '../gaussian/fit-mixtures.js';
import type { FitHooks, FitStart, ModelKind, TrafficModel } from '../generator.js';
import { MAX_NETWORK_TOKENS, MAX_PARAMETERS } from '../limits.js';
import type { Quantizer } from '../quantizer.js';
import { quantizerSources } from '../quantizer-source.js';
import { requireModel } from '../tensors.js';
import { type Architecture, architectureSchema, receptiveField } from './architecture.js';
import { initialParameters } from './initialize.js';
import { CELL_OF, type NeuralKind, NeuralModel, type NeuralParts, type NeuralSummary } from './neural-model.js';
import { startOf } from './optimizer.js';
import { dominantPeriod } from './period.js';
import { chooseArchitecture, choosePlan, type TrainingPlan } from './sizes.js';
import { parameterCount } from './tensors.js';
import { joinPairs, pairsOf, slicePairs, type TokenPairs } from './token-windows.js';
import { startOfRun, Trainer, type TrainerPlan, type TrainerProgress, type TrainerState } from './trainer.js';
import { transfer } from './transfer.js';

/** Share of each series, its end, that the training is judged by. */
const VALIDATION_SHARE = 0.2;
/** Fewer tokens judge nothing: the training then goes by its own loss. */
const MIN_VALIDATION_TOKENS = 16;
/** How fine the tokens of the empirical quantizer are: as few as it makes. */
const EMPIRICAL_RESOLUTION = 0.15;

const neuralKind = (kind: NeuralKind, description: string): ModelKind => ({
  kind,
  description,
  fit: (series, options, hooks) => trainNetwork(kind, undefined, series, options, hooks),
  fitFrom: (start, series, options, hooks) => trainNetwork(kind, start, series, options, hooks),
  load: (saved) => NeuralModel.load(kind, saved),
});

export const rnn = neuralKind('rnn', 'recurrent network (GRU) over the tokens of a quantizer');
export const tcn = neuralKind('tcn', 'temporal convolutional network over the tokens of a quantizer');

async function trainNetwork(
  kind: NeuralKind,
  start: FitStart | undefined,
  series: readonly PacketBlock[],
  options: FitOptions,
  hooks: FitHooks,
): Promise<NeuralModel> {
  const other = start && neuralParts(start.model, kind);
  const resumed = start?.how === 'resume' ? other : undefined;
  const { quantizer, quantizerKind, mixtures } = resumed
    ? { quantizer: resumed.quantizer, quantizerKind: resumed.summary.quantizer, mixtures: resumed.summary.mixtures }
    : await fitQuantizer(series, options, hooks);
  const data = dataOf(series, quantizer);
  if (resumed && resumed.summary.tokensDigest !== data.digest) {
    throw new SynthError('SYNTH_MODEL_INVALID', 'the model to resume was trained on other packets', {
      hint: 'Give the same capture, target and --holdout; --from starts from a model of other packets.',
    });
  }
  const base = start?.how === 'from' ? other : undefined;
  const cell = CELL_OF[kind];
  const period = cell === 'tcn' ? dominantPeriod(data.sequences) : 0;
  const tokens = data.training.targets.length;
  const architecture: Architecture = resumed
    ? architectureOf(resumed.summary)
    : base
      ? inheritedArchitecture(base, options, quantizer.vocabulary)
      : chooseArchitecture(cell, options, { tokens, vocabulary: quantizer.vocabulary, period });
  requirePossible(parameterCount(architecture));
  const training = resumed ? resumedPlan(resumed, options) : choosePlan(options, architecture, tokens);
  const plan: TrainerPlan = {
    architecture,
    training: data.training,
    validation: data.validation,
    streams: training.batch,
    steps: training.window,
    learningRate: training.learningRate,
    seed: training.seed,
  };
  const trainer = new Trainer(plan, { ...training, threads: options.threads }, systemClock);
  const from = resumed
    ? resumedState(resumed)
    : startOfRun(plan, startOf(startParameters(architecture, quantizer, data.counts, base, training.seed)));
  requireModel(from.stepsInEpoch < trainer.stepsPerEpoch, 'has a training state of more steps than an epoch has');
  const { state, end } = await trainer.run(from, hooks.signal, (progress) => {
    hooks.onProgress?.(progress.done, progressText(progress));
  });
  // Without a step nothing was learned that would be worth a model.
  if (state.steps === from.steps) throwIfInterrupted(hooks.signal, 'training; no model was written');
  const canResume = end !== 'patience';
  const { optimizer } = state;
  return new NeuralModel({
    kind,
    quantizer,
    counts: data.counts,
    parameters: state.bestEpoch === 0 ? optimizer.parameters : state.best,
    run: canResume
      ? { parameters: optimizer.parameters, means: optimizer.means, squares: optimizer.squares, streams: state.streams }
      : undefined,
    summary: {
      ...architecture,
      quantizer: quantizerKind,
      parameters: parameterCount(architecture),
      receptiveField: cell === 'gru' ? null : receptiveField(architecture),
      period: period === 0 ? null : period,
      plan: training,
      epochs: state.epochs.map(({ training, validation }) => ({
        training,
        validation: Number.isNaN(validation) ? null : validation,
      })),
      bestEpoch: state.bestEpoch,
      trainingTokens: data.training.targets.length,
      validationTokens: data.validationTokens,
      end,
      tokensDigest: data.digest,
      run: canResume
        ? {
            steps: state.steps,
            stepsInEpoch: state.stepsInEpoch,
            lossSum: state.lossSum,
            lossTokens: state.lossTokens,
            learningRate: state.learningRate,
            powers: [...optimizer.powers],
          }
        : null,
      mixtures,
    },
  });
}

/** @throws SynthError `SYNTH_TRAINING_FAILED` */
function requirePossible(parameters: number): void {
  if (parameters <= MAX_PARAMETERS) return;
  const counts = [parameters, MAX_PARAMETERS].map(formatCount);
  throw new SynthError(
    'SYNTH_TRAINING_FAILED',
    `the network would have ${counts[0]} parameters; ${counts[1]} is the most`,
    {
      hint: 'Take fewer --hidden or --layers.',
    },
  );
}

/** What is worth the most stands first: a narrow terminal shows no more. */
function progressText({ epoch, losses, tokensPerSecond, secondsLeft }: TrainerProgress): string {
  const validation =
    losses === undefined || Number.isNaN(losses.validation) ? [] : [`validation ${losses.validation.toFixed(3)}`];
  return [
    `epoch ${epoch}`,
    ...(losses === undefined ? [] : [`loss ${losses.training.toFixed(3)}`]),
    ...validation,
    `at most ${formatSeconds(secondsLeft)} left`,
    tokensPerSecond < 1e4
      ? `${tokensPerSecond.toFixed(0)} tokens/s`
      : `${(tokensPerSecond / 1e3).toFixed(0)} k tokens/s`,
  ].join(', ');
}

/** The network that is taken over; what is dropped while it learns may be another share. */
function inheritedArchitecture({ summary }: NeuralParts, { dropout }: FitOptions, vocabulary: number): Architecture {
  const architecture = { ...architectureOf(summary), vocabulary };
  return dropout === 'auto' ? architecture : { ...architecture, dropout };
}

/**
 * The plan of a training that goes on: only its end may lie elsewhere.
 *
 * @throws SynthError `SYNTH_USAGE` if it would be over at once, and as `unfinishedRun` does
 */
function resumedPlan(resumed: NeuralParts, options: FitOptions): TrainingPlan {
  unfinishedRun(resumed);
  const { plan, epochs, bestEpoch } = resumed.summary;
  const made = epochs.length;
  const most = options.epochs === 'auto' ? plan.epochs : options.epochs;
  const patience = options.patience === 'auto' ? plan.patience : options.patience;
  if (made >= most) {
    throw new SynthError('SYNTH_USAGE', `the model to resume has had ${made} epochs, and ${most} are allowed`, {
      hint: `Say how many there shall be in all, such as --epochs ${2 * made}.`,
    });
  }
  const waited = bestEpoch === 0 ? 0 : made - bestEpoch;
  if (waited >= patience) {
    throw new SynthError(
      'SYNTH_USAGE',
      `the model to resume has had ${waited} epochs without a better one, and a patience of ${patience} ends there`,
      { hint: `Give a --patience above ${waited}.` },
    );
  }
  return { ...plan, epochs: most, patience };
}

/** @throws SynthError `SYNTH_MODEL_INVALID` */
function neuralParts(model: TrafficModel, kind: NeuralKind): NeuralParts {
  if (model instanceof NeuralModel && model.kind === kind) return model.parts;
  throw new SynthError('SYNTH_MODEL_INVALID', `a training of ${kind} cannot start from a model of kind ${model.kind}`);
}

async function fitQuantizer(series: readonly PacketBlock[], options: FitOptions, hooks: FitHooks) {
  const kind: QuantizerKind = options.quantizer === 'empirical' ? 'empirical' : 'gmm';
  const [source] = quantizerSources(
    { ...options, quantizer: kind },
    { ...hooks, onProgress: (done, what) => hooks.onProgress?.(done, `learning the tokens, ${what}`) },
  );
  try {
    const quantizer = await source.fit(series, EMPIRICAL_RESOLUTION);
    throwIfInterrupted(hooks.signal, 'training; no model was written');
    if (quantizer.vocabulary > MAX_NETWORK_TOKENS) {
      throw new SynthError('SYNTH_TRAINING_FAILED', `${quantizer.vocabulary} tokens are too many for a network`, {
        hint: 'Take --quantizer gmm, which makes fewer.',
      });
    }
    const mixtures: MixturesSummary | null = source.summary;
    return { quantizer, quantizerKind: kind, mixtures };
  } finally {
    await source.close();
  }
}

interface TrainingData {
  readonly sequences: readonly Int32Array[];
  readonly training: TokenPairs;
  readonly validation: TrainerPlan['validation'];
  readonly validationTokens: number;
  readonly counts: Float64Array;
  readonly digest: string;
}

function dataOf(series: readonly PacketBlock[], quantizer: Quantizer): TrainingData {
  const encoded = series.map((block) => quantizer.encode(block)).filter(({ length }) => length > 0);
  // A single packet has a token and no sequence.
  const sequences = encoded.length > 0 ? encoded : [Int32Array.of(0)];
  const start = quantizer.vocabulary;
  // Of each something is learned, however short.
  const cutOf = (tokens: Int32Array) => Math.max(1, Math.floor(tokens.length * (1 - VALIDATION_SHARE)));
  const held = sequences.reduce((sum, tokens) => sum + tokens.length - cutOf(tokens), 0);
  const holds = held >= MIN_VALIDATION_TOKENS;
  const whole = sequences.map((tokens) => ({
    pairs: pairsOf(tokens, start),
    from: holds ? cutOf(tokens) : tokens.length,
  }));
  const counts = new Float64Array(quantizer.vocabulary);
  const hash = createHash('sha256');
  for (const tokens of sequences) {
    for (const token of tokens) counts[token]!++;
    hash.update(String(tokens.length)).update(tokens);
  }
  return {
    sequences,
    training: joinPairs(whole.map(({ pairs, from }) => slicePairs(pairs, 0, from))),
    validation: holds ? whole : [],
    validationTokens: holds ? held : 0,
    counts,
    digest: hash.digest('hex'),
  };
}

function startParameters(
  architecture: Architecture,
  quantizer: Quantizer,
  counts: Float64Array,
  base: NeuralParts | undefined,
  seed: string,
): Float32Array {
  const kernels = new Kernels();
  const random = randomStream(seed, `train/${architecture.cell}`);
  const fresh = initialParameters(architecture, counts, random, (x) => kernels.log(x));
  if (base === undefined) return fresh;
  return transfer(
    {
      architecture: architectureOf(base.summary),
      quantizer: base.quantizer,
      parameters: base.parameters,
      counts: base.counts,
    },
    { architecture, quantizer, parameters: fresh, counts },
    (x) => kernels.log(x),
  );
}

/** @throws SynthError `SYNTH_MODEL_INVALID` for a model whose training has come to its end */
function unfinishedRun({ run: tensors, summary: { run } }: NeuralParts) {
  if (tensors !== undefined && run !== null) return { tensors, run };
  throw new SynthError('SYNTH_MODEL_INVALID', 'the model to resume has been trained to its end', {
    hint: 'Its loss had stopped falling. --from starts anew from it.',
  });
}

function resumedState(resumed: NeuralParts): TrainerState {
  const { tensors: run, run: where } = unfinishedRun(resumed);
  const { epochs, bestEpoch } = resumed.summary;
  return {
    optimizer: { parameters: run.parameters, means: run.means, squares: run.squares, powers: where.powers },
    streams: run.streams,
    best: resumed.parameters,
    bestEpoch,
    steps: where.steps,
    stepsInEpoch: where.stepsInEpoch,
    lossSum: where.lossSum,
    lossTokens: where.lossTokens,
    learningRate: where.learningRate,
    epochs: epochs.map(({ training, validation }) => ({ training, validation: validation ?? Number.NaN })),
  };
}

const architectureOf = (summary: NeuralSummary): Architecture => architectureSchema.parse(summary);
