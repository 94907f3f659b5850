// Distances of two samples beside scipy's on the same arrays, without reading them; then whole evaluations of captures.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomStream } from '../dist/src/random.js';
import { measure, mebibytes, median, printTable, seconds, synth } from './measure.mjs';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const capture = path('../fixtures/doorbell/doorbell.pcap');
const device = ['--device', '192.0.2.1'];
const RUNS = 5;

export async function run() {
  const folder = mkdtempSync(join(tmpdir(), 'synth-bench-'));
  try {
    distances(folder);
    await captures(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Exponential gaps in whole nanoseconds, 1 ms on average; the second sample a tenth longer. */
function sample(count, scale, seed) {
  const random = randomStream(seed, 'gaps');
  return Float64Array.from({ length: count }, () => Math.round(-Math.log(1 - random.next()) * scale));
}

function distances(folder) {
  // Whichever Python has it; Debian's packages belong to Debian's.
  const pythons = ['python3', '/usr/bin/python3'].filter(
    (python) => spawnSync(python, [path('./distances.py'), '--check']).status === 0,
  );
  if (pythons.length === 0) console.error('scipy is not installed: its columns are missing');
  const rows = [];
  for (const count of [1e5, 1e6, 1e7]) {
    const files = [1e6, 1.1e6].map((scale, i) => {
      const file = join(folder, `sample-${i}`);
      writeFileSync(file, new Uint8Array(sample(count, scale, String(i)).buffer));
      return file;
    });
    const commands = [
      [process.execPath, path('./distances.mjs')],
      ...pythons.map((python) => [python, path('./distances.py')]),
    ];
    const times = commands.map(() => [[], []]);
    for (let round = 0; round < RUNS; round++) {
      const found = commands.map(([program, script], at) => timesOf(program, [script, ...files], times[at]));
      for (const values of found) requireEqual(values, found[0]);
    }
    for (const [at, name] of ['KS', 'EMD'].entries()) {
      const [ours, ...theirs] = times.map((each) => median(each[at]));
      rows.push([
        `${name}, 2 × ${count / 1e6} M`,
        `${ours.toFixed(3)} s`,
        ...theirs.flatMap((their) => [`${their.toFixed(3)} s`, (their / ours).toFixed(2)]),
      ]);
    }
  }
  const peers = pythons.map((python) =>
    spawnSync(python, [path('./distances.py'), '--check'], { encoding: 'utf8' }).stdout.trim(),
  );
  const head = ['', 'synth', ...peers.flatMap((peer) => [peer, 'synth is faster by'])];
  printTable('evaluate: distances of two samples', head, rows, `medians of ${RUNS}, in turn, sorting included`);
}

/** Runs a program that prints a time and a value for each distance. @returns the values */
function timesOf(program, args, times) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr}`);
  const lines = stdout.trim().split('\n');
  return lines.map((line, at) => {
    const [time, value] = line.split(' ').map(Number);
    times[at].push(time);
    return value;
  });
}

function requireEqual(values, expected) {
  for (const [at, value] of values.entries()) {
    if (Math.abs(value - expected[at]) > 1e-9 * expected[at]) throw new Error(`${value} is not ${expected[at]}`);
  }
}

async function captures(folder) {
  const file = (name) => join(folder, name);
  const model = file('model.safetensors');
  await measure([[...synth, 'train', capture, '--out', model, '--force']], 1);
  const rows = [];
  for (const packets of [1e5, 1e6, 1e7]) {
    const [real, fake] = ['1', '2'].map((seed) => file(`${seed}.pcap`));
    for (const [seed, out] of [
      ['1', real],
      ['2', fake],
    ]) {
      await measure(
        [[...synth, 'generate', model, '--packets', String(packets), '--seed', seed, '--out', out, '--force']],
        0,
      );
    }
    const evaluate = [...synth, 'evaluate', real, fake, ...device, '--seed', '1'];
    const [plain, report] = await measure(
      [evaluate, [...evaluate, '--report', file('report.html'), '--force']],
      packets > 1e6 ? 1 : 3,
    );
    for (const [name, result] of [
      ['', plain],
      [`, report of ${Math.round(statSync(file('report.html')).size / 1000)} kB`, report],
    ]) {
      rows.push([`2 × ${packets / 1e6} M packets${name}`, seconds(result.seconds), mebibytes(result.peakBytes)]);
    }
  }
  printTable('evaluate: whole captures, all metrics', ['', 'time', 'peak memory'], rows);
}
