// How many packets a second models sample, in one process and one thread, without writing them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadModelFile } from '../dist/src/model-files/load-model.js';
import { randomStream } from '../dist/src/random.js';
import { measure, printTable, rate, synth } from './measure.mjs';

const PACKETS = 5_000_000;
const RUNS = 5;
const MODELS = {
  hmm: ['--model', 'hmm'],
  markov: ['--model', 'markov'],
  'markov, gmm tokens': ['--model', 'markov', '--quantizer', 'gmm'],
};

export async function run() {
  const folder = mkdtempSync(join(tmpdir(), 'synth-bench-'));
  try {
    const capture =
      process.env.SYNTH_BENCH_CAPTURE ?? fileURLToPath(new URL('../fixtures/doorbell/doorbell.pcap', import.meta.url));
    const target = process.env.SYNTH_BENCH_FLOW ? ['--flow', process.env.SYNTH_BENCH_FLOW] : [];
    const rows = [];
    for (const [name, flags] of Object.entries(MODELS)) {
      const file = join(folder, 'model.safetensors');
      await measure([[...synth, 'train', capture, ...target, ...flags, '--out', file, '--force']], 0);
      const { model } = await loadModelFile(file);
      const times = Array.from({ length: RUNS + 1 }, (_, run) => timeSampling(model, run)).slice(1);
      rows.push([name, rate(PACKETS, times.toSorted((a, b) => a - b)[Math.floor(RUNS / 2)])]);
    }
    printTable(`sample: ${PACKETS / 1e6} M packets`, ['model', 'packets/s'], rows, 'medians, in one process');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function timeSampling(model, run) {
  const started = performance.now();
  let packets = 0;
  const limit = { packets: PACKETS, durationNs: Number.POSITIVE_INFINITY };
  for (const block of model.sample(randomStream(String(run), 'packets'), limit)) packets += block.length;
  if (packets !== PACKETS) throw new Error(`${packets} packets were sampled`);
  return (performance.now() - started) / 1000;
}
