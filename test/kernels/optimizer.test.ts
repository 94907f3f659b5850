/** Adam and weight normalization against plain loops in double precision. */

import { describe, expect, test } from 'vitest';
import fc from '../support/fast-check.js';
import { KernelMemory, randomSingles } from './kernel-memory.js';

const memory = new KernelMemory();
const { wasm } = memory;

const [BETA_1, BETA_2, EPSILON] = [0.9, 0.999, 1e-8];

/** Algorithm 1 of D. P. Kingma and J. Ba, “Adam: a method for stochastic optimization”, 2015. */
function adam(
  start: Float32Array,
  gradients: readonly Float32Array[],
  learningRate: number,
  scale: number,
): Float64Array {
  const [theta, m, v] = [Float64Array.from(start), new Float64Array(start.length), new Float64Array(start.length)];
  gradients.forEach((gradient, step) => {
    const t = step + 1;
    for (let i = 0; i < theta.length; i++) {
      const g = scale * gradient[i]!;
      m[i] = BETA_1 * m[i]! + (1 - BETA_1) * g;
      v[i] = BETA_2 * v[i]! + (1 - BETA_2) * g * g;
      const mean = m[i]! / (1 - BETA_1 ** t);
      const square = v[i]! / (1 - BETA_2 ** t);
      theta[i]! -= (learningRate * mean) / (Math.sqrt(square) + EPSILON);
    }
  });
  return theta;
}

describe('adam', () => {
  test.each([
    { name: 'gradients of the order of 1', size: 1, scale: 1 },
    { name: 'small gradients, scaled down', size: 1e-6, scale: 0.1 },
    { name: 'large gradients, scaled down', size: 1e6, scale: 1e-3 },
  ])('a hundred steps by $name are those of the paper', ({ size, scale }) => {
    const n = 64;
    const learningRate = 1e-2;
    const start = randomSingles(n, 'start');
    const gradients = Array.from({ length: 100 }, (_, t) => randomSingles(n, `gradient/${t}`).map((g) => size * g));
    const placed = memory.place({
      parameters: start,
      gradients: new Float32Array(n),
      means: new Float32Array(n),
      squares: new Float32Array(n),
    });
    gradients.forEach((gradient, step) => {
      const t = step + 1;
      placed.gradients.numbers.set(gradient);
      wasm.adam(
        n,
        placed.parameters.at,
        placed.gradients.at,
        placed.means.at,
        placed.squares.at,
        scale,
        learningRate / (1 - BETA_1 ** t),
        Math.sqrt(1 - BETA_2 ** t),
        BETA_1,
        BETA_2,
        EPSILON,
      );
    });
    const expected = adam(start, gradients, learningRate, scale);
    // A hundred steps of at most about the learning rate. In single precision 1 - β₂ is off by up to 2^-25 / 0.001 = 3e-5, so each step
    // by half of that, which the bias correction does not know of; the sums are rounded a hundred times.
    const error = Math.max(...placed.parameters.numbers.map((value, i) => Math.abs(value - expected[i]!)));
    expect(error).toBeLessThan(100 * learningRate * 2e-5);
    expect(memory.bordersHold).toBe(true);
  });

  test('parameters without a gradient stay where they are', () => {
    const parameters = randomSingles(8, 'still');
    const zeros = new Float32Array(8);
    const placed = memory.place({ parameters, gradients: zeros, means: zeros, squares: zeros });
    const { at } = placed.parameters;
    wasm.adam(8, at, placed.gradients.at, placed.means.at, placed.squares.at, 1, 0.1, 0.03, BETA_1, BETA_2, EPSILON);
    expect(placed.parameters.numbers).toEqual(parameters);
  });
});

describe('weight normalization', () => {
  const anyShape = fc.record({
    rows: fc.integer({ min: 1, max: 30 }),
    columns: fc.integer({ min: 1, max: 5 }).map((fours) => 4 * fours),
  });
  const RUNS = { numRuns: 50 };

  /** Lengths of columns in double precision. */
  const normsOf = (matrix: Float32Array, columns: number) =>
    Float64Array.from({ length: columns }, (_, j) =>
      Math.sqrt(matrix.reduce((sum, value, at) => sum + (at % columns === j ? value * value : 0), 0)),
    );

  const greatest = (numbers: Float32Array, expected: (at: number) => number) =>
    Math.max(...numbers.map((value, at) => Math.abs(value - expected(at))));

  test('columns have the directions and the lengths that are given', () => {
    fc.assert(
      fc.property(anyShape, ({ rows, columns }) => {
        const directions = randomSingles(rows * columns, 'directions');
        const lengths = randomSingles(columns, 'lengths');
        const placed = memory.place({
          directions,
          lengths,
          weights: new Float32Array(rows * columns),
          norms: new Float32Array(columns),
        });
        const { at } = placed.weights;
        wasm.normalizeWeights(rows, columns, placed.directions.at, placed.lengths.at, at, placed.norms.at);
        const norms = normsOf(directions, columns);
        // At most thirty terms and the root are rounded: 32 · 6e-8; numbers are below 1, norms below √30.
        expect(greatest(placed.norms.numbers, (j) => norms[j]!)).toBeLessThan(1e-5);
        const weightAt = (at: number) => (lengths[at % columns]! * directions[at]!) / norms[at % columns]!;
        expect(greatest(placed.weights.numbers, weightAt)).toBeLessThan(4e-6);
        expect(memory.bordersHold).toBe(true);
      }),
      RUNS,
    );
  });

  test('the way back has the gradients of T. Salimans and D. P. Kingma, equation 3', () => {
    fc.assert(
      fc.property(anyShape, ({ rows, columns }) => {
        const [directions, gradients] = [randomSingles(rows * columns, 'v'), randomSingles(rows * columns, 'of w')];
        const lengths = randomSingles(columns, 'g');
        const norms = normsOf(directions, columns);
        const placed = memory.place({
          directions,
          lengths,
          norms: Float32Array.from(norms),
          gradients,
          ofDirections: new Float32Array(rows * columns),
          ofLengths: new Float32Array(columns),
        });
        wasm.normalizeWeightsBack(
          rows,
          columns,
          placed.directions.at,
          placed.lengths.at,
          placed.norms.at,
          placed.gradients.at,
          placed.ofDirections.at,
          placed.ofLengths.at,
        );
        // ∇g = ∇w · v / |v|, and ∇v = g / |v| ∇w - g ∇g / |v|² v
        const ofLengths = Float64Array.from(norms, (norm, j) =>
          gradients.reduce((sum, value, at) => sum + (at % columns === j ? (value * directions[at]!) / norm : 0), 0),
        );
        const ofDirection = (at: number) => {
          const j = at % columns;
          const across = gradients[at]! - (ofLengths[j]! / norms[j]!) * directions[at]!;
          return (lengths[j]! / norms[j]!) * across;
        };
        const [shortest] = norms.toSorted();
        expect(greatest(placed.ofLengths.numbers, (j) => ofLengths[j]!)).toBeLessThan(1e-5);
        expect(greatest(placed.ofDirections.numbers, ofDirection)).toBeLessThan(1e-5 / shortest!);
        expect(memory.bordersHold).toBe(true);
      }),
      RUNS,
    );
  });
});
