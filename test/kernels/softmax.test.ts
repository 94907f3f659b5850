/** From logits to losses, log-probabilities and draws, against plain loops in double precision. */

import { describe, expect, test } from 'vitest';
import { randomStream } from '../../src/random.js';
import fc from '../support/fast-check.js';
import { KernelMemory, randomSingles } from './kernel-memory.js';

const memory = new KernelMemory();
const { wasm } = memory;

/** A bias of logits that no token has. */
const PAD = -1e30;

interface Case {
  readonly width: number;
  readonly vocabulary: number;
  readonly rows: readonly { readonly logits: readonly number[]; readonly target: number }[];
}

const logit = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: -20, max: 20, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(0, -0, 1e4, -1e4, 87.5, -87.5) },
);
const anyCase: fc.Arbitrary<Case> = fc.integer({ min: 1, max: 40 }).chain((vocabulary) =>
  fc.record({
    vocabulary: fc.constant(vocabulary),
    width: fc.constant(8 * Math.ceil(vocabulary / 8)),
    rows: fc.array(
      fc.record({
        logits: fc.array(logit.map(Math.fround), { minLength: vocabulary, maxLength: vocabulary }),
        target: fc.integer({ min: -1, max: vocabulary - 1 }),
      }),
      { maxLength: 6 },
    ),
  }),
);

function padded({ width, vocabulary, rows }: Case): Float32Array {
  const logits = new Float32Array(width * rows.length).fill(PAD);
  rows.forEach((row, i) => {
    logits.set(row.logits.slice(0, vocabulary), i * width);
  });
  return logits;
}

const targetsOf = ({ rows }: Case) => Int32Array.from(rows, ({ target }) => target);

/** Logarithms of the probabilities in double precision. */
function logSoftmax(logits: readonly number[]): number[] {
  const greatest = Math.max(...logits);
  const logSum = Math.log(logits.reduce((sum, x) => sum + Math.exp(x - greatest), 0));
  return logits.map((x) => x - greatest - logSum);
}

