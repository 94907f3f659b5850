/** The kernels beside TensorFlow.js, which gets the parameters as the tensors of a model file. */
import { expect, test } from 'vitest';
import { saveParameters } from '../../../models/neural/parameter-tensors.js';
import type { Tensor } from '../../../src/tensors.js';
import { EXAMPLES, KernelNetwork, parametersOf, relativeError, windowOf } from './networks.js';
import { tensorFlowPass } from './tensorflow.js';

/** Both compute in single precision. */
const ROUNDING = 2e-6;

test.each(EXAMPLES)('$architecture.cell, $name: logits, loss and gradients are those of TensorFlow.js', (example) => {
  const { architecture } = example;
  const parameters = parametersOf(architecture);
  const window = windowOf(example);
  const kernels = KernelNetwork.of(example);
  kernels.setParameters(parameters);
  const { loss, gradient } = kernels.train(window, {});
  const tensorsOf = (numbers: Float32Array) => {
    const tensors = new Map<string, Tensor>();
    saveParameters(architecture, numbers, tensors);
    return tensors;
  };

  const peer = tensorFlowPass(architecture, tensorsOf(parameters), window);
  expect(Math.abs(loss / peer.loss - 1)).toBeLessThan(ROUNDING);
  expect(relativeError([...kernels.logits(window, {})], [...peer.logits])).toBeLessThan(ROUNDING);
  const gradients = tensorsOf(gradient);
  expect([...gradients.keys()]).toEqual([...peer.gradients.keys()]);
  for (const [name, expected] of peer.gradients) {
    expect(relativeError([...gradients.get(name)!.data], [...expected]), name).toBeLessThan(ROUNDING);
  }
});
