/** Elementary functions of single precision by the kernels that use them, rectifiers and dropout. */
import { describe, expect, test } from 'vitest';
import { KernelMemory, randomSingles } from './kernel-memory.js';

const memory = new KernelMemory();
const { wasm } = memory;

/** Relative error of the kernels' e^x, as its documentation has it. */
const EXP_ERROR = 2e-7;
/** Half the distance from 1 to the next number of single precision: the relative error of one operation. */
const UNIT = 2 ** -24;
/** No single that is not 0 is smaller. */
const LEAST = 2 ** -149;

/** From -88 to 88 in steps of 1/64, numbers around 0 down to those that are not normal, and numbers between. */
const GRID = Float32Array.of(
  ...Array.from({ length: 176 * 64 + 1 }, (_, i) => -88 + i / 64),
  ...Array.from({ length: 100 }, (_, i) => [10 ** (-i / 2.5), -(10 ** (-i / 2.5))]).flat(),
  ...randomSingles(2000, 'wide').map((x) => 88 * x),
  ...randomSingles(2000, 'near').map((x) => 2 * x),
);

const UNITS = 8;

/** What recurrent units make of inputs that are the same at all three gates, where they have no weights and no past. */
function gatesOf(inputs: Float32Array): { sigmoid: Float32Array; tanh: Float32Array } {
  const streams = Math.ceil(inputs.length / UNITS);
  const gates = new Float32Array(3 * UNITS * streams);
  const placeOf = (i: number, gate: number) => (3 * Math.floor(i / UNITS) + gate) * UNITS + (i % UNITS);
  inputs.forEach((x, i) => {
    for (let gate = 0; gate < 3; gate++) gates[placeOf(i, gate)] = x;
  });
  const placed = memory.place({
    gates,
    states: new Float32Array(2 * UNITS * streams),
    weights: new Float32Array(3 * UNITS * UNITS),
    bias: new Float32Array(3 * UNITS),
    projected: new Float32Array(UNITS * streams),
    room: new Float32Array(3 * UNITS * streams),
  });
  wasm.gruForward(
    1,
    streams,
    UNITS,
    placed.gates.at,
    placed.states.at,
    placed.weights.at,
    placed.bias.at,
    placed.projected.at,
    placed.room.at,
  );
  expect(memory.bordersHold).toBe(true);
  const after = (gate: number) => inputs.map((_, i) => placed.gates.numbers[placeOf(i, gate)]!);
  expect(after(1)).toEqual(after(0));
  return { sigmoid: after(0), tanh: after(2) };
}

describe('elementary functions', () => {
  test('e^x below 0 has the relative error that is promised', () => {
    const lowest = -86.9;
    const xs = GRID.filter((x) => x <= 0 && x > lowest);
    const width = 8;
    // Beside a logit of 0 and those of no token, the probability of a logit x is e^x / (1 + e^x).
    const logits = new Float32Array(width * xs.length).fill(-1e30);
    xs.forEach((x, row) => {
      logits[row * width] = 0;
      logits[row * width + 1] = x;
    });
    const placed = memory.place({ logits, targets: new Int32Array(xs.length) });
    wasm.crossEntropy(xs.length, width, placed.logits.at, placed.targets.at, 1);
    const errors = xs.map((x, row) => {
      const expected = 1 / (1 + Math.exp(-x));
      return Math.abs(placed.logits.numbers[row * width + 1]! / expected - 1);
    });
    // The sum is rounded, its reciprocal and the product.
    expect(Math.max(...errors)).toBeLessThan(EXP_ERROR + 3 * UNIT);
  });

  test('the sigmoid has a relative error of the same order', () => {
    const { sigmoid } = gatesOf(GRID);
    const errors = Float64Array.from(GRID, (x, i) => {
      const expected = 1 / (1 + Math.exp(-x));
      // Below -87.3 results are no longer normal numbers.
      return Math.max(0, Math.abs(sigmoid[i]! - expected) - LEAST) / expected;
    });
    // Of e^-x, of the sum and of the reciprocal.
    expect(Math.max(...errors)).toBeLessThan(EXP_ERROR + 2 * UNIT);
  });

  test('the hyperbolic tangent has an absolute error of the same order', () => {
    const { tanh } = gatesOf(GRID);
    const errors = Float64Array.from(GRID, (x, i) => Math.abs(tanh[i]! - Math.tanh(x)));
    // 2 e^2x / (e^2x + 1)^2 is at most 1/2: half of the relative error of e^2x. The sum and the quotient, at most 2, and the difference are rounded.
    expect(Math.max(...errors)).toBeLessThan(EXP_ERROR / 2 + 5 * UNIT);
  });

  test('beyond 88 functions are what they are at infinity, to single precision', () => {
    const xs = Float32Array.of(88, 89, 1e3, 1e30, 3e38, Number.POSITIVE_INFINITY, 0, 0);
    const above = gatesOf(xs.map((x) => x));
    const below = gatesOf(xs.map((x) => -x));
    for (let i = 0; i < 6; i++) {
      expect(above.sigmoid[i]).toBe(1);
      expect(above.tanh[i]).toBe(1);
      expect(below.sigmoid[i]).toBeLessThan(1e-38);
      expect(below.tanh[i]).toBe(-1);
    }
  });

  test('what is not a number stays so, and leaves its neighbours alone', () => {
    const { sigmoid, tanh } = gatesOf(Float32Array.of(0, Number.NaN, 0, 0, 0, 0, 0, Number.NaN));
    expect([...sigmoid]).toEqual([0.5, Number.NaN, 0.5, 0.5, 0.5, 0.5, 0.5, Number.NaN]);
    expect([...tanh]).toEqual([0, Number.NaN, 0, 0, 0, 0, 0, Number.NaN]);
  });
});

