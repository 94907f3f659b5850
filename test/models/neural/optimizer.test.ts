/** Parameters in training, against Adam and the bound of the gradient in double precision. */
import { describe, expect, test } from 'vitest';
import { Optimizer, type OptimizerState, startOf } from '../../../models/neural/optimizer.js';
import { EXAMPLES, type Example, KernelNetwork, parametersOf, windowOf } from './networks.js';

const [BETA_1, BETA_2, EPSILON] = [0.9, 0.999, 1e-8];
const LEARNING_RATE = 1e-2;

const norm = (numbers: Float32Array): number => Math.sqrt(numbers.reduce((sum, x) => sum + x * x, 0));

/** Gradients of the weights in some windows, and that of the parameters in all of them together. */
function gradientsOf(example: Example, parameters: Float32Array, windows: number) {
  const kernels = KernelNetwork.of(example);
  kernels.setParameters(parameters);
  const ofParameters = new Float64Array(parameters.length);
  const ofWeights = Array.from({ length: windows }, (_, i) => {
    const { gradient } = kernels.train(windowOf(example, `window/${i}`), {});
    gradient.forEach((value, at) => {
      ofParameters[at]! += value;
    });
    return kernels.network.gradient.slice();
  });
  return { ofWeights, ofParameters: Float32Array.from(ofParameters) };
}

/** One step by the formulas of D. P. Kingma and J. Ba, of a gradient that is scaled down to `clip` if it is longer. */
function expectedOf({ parameters, means, squares, powers }: OptimizerState, gradient: Float32Array, clip: number) {
  const scale = Math.min(1, clip / norm(gradient));
  const [power1, power2] = [powers[0] * BETA_1, powers[1] * BETA_2];
  return Float64Array.from(parameters, (parameter, i) => {
    const g = scale * gradient[i]!;
    const mean = (BETA_1 * means[i]! + (1 - BETA_1) * g) / (1 - power1);
    const square = (BETA_2 * squares[i]! + (1 - BETA_2) * g * g) / (1 - power2);
    return parameter - (LEARNING_RATE * mean) / (Math.sqrt(square) + EPSILON);
  });
}

describe.each(EXAMPLES)('$architecture.cell, $name', (example) => {
  const { architecture } = example;

  test('steps are those of Adam by the sum of the gradients, bounded', () => {
    for (const clip of [0.5, 1e6]) {
      const optimizer = new Optimizer(architecture, startOf(parametersOf(architecture)));
      for (let step = 0; step < 3; step++) {
        const before = optimizer.save();
        const { ofWeights, ofParameters } = gradientsOf(example, before.parameters, 3);
        optimizer.weights();
        const length = optimizer.step(ofWeights, LEARNING_RATE, clip);
        expect(Math.abs(length / norm(ofParameters) - 1)).toBeLessThan(1e-5);
        const expected = expectedOf(before, ofParameters, clip);
        // Where a gradient is next to nothing, the order in which windows are added up decides over its sign: steps of the size of a
        // gradient's rounding beside that of its largest number are left out.
        const least = 1e-4 * norm(ofParameters);
        const clear = ofParameters.map((g) => (Math.abs(g) > least ? 1 : 0));
        const errors = optimizer.parameters.map((value, i) => clear[i]! * Math.abs(value - expected[i]!));
        expect(Math.max(...errors)).toBeLessThan(0.01 * LEARNING_RATE);
      }
    }
  });

  test('what is saved goes on in the same way, to the bit, and is a copy', () => {
    const start = startOf(parametersOf(architecture));
    const untouched = structuredClone(start);
    const one = new Optimizer(architecture, start);
    const { ofWeights } = gradientsOf(example, start.parameters, 2);
    const go = (optimizer: Optimizer) => {
      optimizer.weights();
      optimizer.step(ofWeights, LEARNING_RATE, 1);
    };
    go(one);
    const saved = one.save();
    const copy = structuredClone(saved);
    go(one);
    expect(saved).toEqual(copy);
    const other = new Optimizer(architecture, saved);
    go(other);
    expect(other.save()).toEqual(one.save());
    expect(start).toEqual(untouched);
  });
});
