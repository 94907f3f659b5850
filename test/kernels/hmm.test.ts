/** The hidden Markov models of the kernels, against the textbook (oracle.ts) and against enumeration of all paths. */

import { describe, expect, test } from 'vitest';
import { type Emissions, type HmmParameters, Kernels, PARAMETERS } from '../../src/kernels/kernels.js';
import { randomStream } from '../../src/random.js';
import fc from '../support/fast-check.js';
import { expectHmmAgreement, hmmStart as startOf } from './agreement.js';
import * as oracle from './oracle.js';
import {
  anySequences,
  chain,
  FLOOR,
  firstFall,
  gaussiansOf,
  hmmOf,
  iterationsOf,
  normal,
  pointsOf,
  relativeDifference,
  sequencesOf,
} from './points.js';

const kernels = new Kernels();
const random = () => randomStream('hmm', 'test');
const rowsOf = (values: Float64Array, length: number): number[][] =>
  Array.from({ length: values.length / length }, (_, i) => [...values.subarray(i * length, (i + 1) * length)]);
const sumOf = (values: ArrayLike<number>) => Array.from(values).reduce((total, value) => total + value, 0);

describe('Baum and Welch’s iterations agree with the textbook', () => {
  test.each([1, 2, 3, 4, 5, 13])('with %i states', (states) => {
    expectHmmAgreement(pointsOf([chain(1201)]), states);
  });

  // A chunk of the kernels has 2048 points.
  test.each([1, 2, 3, 2047, 2048, 2049, 4096, 4097, 5000])('for a sequence of %i points', (length) => {
    expectHmmAgreement(pointsOf([chain(length)]), Math.min(3, length), 5);
  });

  test.each<[string, readonly number[]]>([
    ['equal length', [200, 200, 200]],
    ['odd lengths', [301, 1, 77, 5]],
    ['one point each', new Array<number>(40).fill(1)],
    ['some empty', [0, 120, 0, 0, 61, 0]],
    ['very different lengths', [1, 2500, 2, 2049, 0, 3]],
  ])('for several sequences: %s', (_, lengths) => {
    expectHmmAgreement(pointsOf(lengths.map((length, i) => chain(length, `sequence ${i}`))), 3, 5);
  });

  test('where a state loses all of its points', () => {
    const points = pointsOf([chain(300)]);
    const start = startOf(points, 3);
    // So far away that no point has a share of it.
    const parameters = start.parameters.slice();
    parameters.set([1e6, 1e6], 2 * PARAMETERS + 1);
    const from = { ...start, parameters };
    const fit = kernels.fitHmm(points, from, iterationsOf(10));
    const expected = oracle.fitHmm(sequencesOf(points), hmmOf(from), 10, FLOOR);
    expect(relativeDifference(fit.logLikelihoods, expected.logLikelihoods)).toBeLessThan(1e-9);
    expect(gaussiansOf(fit.parameters)[2]).toEqual(gaussiansOf(parameters)[2]);
    expect(fit.parameters[2 * PARAMETERS]).toBeLessThan(1e-12);
  });
});

