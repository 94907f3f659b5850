/**
 * @module
 * How a network is learned from series: tokens, the sizes of the network, its training.
 */
import { systemClock } from '../../src/clock.js';
import { SynthError, throwIfInterrupted } from '../../src/errors.js';
import { formatCount, formatSeconds } from '../../src/format.js';
import { Kernels } from '../../src/kernels/kernels.js';
import type { PacketBlock } from '../../src/packets/packet-series.js';
import { randomStream } from '../../src/random.js';
import { requireModel } from '../../src/tensors.js';
import { option, wording } from '../../src/wording.js';
import type { MixturesSummary } from '../gaussian/fit-mixtures.js';
import { MAX_NETWORK_TOKENS, MAX_PARAMETERS } from '../limits.js';
import type { Quantizer, QuantizerKind } from '../quantizer.js';
import { quantizerSources } from '../quantizer-source.js';
import type { FitHooks, FitStart, TrafficModel } from '../traffic-model.js';
import { type Architecture, architectureSchema, receptiveField } from './architecture.js';
import { initialParameters } from './initialize.js';
import { CELL_OF, type NeuralKind, NeuralModel, type NeuralParts } from './neural-model.js';
import type { NeuralSummary } from './neural-summary.js';
import { startOf } from './optimizer.js';
import type { NetworkFitOptions } from './options.js';
import { parameterCount } from './parameter-tensors.js';
import { dominantPeriod } from './period.js';
import { requireInherited, resumedPlan, resumedState } from './resume.js';
import { chooseArchitecture, choosePlan, type TrainingPlan } from './sizes.js';
import {
  startOfRun,
  Trainer,
  type TrainerEnd,
  type TrainerPlan,
  type TrainerProgress,
  type TrainerState,
} from './trainer.js';
import { type TrainingData, trainingDataOf } from './training-data.js';
import { transfer } from './transfer.js';

/** How fine the tokens of the empirical quantizer are: as few as it makes. */
const EMPIRICAL_RESOLUTION = 0.15;

/** @param start undefined to learn from nothing */
export async function trainNetwork(
  kind: NeuralKind,
  start: FitStart | undefined,
  series: readonly PacketBlock[],
  options: NetworkFitOptions,
  hooks: FitHooks,
): Promise<NeuralModel> {
  const other = start && neuralParts(start.model, kind);
  const resumed = start?.how === 'resume' ? other : undefined;
  const { quantizer, quantizerKind, mixtures } = resumed
    ? { quantizer: resumed.quantizer, quantizerKind: resumed.summary.quantizer, mixtures: resumed.summary.mixtures }
    : await fitQuantizer(series, options, hooks);
  const data = trainingDataOf(series, quantizer);
  if (resumed && resumed.summary.packetsDigest !== data.digest) {
    throw new SynthError('SYNTH_MODEL_INVALID', 'the model to resume was trained on other packets', {
      hint: wording`Give the same capture, target and ${option('holdout')}; ${option('start.how', 'from')} starts from a model of other packets.`,
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
  requireModel(
    from.stepsInEpoch <= trainer.stepsPerEpoch &&
      from.steps === from.epochs.length * trainer.stepsPerEpoch + from.stepsInEpoch,
    'has a training state whose steps are not those of its epochs',
  );
  const { state, end } = await trainer.run(from, hooks.signal, (progress) => {
    hooks.onProgress?.(progress.done, progressText(progress));
  });
  // Without a step nothing was learned that would be worth a model.
  if (state.steps === from.steps) throwIfInterrupted(hooks.signal, 'training; no model was written');
  return modelOf({ kind, quantizer, quantizerKind, mixtures, data, architecture, period, plan: training }, state, end);
}

/** All that a network was learned from. */
interface Learning {
  readonly kind: NeuralKind;
  readonly quantizer: Quantizer;
  readonly quantizerKind: QuantizerKind;
  readonly mixtures: MixturesSummary | null;
  readonly data: TrainingData;
  readonly architecture: Architecture;
  /** 0 for none. */
  readonly period: number;
  readonly plan: TrainingPlan;
}

function modelOf(learning: Learning, state: TrainerState, end: TrainerEnd): NeuralModel {
  const { kind, quantizer, architecture, period, data } = learning;
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
      quantizer: learning.quantizerKind,
      parameters: parameterCount(architecture),
      receptiveField: architecture.cell === 'gru' ? null : receptiveField(architecture),
      period: period === 0 ? null : period,
      plan: learning.plan,
      epochs: state.epochs.map(({ training, validation }) => ({
        training,
        validation: Number.isNaN(validation) ? null : validation,
      })),
      bestEpoch: state.bestEpoch,
      trainingTokens: data.training.targets.length,
      validationTokens: data.validationTokens,
      end,
      packetsDigest: data.digest,
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
      mixtures: learning.mixtures,
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
      hint: wording`Take fewer ${option('fit.hidden')} or ${option('fit.layers')}.`,
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
function inheritedArchitecture({ summary }: NeuralParts, options: NetworkFitOptions, vocabulary: number): Architecture {
  requireInherited(options, summary, ['hidden', 'embedding', 'layers', 'kernelSize']);
  const { dropout } = options;
  const architecture = { ...architectureOf(summary), vocabulary };
  return dropout === 'auto' ? architecture : { ...architecture, dropout };
}

/** @throws SynthError `SYNTH_MODEL_INVALID` */
function neuralParts(model: TrafficModel, kind: NeuralKind): NeuralParts {
  if (model instanceof NeuralModel && model.kind === kind) return model.parts;
  throw new SynthError('SYNTH_MODEL_INVALID', `a training of ${kind} cannot start from a model of kind ${model.kind}`);
}

async function fitQuantizer(series: readonly PacketBlock[], options: NetworkFitOptions, hooks: FitHooks) {
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
        hint: wording`Take ${option('fit.quantizer', 'gmm')}, which makes fewer.`,
      });
    }
    const mixtures: MixturesSummary | null = source.summary;
    return { quantizer, quantizerKind: kind, mixtures };
  } finally {
    await source.close();
  }
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

const architectureOf = (summary: NeuralSummary): Architecture => architectureSchema.parse(summary);
