/**
 * @module
 * Parameters as tensors with the names, shapes and layouts of PyTorch's modules: `embedding` an `nn.Embedding`, `rnn` an `nn.GRU`, `tcn` the
 * `TemporalConvNet` of Bai et al., `output` an `nn.Linear`.
 */
import { requireModel, type Tensor, type TensorReader } from '../../src/tensors.js';
import { type Architecture, type Layout, logitWidth, type Matrix } from './architecture.js';
import { cellKinds } from './cells.js';
import { closeUnusedLogits } from './network.js';

/** How a matrix of ours is a tensor of PyTorch's: its shape, and where each number of the tensor, in its order, lies in the matrix. */
interface View {
  readonly shape: readonly number[];
  readonly place: (index: number) => number;
}

function viewOf({ vocabulary, hidden, kernelSize }: Architecture, name: string, { rows, columns }: Matrix): View {
  if (name === 'embedding.weight') return { shape: [rows, columns], place: (index) => index };
  if (name === 'output.bias') return { shape: [vocabulary], place: (index) => index };
  if (name === 'output.weight') return transposed(rows, columns, vocabulary);
  if (name.endsWith('.weight_g')) return { shape: [columns, 1, 1], place: (index) => index };
  if (name.endsWith('.downsample.weight')) return { ...transposed(rows, columns, columns), shape: [columns, rows, 1] };
  if (name.endsWith('.weight_v')) {
    // PyTorch has the taps of a pair of channels side by side; ours has them a matrix each.
    const inputs = rows / kernelSize;
    const place = (index: number) => {
      const tap = index % kernelSize;
      const input = Math.floor(index / kernelSize) % inputs;
      return (tap * inputs + input) * hidden + Math.floor(index / rows);
    };
    return { shape: [hidden, inputs, kernelSize], place };
  }
  return rows === 1 ? { shape: [columns], place: (index) => index } : transposed(rows, columns, columns);
}

const transposed = (rows: number, columns: number, used: number): View => ({
  shape: [used, rows],
  place: (index) => (index % rows) * columns + Math.floor(index / rows),
});

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

export function saveParameters(
  architecture: Architecture,
  parameters: Float32Array,
  tensors: Map<string, Tensor>,
): void {
  for (const [name, matrix] of layoutOf(architecture).matrices) {
    const { shape, place } = viewOf(architecture, name, matrix);
    const data = Float32Array.from({ length: sizeOf(shape) }, (_, index) => parameters[matrix.at + place(index)]!);
    tensors.set(name, { shape, data });
  }
}

/** @throws SynthError `SYNTH_MODEL_INVALID` */
export function loadParameters(architecture: Architecture, reader: TensorReader): Float32Array {
  const layout = layoutOf(architecture);
  // Asked before anything of this size is made.
  for (const [name, matrix] of layout.matrices) {
    const { shape } = viewOf(architecture, name, matrix);
    const found = reader.shape(name);
    requireModel(
      found !== undefined && found.length === shape.length && shape.every((n, i) => n === found[i]),
      `lacks a tensor “${name}” of shape [${shape}]`,
    );
  }
  const parameters = new Float32Array(layout.length);
  for (const [name, matrix] of layout.matrices) {
    const { shape, place } = viewOf(architecture, name, matrix);
    const data = reader.tensor(name, Float32Array, shape);
    for (let index = 0; index < data.length; index++) parameters[matrix.at + place(index)] = data[index]!;
  }
  closeUnusedLogits(architecture, layout, parameters);
  return parameters;
}

const layoutOf = (architecture: Architecture): Layout => cellKinds[architecture.cell].parameters(architecture);

/** Numbers that are learned. */
export const parameterCount = (architecture: Architecture): number =>
  layoutOf(architecture).length - (logitWidth(architecture) - architecture.vocabulary) * (architecture.hidden + 1);
