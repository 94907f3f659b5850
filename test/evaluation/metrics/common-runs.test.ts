import { describe, expect, test } from 'vitest';
import { hash32, longestCommonRun, sharedNgrams } from '../../../src/evaluation/metrics/common-runs.js';
import fc from '../../support/fast-check.js';
import { RUNS } from '../series.js';

const symbols = (text: string) => Int32Array.from(text, (character) => character.charCodeAt(0));

/** Few symbols, so that long runs are common. */
const anySymbols = (minLength: number) =>
  fc
    .array(fc.nat({ max: 3 }), { minLength, maxLength: 60 })
    .map((values) => Int32Array.from(values, (value) => hash32(value, 0)));

/** By dynamic programming: the longest run that ends at each pair. */
function longestByAllPairs(a: Int32Array, b: Int32Array): number {
  let longest = 0;
  let before = new Int32Array(b.length + 1);
  for (const symbol of a) {
    const here = new Int32Array(b.length + 1);
    b.forEach((other, j) => {
      here[j + 1] = symbol === other ? before[j]! + 1 : 0;
      longest = Math.max(longest, here[j + 1]!);
    });
    before = here;
  }
  return longest;
}

describe('the longest common run', () => {
  test.each([
    ['synthetic', 'thetics', 6],
    ['abcabcabc', 'xxcabcax', 5],
    ['aaaa', 'aaaaaaa', 4],
    ['abc', 'def', 0],
    ['a', 'a', 1],
  ])('of %s and %s is %i', (a, b, length) => {
    expect(longestCommonRun(symbols(a), symbols(b))).toBe(length);
    expect(longestCommonRun(symbols(b), symbols(a))).toBe(length);
  });

  test('is that of all pairs', () => {
    fc.assert(
      fc.property(anySymbols(0), anySymbols(0), (a, b) => {
        expect(longestCommonRun(a, b)).toBe(longestByAllPairs(a, b));
      }),
      RUNS,
    );
  });

  test('is found in a hundred thousand symbols', () => {
    const noise = (seed: number) => Int32Array.from({ length: 100_000 }, (_, i) => hash32(i, seed));
    const [a, b] = [noise(1), noise(2)];
    expect(longestCommonRun(a, b)).toBe(0);
    b.set(a.subarray(5000, 8000), 40_000);
    expect(longestCommonRun(a, b)).toBe(3000);
  });
});

describe('shared n-grams', () => {
  test.each([
    // ab bc ca ab of which bc and ca are common.
    ['abcab', 'xbcax', 2, 1 / 2],
    ['abab', 'ba', 1, 1],
    ['abcd', 'abce', 4, 0],
    ['aaaaa', 'aab', 2, 1],
  ])('of %s in %s, of %i: %d', (a, b, n, share) => {
    expect(sharedNgrams(symbols(a), symbols(b), n)).toBe(share);
  });

  test('are those of sets', () => {
    fc.assert(
      fc.property(anySymbols(5), anySymbols(5), fc.integer({ min: 1, max: 5 }), (a, b, n) => {
        const ngrams = (of: Int32Array) => Array.from({ length: of.length - n + 1 }, (_, i) => `${of.slice(i, i + n)}`);
        const known = new Set(ngrams(b));
        const mine = ngrams(a);
        expect(sharedNgrams(a, b, n)).toBe(mine.filter((one) => known.has(one)).length / mine.length);
      }),
      RUNS,
    );
  });
});

test('hashes of pairs of small numbers do not fall together', () => {
  const hashes = new Set<number>();
  for (let a = 0; a < 300; a++) for (let b = 0; b < 300; b++) hashes.add(hash32(a, b));
  // Of 90 000 random ones of 32 bits, 90 000² / 2³³ ≈ 1 pair would.
  expect(hashes.size).toBeGreaterThan(90_000 - 10);
});
