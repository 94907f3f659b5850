/**
 * @module
 * How a network learns: passes over streams of tokens, side by side in windows, until the validation part is no longer predicted better.
 *
 * A run is a function of the pairs, the plan and the seed. It can stop after any step and go on from what it has left, to the same end.
 */
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/clock.js';
import { SynthError } from '../../src/errors.js';
import { randomStream } from '../../src/random.js';
import { option, wording } from '../../src/wording.js';
import { concatenate } from '../concatenate.js';
import { type Architecture, receptiveField, startToken } from './architecture.js';
import { cellKinds } from './cells.js';
import { Optimizer, type OptimizerState } from './optimizer.js';
import {
  type ScoreWindow,
  type StreamPlan,
  scoreRows,
  scoreWindows,
  type TokenPairs,
  trainingWindow,
  windowCount,
} from './token-windows.js';
import { type TrainingWindow, WindowPool } from './window-pool.js';

/** Tokens that a network goes through before it is judged: a recurrent one, and at most. */
const RECURRENT_WARM_UP = 256;
const MAX_WARM_UP = 1024;
/** The norm of a gradient is at most this. */
const CLIP = 1;
/** After so many passes without a better one, as a share of the patience, the learning rate falls. */
const PLATEAU_SHARE = 1 / 3;
const PLATEAU_FACTOR = 0.5;
/** A pass is better than the best before it if its loss is so much lower, in nats per token. */
const MIN_GAIN = 1e-3;
/** A loss so many times that of knowing nothing has exploded. */
const EXPLOSION = 10;
/** Other work gets a turn after so long. */
const TURN_NS = 20e6;

/** All that convolutions see, or enough for a state to be what it would be. */
export const warmUpOf = (architecture: Architecture): number =>
  architecture.cell === 'gru' ? RECURRENT_WARM_UP : Math.min(MAX_WARM_UP, receptiveField(architecture) - 1);

export interface TrainerPlan {
  readonly architecture: Architecture;
  readonly training: TokenPairs;
  /** Pairs to judge by, from `from` on; those before are their past. Empty where there is nothing to judge by. */
  readonly validation: readonly { readonly pairs: TokenPairs; readonly from: number }[];
  readonly streams: number;
  readonly steps: number;
  readonly learningRate: number;
  readonly seed: string;
}

export interface TrainerLimits {
  /** Passes over the training part, at most. */
  readonly epochs: number;
  /** Passes without a better one before it ends. */
  readonly patience: number;
  readonly threads: number;
}

/** Mean loss in nats per token; the validation's is NaN where there is none. */
export interface EpochLosses {
  readonly training: number;
  readonly validation: number;
}

/** Where a run stands. */
export interface TrainerState {
  readonly optimizer: OptimizerState;
  /** Layer by layer, window by window: what the streams carry on. */
  readonly streams: Float32Array;
  /** The best parameters so far, by validation; those of the start before the first pass is over. */
  readonly best: Float32Array;
  readonly bestEpoch: number;
  /** Steps that were made in all, and in this pass. */
  readonly steps: number;
  readonly stepsInEpoch: number;
  /** Loss of this pass so far, in nats, and its targets. */
  readonly lossSum: number;
  readonly lossTokens: number;
  readonly learningRate: number;
  readonly epochs: readonly EpochLosses[];
}

export type TrainerEnd = 'patience' | 'epochs' | 'interrupted';

export interface TrainerProgress {
  readonly epoch: number;
  /** Share of the steps of all epochs. */
  readonly done: number;
  readonly losses: EpochLosses | undefined;
  readonly tokensPerSecond: number;
  readonly secondsLeft: number;
}

export class Trainer {
  readonly #plan: TrainerPlan;
  readonly #limits: TrainerLimits;
  readonly #clock: Clock;
  readonly #streamPlan: StreamPlan;
  readonly #windows: ScoreWindow[];
  readonly #streamsPerSlot: number;
  readonly #slots: number;

