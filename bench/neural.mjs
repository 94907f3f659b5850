// Networks: one step of training beside PyTorch and TensorFlow.js, then the whole job on a capture beside the reference estimator's.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cellKinds } from '../dist/models/neural/cells.js';
import { initialParameters } from '../dist/models/neural/initialize.js';
import { Optimizer, startOf } from '../dist/models/neural/optimizer.js';
import { pairsOf, trainingWindow } from '../dist/models/neural/token-windows.js';
import { WindowPool } from '../dist/models/neural/window-pool.js';
import { sliceSeries } from '../dist/src/packets/packet-series.js';
import { randomStream } from '../dist/src/random.js';
import { loadSeries } from '../dist/src/series/load.js';
import { parseFlow } from '../dist/src/series/target.js';
import { train } from '../dist/src/training/train.js';
import { median, printTable } from './measure.mjs';

const PEER = fileURLToPath(new URL('torch-peer.py', import.meta.url));
const PYTHONS = ['python3', '/usr/bin/python3'];
const CELLS = { rnn: 'gru', tcn: 'tcn' };
const WORDS = {
  rnn: 'one layer of 64 units',
  tcn: 'three convolutions of 64 channels and 3 taps; synth has four, in two residual blocks with weight normalization',
};

const STREAMS = 64;
const STEPS = 64;
const VOCABULARY = 64;
/** Streams that one thread takes at once, as in training. */
const SLOT_STREAMS = 8;
const STEP_RUNS = 40;

const milliseconds = (value) => `${value.toFixed(1)} ms`;
const microseconds = (value) => `${value.toFixed(1)} µs`;
const times = (value) => value.toFixed(1);

/** A Python that has torch, if there is one. */
const torchPython = () => PYTHONS.find((python) => spawnSync(python, [PEER, '--check']).status === 0);

function askPeer(program, ...args) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

/** Forward, backward, clipping and Adam, of a batch that stays the same: the median in ms. */
async function measureStep(cell, threads) {
  const architecture = {
    cell,
    vocabulary: VOCABULARY,
    embedding: 64,
    hidden: 64,
    layers: cell === 'gru' ? 1 : 2,
    kernelSize: cell === 'gru' ? 1 : 3,
    dropout: 0,
  };
  const random = randomStream('bench', cell);
  const counts = new Float64Array(VOCABULARY).fill(1);
  const optimizer = new Optimizer(architecture, startOf(initialParameters(architecture, counts, random, Math.log)));
  const tokens = Int32Array.from({ length: STREAMS * STEPS }, () => Math.floor(random.next() * VOCABULARY));
  const pairs = pairsOf(tokens, VOCABULARY);
  const plan = { pairs, streams: STREAMS, steps: STEPS, start: VOCABULARY, stateless: cell === 'tcn' };
  const slots = STREAMS / SLOT_STREAMS;
  const pool = WindowPool.create(architecture, { rows: SLOT_STREAMS * STEPS, streams: SLOT_STREAMS }, slots, threads);
  const state = SLOT_STREAMS * cellKinds[cell].stateOf(architecture);
  const windows = Array.from({ length: slots }, (_, slot) => ({
    window: trainingWindow(plan, 0, 0, slot * SLOT_STREAMS, SLOT_STREAMS),
    state: new Float32Array(state),
    seed: undefined,
  }));
  const measured = [];
  try {
    for (let run = 0; run < STEP_RUNS + 5; run++) {
      const started = performance.now();
      pool.setWeights(optimizer.weights());
      const { gradients } = await pool.train(windows, 1 / tokens.length);
      optimizer.step(gradients, 1e-3, 1);
      if (run >= 5) measured.push(performance.now() - started);
    }
  } finally {
    await pool.close();
  }
  return median(measured);
}

