import { describe, expect, test } from 'vitest';
import {
  type ComponentRow,
  candidatesOf,
  hmmParameterCount,
  mixtureParameterCount,
  searchComponents,
} from '../../models/gaussian/component-search.js';
import fc from '../support/fast-check.js';

const all = (to: number) => Array.from({ length: to }, (_, i) => i + 1);

describe('the number of free parameters', () => {
  // A mean has d coordinates and a full covariance d·(d+1)/2, d = 2.
  const emission = (k: number) => k * 2 + (k * 2 * 3) / 2;

  test.each(all(30))('of a hidden Markov model with %i states counts its start and all of its transitions', (k) => {
    expect(hmmParameterCount(k)).toBe(k - 1 + k * (k - 1) + emission(k));
  });

  test.each(all(30))('of a mixture of %i components counts its weights', (k) => {
    expect(mixtureParameterCount(k)).toBe(k - 1 + emission(k));
  });

  test('by hand: three states have 2 + 6 + 6 + 9, three components 2 + 6 + 9', () => {
    expect(hmmParameterCount(3)).toBe(23);
    expect(mixtureParameterCount(3)).toBe(17);
  });
});

describe('what is compared', () => {
  test('is what was asked for, as far as there are points enough', () => {
    expect(candidatesOf([3, 1, 7], 10)).toEqual([3, 1, 7]);
    expect(candidatesOf([3, 1, 7], 3)).toEqual([3, 1]);
  });

  test('is the greatest number possible where only greater ones were asked for', () => {
    expect(candidatesOf([50, 60], 7)).toEqual([7]);
    expect(candidatesOf('auto', 1)).toEqual([1]);
  });

  test('by itself begins with one and rises by at most a third, or by one', () => {
    const candidates = candidatesOf('auto', 1e9);
    expect(candidates.slice(0, 6)).toEqual([1, 2, 3, 4, 5, 6]);
    candidates.forEach((count, i) => {
      if (i > 0) expect(count - candidates[i - 1]!).toBeGreaterThan(0);
      if (i > 0) expect(count - candidates[i - 1]!).toBeLessThanOrEqual(Math.max(1, candidates[i - 1]! / 3));
    });
    for (const limit of [1, 2, 7, 100]) {
      expect(candidatesOf('auto', limit)).toEqual(candidates.filter((count) => count <= limit));
    }
  });
});

interface Fit {
  readonly components: number;
  readonly logLikelihoods: readonly number[];
}

/** Fits whose likelihoods are given, and which are ready in an order of their own. */
function search(
  likelihoods: readonly number[],
  options: Partial<Parameters<typeof searchComponents<Fit>>[0]> = {},
  delays: readonly number[] = [],
) {
  const asked: number[] = [];
  const rows: ComponentRow[] = [];
  const shares: number[] = [];
  const result = searchComponents<Fit>({
    candidates: all(likelihoods.length),
    stopEarly: true,
    lookahead: 1,
    points: 100,
    parameterCount: mixtureParameterCount,
    fitWith: async (components) => {
      asked.push(components);
      for (let turn = 0; turn < (delays[components - 1] ?? 0); turn++) await Promise.resolve();
      return { components, logLikelihoods: [-1e6, likelihoods[components - 1]!] };
    },
    onRow(row, done) {
      rows.push(row);
      shares.push(done);
    },
    ...options,
  });
  return { result, asked, rows, shares };
}

describe('the search', () => {
  test('takes the least criterion, which is -2·ln L + p·ln N', async () => {
    const { result } = search([-1000, -900, -890, -889]);
    const { best, rows } = await result;
    expect(best.components).toBe(2);
    // p = 5, 11, 17, 23 and N = 100.
    const penalty = Math.log(100);
    expect(rows).toEqual([
      { components: 1, logLikelihood: -1000, bic: 2000 + 5 * penalty, iterations: 1 },
      { components: 2, logLikelihood: -900, bic: 1800 + 11 * penalty, iterations: 1 },
      { components: 3, logLikelihood: -890, bic: 1780 + 17 * penalty, iterations: 1 },
      { components: 4, logLikelihood: -889, bic: 1778 + 23 * penalty, iterations: 1 },
    ]);
  });

  test('tells those that it does not wait for any more', async () => {
    const signals: AbortSignal[] = [];
    const { result } = search([-1000, -2000, -2000, -2000, -2000, -2000, -2000], {
      lookahead: 3,
      fitWith: async (components, signal) => {
        signals.push(signal);
        return { components, logLikelihoods: [components === 1 ? -1000 : -2000] };
      },
    });
    await result;
    expect(signals.length).toBeGreaterThan(4);
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
  });

  test('of two that are as good takes the first', async () => {
    const { best } = await search([-10, -10, -10], { parameterCount: () => 1 }).result;
    expect(best.components).toBe(1);
  });

  test('ends when three in a row were no better than the best, and not before', async () => {
    const likelihoods = [-1000, -900, -900, -900, -500, -500, -500, -500, -1];
    const { result, asked } = search(likelihoods);
    const { best, rows } = await result;
    expect(best.components).toBe(5);
    expect(rows.map(({ components }) => components)).toEqual(all(8));
    // One at a time: the ninth, which would be the best, is never asked for.
    expect(asked).toEqual(all(8));
  });

  test('compares all where the numbers were given', async () => {
    const { result } = search([-1000, -900, -900, -900, -900, -900, -1], { stopEarly: false });
    const { best, rows } = await result;
    expect(best.components).toBe(7);
    expect(rows).toHaveLength(7);
  });

  test('does not depend on how many are tried at a time, nor on which is ready first', async () => {
    const likelihoods = fc.array(fc.double({ min: -2000, max: -1000, noNaN: true }), { minLength: 1, maxLength: 14 });
    const delays = fc.array(fc.nat(20), { minLength: 14, maxLength: 14 });
    await fc.assert(
      fc.asyncProperty(
        likelihoods,
        delays,
        fc.integer({ min: 2, max: 20 }),
        fc.boolean(),
        async (values, turns, lookahead, stopEarly) => {
          const one = search(values, { stopEarly });
          const other = search(values, { stopEarly, lookahead }, turns);
          expect(await other.result).toEqual(await one.result);
          expect(other.rows).toEqual(one.rows);
          expect(other.shares).toEqual(one.shares);
          expect(one.shares.at(-1)!).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('tries as many at a time as it may', async () => {
    let running = 0;
    let most = 0;
    const { best } = await search(new Array<number>(10).fill(-1000), {
      stopEarly: false,
      lookahead: 4,
      fitWith: async (components) => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        return { components, logLikelihoods: [0] };
      },
    }).result;
    expect(most).toBe(4);
    expect(best.components).toBe(1);
  });

  const failing = (at: number) => async (components: number) => {
    if (components === at) throw new Error(`fit ${components} failed`);
    return { components, logLikelihoods: [-1000] };
  };

  test('fails with a fit that fails', async () => {
    for (const lookahead of [1, 3, 10]) {
      const options = { lookahead, fitWith: failing(3) };
      await expect(search([0, 0, 0, 0], options).result).rejects.toThrow('fit 3 failed');
    }
  });

  test('does not fail with a fit that was tried in vain, beyond the end of the search', async () => {
    const { rows } = await search(new Array<number>(9).fill(0), { lookahead: 9, fitWith: failing(6) }).result;
    expect(rows).toHaveLength(4);
  });
});