describe('rectifiers', () => {
  const VALUES = [1.5, -1.5, 0, Number.NaN, 1e-45, -1e-45, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const RECTIFIED = [1.5, 0, 0, Number.NaN, 1e-45, 0, Number.POSITIVE_INFINITY, 0].map(Math.fround);

  test('a rectifier leaves what is positive, makes 0 of the rest, and keeps what is not a number', () => {
    const { x } = memory.place({ x: Float32Array.from(VALUES) });
    wasm.rectify(VALUES.length, x.at);
    expect([...x.numbers]).toEqual(RECTIFIED);
    expect(memory.bordersHold).toBe(true);
  });

  test('so does that of a sum, whichever of the two is not a number', () => {
    const zeros = VALUES.map(() => 0);
    for (const [a, b] of [
      [VALUES, zeros],
      [zeros, VALUES],
    ] as const) {
      const placed = memory.place({
        a: Float32Array.from(a),
        b: Float32Array.from(b),
        out: new Float32Array(VALUES.length),
      });
      wasm.rectifySum(VALUES.length, placed.a.at, placed.b.at, placed.out.at);
      expect([...placed.out.numbers]).toEqual(RECTIFIED);
      expect(memory.bordersHold).toBe(true);
    }
    const many = { a: randomSingles(400, 'a'), b: randomSingles(400, 'b'), out: new Float32Array(400) };
    const placed = memory.place(many);
    wasm.rectifySum(400, placed.a.at, placed.b.at, placed.out.at);
    expect(placed.out.numbers).toEqual(many.a.map((value, i) => Math.max(0, value + many.b[i]!)));
  });

  test('the way back lets the gradient through where the result is above 0', () => {
    const [gradient, y] = [randomSingles(400, 'gradient'), randomSingles(400, 'y').map((value) => Math.max(0, value))];
    const placed = memory.place({ gradient, y, out: new Float32Array(400) });
    wasm.rectifyBack(400, placed.gradient.at, placed.y.at, 1.25, placed.out.at);
    expect(placed.out.numbers).toEqual(gradient.map((value, i) => (y[i]! > 0 ? 1.25 * value : 0)));
    // In place, as the networks use it.
    wasm.rectifyBack(400, placed.gradient.at, placed.y.at, 1.25, placed.gradient.at);
    expect(placed.gradient.numbers).toEqual(placed.out.numbers);
    expect(memory.bordersHold).toBe(true);
  });
});

describe('dropout', () => {
  const n = 100_000;
  const dropped = (seed: number, keep: number, values: Float32Array = new Float32Array(n).fill(1)) => {
    const { x } = memory.place({ x: values });
    wasm.dropOut(values.length, x.at, seed, Math.floor(keep * 2 ** 31), 1 / keep);
    expect(memory.bordersHold).toBe(true);
    return x.numbers.slice();
  };
  const sum = (values: ArrayLike<number>) => Array.from(values).reduce((total, value) => total + value, 0);

  test.each([0.1, 0.5, 0.8, 0.99])('keeps a share of %d and scales it up, so that the mean stays', (keep) => {
    const result = dropped(1, keep);
    expect([...new Set(result)].toSorted()).toEqual([0, Math.fround(1 / keep)]);
    const share = result.filter((value) => value > 0).length / n;
    // Five standard deviations of a share of n independent draws.
    expect(Math.abs(share - keep)).toBeLessThan(5 * Math.sqrt((keep * (1 - keep)) / n));
  });

  test('is the same for the same seed, whatever the values and however many there are', () => {
    const ones = dropped(7, 0.8);
    expect(dropped(7, 0.8)).toEqual(ones);
    const others = randomSingles(1000, 'others');
    const scale = Math.fround(1 / 0.8);
    expect(dropped(7, 0.8, others)).toEqual(others.map((value, i) => (ones[i]! > 0 ? value * scale : 0)));
  });

  test('is another for another seed, as independent as two sequences can be', () => {
    const keep = 0.5;
    const kept = (seed: number) => dropped(seed, keep).map((value) => (value > 0 ? 1 : -1));
    const one = kept(1);
    for (const seed of [2_000_000, -5, 0x35_04_f3_33]) {
      const other = kept(seed);
      // The product of independent signs has mean 0 and standard deviation 1/√n.
      expect(Math.abs(sum(one.map((sign, i) => sign * other[i]!)) / n)).toBeLessThan(5 / Math.sqrt(n));
    }
  });

  test('what becomes of an element does not depend on its neighbours, near or far', () => {
    const signs = dropped(3, 0.5).map((value) => (value > 0 ? 1 : -1));
    for (const distance of [1, 2, 3, 4, 8, 64, 128, 4096]) {
      const product = signs.subarray(distance).reduce((total, sign, i) => total + sign * signs[i]!, 0);
      expect(Math.abs(product / n)).toBeLessThan(5 / Math.sqrt(n));
    }
  });
});