describe('what is counted by state agrees with the textbook', () => {
  test.each([1, 2, 5])('with %i states', (states) => {
    const sequences = [chain(2500, 'a'), [], chain(61, 'b'), chain(1, 'c')];
    const points = pointsOf(sequences);
    const model = kernels.fitHmm(points, startOf(points, states), iterationsOf(3));
    const n = points.xs.length;
    const symbols = Int32Array.from({ length: n }, (_, i) => (i * 7) % 5);
    const categories = Int32Array.from({ length: n }, (_, i) => i % 3);
    const tally = kernels.tallyHmm(points, model, { symbols, symbolCount: 5, categories, categoryCount: 3 });

    const hmm = hmmOf(model);
    const expectations = sequences
      .filter(({ length }) => length > 0)
      .map((sequence) => oracle.expectSequence(sequence, hmm));
    const rows = expectations.flatMap((expectation) => expectation.states);
    const all = [...hmm.start.keys()];
    const weighted = (k: number, keep: (i: number) => boolean, value: (i: number) => number) =>
      sumOf(rows.map((row, i) => (keep(i) ? row[k]! * value(i) : 0)));
    const close = (given: ArrayLike<number>, wanted: readonly number[]) => {
      expect(given.length).toBe(wanted.length);
      // Sums of 2562 terms, about one each.
      wanted.forEach((value, i) => {
        expect(Math.abs(given[i]! - value)).toBeLessThan(1e-9 * n);
      });
    };
    close(
      tally.table,
      [0, 1, 2, 3, 4].flatMap((symbol) =>
        all.map((k) =>
          weighted(
            k,
            (i) => symbols[i] === symbol,
            () => 1,
          ),
        ),
      ),
    );
    [0, 1, 2].forEach((category) => {
      const dx = (i: number, k: number) => points.xs[i]! - hmm.gaussians[k]!.mean.x;
      const dy = (i: number, k: number) => points.ys[i]! - hmm.gaussians[k]!.mean.y;
      const moments: ((i: number, k: number) => number)[] = [
        () => 1,
        dx,
        dy,
        (i, k) => dx(i, k) ** 2,
        (i, k) => dx(i, k) * dy(i, k),
        (i, k) => dy(i, k) ** 2,
      ];
      close(
        tally.moments[category]!,
        moments.flatMap((moment) =>
          all.map((k) =>
            weighted(
              k,
              (i) => categories[i] === category,
              (i) => moment(i, k),
            ),
          ),
        ),
      );
    });
    close(
      tally.transitions,
      all.flatMap((i) => all.map((j) => sumOf(expectations.map(({ transitions }) => transitions[i]![j]!)))),
    );
    // Labels are possible states, and each state is named as often as it is expected to occur. A sequence of drawn labels is
    // within a few points of that, as its numbers are evenly spread.
    tally.labels.forEach((label, i) => {
      expect(rows[i]![label]).toBeGreaterThan(0);
    });
    for (const k of all) {
      const named = tally.labels.filter((label) => label === k).length;
      expect(Math.abs(named - sumOf(rows.map((row) => row[k]!)))).toBeLessThan(20);
    }
    expect(tally.logLikelihood).toBeCloseTo(sumOf(expectations.map(({ logLikelihood }) => logLikelihood)), 6);
  });
});

