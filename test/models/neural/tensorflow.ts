/** Both networks built of the operations of TensorFlow.js, from tensors as PyTorch has them. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
// What Node.js gets of the package has no gradients; they lie beside it, and find the same registry, which is global.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { type Architecture, dilationOf } from '../../../models/neural/architecture.js';
import type { TokenWindow } from '../../../models/neural/network.js';
import type { Tensors } from '../../../src/tensors.js';

// Says nothing of faster backends.
tf.enableProdMode();

type Named = ReadonlyMap<string, tf.Tensor>;

export interface TensorFlowPass {
  readonly loss: number;
  /** Rows of as many numbers as there are tokens, in the order of a window: steps by streams. */
  readonly logits: Float32Array;
  /** Gradient of the loss by each tensor, by name. */
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

export function tensorFlowPass(architecture: Architecture, tensors: Tensors, window: TokenWindow): TensorFlowPass {
  const names = [...tensors.keys()];
  const values = [...tensors.values()].map(({ data, shape }) => tf.tensor(Float32Array.from(data), [...shape]));
  const logitsOf = (all: readonly tf.Tensor[]) => {
    const named = new Map(names.map((name, i) => [name, all[i]!]));
    return architecture.cell === 'gru'
      ? recurrent(architecture, named, window)
      : convolutional(architecture, named, window);
  };
  const { value, grads } = tf.valueAndGrads((...all: tf.Tensor[]) => {
    // Of a negative index oneHot makes zeros.
    const wanted = tf.oneHot(tf.tensor1d(window.targets, 'int32'), architecture.vocabulary);
    return tf.neg(tf.sum<tf.Scalar>(tf.mul(wanted, tf.logSoftmax(logitsOf(all)))));
  })(values);
  return {
    loss: floats(value)[0]!,
    logits: floats(tf.tidy(() => logitsOf(values))),
    gradients: new Map(names.map((name, i) => [name, floats(grads[i]!)])),
  };
}

const floats = (tensor: tf.Tensor): Float32Array => Float32Array.from(tensor.dataSync<'float32'>());

/** torch.nn.Embedding: rows of steps by streams. */
const embedded = (named: Named, { tokens }: TokenWindow): tf.Tensor2D =>
  tf.gather(named.get('embedding.weight')! as tf.Tensor2D, tf.tensor1d(tokens, 'int32')); // rows by columns, as its shape says

/** torch.nn.Linear, of which a torch.nn.GRU has two a layer. */
const linear = (named: Named, weight: string, bias: string, rows: tf.Tensor2D): tf.Tensor2D =>
  tf.add(tf.matMul(rows, named.get(weight)! as tf.Tensor2D, false, true), named.get(bias)!);

/** Parts of equal size along an axis. `tf.split` has no gradient for a single one. */
function slices<T extends tf.Tensor>(tensor: T, axis: number, count: number): T[] {
  const size = tensor.shape.map((length, i) => (i === axis ? length / count : length));
  return Array.from({ length: count }, (_, part) =>
    tf.slice(
      tensor,
      size.map((length, i) => (i === axis ? part * length : 0)),
      size,
    ),
  );
}

function recurrent({ layers, hidden }: Architecture, named: Named, window: TokenWindow): tf.Tensor2D {
  const { steps, streams } = window;
  let rows = embedded(named, window);
  for (let layer = 0; layer < layers; layer++) {
    const inputs = slices(rows, 0, steps);
    let state = tf.zeros<tf.Rank.R2>([streams, hidden]);
    const states = inputs.map((input) => {
      const gates = (kind: string, of: tf.Tensor2D) =>
        slices(linear(named, `rnn.weight_${kind}_l${layer}`, `rnn.bias_${kind}_l${layer}`, of), 1, 3);
      const [inputR, inputZ, inputN] = gates('ih', input) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D]; // three of them
      const [stateR, stateZ, stateN] = gates('hh', state) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
      const r = tf.sigmoid(tf.add(inputR, stateR));
      const z = tf.sigmoid(tf.add(inputZ, stateZ));
      const n = tf.tanh(tf.add(inputN, tf.mul(r, stateN)));
      state = tf.add(tf.mul(tf.sub(1, z), n), tf.mul(z, state));
      return state;
    });
    rows = tf.concat(states, 0);
  }
  return linear(named, 'output.weight', 'output.bias', rows);
}

/** TemporalConvNet of Bai et al., streams by steps by channels. */
function convolutional({ layers, embedding, hidden }: Architecture, named: Named, window: TokenWindow): tf.Tensor2D {
  const { steps, streams } = window;
  let rows: tf.Tensor3D = tf.transpose(tf.reshape(embedded(named, window), [steps, streams, embedding]), [1, 0, 2]);
  for (let block = 0; block < layers; block++) {
    const name = `tcn.network.${block}`;
    const inner = tf.relu(
      convolution(named, `${name}.conv1`, normalized(named, `${name}.conv1`), rows, dilationOf(block)),
    );
    const branch = tf.relu(
      convolution(named, `${name}.conv2`, normalized(named, `${name}.conv2`), inner, dilationOf(block)),
    );
    const down = named.get(`${name}.downsample.weight`);
    const residual = down === undefined ? rows : convolution(named, `${name}.downsample`, down as tf.Tensor3D, rows, 1); // as its shape says
    rows = tf.relu(tf.add(branch, residual));
  }
  return linear(
    named,
    'output.weight',
    'output.bias',
    tf.reshape(tf.transpose(rows, [1, 0, 2]), [steps * streams, hidden]),
  );
}

/** torch.nn.utils.weight_norm of a torch.nn.Conv1d: channels out by channels in by taps. */
function normalized(named: Named, name: string): tf.Tensor3D {
  const directions = named.get(`${name}.weight_v`)! as tf.Tensor3D; // as its shape says
  const norms = tf.sqrt(tf.sum(tf.square(directions), [1, 2], true));
  return tf.mul(tf.div(directions, norms), named.get(`${name}.weight_g`)!);
}

/** Causal: what lies before the first step is zero. */
function convolution(
  named: Named,
  name: string,
  weight: tf.Tensor3D,
  rows: tf.Tensor3D,
  dilation: number,
): tf.Tensor3D {
  const taps = slices(tf.transpose(weight, [2, 1, 0]), 0, weight.shape[2]);
  // Of dilated convolutions TensorFlow.js has no gradient; of those with zeros between the taps it has.
  const [, inputs, outputs] = taps[0]!.shape;
  const spaced = taps.flatMap((tap, i) => {
    const isSpaced = i > 0 && dilation > 1;
    return isSpaced ? [tf.zeros<tf.Rank.R3>([dilation - 1, inputs, outputs]), tap] : [tap];
  });
  const filter = tf.concat(spaced, 0);
  const padded = tf.pad(rows, [
    [0, 0],
    [filter.shape[0] - 1, 0],
    [0, 0],
  ]);
  return tf.add(tf.conv1d(padded, filter, 1, 'valid'), named.get(`${name}.bias`)!);
}
