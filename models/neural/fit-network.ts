/**
 * @module
 * How a network is learned from series: tokens, the sizes of the network, its training.
 */
import { createHash } from 'node:crypto';
import { systemClock } from '../../src/clock.js';
import { SynthError, throwIfInterrupted } from '../../src/errors.js';
import { Kernels } from '../../src/kernels/kernels.js';
import { randomStream } from '../../src/random.js';
import type { PacketBlock } from '../../src/series/packet-series.js';
import type { FitOptions, QuantizerKind } from '../fit-options.js';
import type { MixturesSummary } from '../gaussian/fit-mixtures.js';
import type { FitHooks, FitStart, ModelKind, TrafficModel } from '../generator.js';
import { MAX_NETWORK_TOKENS } from '../limits.js';
import type { Quantizer } from '../quantizer.js';
import { quantizerSources } from '../quantizer-source.js';
import { type Architecture, architectureSchema, receptiveField } from './architecture.js';
import { initialParameters } from './initialize.js';
import { CELL_OF, type NeuralKind, NeuralModel, type NeuralParts, type NeuralSummary } from './neural-model.js';
import { startOf } from './optimizer.js';
import { dominantPeriod } from './period.js';
import { chooseArchitecture, choosePlan } from './sizes.js';
import { parameterCount } from './tensors.js';
import { joinPairs, pairsOf, slicePairs, type TokenPairs } from './token-windows.js';
import { startOfRun, Trainer, type TrainerPlan, type TrainerState } from './trainer.js';
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
  const base = start?.how === 'from' ? other : undefined;
  const cell = CELL_OF[kind];
  const period = cell === 'tcn' ? dominantPeriod(data.sequences) : 0;
  const architecture: Architecture =
    (resumed ?? base) === undefined
      ? chooseArchitecture(cell, options, {
          tokens: data.training.targets.length,
          vocabulary: quantizer.vocabulary,
          period,
        })
      : { ...architectureOf((resumed ?? base)!.summary), vocabulary: quantizer.vocabulary };
  const chosen = choosePlan(options, architecture, data.training.targets.length);
  const training = resumed
    ? {
        ...resumed.summary.plan,
        epochs: options.epochs === 'auto' ? resumed.summary.plan.epochs : options.epochs,
        patience: options.patience === 'auto' ? resumed.summary.plan.patience : options.patience,
      }
    : chosen;
  const plan: TrainerPlan = {
    architecture,
    training: data.training,
    validation: data.validation,
    streams: training.batch,
    steps: training.window,
    learningRate: training.learningRate,
    seed: training.seed,
  };
  if (resumed && resumed.summary.tokensDigest !== data.digest) {
    throw new SynthError('SYNTH_MODEL_INVALID', 'the model to resume was trained on other packets', {
      hint: 'Give the same capture, target and --holdout; --from starts from a model of other packets.',
    });
  }
  const trainer = new Trainer(plan, { ...training, threads: options.threads }, systemClock);
  const from = resumed
    ? resumedState(resumed)
    : startOfRun(plan, startOf(startParameters(architecture, quantizer, data.counts, base, training.seed)));
  const { state, end } = await trainer.run(
    from,
    hooks.signal,
    ({ epoch, done, losses, tokensPerSecond, secondsLeft }) => {
      const loss =
        losses === undefined ? '' : `loss ${losses.training.toFixed(3)}, validation ${losses.validation.toFixed(3)}, `;
      const speed = `${(tokensPerSecond / 1e6).toFixed(2)} M tokens/s`;
      hooks.onProgress?.(done, `epoch ${epoch}: ${loss}${speed}, at most ${secondsLeft.toFixed(0)} s left`);
    },
  );
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

/** @throws SynthError `SYNTH_MODEL_INVALID` */
function neuralParts(model: TrafficModel, kind: NeuralKind): NeuralParts {
  if (model instanceof NeuralModel && model.kind === kind) return model.parts;
  throw new SynthError('SYNTH_MODEL_INVALID', `a training of ${kind} cannot start from a model of kind ${model.kind}`);
}

async function fitQuantizer(series: readonly PacketBlock[], options: FitOptions, hooks: FitHooks) {
  const kind: QuantizerKind = options.quantizer === 'empirical' ? 'empirical' : 'gmm';
  const [source] = quantizerSources({ ...options, quantizer: kind }, hooks);
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
  const cutOf = (tokens: Int32Array) => Math.floor(tokens.length * (1 - VALIDATION_SHARE));
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

function resumedState({ summary, run, parameters }: NeuralParts): TrainerState {
  const { run: where, epochs, bestEpoch } = summary;
  if (run === undefined || where === null) {
    throw new SynthError('SYNTH_MODEL_INVALID', 'the model to resume has been trained to its end', {
      hint: 'Its validation loss had stopped falling. --from starts anew from it.',
    });
  }
  return {
    optimizer: { parameters: run.parameters, means: run.means, squares: run.squares, powers: where.powers },
    streams: run.streams,
    best: parameters,
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