  constructor(plan: TrainerPlan, limits: TrainerLimits, clock: Clock) {
    this.#plan = plan;
    this.#limits = limits;
    this.#clock = clock;
    const start = startToken(plan.architecture);
    this.#streamPlan = {
      pairs: plan.training,
      streams: plan.streams,
      steps: plan.steps,
      start,
      stateless: cellKinds[plan.architecture.cell].stateOf(plan.architecture) === 0,
    };
    const warmUp = warmUpOf(plan.architecture);
    this.#windows = plan.validation.flatMap(({ pairs, from }) => scoreWindows(pairs, from, warmUp, start));
    this.#streamsPerSlot = streamsPerSlot(plan.streams);
    this.#slots = Math.ceil(plan.streams / this.#streamsPerSlot);
  }

  /** Steps in a pass. */
  get stepsPerEpoch(): number {
    return windowCount(this.#streamPlan);
  }

  /**
   * Trains until nothing gets better, or the epochs are over, or the signal is aborted.
   *
   * @throws SynthError `SYNTH_TRAINING_FAILED` if the loss is no number or explodes, or the memory does not suffice
   */
  async run(
    from: TrainerState,
    signal: AbortSignal | undefined,
    onProgress: (progress: TrainerProgress) => void,
  ): Promise<{ state: TrainerState; end: TrainerEnd }> {
    const { architecture, steps } = this.#plan;
    const longest = Math.min(steps, Math.ceil(this.#plan.training.targets.length / this.#plan.streams));
    const rows = Math.max(longest * this.#streamsPerSlot, scoreRows(warmUpOf(architecture)));
    const capacity = { rows, streams: Math.max(this.#streamsPerSlot, 4) };
    let pool: WindowPool | undefined;
    try {
      pool = WindowPool.create(architecture, capacity, this.#slots, this.#limits.threads, signal);
      return await this.#run(pool, from, onProgress);
    } catch (error) {
      throw isOutOfMemory(error) ? outOfMemory(error) : error;
    } finally {
      await pool?.close();
    }
  }

  async #run(
    pool: WindowPool,
    from: TrainerState,
    onProgress: (progress: TrainerProgress) => void,
  ): Promise<{ state: TrainerState; end: TrainerEnd }> {
    const { epochs, patience } = this.#limits;
    const optimizer = new Optimizer(this.#plan.architecture, from.optimizer);
    const carried = this.#carried(from.streams);
    const report = this.#reporter(from, onProgress);
    const stateOf = (run: TrainerState): TrainerState => ({
      ...run,
      optimizer: optimizer.save(),
      streams: concatenate(carried),
    });
    let run = from;
    let lastTurn = this.#clock.nowNs();
    try {
      while (waitedFor(run) < patience && run.epochs.length < epochs) {
        const offset = this.#offsetOf(run.epochs.length);
        while (run.stepsInEpoch < this.stepsPerEpoch) {
          if (run.stepsInEpoch === 0) for (const part of carried) part.fill(0);
          run = afterStep(run, await this.#step(pool, optimizer, carried, run, offset));
          if (this.#clock.nowNs() - lastTurn > TURN_NS) {
            report(run);
            await setImmediate();
            lastTurn = this.#clock.nowNs();
          }
        }
        pool.setWeights(optimizer.weights());
        const validation = await this.#validate(pool, run);
        // The gradient of the last step was one of numbers; what it has made of the parameters is seen here, or nowhere.
        if (!optimizer.parameters.every(Number.isFinite)) throw this.#wentWrong(run, Number.NaN);
        run = afterEpoch(run, validation, optimizer.parameters, patience);
      }
    } catch (error) {
      if (error instanceof SynthError && error.code === 'SYNTH_INTERRUPTED') {
        return { state: stateOf(run), end: 'interrupted' };
      }
      throw error;
    }
    return { state: stateOf(run), end: waitedFor(run) >= patience ? 'patience' : 'epochs' };
  }

  /** Where in the ring of pairs the streams of a pass begin. */
  #offsetOf(epoch: number): number {
    return Math.floor(
      randomStream(this.#plan.seed, `train/epoch-${epoch}`).next() * this.#plan.training.targets.length,
    );
  }

  #reporter(from: TrainerState, onProgress: (progress: TrainerProgress) => void): (run: TrainerState) => void {
    const began = this.#clock.nowNs();
    const allSteps = this.stepsPerEpoch * this.#limits.epochs;
    const tokensPerStep = this.#plan.training.targets.length / this.stepsPerEpoch;
    return ({ steps, epochs }) => {
      const stepsPerSecond = (steps - from.steps) / ((this.#clock.nowNs() - began) / 1e9);
      onProgress({
        epoch: epochs.length + 1,
        done: Math.min(1, steps / allSteps),
        losses: epochs.at(-1),
        tokensPerSecond: stepsPerSecond * tokensPerStep,
        secondsLeft: (allSteps - steps) / stepsPerSecond,
      });
    };
  }

  async #step(
    pool: WindowPool,
    optimizer: Optimizer,
    carried: readonly Float32Array[],
    run: TrainerState,
    offset: number,
  ): Promise<StepLoss> {
    const { architecture, seed, streams } = this.#plan;
    const drops = architecture.dropout > 0;
    const random = randomStream(seed, `train/step-${run.steps}`);
    const windows = carried.map((state, slot): TrainingWindow => {
      const first = slot * this.#streamsPerSlot;
      const count = Math.min(this.#streamsPerSlot, streams - first);
      return {
        window: trainingWindow(this.#streamPlan, offset, run.stepsInEpoch, first, count),
        state,
        seed: drops ? Math.floor(random.next() * 2 ** 32) | 0 : undefined,
      };
    });
    const count = windows.reduce(
      (sum, { window }) => sum + window.targets.reduce((wanted, target) => wanted + (target < 0 ? 0 : 1), 0),
      0,
    );
    if (count === 0) return { loss: 0, count };
    pool.setWeights(optimizer.weights());
    const { loss, gradients } = await pool.train(windows, 1 / count);
    const norm = optimizer.step(gradients, run.learningRate, CLIP);
    const nothing = Math.log(architecture.vocabulary + 1);
    if (!Number.isFinite(loss) || !Number.isFinite(norm) || loss / count > EXPLOSION * nothing) {
      throw this.#wentWrong({ ...run, steps: run.steps + 1 }, loss / count);
    }
    return { loss, count };
  }

  /** @returns NaN where there is nothing to judge by */
  async #validate(pool: WindowPool, run: TrainerState): Promise<number> {
    let sum = 0;
    let count = 0;
    await pool.score(this.#windows, ({ targets }, logProbabilities) => {
      targets.forEach((target, row) => {
        if (target < 0) return;
        sum -= logProbabilities[row]!;
        count++;
      });
    });
    if (count > 0 && !Number.isFinite(sum)) throw this.#wentWrong(run, sum);
    return sum / count;
  }

  /** @param loss of a token, in nats, as far as it is a number */
  #wentWrong({ steps, epochs }: TrainerState, loss: number): SynthError {
    const found = Number.isFinite(loss) ? `${loss.toPrecision(3)} nats per token` : 'not a number';
    return new SynthError(
      'SYNTH_TRAINING_FAILED',
      `the training went wrong in step ${steps} (epoch ${epochs.length + 1}): the loss is ${found}`,
      { hint: wording`Try a lower ${option('fit.learningRate')} than ${this.#plan.learningRate}.` },
    );
  }

  /** The state of the streams, in parts for each slot. */
  #carried(streams: Float32Array): Float32Array[] {
    const each = cellKinds[this.#plan.architecture.cell].stateOf(this.#plan.architecture);
    return Array.from({ length: this.#slots }, (_, slot) => {
      const first = slot * this.#streamsPerSlot;
      const end = Math.min(this.#plan.streams, first + this.#streamsPerSlot);
      return streams.slice(first * each, end * each);
    });
  }
}

/** Whether this thread or another could not get the memory that it wanted. */
const isOutOfMemory = (error: unknown): boolean =>
  error instanceof Error && !(error instanceof SynthError) && /memory|buffer (length|allocation)/i.test(error.message);

const outOfMemory = (cause: unknown): SynthError =>
  new SynthError('SYNTH_TRAINING_FAILED', 'the network and the packets of a step do not fit into the memory', {
    hint: wording`Take fewer ${option('fit.hidden')} or ${option('fit.layers')}, a smaller ${option('fit.batch')} or ${option('fit.window')}, or fewer ${option('fit.threads')}.`,
    cause,
  });

/** Where a run starts. */
export function startOfRun(plan: TrainerPlan, optimizer: OptimizerState): TrainerState {
  const each = cellKinds[plan.architecture.cell].stateOf(plan.architecture);
  return {
    optimizer,
    streams: new Float32Array(each * plan.streams),
    best: optimizer.parameters,
    bestEpoch: 0,
    steps: 0,
    stepsInEpoch: 0,
    lossSum: 0,
    lossTokens: 0,
    learningRate: plan.learningRate,
    epochs: [],
  };
}

/** Streams that one thread takes at once: rows enough for the kernels, and slots enough for the threads. */
const streamsPerSlot = (streams: number): number => Math.min(streams, Math.max(4, 4 * Math.ceil(streams / 32)));

/** The loss of a step, in nats, and the targets that it is of. */
interface StepLoss {
  readonly loss: number;
  readonly count: number;
}

const afterStep = (run: TrainerState, { loss, count }: StepLoss): TrainerState => ({
  ...run,
  steps: run.steps + 1,
  stepsInEpoch: run.stepsInEpoch + 1,
  lossSum: run.lossSum + loss,
  lossTokens: run.lossTokens + count,
});

/** @param parameters copied if they are the best so far */
function afterEpoch(run: TrainerState, validation: number, parameters: Float32Array, patience: number): TrainerState {
  const losses = { training: run.lossSum / run.lossTokens, validation };
  const epochs = [...run.epochs, losses];
  const begun = { ...run, epochs, stepsInEpoch: 0, lossSum: 0, lossTokens: 0 };
  if (judged(losses) < bestOf(run) - MIN_GAIN) return { ...begun, best: parameters.slice(), bestEpoch: epochs.length };
  const plateau = Math.max(1, Math.round(patience * PLATEAU_SHARE));
  const falls = waitedFor(begun) > 0 && waitedFor(begun) % plateau === 0;
  return falls ? { ...begun, learningRate: run.learningRate * PLATEAU_FACTOR } : begun;
}

/** What passes are compared by. */
const judged = ({ training, validation }: EpochLosses): number => (Number.isNaN(validation) ? training : validation);

const bestOf = ({ epochs, bestEpoch }: TrainerState): number =>
  bestEpoch === 0 ? Number.POSITIVE_INFINITY : judged(epochs[bestEpoch - 1]!);

/** Passes since the best. */
const waitedFor = ({ epochs, bestEpoch }: TrainerState): number => (bestEpoch === 0 ? 0 : epochs.length - bestEpoch);
