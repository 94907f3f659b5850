import { describe, expect, test } from 'vitest';
import { logitWidth, matrixOf, NO_LOGIT, startToken } from '../../../models/neural/architecture.js';
import { cellKinds } from '../../../models/neural/cells.js';
import { initialParameters } from '../../../models/neural/initialize.js';
import { compileWeights } from '../../../models/neural/optimizer.js';
import { randomStream } from '../../../src/random.js';
import { CONVOLUTIONAL, EXAMPLES, KernelNetwork } from './networks.js';

describe.each(EXAMPLES)('parameters before the first step; $architecture.cell, $name', ({ architecture }) => {
  const { vocabulary, hidden } = architecture;
  const counts = Float64Array.from({ length: vocabulary }, (_, token) => token ** 3);
  const initial = (seed = 'seed') => initialParameters(architecture, counts, randomStream(seed, 'initial'), Math.log);
  const layout = cellKinds[architecture.cell].parameters(architecture);
  const numbersOf = (parameters: Float32Array, name: string) => {
    const { rows, columns, at } = matrixOf(layout, name);
    return parameters.subarray(at, at + rows * columns);
  };

  test('are the same for the same seed, others for another', () => {
    expect(initial()).toEqual(initial());
    expect(initial('other')).not.toEqual(initial());
  });

  test('predict each token about as often as it occurs, as if each had occurred once more', () => {
    const kernels = new KernelNetwork(architecture, 1, 1);
    kernels.setParameters(initial());
    const window = { steps: 1, streams: 1, tokens: Int32Array.of(startToken(architecture)), targets: Int32Array.of(0) };
    const logits = [...kernels.logits(window, {})];
    const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
    const total = counts.reduce((all, count) => all + count, 0);
    logits.forEach((logit, token) => {
      // Laplace's rule; output weights are within 0.1 / √units, so a logit is off by 0.1 times the length of the features.
      expect(Math.abs(logit - Math.log(sum) - Math.log((counts[token]! + 1) / (total + vocabulary)))).toBeLessThan(0.7);
    });
  });

  test('leave logits that no token has without probability', () => {
    const bias = numbersOf(initial(), 'output.bias');
    expect(bias.length).toBe(logitWidth(architecture));
    expect([...bias.subarray(vocabulary)].every((value) => value === Math.fround(NO_LOGIT))).toBe(true);
  });

  test('are within bounds, and spread over them', () => {
    const parameters = initial();
    for (const [name, { rows }] of layout.matrices) {
      if (name === 'output.bias' || name.endsWith('.weight_g')) continue;
      const numbers = numbersOf(parameters, name);
      const greatest = Math.max(...numbers.map(Math.abs));
      // PyTorch's bound for recurrent units, Kaiming's for rectifiers, whose biases are 0; an embedding as large as an activation.
      const inner = architecture.cell === 'gru' ? 1 / Math.sqrt(hidden) : Math.sqrt(6 / rows);
      const bound = name === 'embedding.weight' ? 1 : name === 'output.weight' ? 0.1 / Math.sqrt(hidden) : inner;
      if (architecture.cell === 'tcn' && name.endsWith('.bias')) expect(greatest).toBe(0);
      else {
        expect(greatest).toBeLessThanOrEqual(bound * (1 + 1e-6));
        expect(greatest).toBeGreaterThan(0.7 * bound);
      }
    }
  });
});

test.each(CONVOLUTIONAL)(
  'lengths are such that the weights are the directions themselves; $name',
  ({ architecture }) => {
    const counts = new Float64Array(architecture.vocabulary).fill(1);
    const parameters = initialParameters(architecture, counts, randomStream('seed', 'initial'), Math.log);
    const weights = compileWeights(architecture, parameters);
    const made = matrixOf(cellKinds.tcn.weights(architecture), 'tcn.network.0.conv2.weight');
    const drawn = matrixOf(cellKinds.tcn.parameters(architecture), 'tcn.network.0.conv2.weight_v');
    const differences = Array.from({ length: made.rows * made.columns }, (_, i) =>
      Math.abs(weights[made.at + i]! - parameters[drawn.at + i]!),
    );
    expect(Math.max(...differences)).toBeLessThan(1e-6);
  },
);
