import { expect, test } from 'vitest';
import { rollingEntropy } from '../../src/statistics/entropy.js';
import fc from '../support/fast-check.js';
import { expectClose, normals, RUNS, series } from './samples.js';

/** The definition, of a window at a time. */
function direct(tokens: readonly number[], window: number, stride: number): number[] {
  const entropies: number[] = [];
  for (let begin = 0; begin + window <= tokens.length; begin += stride) {
    const held = tokens.slice(begin, begin + window);
    const shares = [...new Set(held)].map((token) => held.filter((other) => other === token).length / window);
    entropies.push(shares.reduce((sum, share) => sum - share * Math.log2(share), 0));
  }
  return entropies;
}

test('the values are those of scipy', () => {
  const tokens = series(60, (i) => ((i * i * 37) % 101) % 7);
  // scipy 1.10.1: /usr/bin/python3 -c "from scipy.stats import entropy; import numpy as np; \
  //   t=[i*i*37%101%7 for i in range(60)]; print([float(entropy(np.bincount(t[s:s+20]), base=2)) for s in range(0,41,8)])"
  expectClose(
    rollingEntropy(tokens, 7, 20, 8),
    [
      2.6659573209491745, 2.770950594454668, 2.728212945841001, 2.6037016960573482, 2.6659573209491745,
      2.408694969562842,
    ],
  );
});

test('the values are the definition, for any tokens, windows and strides', () => {
  const small = fc.integer({ min: 1, max: 12 });
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 5 }), { maxLength: 40 }), small, small, (tokens, window, stride) => {
      const expected = direct(tokens, window, stride);
      const given = rollingEntropy(tokens, 6, window, stride);
      expect(given.length).toBe(expected.length);
      given.forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i]!, 13);
      });
    }),
    RUNS,
  );
});

test('equal tokens have none, equally frequent ones all of it', () => {
  expect([...rollingEntropy(new Uint8Array(100).fill(3), 4, 37, 9)]).toEqual(new Array(8).fill(0));
  expectClose(
    rollingEntropy(
      series(64, (i) => i % 16),
      16,
      32,
      16,
    ),
    [4, 4, 4],
  );
});

test('a million tokens do not make it drift', () => {
  const tokens = normals(1_000_000, 'tokens').map((value) => Math.min(63, Math.floor(Math.abs(value) * 16)));
  const last = tokens.length - 1000;
  const entropies = rollingEntropy(tokens, 64, 1000, 1);
  expect(entropies.length).toBe(last + 1);
  expect(entropies[last]).toBeCloseTo(direct([...tokens.subarray(last)], 1000, 1)[0]!, 12);
});

test('there is none of fewer tokens than a window has', () => {
  expect(rollingEntropy([0, 1, 0], 2, 4, 1).length).toBe(0);
  expect(rollingEntropy([], 2, 4, 7).length).toBe(0);
});