describe('for any points', () => {
  const RUNS = { numRuns: 150 };
  const cases = fc.tuple(anySequences, fc.integer({ min: 1, max: 6 }));

  test('the likelihood never falls, and probabilities and covariances stay what they are', () => {
    fc.assert(
      fc.property(cases, ([sequences, states]) => {
        const points = pointsOf(sequences);
        const fit = kernels.fitHmm(points, startOf(points, states), iterationsOf(12));
        expect(firstFall(fit.logLikelihoods)).toBe(-1);
        for (const row of [[...fit.start], ...rowsOf(fit.transitions, states)]) {
          expect(sumOf(row)).toBeCloseTo(1, 12);
          expect(row.every((probability) => probability > 0)).toBe(true);
        }
        const gaussians = gaussiansOf(fit.parameters);
        expect(sumOf(gaussians.map((_, k) => fit.parameters[k * PARAMETERS]!))).toBeCloseTo(1, 9);
        for (const gaussian of gaussians) {
          const [least, greatest] = oracle.eigenvaluesOf(gaussian);
          // The least one is what is left of the sum of two numbers of the size of the greatest.
          expect(least).toBeGreaterThanOrEqual(FLOOR - 1e-14 * greatest);
        }
      }),
      RUNS,
    );
  });

  test('the order of the states at the start is that at the end, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 7 }),
        fc.nat(1000),
        fc.array(fc.double({ noNaN: true }), { minLength: 7, maxLength: 7 }),
        (states, seed, keys) => {
          const points = pointsOf([chain(200, `${seed}`), chain(31, `${seed} more`)]);
          const start = startOf(points, states);
          const order = [...start.start.keys()].sort((a, b) => keys[a]! - keys[b]! || a - b);
          const [one, other] = [start, permuted(start, order)].map((from) =>
            kernels.fitHmm(points, from, iterationsOf(4)),
          );
          expect(relativeDifference(other!.logLikelihoods, one!.logLikelihoods)).toBeLessThan(1e-9);
          const expected = permuted(one!, order);
          for (const part of ['parameters', 'start', 'transitions'] as const) {
            expected[part].forEach((value, i) => {
              expect(other![part][i]).toBeCloseTo(value, 6);
            });
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  const permuted = (model: HmmParameters, order: readonly number[]): HmmParameters => ({
    states: model.states,
    parameters: Float64Array.from(
      order.flatMap((k) => [...model.parameters.subarray(k * PARAMETERS, (k + 1) * PARAMETERS)]),
    ),
    start: Float64Array.from(order, (k) => model.start[k]!),
    transitions: Float64Array.from(order.flatMap((i) => order.map((j) => model.transitions[i * model.states + j]!))),
  });

  test('the same call twice gives the same bits', () => {
    const points = pointsOf([chain(700)]);
    const learn = () => kernels.fitHmm(points, startOf(points, 5), iterationsOf(5));
    const first = learn();
    // Something else in between: nothing may be left over in the memory.
    const more = pointsOf([chain(3000, 'other')]);
    kernels.fitHmm(more, startOf(more, 9), iterationsOf(2));
    expect(learn()).toEqual(first);
    expect(new Kernels().fitHmm(points, startOf(points, 5), iterationsOf(5))).toEqual(first);
  });
});

test('iterations end when one gains less than the tolerance, and not before', () => {
  const points = pointsOf([chain(1000)]);
  const start = startOf(points, 6);
  const all = kernels.fitHmm(points, start, iterationsOf(40)).logLikelihoods;
  const { logLikelihoods } = kernels.fitHmm(points, start, { iterations: 40, tolerance: 1e-3, varianceFloor: FLOOR });
  // 1e-3 nats a point, of 1000 points.
  const end = all.findIndex((value, i) => i > 0 && value - all[i - 1]! < 1);
  expect(end).toBeGreaterThan(1);
  expect(end).toBeLessThan(40);
  expect(all[end]! - all[end - 1]!).toBeGreaterThan(1e-3); // or it could not be told from 1e-3 nats in all
  expect(logLikelihoods).toEqual(all.slice(0, end + 1));
});

test('the start says how often clusters begin sequences and follow each other', () => {
  // Two clusters far apart, that take turns: two sequences of 51 begin in the first, and one of a single point.
  const sequence = Array.from({ length: 51 }, (_, i) => ({ x: i % 2 === 0 ? -1 : 1, y: i % 2 === 0 ? -1 : 1 }));
  const start = startOf(pointsOf([sequence, [], sequence, sequence.slice(0, 1)]), 2);
  const first = start.parameters[1]! < 0 ? 0 : 1;
  // Every count gets one more: 3 and 0 starts, 50 transitions each way.
  expect(start.start[first]).toBeCloseTo(4 / 5, 12);
  expect(start.transitions[first * 2 + (1 - first)]).toBeCloseTo(51 / 52, 12);
  expect(start.transitions[(1 - first) * 2 + first]).toBeCloseTo(51 / 52, 12);
});

/** A small chain with emissions, all of them any numbers. */
interface Small {
  readonly emissions: Emissions;
  readonly start: Float64Array;
  readonly transitions: Float64Array;
}

const small = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 6 }), fc.nat(1e6))
  .map(([states, length, seed]): Small => {
    const stream = randomStream(`${seed}`, 'small');
    const distribution = () => {
      // A quarter of the probabilities is zero, but never all.
      const weights = Array.from({ length: states }, () => (stream.next() < 0.25 ? 0 : stream.next()));
      weights[Math.floor(stream.next() * states)] = 1;
      return weights.map((weight) => weight / sumOf(weights));
    };
    return {
      emissions: {
        length,
        states,
        logProbabilities: Float64Array.from({ length: length * states }, () => 20 * normal(stream) - 30),
      },
      start: Float64Array.from(distribution()),
      transitions: Float64Array.from(Array.from({ length: states }, distribution).flat()),
    };
  });

