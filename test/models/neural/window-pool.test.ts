/** Threads that share the windows of a step: whoever computes what, the bits are the same. The threads run what `npm run build` made. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Architecture } from '../../../models/neural/architecture.js';
import { cellKinds } from '../../../models/neural/cells.js';
import type { TokenWindow } from '../../../models/neural/network.js';
import { compileWeights } from '../../../models/neural/optimizer.js';
import { WindowPool } from '../../../models/neural/window-pool.js';
import { kernelModule } from '../../../src/kernels/module.js';
import { CONVOLUTIONAL, type Example, parametersOf, RECURRENT, stateOf, windowOf } from './networks.js';

const SLOTS = 5;
const SCALE = 1 / 100;

/** One of each kind, with dropout. */
const DROPPING = [...RECURRENT, ...CONVOLUTIONAL].filter(({ architecture }) => architecture.dropout > 0);

const pools: WindowPool[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

function poolOf({ architecture, steps }: Example, threads: number): WindowPool {
  const capacity = { rows: 3 * (steps + SLOTS), streams: 3 };
  const pool = WindowPool.create(architecture, capacity, SLOTS, threads);
  pools.push(pool);
  return pool;
}

/** Windows of different lengths, each with its own tokens, state and seed. */
const windowsOf = ({ architecture, steps }: Example, count: number) =>
  Array.from({ length: count }, (_, i) => ({
    window: windowOf({ architecture, steps: steps + i }, `window/${i}`),
    state: stateOf({ architecture }, `state/${i}`),
    seed: 1000 * i,
  }));

const weightsOf = (architecture: Architecture, seed: string) =>
  compileWeights(architecture, parametersOf(architecture, seed));

/** Everything that comes out of some steps, each with other weights. */
async function trainedBy(pool: WindowPool, example: Example) {
  const results = [];
  for (const [step, count] of [SLOTS, 2, SLOTS].entries()) {
    pool.setWeights(weightsOf(example.architecture, `step/${step}`));
    const windows = windowsOf(example, count);
    const { loss, gradients } = await pool.train(windows, SCALE);
    results.push({
      loss,
      gradients: gradients.map((gradient) => gradient.slice()),
      states: windows.map(({ state }) => state),
    });
  }
  return results;
}

async function scoredBy(pool: WindowPool, example: Example, count: number) {
  pool.setWeights(weightsOf(example.architecture, 'score'));
  const windows = windowsOf(example, count).map(({ window }) => window);
  const results: { window: TokenWindow; logProbabilities: Float64Array }[] = [];
  await pool.score(windows, (window, logProbabilities) => {
    const rows = window.steps * window.streams;
    results.push({ window, logProbabilities: logProbabilities.slice(0, rows) });
  });
  expect(results.map(({ window }) => window)).toEqual(windows);
  return results.map(({ logProbabilities }) => logProbabilities);
}

function networkOf(example: Example, seed: string) {
  const { architecture, steps } = example;
  const capacity = { rows: 3 * (steps + 2 * SLOTS), streams: 3 };
  const network = cellKinds[architecture.cell].network(architecture, kernelModule(), capacity);
  network.setWeights(weightsOf(architecture, seed));
  return network;
}

describe.each(DROPPING)('$architecture.cell, $name', (example) => {
  test('a pool of one thread does what a network does', async () => {
    const [first] = await trainedBy(poolOf(example, 1), example);
    const network = networkOf(example, 'step/0');
    let total = 0;
    windowsOf(example, SLOTS).forEach(({ window, state, seed }, i) => {
      network.state(window.streams).set(state);
      total += network.train(window, SCALE, { seed });
      expect(first!.gradients[i]).toEqual(network.gradient);
      expect(first!.states[i]).toEqual(network.state(window.streams));
    });
    expect(first!.loss).toBe(total);
  });

  test.each([2, 3])('%i threads have the losses, gradients and states of one, to the bit', async (threads) => {
    const expected = await trainedBy(poolOf(example, 1), example);
    const pool = poolOf(example, threads);
    for (let repetition = 0; repetition < 3; repetition++) expect(await trainedBy(pool, example)).toEqual(expected);
  });

  test('they have the log-probabilities of one, of more windows than there are slots', async () => {
    const expected = await scoredBy(poolOf(example, 1), example, 2);
    const network = networkOf(example, 'score');
    windowsOf(example, 2).forEach(({ window }, i) => {
      network.state(window.streams).fill(0);
      expect(expected[i]).toEqual(network.score(window));
    });
    const [alone, together] = [poolOf(example, 1), poolOf(example, 3)];
    const small = { ...example, steps: 1 };
    expect(await scoredBy(together, small, 2 * SLOTS + 1)).toEqual(await scoredBy(alone, small, 2 * SLOTS + 1));
  });

  test('training and scoring take turns', async () => {
    const [alone, together] = [poolOf(example, 1), poolOf(example, 3)];
    for (let round = 0; round < 2; round++) {
      expect(await scoredBy(together, example, 3)).toEqual(await scoredBy(alone, example, 3));
      expect(await trainedBy(together, example)).toEqual(await trainedBy(alone, example));
    }
  });
});

test('a pool that never had anything to do ends as well', async () => {
  for (const threads of [1, 2, 3]) await poolOf(DROPPING[0]!, threads).close();
});