async function stepTable(kind, python) {
  const cell = CELLS[kind];
  const own = await measureStep(cell, 2);
  const rows = [
    ['synth, 2 threads', milliseconds(own), ''],
    ['synth, 1 thread', milliseconds(await measureStep(cell, 1)), ''],
  ];
  if (python !== undefined) {
    const { torch, threads, ms } = askPeer(python, PEER, 'step', cell);
    rows.push([`PyTorch ${torch}, ${threads} threads`, milliseconds(ms), times(ms / own)]);
  }
  const { tfjs, ms } = askPeer(
    process.execPath,
    fileURLToPath(new URL('tfjs-peer.mjs', import.meta.url)),
    'step',
    cell,
  );
  rows.push([`TensorFlow.js ${tfjs}, wasm with SIMD`, milliseconds(ms), times(ms / own)]);
  const title = `${kind}: a step of training, ${STREAMS} streams × ${STEPS} steps, ${VOCABULARY} tokens, ${WORDS[kind]}`;
  printTable(title, ['', 'time', 'times as long as synth on 2 threads'], rows, 'medians');
}

const PACKETS = 100_000;
const DEVICES = 64;

/** Microseconds per packet: of one device, and of 64 side by side. */
function measureSampling(model) {
  const limit = (packets) => ({ packets, durationNs: Number.POSITIVE_INFINITY });
  const one = () => {
    const started = performance.now();
    let packets = 0;
    for (const block of model.sample(randomStream('bench', 'one'), limit(PACKETS))) packets += block.length;
    return ((performance.now() - started) * 1e3) / packets;
  };
  const many = () => {
    const randoms = Array.from({ length: DEVICES }, (_, i) => randomStream('bench', `device-${i}`));
    const started = performance.now();
    let packets = 0;
    for (const round of model.sampleMany(randoms, limit(Math.ceil((2 * PACKETS) / DEVICES)))) {
      for (const block of round) packets += block?.length ?? 0;
    }
    return ((performance.now() - started) * 1e3) / packets;
  };
  const measured = (run) => median(Array.from({ length: 6 }, run).slice(1));
  return { one: measured(one), many: measured(many) };
}

async function jobTable(kind, python) {
  const capture =
    process.env.SYNTH_BENCH_CAPTURE ?? fileURLToPath(new URL('../fixtures/doorbell/doorbell.pcap', import.meta.url));
  const flow = process.env.SYNTH_BENCH_FLOW;
  const { series, target } = await loadSeries([capture], flow === undefined ? undefined : parseFlow(flow));
  const options = { kind, holdout: 1 / 3, keepAddresses: false, payloadOnly: false };
  const seconds = [];
  let model;
  for (let run = 0; run < 5; run++) {
    const started = performance.now();
    ({ model } = await train(series, target, options));
    seconds.push((performance.now() - started) / 1e3);
  }
  const { epochs, bestEpoch, parameters, vocabulary, trainingTokens, validationTokens } = model.summary;
  const { one, many } = measureSampling(model);
  const own = median(seconds);
  const nats = epochs[bestEpoch - 1].validation;
  const row = (name, time, loss, sample, each) => [name, `${time.toFixed(2)} s`, loss.toFixed(3), sample, each];
  const rows = [row('synth, mixtures included', own, nats, microseconds(one), microseconds(many))];
  if (python !== undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'synth-bench-'));
    try {
      const file = join(folder, 'tokens');
      const part = sliceSeries(series[0], 0, Math.floor((series[0].length * 2) / 3));
      writeFileSync(file, model.parts.quantizer.encode(part));
      const peer = askPeer(python, PEER, 'reference', CELLS[kind], file);
      const { trainSeconds, validationNatsFullWindow, sampleSecondsPerPacket } = peer;
      const sample = microseconds(sampleSecondsPerPacket * 1e6);
      rows.push(row(`reference, PyTorch ${peer.torch}`, trainSeconds, validationNatsFullWindow, sample, ''));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  printTable(
    `${kind}: the whole job; ${trainingTokens + validationTokens} tokens of ${vocabulary}, ${parameters} parameters`,
    ['', 'training', 'validation, nats per token', 'sampling a packet', `of ${DEVICES} devices`],
    rows,
    'medians, in one process',
  );
}

export async function neuralTables(kind) {
  const python = torchPython();
  if (python === undefined) console.log('\nPython has no torch here: PyTorch is left out.');
  await stepTable(kind, python);
  await jobTable(kind, python);
}