/** All paths and their log-probabilities together with the emissions. */
function enumerate({ emissions, start, transitions }: Small): { path: number[]; logProbability: number }[] {
  const { states, length, logProbabilities } = emissions;
  const extend = (path: number[], score: number): { path: number[]; logProbability: number }[] => {
    if (path.length === length) return [{ path, logProbability: score }];
    return [...start.keys()].flatMap((k) => {
      const previous = path.at(-1);
      const step = previous === undefined ? start[k]! : transitions[previous * states + k]!;
      return extend([...path, k], score + Math.log(step) + logProbabilities[path.length * states + k]!);
    });
  };
  return extend([], 0);
}

describe('against all paths of a small chain', () => {
  const RUNS = { numRuns: 200 };

  test('viterbi finds the likeliest', () => {
    fc.assert(
      fc.property(small, (chain) => {
        const paths = enumerate(chain);
        const best = Math.max(...paths.map(({ logProbability }) => logProbability));
        const { states, logProbability } = kernels.viterbi(chain.emissions, chain.start, chain.transitions);
        expect(logProbability).toBeCloseTo(best, 9);
        const found = paths.find(({ path }) => path.every((state, t) => state === states[t]));
        expect(found?.logProbability).toBeCloseTo(best, 9);
      }),
      RUNS,
    );
  });

  test('the posterior is the share of the paths, its rows sum to one, and the likelihood is that of all paths', () => {
    fc.assert(
      fc.property(small, (chain) => {
        const { states, length } = chain.emissions;
        const paths = enumerate(chain);
        const total = oracle.logSumExp(paths.map(({ logProbability }) => logProbability));
        const { probabilities, logLikelihood } = kernels.posterior(chain.emissions, chain.start, chain.transitions);
        expect(logLikelihood).toBeCloseTo(total, 9);
        const rows = rowsOf(probabilities, states);
        expect(rows).toHaveLength(length);
        rows.forEach((row, t) => {
          expect(sumOf(row)).toBeCloseTo(1, 12);
          row.forEach((probability, k) => {
            const through = paths.filter(({ path }) => path[t] === k);
            const share = sumOf(through.map(({ logProbability }) => Math.exp(logProbability - total)));
            expect(probability).toBeCloseTo(share, 12);
          });
        });
      }),
      RUNS,
    );
  });

  test('the filter gives the same likelihood, and the last row of the posterior', () => {
    fc.assert(
      fc.property(small, (chain) => {
        const { states } = chain.emissions;
        const smooth = kernels.posterior(chain.emissions, chain.start, chain.transitions);
        const filtered = kernels.filter(chain.emissions, chain.start, chain.transitions);
        expect(filtered.logLikelihood).toBeCloseTo(smooth.logLikelihood, 12);
        filtered.probabilities.forEach((probability, k) => {
          expect(probability).toBeCloseTo(rowsOf(smooth.probabilities, states).at(-1)![k]!, 12);
        });
      }),
      RUNS,
    );
  });
});

test('the posterior of a long sequence agrees with the textbook', () => {
  const [states, length] = [7, 3000];
  const stream = random();
  const logProbabilities = Float64Array.from({ length: states * length }, () => 8 * normal(stream));
  const matrix = Array.from({ length: states }, () => {
    const row = Array.from({ length: states }, () => stream.next() ** 4);
    return row.map((value) => value / sumOf(row));
  });
  const start = new Array<number>(states).fill(1 / states);
  const rows = rowsOf(logProbabilities, states);
  const expected = oracle.expectStates(rows, { start, transitions: matrix });
  const { probabilities, logLikelihood } = kernels.posterior(
    { states, length, logProbabilities },
    Float64Array.from(start),
    Float64Array.from(matrix.flat()),
  );
  expect(logLikelihood / expected.logLikelihood).toBeCloseTo(1, 12);
  // The textbook's logarithms grow to 10⁴, so a rounding of them is 10⁻¹², a few thousand times.
  const wanted = expected.states.flat();
  expect(Math.max(...wanted.map((value, i) => Math.abs(value - probabilities[i]!)))).toBeLessThan(1e-9);
});
