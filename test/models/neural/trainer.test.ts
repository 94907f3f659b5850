import { describe, expect, test } from 'vitest';
import { defaultOptions } from '../../../models/model-options.js';
import { type Architecture, CELLS, type Cell } from '../../../models/neural/architecture.js';
import { rnn, tcn } from '../../../models/neural/kinds.js';
import { NeuralModel } from '../../../models/neural/neural-model.js';
import { startOf } from '../../../models/neural/optimizer.js';
import type { NetworkFitOptions } from '../../../models/neural/options.js';
import { pairsOf } from '../../../models/neural/token-windows.js';
import {
  startOfRun,
  Trainer,
  type TrainerLimits,
  type TrainerPlan,
  type TrainerProgress,
  type TrainerState,
} from '../../../models/neural/trainer.js';
import type { TrafficModel } from '../../../models/traffic-model.js';
import type { Clock } from '../../../src/clock.js';
import { randomStream } from '../../../src/random.js';
import { expectSynthError } from '../../support/read.js';
import { blockOf, type Row, requests } from '../blocks.js';
import { parametersOf, tensorPlaces } from './networks.js';

const VOCABULARY = 6;

const architectureOf = (cell: Cell, dropout = 0.25): Architecture => ({
  cell,
  vocabulary: VOCABULARY,
  embedding: 8,
  hidden: 8,
  layers: 2,
  kernelSize: cell === 'gru' ? 1 : 2,
  dropout,
});

/** 0, 1, 2, … and again, each token another one by this probability. */
function cycle(length: number, noise: number, seed = 'cycle'): Int32Array {
  const random = randomStream(seed, 'test');
  const drawOne = () => Math.floor(random.next() * VOCABULARY);
  return Int32Array.from({ length }, (_, i) => (random.next() < noise ? drawOne() : i % VOCABULARY));
}

/** Two slots, one of four streams and one of a single one; seven steps in an epoch. */
function planOf(cell: Cell, parts: Partial<TrainerPlan> = {}): TrainerPlan {
  const architecture = architectureOf(cell);
  return {
    architecture,
    training: pairsOf(cycle(560, 0.1), VOCABULARY),
    validation: [{ pairs: pairsOf(cycle(700, 0.1, 'other'), VOCABULARY), from: 560 }],
    streams: 5,
    steps: 16,
    learningRate: 5e-3,
    seed: 'trainer',
    ...parts,
  };
}
const STEPS_PER_EPOCH = 7;

const LIMITS: TrainerLimits = { epochs: 3, patience: 50, threads: 1 };

/** A second passes each time that someone looks, so that progress is told after each step. */
function steppingClock(): Clock {
  let now = 0;
  return {
    nowNs: () => {
      now += 1e9;
      return now;
    },
    wallNs: () => 0n,
  };
}

const beginning = (plan: TrainerPlan, parameters = parametersOf(plan.architecture)): TrainerState =>
  startOfRun(plan, startOf(parameters));

interface Running {
  readonly from?: TrainerState;
  readonly limits?: Partial<TrainerLimits>;
  /** Steps after which it is interrupted. */
  readonly steps?: number;
  readonly onProgress?: (progress: TrainerProgress) => void;
}

async function run(plan: TrainerPlan, { from = beginning(plan), limits, steps, onProgress }: Running = {}) {
  const trainer = new Trainer(plan, { ...LIMITS, ...limits }, steppingClock());
  const controller = new AbortController();
  let made = 0;
  return trainer.run(from, controller.signal, (progress) => {
    made++;
    if (made === steps) controller.abort();
    onProgress?.(progress);
  });
}

