// One step of training by TensorFlow.js on its WebAssembly backend: node bench/tfjs-peer.mjs step gru|tcn prints one line of JSON. The same
// steps as in bench/torch-peer.py, of operations that the backend has gradients for. It has none
//   - to look up rows of an embedding (they need UnsortedSegmentSum): one-hot rows are multiplied with the table;
//   - for convolutions (no Conv2DBackpropFilter, and none with dilations in TensorFlow.js at all): the taps are slices of a padded
//     sequence, side by side, multiplied with one matrix;
//   - on threads: TensorFlow.js leaves them off in Node.js (its issue 3830). SIMD is on.
import { pathToFileURL } from 'node:url';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { median } from './measure.mjs';
import * as tf from './tfjs.mjs';

const STREAMS = 64;
const STEPS = 64;
const VOCABULARY = 64;
const CHANNELS = 64;
const KERNEL = 3;
const DILATIONS = [1, 2, 4];
const GATES = ['reset', 'update', 'new'];
const LEARNING_RATE = 1e-3;
const MAX_NORM = 1;
const RUNS = 5;

const uniform = (shape, bound, seed) => tf.variable(tf.randomUniform(shape, -bound, bound, 'float32', seed));

// The library's own gradient of a product leaves the transposing to the backend, which has no fast product for that: it is done before.
const product = tf.customGrad((rows, matrix, save) => {
  save([rows, matrix]);
  return {
    value: tf.matMul(rows, matrix),
    gradFunc: (dy, [x, w]) => [tf.matMul(dy, tf.transpose(w)), tf.matMul(tf.transpose(x), dy)],
  };
});

/** The rows of a table that one-hot rows stand for. */
const lookup = (oneHot, table) =>
  tf.customGrad((given, save) => {
    save([oneHot]);
    return {
      value: tf.matMul(oneHot, given),
      gradFunc: (dy, [chosen]) => tf.matMul(tf.transpose(chosen), dy),
    };
  })(table);

/** Rows through a matrix and a bias. */
const linear = (rows, matrix, bias) => tf.add(product(rows, matrix), bias);

/** Rows of all steps, put together in two rounds: what takes a tensor apart, as the gradient has to, copies the whole of it for each part. */
function join(steps) {
  const size = Math.ceil(Math.sqrt(steps.length));
  const starts = Array.from({ length: Math.ceil(steps.length / size) }, (_, i) => i * size);
  return tf.concat(
    starts.map((start) => tf.concat(steps.slice(start, start + size), 0)),
    0,
  );
}

/** What both networks have, and the matrices of one; biases start at zero. */
const parameters = (more) => ({
  embedding: tf.variable(tf.randomNormal([VOCABULARY, CHANNELS], 0, 1, 'float32', 1)),
  output: uniform([CHANNELS, VOCABULARY], CHANNELS ** -0.5, 2),
  outputBias: tf.variable(tf.zeros([VOCABULARY])),
  ...more(),
});

