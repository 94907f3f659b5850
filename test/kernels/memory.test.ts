/** What the kernels hold on to: the memory of the largest call, never more, whatever it is asked for. */
import { describe, expect, test } from 'vitest';
import { Kernels, type Points } from '../../src/kernels/kernels.js';
import { randomStream } from '../../src/random.js';
import { expectSynthError } from '../support/read.js';
import { chain, FLOOR, iterationsOf, pointsOf } from './points.js';

const limits = iterationsOf(2);
const random = () => randomStream('memory', 'test');

/** One call of every kind, all of about this size. */
function calls(kernels: Kernels, points: Points, states: number): readonly (() => unknown)[] {
  const n = points.xs.length;
  const start = kernels.startHmm(points, states, random(), FLOOR);
  const mixture = kernels.fitMixture(points, states, 1, random(), limits);
  const emissions = { length: n, states, logProbabilities: new Float64Array(n * states).fill(-1) };
  const tally = {
    symbols: new Int32Array(n),
    symbolCount: 2,
    categories: new Int32Array(n),
    categoryCount: 2,
  };
  return [
    () => kernels.log1p(points.xs),
    () => kernels.fitMixture(points, states, 1, random(), limits),
    () => kernels.classify(points, mixture.parameters),
    () => kernels.startHmm(points, states, random(), FLOOR),
    () => kernels.fitHmm(points, start, limits),
    () => kernels.tallyHmm(points, start, tally),
    () => kernels.posterior(emissions, start.start, start.transitions),
    () => kernels.filter(emissions, start.start, start.transitions),
    () => kernels.viterbi(emissions, start.start, start.transitions),
  ];
}

const positive = (points: readonly { x: number; y: number }[]) =>
  pointsOf([points.map(({ x, y }) => ({ x: Math.abs(x), y: Math.abs(y) }))]);

describe('memory', () => {
  test('does not grow over ten thousand small calls of every kind', () => {
    const kernels = new Kernels();
    for (const call of calls(kernels, positive(chain(5)), 2)) {
      call();
      const before = kernels.memoryBytes;
      for (let i = 0; i < 10_000; i++) call();
      expect(kernels.memoryBytes).toBe(before);
    }
  });

  test('grows for a larger call, and then no more', () => {
    const kernels = new Kernels();
    const small = kernels.memoryBytes;
    const large = positive(chain(30_000));
    for (const call of calls(kernels, large, 6)) call();
    const grown = kernels.memoryBytes;
    // Two columns of 30000 numbers at least.
    expect(grown).toBeGreaterThan(small + 2 * 30_000 * 8);
    for (let round = 0; round < 3; round++) for (const call of calls(kernels, large, 6)) call();
    for (const call of calls(kernels, positive(chain(5)), 2)) call();
    expect(kernels.memoryBytes).toBe(grown);
  });

  test('for a long sequence grows with its length, not with its length times the states', () => {
    const kernels = new Kernels();
    const states = 40;
    const points = pointsOf([chain(100_000)]);
    kernels.fitHmm(points, kernels.startHmm(points, states, random(), FLOOR), iterationsOf(0));
    // Forward and backward variables of all points would take 100000 · 40 · 8 bytes = 32 MB each.
    expect(kernels.memoryBytes).toBeLessThan(32e6);
  });
});

describe('a request that does not fit into 4 GiB', () => {
  const points = pointsOf([chain(50)]);
  const n = points.xs.length;

  const requests: readonly [string, (kernels: Kernels) => unknown][] = [
    [
      'a table of 2^40 symbols',
      (kernels) =>
        kernels.tallyHmm(points, kernels.startHmm(points, 2, random(), FLOOR), {
          symbols: new Int32Array(n),
          symbolCount: 2 ** 40,
          categories: new Int32Array(n),
          categoryCount: 1,
        }),
    ],
    [
      // Of each chunk of 2048 points one row of 1024 states is kept: 2^20 rows of 8 KiB.
      'the room for a sequence of two thousand million points',
      (kernels) =>
        kernels.fitHmm(
          { ...points, lengths: [2 ** 31 - 4096] },
          { ...kernels.startHmm(points, 2, random(), FLOOR), states: 1024 },
          limits,
        ),
    ],
    ['a hundred million components', (kernels) => kernels.fitMixture(points, 1e8, 1, random(), limits)],
    ['fifty million clusters', (kernels) => kernels.startHmm(points, 5e7, random(), FLOOR)],
    [
      'a chain of forty thousand states',
      (kernels) =>
        kernels.posterior(
          { length: 1, states: 40_000, logProbabilities: new Float64Array(1) },
          new Float64Array(1),
          new Float64Array(1),
        ),
    ],
  ];

  test.each(requests)('%s: SYNTH_TRAINING_FAILED, and afterwards everything works as before', async (_, request) => {
    const kernels = new Kernels();
    const results = () => calls(kernels, positive(chain(50)), 3).map((call) => call());
    const before = results();
    const { memoryBytes } = kernels;
    const error = await expectSynthError(() => request(kernels), 'SYNTH_TRAINING_FAILED');
    expect(error.message).toMatch(/ \d+\.\d GiB /);
    expect(error.hint).toContain('4 GiB');
    expect(kernels.memoryBytes).toBe(memoryBytes);
    expect(results()).toEqual(before);
  });
});