describe.each(CELLS)('a training of %s', (cell) => {
  const plan = planOf(cell);

  test('learns', async () => {
    expect(new Trainer(plan, LIMITS, steppingClock()).stepsPerEpoch).toBe(STEPS_PER_EPOCH);
    const { state, end } = await run(plan, { limits: { epochs: 20 } });
    expect(end).toBe('epochs');
    expect(state.epochs.length).toBe(20);
    expect(state.steps).toBe(20 * STEPS_PER_EPOCH);
    const [first, last] = [state.epochs[0]!, state.epochs.at(-1)!];
    // Knowing nothing costs ln 6 = 1.79; knowing the cycle, 0.9 + 0.1 / 6 = 0.917 of the next, 0.54.
    expect(first.training).toBeGreaterThan(Math.log(VOCABULARY) * 0.9);
    expect(last.training).toBeLessThan(1.4);
    expect(last.validation).toBeLessThan(1.2);
  });

  test('that stops after each step, and goes on from what it has left, comes to the same end, to the bit', async () => {
    const whole = await run(plan);
    let state = beginning(plan);
    let stops = 0;
    for (;;) {
      // Nothing but the state is handed on.
      const part = await run(plan, { from: structuredClone(state), steps: 1 });
      state = part.state;
      if (part.end !== 'interrupted') break;
      stops++;
      expect(state.steps).toBe(stops);
    }
    // Also after the last step, before it is judged.
    expect(stops).toBe(LIMITS.epochs * STEPS_PER_EPOCH);
    expect(state).toEqual(whole.state);
  });

  test('that stops in the middle of an epoch, or is given more epochs later, comes to the same end as well', async () => {
    const whole = await run(plan);
    const half = await run(plan, { steps: STEPS_PER_EPOCH + 3 });
    expect([half.end, half.state.epochs.length, half.state.stepsInEpoch]).toEqual(['interrupted', 1, 3]);
    expect((await run(plan, { from: half.state })).state).toEqual(whole.state);
    const short = await run(plan, { limits: { epochs: 1 } });
    expect(short.end).toBe('epochs');
    expect((await run(plan, { from: short.state })).state).toEqual(whole.state);
  });

  test('with more streams, and longer windows, than there are tokens takes no more room than these need', async () => {
    const training = pairsOf(cycle(20, 0), VOCABULARY);
    const { state } = await run(planOf(cell, { training, streams: 4096, steps: 4096 }), { limits: { epochs: 1 } });
    expect(state.steps).toBe(1);
  });

  test('does not change the state that it starts from', async () => {
    const from = beginning(plan);
    const before = structuredClone(from);
    await run(plan, { from });
    expect(from).toEqual(before);
  });

  test.each([2, 3])('on %i threads is the same as on one', async (threads) => {
    expect(await run(plan, { limits: { threads } })).toEqual(await run(plan));
  });

  test('depends on its seed, by what is dropped and where passes begin', async () => {
    const other = await run({ ...plan, seed: 'other' });
    expect(other.state.optimizer.parameters).not.toEqual((await run(plan)).state.optimizer.parameters);
  });

  test('tells how far it is, never less than before', async () => {
    const told: TrainerProgress[] = [];
    await run(plan, { onProgress: (progress) => told.push(progress) });
    expect(told.map(({ done }) => done)).toEqual(
      Array.from({ length: 3 * STEPS_PER_EPOCH }, (_, i) => (i + 1) / (3 * STEPS_PER_EPOCH)),
    );
    expect(told.map(({ epoch }) => epoch)).toEqual(told.map((_, i) => 1 + Math.floor(i / STEPS_PER_EPOCH)));
    expect(told.every(({ secondsLeft, tokensPerSecond }) => secondsLeft >= 0 && tokensPerSecond > 0)).toBe(true);
    expect(told.at(-1)!.secondsLeft).toBe(0);
  });
});

/** A pass is better if its loss is lower by this, in nats per token; trainer.ts says so. */
const MIN_GAIN = 1e-3;

/** What the losses of the passes come to, by the rules of trainer.ts: the best pass, and how often the learning rate was halved. */
function expectedOf(losses: readonly number[], patience: number) {
  const plateau = Math.round(patience / 3);
  let [best, bestEpoch, halvings] = [Number.POSITIVE_INFINITY, 0, 0];
  losses.forEach((loss, i) => {
    const epoch = i + 1;
    if (loss < best - MIN_GAIN) [best, bestEpoch] = [loss, epoch];
    else if ((epoch - bestEpoch) % plateau === 0) halvings++;
  });
  return { bestEpoch, halvings };
}

describe('the end of a training', () => {
  // The rule is learned without exceptions; what it is judged by has some, which cost more and more.
  const overconfident: Partial<TrainerPlan> = {
    architecture: architectureOf('gru', 0),
    training: pairsOf(cycle(560, 0), VOCABULARY),
    validation: [{ pairs: pairsOf(cycle(300, 0.3), VOCABULARY), from: 0 }],
    learningRate: 2e-2,
  };
  const plan = planOf('gru', overconfident);
  const PATIENCE = 6;

  test('comes when nothing has got better for so many passes, with the parameters of the best one', async () => {
    const { state, end } = await run(plan, { limits: { epochs: 100, patience: PATIENCE } });
    const losses = state.epochs.map(({ validation }) => validation);
    const { bestEpoch } = expectedOf(losses, PATIENCE);
    expect(end).toBe('patience');
    expect(state.bestEpoch).toBe(bestEpoch);
    expect(state.epochs.length).toBe(bestEpoch + PATIENCE);
    expect(bestEpoch).toBeGreaterThan(1);
    expect(losses.at(-1)).toBeGreaterThan(losses[bestEpoch - 1]! + 0.05);

    const best = await run(plan, { limits: { epochs: bestEpoch, patience: PATIENCE } });
    expect(state.best).toEqual(best.state.optimizer.parameters);
    expect(state.best).not.toEqual(state.optimizer.parameters);
    // What has come to its end stays there.
    expect(await run(plan, { from: state, limits: { epochs: 100, patience: PATIENCE } })).toEqual({ state, end });
  });

  test('comes after the learning rate was halved with every third of the patience', async () => {
    const { state } = await run(plan, { limits: { epochs: 100, patience: PATIENCE } });
    const { halvings } = expectedOf(
      state.epochs.map(({ validation }) => validation),
      PATIENCE,
    );
    expect(halvings).toBeGreaterThanOrEqual(3);
    expect(state.learningRate).toBe(plan.learningRate / 2 ** halvings);
  });

  test('goes by the training where nothing is held out', async () => {
    const alone = planOf('tcn', { validation: [] });
    const { state } = await run(alone, { limits: { epochs: 8 } });
    expect(state.epochs.every(({ validation }) => Number.isNaN(validation))).toBe(true);
    const { bestEpoch } = expectedOf(
      state.epochs.map(({ training }) => training),
      LIMITS.patience,
    );
    expect(bestEpoch).toBeGreaterThan(1);
    expect(state.bestEpoch).toBe(bestEpoch);
    const best = await run(alone, { limits: { epochs: bestEpoch } });
    expect(state.best).toEqual(best.state.optimizer.parameters);
  });
});