/** One-hot rows of each step in, rows ordered by step, then by stream, out. */
const networks = {
  gru: {
    weights: () =>
      Object.fromEntries(
        GATES.flatMap((gate, i) => [
          [`${gate}Input`, uniform([CHANNELS, CHANNELS], CHANNELS ** -0.5, 3 + i)],
          [`${gate}InputBias`, tf.variable(tf.zeros([CHANNELS]))],
          [`${gate}Hidden`, uniform([CHANNELS, CHANNELS], CHANNELS ** -0.5, 6 + i)],
          [`${gate}HiddenBias`, tf.variable(tf.zeros([CHANNELS]))],
        ]),
      ),
    run(inputs, weights) {
      // Step by step and gate by gate, so that nothing has to be taken apart.
      let state = tf.zeros([STREAMS, CHANNELS]);
      const states = inputs.map((oneHot) => {
        const rows = lookup(oneHot, weights.embedding);
        const [xReset, xUpdate, xNew] = GATES.map((gate) =>
          linear(rows, weights[`${gate}Input`], weights[`${gate}InputBias`]),
        );
        const [hReset, hUpdate, hNew] = GATES.map((gate) =>
          linear(state, weights[`${gate}Hidden`], weights[`${gate}HiddenBias`]),
        );
        const reset = tf.sigmoid(tf.add(xReset, hReset));
        const update = tf.sigmoid(tf.add(xUpdate, hUpdate));
        const candidate = tf.tanh(tf.add(xNew, tf.mul(reset, hNew)));
        state = tf.add(candidate, tf.mul(update, tf.sub(state, candidate)));
        return state;
      });
      return join(states);
    },
  },
  tcn: {
    weights: () =>
      Object.fromEntries(
        DILATIONS.flatMap((_, i) => [
          [`taps${i}`, uniform([KERNEL * CHANNELS, CHANNELS], (KERNEL * CHANNELS) ** -0.5, 5 + i)],
          [`bias${i}`, tf.variable(tf.zeros([CHANNELS]))],
        ]),
      ),
    run(inputs, weights) {
      return DILATIONS.reduce(
        (x, dilation, i) => {
          const before = (KERNEL - 1) * dilation * STREAMS;
          const padded = tf.pad(i === 0 ? x : tf.relu(x), [
            [before, 0],
            [0, 0],
          ]);
          const taps = Array.from({ length: KERNEL }, (_, tap) =>
            tf.slice(padded, [tap * dilation * STREAMS, 0], [STEPS * STREAMS, CHANNELS]),
          );
          return linear(tf.concat(taps, 1), weights[`taps${i}`], weights[`bias${i}`]);
        },
        lookup(tf.concat(inputs, 0), weights.embedding),
      );
    },
  },
};

/** Forward, backward, clipping and Adam. @returns the loss */
function step(network, weights, optimizer, inputs, targets) {
  return tf.tidy(() => {
    const { value, grads } = tf.variableGrads(() => {
      const rows = network.run(inputs, weights);
      return tf.losses.softmaxCrossEntropy(targets, linear(rows, weights.output, weights.outputBias));
    }, Object.values(weights));
    const norm = tf.sqrt(tf.addN(Object.values(grads).map((gradient) => tf.sum(tf.square(gradient)))));
    const scale = tf.minimum(1, tf.div(MAX_NORM, tf.add(norm, 1e-6)));
    optimizer.applyGradients(
      Object.fromEntries(Object.entries(grads).map(([name, each]) => [name, tf.mul(each, scale)])),
    );
    return value.dataSync()[0];
  });
}

async function measureStep(cell) {
  setWasmPaths(new URL('.', import.meta.resolve('@tensorflow/tfjs-backend-wasm')).pathname);
  await tf.setBackend('wasm');
  const network = networks[cell];
  const weights = parameters(network.weights);
  const optimizer = tf.train.adam(LEARNING_RATE);
  // A token for each step of each stream, and the one behind it; the batch stays the same.
  const tokens = tf.randomUniform([STEPS + 1, STREAMS], 0, VOCABULARY, 'int32', 8);
  const rows = tf.tidy(() => tf.unstack(tf.cast(tf.oneHot(tokens, VOCABULARY), 'float32')));
  const inputs = rows.slice(0, -1);
  const targets = tf.concat(rows.slice(1), 0);
  const times = [];
  let loss;
  for (let run = 0; run <= RUNS; run++) {
    const started = performance.now();
    loss = step(network, weights, optimizer, inputs, targets);
    if (run > 0) times.push(performance.now() - started);
  }
  for (const tensor of [...Object.values(weights), tokens, targets, ...rows]) tensor.dispose();
  optimizer.dispose();
  return { ms: median(times), loss };
}

export const gruStepMs = async () => (await measureStep('gru')).ms;
export const tcnStepMs = async () => (await measureStep('tcn')).ms;

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [task, cell] = process.argv.slice(2);
  if (task !== 'step' || networks[cell] === undefined) {
    console.error('node bench/tfjs-peer.mjs step gru|tcn');
    process.exit(2);
  }
  const result = await measureStep(cell);
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  const threads = await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT');
  console.log(
    JSON.stringify({ task, cell, tfjs: tf.version_core, backend: tf.getBackend(), simd, threads, ...result }),
  );
}
