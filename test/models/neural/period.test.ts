import { describe, expect, test } from 'vitest';
import { dominantPeriod } from '../../../models/neural/period.js';
import { randomStream } from '../../../src/random.js';

/** Tokens by a rule that gets the index and a random number. */
function sequence(length: number, rule: (i: number, uniform: () => number) => number, seed = 'period'): Int32Array {
  const random = randomStream(seed, 'test');
  return Int32Array.from({ length }, (_, i) => rule(i, () => random.next()));
}

const drawOne = (count: number, uniform: number) => Math.floor(count * uniform);

/** A word of so many random tokens, again and again, each token another one by this probability. */
function repeated(period: number, tokens: number, noise: number, length: number, seed = 'word'): Int32Array {
  // The first differs from all others, so that the word has no shorter period.
  const word = sequence(period, (i, uniform) => (i === 0 ? tokens : drawOne(tokens, uniform())), seed);
  return sequence(
    length,
    (i, uniform) => (uniform() < noise ? drawOne(tokens + 1, uniform()) : word[i % period]!),
    seed,
  );
}

describe('the dominant period', () => {
  test.each([2, 3, 5, 8, 13, 50, 127, 300, 512])('of a repeated word is its length: %i', (period) => {
    expect(dominantPeriod([repeated(period, 6, 0, Math.max(400, 20 * period))])).toBe(period);
  });

  test.each([3, 8, 50, 127])(
    'is found through noise: every third of the tokens is another, the word has %i',
    (period) => {
      for (const seed of ['1', '2', '3']) expect(dominantPeriod([repeated(period, 6, 1 / 3, 8000, seed)])).toBe(period);
    },
  );

  test('of one token in every ten is ten, not twenty', () => {
    const beats = (length: number) => sequence(length, (i, uniform) => (i % 10 === 0 ? 7 : drawOne(5, uniform())));
    // Of fifty multiples one agrees more often by chance.
    for (const length of [4000, 5000, 6000]) expect(dominantPeriod([beats(length)])).toBe(10);
    expect(dominantPeriod([beats(60_000)])).toBe(10);
  });

  test('of a request, an answer and a pause that lasts anything is three', () => {
    const tokens = sequence(3000, (i, uniform) => (i % 3 === 2 ? 2 + drawOne(4, uniform()) : i % 3));
    expect(dominantPeriod([tokens])).toBe(3);
  });

  test('of long runs of the same token is that of the runs', () => {
    for (const run of [5, 20, 60])
      expect(dominantPeriod([sequence(6000, (i) => Math.floor(i / run) % 2)])).toBe(2 * run);
  });

  test('is that of the longest sequence', () => {
    expect(dominantPeriod([repeated(7, 4, 0, 300), repeated(11, 4, 0, 900), repeated(5, 4, 0, 100)])).toBe(11);
  });

  test('is looked for in a part of a long sequence', () => {
    expect(dominantPeriod([repeated(37, 6, 0.2, 400_000)])).toBe(37);
  });
});

describe('there is no period', () => {
  test.each([2, 3, 10, 100, 1000])('in independent tokens of %i kinds', (tokens) => {
    for (let seed = 0; seed < 5; seed++) {
      for (const length of [200, 3000]) {
        const noise = sequence(length, (_, uniform) => drawOne(tokens, uniform()), `noise/${seed}`);
        expect(dominantPeriod([noise])).toBe(0);
      }
    }
  });

  test.each([0.5, 0.9, 0.99, 0.999])('in a sequence that stays where it is by a probability of %d', (stay) => {
    for (let seed = 0; seed < 5; seed++) {
      let token = 0;
      const walk = (uniform: () => number) => {
        if (uniform() > stay) token = drawOne(6, uniform());
        return token;
      };
      expect(dominantPeriod([sequence(4000, (_, uniform) => walk(uniform), `walk/${seed}`)])).toBe(0);
    }
  });

  test('where all tokens are the same, or there are next to none', () => {
    expect(dominantPeriod([new Int32Array(5000)])).toBe(0);
    expect(dominantPeriod([Int32Array.of(0, 1, 0, 1, 0, 1)])).toBe(0);
    expect(dominantPeriod([Int32Array.of(3)])).toBe(0);
    expect(dominantPeriod([new Int32Array(0)])).toBe(0);
    expect(dominantPeriod([])).toBe(0);
  });

  test('in a sequence that does not contain it four times', () => {
    expect(dominantPeriod([repeated(100, 6, 0, 399)])).toBe(0);
    expect(dominantPeriod([repeated(100, 6, 0, 400)])).toBe(100);
  });
});
