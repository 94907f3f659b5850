/** Parameters as the tensors of a model file. */
import { describe, expect, test } from 'vitest';
import { type Architecture, matrixOf, NO_LOGIT } from '../../../models/neural/architecture.js';
import { cellKinds } from '../../../models/neural/cells.js';
import { loadParameters, parameterCount, saveParameters } from '../../../models/neural/parameter-tensors.js';
import { type Tensor, TensorReader } from '../../../src/tensors.js';
import { expectSynthError } from '../../support/read.js';
import { EXAMPLES, parametersOf, tensorPlaces } from './networks.js';

function saved(architecture: Architecture, parameters = parametersOf(architecture)): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  saveParameters(architecture, parameters, tensors);
  return tensors;
}

const NO_LOGIT_SINGLE = Math.fround(NO_LOGIT);

describe('saving and loading', () => {
  test.each(EXAMPLES)('$architecture.cell, $name: the parameters come back bit for bit', ({ architecture }) => {
    // Of logits that no token has nothing is kept.
    const used = new Set(tensorPlaces(architecture).flatMap(({ places }) => places));
    const parameters = parametersOf(architecture).map((value, at) =>
      used.has(at) || value === NO_LOGIT_SINGLE ? value : 0,
    );
    const tensors = saved(architecture, parameters);
    expect(loadParameters(architecture, new TensorReader(tensors))).toEqual(parameters);
    const numbers = [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0);
    expect(parameterCount(architecture)).toBe(numbers);
  });

  test('a tensor that is missing, of another shape, or not of numbers, makes no model', async () => {
    for (const { architecture } of EXAMPLES) {
      for (const [name, { shape, data }] of saved(architecture)) {
        const load = (tensor: Tensor | undefined) => {
          const tensors = saved(architecture);
          if (tensor === undefined) tensors.delete(name);
          else tensors.set(name, tensor);
          return () => loadParameters(architecture, new TensorReader(tensors));
        };
        const { message } = await expectSynthError(load(undefined), 'SYNTH_MODEL_INVALID');
        expect(message).toContain(`“${name}” of shape [${shape}]`);
        await expectSynthError(load({ shape: [...shape, 1], data }), 'SYNTH_MODEL_INVALID');
        await expectSynthError(load({ shape: [data.length + 1], data }), 'SYNTH_MODEL_INVALID');
        await expectSynthError(load({ shape, data: Float64Array.from(data) }), 'SYNTH_MODEL_INVALID');
        const infinite = Float32Array.from(data).fill(Number.POSITIVE_INFINITY, data.length - 1);
        await expectSynthError(load({ shape, data: infinite }), 'SYNTH_MODEL_INVALID');
      }
    }
  });
});

describe('shapes and places', () => {
  const recurrent: Architecture = {
    cell: 'gru',
    vocabulary: 5,
    embedding: 16,
    hidden: 8,
    layers: 2,
    kernelSize: 1,
    dropout: 0,
  };
  const convolutional: Architecture = { ...recurrent, cell: 'tcn', kernelSize: 3 };

  // python3 -c "from torch import nn; print({name: tuple(p.shape) for name, p in nn.GRU(16, 8, 2).named_parameters()})", and so on.
  test('those of a recurrent network are those of torch.nn.Embedding(6, 16), torch.nn.GRU(16, 8, 2) and torch.nn.Linear(8, 5)', () => {
    expect(Object.fromEntries([...saved(recurrent)].map(([name, { shape }]) => [name, shape]))).toEqual({
      'embedding.weight': [6, 16],
      'rnn.weight_ih_l0': [24, 16],
      'rnn.weight_hh_l0': [24, 8],
      'rnn.bias_ih_l0': [24],
      'rnn.bias_hh_l0': [24],
      'rnn.weight_ih_l1': [24, 8],
      'rnn.weight_hh_l1': [24, 8],
      'rnn.bias_ih_l1': [24],
      'rnn.bias_hh_l1': [24],
      'output.weight': [5, 8],
      'output.bias': [5],
    });
  });

  test('those of a convolutional one are those of the TemporalConvNet: channels out, channels in, taps', () => {
    const convolution = (name: string, inputs: number) => ({
      [`${name}.weight_v`]: [8, inputs, 3],
      [`${name}.weight_g`]: [8, 1, 1],
      [`${name}.bias`]: [8],
    });
    expect(Object.fromEntries([...saved(convolutional)].map(([name, { shape }]) => [name, shape]))).toEqual({
      'embedding.weight': [6, 16],
      ...convolution('tcn.network.0.conv1', 16),
      ...convolution('tcn.network.0.conv2', 8),
      'tcn.network.0.downsample.weight': [8, 16, 1],
      'tcn.network.0.downsample.bias': [8],
      ...convolution('tcn.network.1.conv1', 8),
      ...convolution('tcn.network.1.conv2', 8),
      'output.weight': [5, 8],
      'output.bias': [5],
    });
  });

  test('a number of a tensor is the number at its place in the matrix', () => {
    for (const architecture of [recurrent, convolutional]) {
      const layout = cellKinds[architecture.cell].parameters(architecture);
      const numbered = Float32Array.from({ length: layout.length }, (_, place) => place);
      const tensors = saved(architecture, numbered);
      const placeOf = (name: string, row: number, column: number) => {
        const { at, columns } = matrixOf(layout, name);
        return at + row * columns + column;
      };
      expect(tensors.get('output.weight')!.data[3 * 8 + 2]).toBe(placeOf('output.weight', 2, 3));
      expect(tensors.get('embedding.weight')!.data[5 * 16 + 9]).toBe(placeOf('embedding.weight', 5, 9));
      if (architecture.cell === 'gru') {
        // Gate 1 (z), unit 4; input 11.
        expect(tensors.get('rnn.weight_ih_l0')!.data[(8 + 4) * 16 + 11]).toBe(placeOf('rnn.weight_ih_l0', 11, 8 + 4));
        expect(tensors.get('rnn.bias_hh_l1')!.data[20]).toBe(placeOf('rnn.bias_hh_l1', 0, 20));
      } else {
        // Output 4, input 11, tap 2: the matrices of the taps lie one behind the other.
        const name = 'tcn.network.0.conv1.weight_v';
        expect(tensors.get(name)!.data[(4 * 16 + 11) * 3 + 2]).toBe(placeOf(name, 2 * 16 + 11, 4));
        const down = 'tcn.network.0.downsample.weight';
        expect(tensors.get(down)!.data[4 * 16 + 11]).toBe(placeOf(down, 11, 4));
      }
    }
  });
});