describe('losses', () => {
  // Of a sum of at most 40 exponentials, each with a relative error of 2e-7 and rounded with each addition, the logarithm is off by at
  // most its relative error, 2e-7 + 40 · 6e-8. Differences of logits are exact in double precision.
  const TOLERANCE = 3e-6;

  test('cross-entropy is the sum of -ln p of the targets, and its gradient p less 1 at the target', () => {
    fc.assert(
      fc.property(anyCase, fc.constantFrom(1, 0.25, 1 / 3000), (given, scale) => {
        const { width, rows } = given;
        const { logits, targets } = memory.place({ logits: padded(given), targets: targetsOf(given) });
        const loss = wasm.crossEntropy(rows.length, width, logits.at, targets.at, scale);
        let expected = 0;
        let error = 0;
        rows.forEach((row, i) => {
          const own = logits.numbers.subarray(i * width, (i + 1) * width);
          const logs = logSoftmax(row.logits);
          if (row.target >= 0) expected -= logs[row.target]!;
          own.forEach((gradient, j) => {
            const wanted = row.target < 0 ? 0 : Math.exp(logs[j] ?? PAD) - (j === row.target ? 1 : 0);
            error = Math.max(error, Math.abs(gradient - scale * wanted) / scale);
          });
        });
        expect(Math.abs(loss - expected)).toBeLessThan(TOLERANCE * Math.max(1, rows.length));
        expect(error).toBeLessThan(TOLERANCE);
        expect(memory.bordersHold).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('log-probabilities are those of the targets, and 0 where none is asked for', () => {
    fc.assert(
      fc.property(anyCase, (given) => {
        const { width, rows } = given;
        const out = new Float64Array(rows.length).fill(7);
        const placed = memory.place({ logits: padded(given), targets: targetsOf(given), out });
        wasm.logProbabilities(rows.length, width, placed.logits.at, placed.targets.at, placed.out.at);
        rows.forEach(({ logits, target }, i) => {
          if (target < 0) expect(placed.out.numbers[i]).toBe(0);
          else expect(Math.abs(placed.out.numbers[i]! - logSoftmax(logits)[target]!)).toBeLessThan(TOLERANCE);
        });
        expect(memory.bordersHold).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('a target that is 10⁴ less likely than another costs 10⁴ nats, and gradients stay within ±1', () => {
    const { logits, targets } = memory.place({
      logits: Float32Array.of(1e4, -1e4, 0, 0, PAD, PAD, PAD, PAD, -1e4, -1e4, -1e4, -1e4, PAD, PAD, PAD, PAD),
      targets: Int32Array.of(1, 3),
    });
    // 20000 nats between the first two; of four equal ones ln 4.
    expect(wasm.crossEntropy(2, 8, logits.at, targets.at, 1)).toBeCloseTo(20_000 + Math.log(4), 6);
    const quarters = [0.25, 0.25, 0.25, -0.75, 0, 0, 0, 0];
    expect([...logits.numbers]).toEqual([1, -1, 0, 0, 0, 0, 0, 0, ...quarters]);
  });

  test('a logit that is not a number makes a loss that is not a number, where it is the target', () => {
    const { logits, targets } = memory.place({
      logits: Float32Array.of(0, Number.NaN, 0, 0, 0, 0, 0, 0),
      targets: Int32Array.of(1),
    });
    expect(wasm.crossEntropy(1, 8, logits.at, targets.at, 1)).toBeNaN();
  });
});

interface Drawing {
  readonly sharpness?: number;
  readonly topP?: number;
}

/** Draws a token from the same logits by each of the uniform numbers. */
function draw(
  logits: readonly number[],
  uniforms: Float64Array,
  { sharpness = 1, topP = 1 }: Drawing = {},
): Int32Array {
  const width = 8 * Math.ceil(logits.length / 8);
  const rows = uniforms.length;
  const row = Float32Array.from({ length: width }, (_, j) => logits[j] ?? PAD);
  const placed = memory.place({
    logits: Float32Array.from({ length: width * rows }, (_, i) => row[i % width]!),
    uniforms,
    tokens: new Int32Array(rows).fill(-7),
  });
  const { at } = placed.logits;
  wasm.drawTokens(rows, width, logits.length, at, placed.uniforms.at, sharpness, topP, placed.tokens.at);
  expect(memory.bordersHold).toBe(true);
  return placed.tokens.numbers.slice();
}

const uniformNumbers = (count: number, seed: string): Float64Array => {
  const random = randomStream(seed, 'uniforms');
  return Float64Array.from({ length: count }, () => random.next());
};

/** So many numbers at equal distances: what is drawn by them is drawn as often as it should be, to one in their number. */
const grid = (count: number): Float64Array => Float64Array.from({ length: count }, (_, i) => (i + 0.5) / count);

const sharesOf = (tokens: Int32Array, vocabulary: number): number[] => {
  const counts = new Array<number>(vocabulary).fill(0);
  for (const token of tokens) counts[token]!++;
  return counts.map((count) => count / tokens.length);
};

const softmax = (logits: readonly number[]): number[] => logSoftmax(logits).map(Math.exp);

/**
 * The likeliest tokens that together have a probability of `topP`, as few as that takes, and all that are as likely as one of them.
 *
 * @returns margin: how far sums of the likeliest stay away from `topP`
 */
function nucleusOf(probabilities: readonly number[], topP: number) {
  let [sum, margin] = [0, 1];
  let least = 0;
  for (const p of probabilities.toSorted((a, b) => b - a)) {
    if (sum < topP) least = p;
    sum += p;
    margin = Math.min(margin, Math.abs(sum - topP));
  }
  const tokens = probabilities.flatMap((p, token) => (p >= least * (1 - 1e-6) ? [token] : []));
  return { tokens, total: tokens.reduce((total, token) => total + probabilities[token]!, 0), margin };
}

describe('draws', () => {
  test('logits of no token are not drawn, not even if they are the greatest', () => {
    const lowest = -3e38;
    for (const topP of [1, 0.5]) expect([...draw([lowest, lowest, lowest], grid(3), { topP })]).toEqual([0, 0, 0]);
  });

  const LOGITS = [...randomSingles(13, 'draws')].map((value) => 3 * value);
  const DRAWS = 40_000;

  test('tokens come as often as they should: χ² of forty thousand draws', () => {
    const expected = softmax(LOGITS);
    for (const seed of ['1', '2', '3']) {
      const shares = sharesOf(draw(LOGITS, uniformNumbers(DRAWS, seed)), LOGITS.length);
      const chiSquare = shares.reduce((sum, share, j) => sum + (DRAWS * (share - expected[j]!) ** 2) / expected[j]!, 0);
      // python3 -c "from scipy.stats import chi2; print(chi2.ppf(0.9999, 12))" gives 39.13
      expect(chiSquare).toBeLessThan(39.13);
    }
  });

  test.each([0.25, 0.5, 1, 2, 10])(
    'with a temperature of %d tokens are as likely as logits divided by it make them',
    (temperature) => {
      const expected = softmax(LOGITS.map((x) => x / temperature));
      const shares = sharesOf(draw(LOGITS, grid(DRAWS), { sharpness: 1 / temperature }), LOGITS.length);
      // One in the number of draws at each end of a token's range.
      const error = Math.max(...shares.map((share, j) => Math.abs(share - expected[j]!)));
      expect(error).toBeLessThan(2 / DRAWS);
    },
  );

  test('only the nucleus is drawn from, each token as often as in it', () => {
    const probabilities = [0.4, 0.3, 0.15, 0.1, 0.05];
    // In another order than that of their probability.
    const order = [3, 0, 4, 1, 2];
    const logits = order.map((token) => Math.log(probabilities[token]!));
    const nuclei: readonly (readonly [topP: number, nucleus: number])[] = [
      [0.01, 1],
      [0.39, 1],
      [0.41, 2],
      [0.69, 2],
      [0.71, 3],
      [0.86, 4],
      [0.96, 5],
      [0.9999, 5],
    ];
    for (const [topP, nucleus] of nuclei) {
      const total = probabilities.slice(0, nucleus).reduce((sum, p) => sum + p, 0);
      const shares = sharesOf(draw(logits, grid(10_000), { topP }), logits.length);
      order.forEach((token, j) => {
        const expected = token < nucleus ? probabilities[token]! / total : 0;
        if (expected === 0) expect(shares[j]).toBe(0);
        else expect(Math.abs(shares[j]! - expected)).toBeLessThan(3e-4);
      });
    }
  });

  test('tokens that are equally likely are in the nucleus together', () => {
    const logits = [1, 0, 1, 1, -1].map((x) => 2 * x);
    // Each of the three has 0.31: one would be enough for 0.3.
    const shares = sharesOf(draw(logits, grid(9000), { topP: 0.3 }), logits.length);
    expect(shares.map((share) => Number(share.toFixed(3)))).toEqual([0.333, 0, 0.333, 0.333, 0]);
  });

  test('the nucleus is the smallest set of the likeliest that has its probability', () => {
    fc.assert(
      fc.property(
        // Equal or apart by more than rounding.
        fc.array(
          fc.integer({ min: -96, max: 96 }).map((x) => x / 16),
          { minLength: 1, maxLength: 40 },
        ),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.constantFrom(0.5, 1, 2),
        (logits, topP, sharpness) => {
          const probabilities = softmax(logits.map((x) => sharpness * x));
          const { tokens, total, margin } = nucleusOf(probabilities, topP);
          // Where the sum nearly meets the limit, rounding decides.
          fc.pre(margin > 1e-5);
          // A number in the middle of what belongs to each token of the nucleus, and those at the ends.
          let below = 0;
          const aims = tokens.map((token) => {
            const share = probabilities[token]! / total;
            below += share;
            return below - share / 2;
          });
          const ends = [0, 1 - 2 ** -32, 1 - 2 ** -53];
          const drawn = new Set(draw(logits, Float64Array.from([...aims, ...ends]), { topP, sharpness }));
          expect([...drawn].filter((token) => !tokens.includes(token))).toEqual([]);
          // Less than a rounding of the sum is not hit for sure.
          const hittable = tokens.filter((token) => probabilities[token]! > 1e-5 * total);
          expect(hittable.filter((token) => !drawn.has(token))).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('no token without probability is drawn, whatever the uniform number', () => {
    const ends = Float64Array.of(0, Number.MIN_VALUE, 0.5, 1 - 2 ** -32, 1 - 2 ** -53);
    for (const topP of [1, 0.999_999, 0.5]) {
      // e^-200 is no number of single precision.
      expect(new Set(draw([-200, 0, -200], ends, { topP }))).toEqual(new Set([1]));
      expect(new Set(draw([0, -200, 0], ends, { topP }))).toEqual(new Set([0, 2]));
      expect(draw([1e4, -1e4], ends, { topP })).toEqual(new Int32Array(5));
      expect(draw([-1e4], ends, { topP })).toEqual(new Int32Array(5));
    }
  });

  test('where no logit is a number, a token is drawn all the same', () => {
    for (const x of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (const topP of [1, 0.5]) expect([...draw(new Array(8).fill(x), grid(3), { topP })]).toEqual([0, 0, 0]);
    }
  });

  test('what a row draws does not depend on the others', () => {
    const uniforms = uniformNumbers(50, 'alone');
    const together = draw(LOGITS, uniforms, { topP: 0.8, sharpness: 1.5 });
    uniforms.forEach((uniform, i) => {
      expect(draw(LOGITS, Float64Array.of(uniform), { topP: 0.8, sharpness: 1.5 })[0]).toBe(together[i]);
    });
  });
});