describe('a training that goes wrong', () => {
  test.each(CELLS)(
    'by a huge learning rate ends with SYNTH_TRAINING_FAILED, the step and the flag; %s',
    async (cell) => {
      for (const learningRate of [1e3, 1e6, 1e20, 1e38]) {
        const error = await expectSynthError(run(planOf(cell, { learningRate })), 'SYNTH_TRAINING_FAILED');
        expect(error.message).toMatch(/^the training went wrong in step \d+ \(epoch \d+\): the loss is /);
        expect(error.hint).toContain(`\`fit.learningRate\` than ${learningRate}`);
      }
    },
  );

  test.each(CELLS)('in its last step, which is judged by what is held out, does so too; %s', async (cell) => {
    const tokens = pairsOf(cycle(60, 0.1), VOCABULARY);
    const plan = planOf(cell, {
      training: tokens,
      validation: [{ pairs: tokens, from: 0 }],
      steps: 64,
      learningRate: 1e38,
    });
    const error = await expectSynthError(run(plan, { limits: { epochs: 1 } }), 'SYNTH_TRAINING_FAILED');
    expect(error.message).toContain('in step 1 (epoch 1): the loss is not a number');
  });

  test.each(CELLS)('in its last step never leaves parameters that are not numbers; %s', async (cell) => {
    const training = pairsOf(cycle(60, 0.1), VOCABULARY);
    const plan = planOf(cell, { training, validation: [], steps: 64, learningRate: 1e39 });
    await expectSynthError(run(plan, { limits: { epochs: 1 } }), 'SYNTH_TRAINING_FAILED');
  });

  test.each(CELLS)('by a parameter that is not a number does so in its first step; %s', async (cell) => {
    const plan = planOf(cell);
    for (const { places } of tensorPlaces(plan.architecture)) {
      const parameters = parametersOf(plan.architecture);
      parameters[places[0]!] = Number.NaN;
      const error = await expectSynthError(run(plan, { from: beginning(plan, parameters) }), 'SYNTH_TRAINING_FAILED');
      expect(error.message).toContain('in step 1 (epoch 1): the loss is not a number');
    }
  });
});

describe('a model of a training that was interrupted', () => {
  const options: NetworkFitOptions = {
    ...defaultOptions(tcn.options),
    quantizer: 'empirical',
    hidden: 16,
    embedding: 8,
    layers: 2,
    batch: 4,
    epochs: 6,
    threads: 1,
  };
  const series = [blockOf(requests(1500))];
  const saved = (model: TrafficModel) => {
    const { tensors, summary } = model.save();
    return { tensors, summary: JSON.parse(JSON.stringify(summary)) };
  };

  /** A signal that is aborted once it was looked at so many times, as it is before each step. */
  function abortedAfter(looks: number): AbortSignal {
    const { signal } = new AbortController();
    let looked = 0;
    Object.defineProperty(signal, 'aborted', {
      get: () => {
        looked++;
        return looked > looks;
      },
    });
    return signal;
  }

  test.each([rnn, tcn])('goes on from its file to the same model; $kind', async (kind) => {
    const whole = await kind.fit(series, options, {});
    const interrupted = await kind.fit(series, options, { signal: abortedAfter(15) });
    expect(interrupted.interrupted).toBe(true);
    expect(interrupted.summary['run']).toMatchObject({ stepsInEpoch: expect.toSatisfy((steps) => Number(steps) > 0) });
    const loaded = await kind.load(saved(interrupted));
    const resumed = await kind.fitFrom!({ how: 'resume', model: loaded }, series, options, {});
    expect(resumed.summary).toEqual(whole.summary);
    expect(saved(resumed)).toEqual(saved(whole));
  });
});

test('series of two packets each, whose only tokens would all be held out, make a model', async () => {
  const rows: readonly Row[] = [
    [0, 93, 1],
    [1000, 60, 0],
  ];
  for (const kind of [rnn, tcn]) {
    for (const count of [1, 15, 16, 40]) {
      const series = Array.from({ length: count }, () => blockOf(rows));
      const options = { ...defaultOptions(tcn.options), quantizer: 'empirical', epochs: 2, threads: 1 } as const;
      const model = await kind.fit(series, options, {});
      const { tensors, summary } = model.save();
      const loaded = await kind.load({ tensors, summary: JSON.parse(JSON.stringify(summary)) });
      expect(loaded).toBeInstanceOf(NeuralModel);
      expect(loaded.summary).toEqual(model.summary);
    }
  }
});
