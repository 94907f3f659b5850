import { describe, expect, test } from 'vitest';
import type { Architecture, Cell } from '../../../models/neural/architecture.js';
import { initialParameters } from '../../../models/neural/initialize.js';
import { startOf } from '../../../models/neural/optimizer.js';
import { pairsOf, slicePairs } from '../../../models/neural/token-windows.js';
import { startOfRun, Trainer } from '../../../models/neural/trainer.js';
import { systemClock } from '../../../src/clock.js';
import { type Random, randomStream } from '../../../src/random.js';

/** A sequence, and what it costs to predict its last fifth, in nats per token, for someone who knows how it was made. */
interface Task {
  readonly vocabulary: number;
  readonly tokens: Int32Array;
  readonly entropy: number;
}

const HELD_OUT = 0.2;

/**
 * @param choice what may come at a place, given what was before
 * @param first probability of the first of the two; the other comes else
 */
function choices(
  length: number,
  vocabulary: number,
  first: number,
  choice: (tokens: Int32Array, i: number) => readonly [number, number],
): Task {
  const random = randomStream('learning', String(vocabulary));
  const tokens = new Int32Array(length);
  let nats = 0;
  const from = Math.floor(length * (1 - HELD_OUT));
  for (let i = 0; i < length; i++) {
    const taken = random.next() < first ? 0 : 1;
    tokens[i] = choice(tokens, i)[taken];
    if (i >= from) nats -= Math.log(taken === 0 ? first : 1 - first);
  }
  return { vocabulary, tokens, entropy: nats / (length - from) };
}

/** Two different tokens. */
function pair(random: Random, vocabulary: number): [number, number] {
  const first = Math.floor(random.next() * vocabulary);
  return [first, (first + 1 + Math.floor(random.next() * (vocabulary - 1))) % vocabulary];
}

function secondOrder(): Task {
  const random = randomStream('learning', 'second order');
  const table = Array.from({ length: 16 }, () => pair(random, 4));
  return choices(40_000, 4, 0.8, (tokens, i) => table[i < 2 ? 0 : tokens[i - 2]! * 4 + tokens[i - 1]!]!);
}

function period(): Task {
  const random = randomStream('learning', 'period');
  const pattern = Array.from({ length: 50 }, () => pair(random, 32));
  return choices(48_000, 32, 0.7, (_, i) => pattern[i % 50]!);
}

/** Three random symbols, a mark, the same three symbols, another mark: three in eight tokens cost ln 6 each. */
function copies(): Task {
  const random = randomStream('learning', 'copies');
  const tokens = new Int32Array(48_000);
  for (let i = 0; i < tokens.length; i++) {
    const place = i % 8;
    if (place < 3) tokens[i] = Math.floor(random.next() * 6);
    else if (place === 3) tokens[i] = 6;
    else tokens[i] = place < 7 ? tokens[i - 4]! : 7;
  }
  return { vocabulary: 8, tokens, entropy: (3 * Math.log(6)) / 8 };
}

const NETWORKS: Readonly<Record<Cell, Omit<Architecture, 'vocabulary'>>> = {
  gru: { cell: 'gru', embedding: 16, hidden: 32, layers: 1, kernelSize: 1, dropout: 0 },
  tcn: { cell: 'tcn', embedding: 16, hidden: 16, layers: 4, kernelSize: 3, dropout: 0.03 },
};

async function validationLoss(cell: Cell, { tokens, vocabulary }: Task): Promise<number> {
  const architecture: Architecture = { ...NETWORKS[cell], vocabulary };
  const pairs = pairsOf(tokens, vocabulary);
  const from = Math.floor(tokens.length * (1 - HELD_OUT));
  const plan = {
    architecture,
    training: slicePairs(pairs, 0, from),
    validation: [{ pairs, from }],
    streams: cell === 'gru' ? 16 : 8,
    steps: cell === 'gru' ? 64 : 128,
    learningRate: cell === 'gru' ? 0.015 : 0.006,
    seed: '1',
  };
  const random = randomStream('1', 'initial');
  const parameters = initialParameters(architecture, new Float64Array(vocabulary).fill(1), random, Math.log);
  const trainer = new Trainer(plan, { epochs: 60, patience: 5, threads: 1 }, systemClock);
  const { state } = await trainer.run(startOfRun(plan, startOf(parameters)), undefined, () => {});
  return state.epochs[state.bestEpoch - 1]!.validation;
}

// “Within 2 % of the entropy rate”: of what the held-out tokens cost by the rule that made them.
describe.each(['gru', 'tcn'] as const)('A %s learns, to within 2 % of what its teacher knows,', (cell) => {
  test.each([
    ['what follows two tokens', secondOrder],
    ['a pattern of 50 tokens that comes again and again', period],
    ['to copy what it has seen', copies],
  ])('%s', async (_, make) => {
    const task = make();
    const loss = await validationLoss(cell, task);
    expect(loss).toBeLessThan(1.02 * task.entropy);
    expect(loss).toBeGreaterThan(0.98 * task.entropy);
  });
});
