// How like those of a capture the conversations of generated captures are: their number, the share of the largest, how long they live and how
// much they carry, all as tshark sees them. Not a matter of time: the table of docs/conversations.md is made of such rows.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { decodeModelFile, encodeModelFile } from '../dist/src/model-files/model-file.js';
import { loadSeries } from '../dist/src/series/load.js';
import { formatTarget, parseDevice } from '../dist/src/series/target.js';
import { ksStatistic } from '../dist/src/statistics/ks.js';
import { generate } from '../dist/src/synthesis/generate.js';
import { identityOf } from '../dist/src/synthesis/identity.js';
import { train } from '../dist/src/training/train.js';
import { isInstalled, printTable } from './measure.mjs';

/** The embedded capture, and the device that it is of. */
const embedded = {
  capture: fileURLToPath(new URL('../fixtures/doorbell/doorbell.pcap', import.meta.url)),
  device: '02:00:00:00:00:17',
};

/** Fewer connections have no distribution, neither in the first two thirds of a capture nor in the last. */
const MIN_CONNECTIONS = 4;
const LARGEST = 5;
const PROTOCOLS = ['tcp', 'udp'];

export async function run() {
  if (!isInstalled('tshark')) {
    console.error('conversations: tshark is not installed');
    return;
  }
  const { SYNTH_BENCH_CAPTURE: chosen, SYNTH_BENCH_DEVICE: chosenDevice } = process.env;
  const capture = chosen ?? embedded.capture;
  const device = chosenDevice ?? (chosen === undefined ? embedded.device : undefined);
  const kinds = (process.env.SYNTH_BENCH_KINDS ?? 'markov,hmm').split(',');
  const loaded = await loadSeries([capture], device === undefined ? undefined : parseDevice(device));
  const real = await conversationsOf(capture, filterOf(loaded.target));
  const folder = mkdtempSync(join(tmpdir(), 'synth-bench-'));
  try {
    const rows = [];
    for (const kind of kinds) {
      const file = await modelFile(kind, loaded);
      const name = basename(capture);
      // What the assignment alone changes: the packets of the capture itself are given to conversations.
      const itself = { kind: 'itself', sample: () => loaded.series };
      if (rows.length === 0) rows.push(await row(`${name}, itself`, { ...file, model: itself }, loaded, real, folder));
      rows.push(await row(`${name}, ${kind}`, file, loaded, real, folder));
    }
    const quantities = PROTOCOLS.flatMap((protocol) =>
      ['life', 'bytes'].map((what) => `${protocol} ${what}: KS, floor`),
    );
    const head = ['', ...PROTOCOLS, 'top five', ...quantities, 'forced frames', 'findings'];
    printTable('conversations: generated / real', head, rows, `${formatTarget(loaded.target)}, seed 1`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function modelFile(kind, { series, target }) {
  const made = await train(series, target, { kind, holdout: 0, keepAddresses: false, payloadOnly: false });
  return decodeModelFile('model', encodeModelFile(made));
}

async function row(name, file, { series }, real, folder) {
  const out = join(folder, `${file.model.kind}.pcapng`);
  const written = await generate(file, {
    out,
    format: 'pcapng',
    force: false,
    seed: '1',
    limit: { packets: file.training.packets, durationNs: Number.POSITIVE_INFINITY },
    startNs: series[0].startNs,
    identity: identityOf(file.profile, {}),
    devices: 1,
    payload: 'protocol',
    strictSizes: false,
    mtu: Number.POSITIVE_INFINITY,
    oversize: 'fragment',
    inputs: [],
  });
  const synthetic = await conversationsOf(out, 'ip or ipv6');
  const counts = PROTOCOLS.map((protocol) => `${of(synthetic, protocol).length} / ${of(real, protocol).length}`);
  const distances = PROTOCOLS.flatMap((protocol) =>
    ['life', 'bytes'].map((quantity) => distance(of(synthetic, protocol), of(real, protocol), quantity)),
  );
  const shares = `${percent(largestShare(synthetic))} / ${percent(largestShare(real))}`;
  return [name, ...counts, shares, ...distances, String(written.forcedFrames), String(await findings(out))];
}

const of = (conversations, protocol) => conversations.filter((one) => one.protocol === protocol);
const percent = (share) => `${Math.round(100 * share)} %`;

function largestShare(conversations) {
  const bytes = conversations.map((one) => one.bytes).sort((a, b) => b - a);
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  return sum(bytes.slice(0, LARGEST)) / sum(bytes);
}

/** KS between both, and between the real connections that begin first and those that begin last: what time alone changes. */
function distance(synthetic, real, quantity) {
  const values = (conversations) => Float64Array.from(conversations, (one) => one[quantity]);
  const cut = Math.floor((real.length * 2) / 3);
  if (synthetic.length < MIN_CONNECTIONS || real.length < MIN_CONNECTIONS) return '–';
  const all = ksStatistic(values(synthetic), values(real)).toFixed(2);
  if (real.length - cut < MIN_CONNECTIONS) return `${all}, –`;
  const byStart = real.toSorted((a, b) => a.first - b.first);
  return `${all}, ${ksStatistic(values(byStart.slice(0, cut)), values(byStart.slice(cut))).toFixed(2)}`;
}

/** A display filter for the packets of a device. */
function filterOf({ address: { family, bytes } }) {
  if (family === 'mac') return `eth.addr == ${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}`;
  if (family === 'ipv4') return `ip.addr == ${bytes.join('.')}`;
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] << 8) | bytes[2 * i + 1]).toString(16));
  return `ipv6.addr == ${groups.join(':')}`;
}

/** Lines that tshark prints. */
async function* tshark(args) {
  const child = spawn('tshark', ['-n', ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  yield* createInterface({ input: child.stdout });
}

/** Conversations of TCP and UDP: when they begin, how long they live in seconds, and the bytes of their IP packets. */
async function conversationsOf(file, filter) {
  const fields = ['tcp.stream', 'udp.stream', 'frame.time_epoch', 'ip.len', 'ipv6.plen'].flatMap((name) => [
    '-e',
    name,
  ]);
  const lines = tshark([
    ...['-r', file, '-Y', `(${filter}) && (tcp || udp) && !icmp && !icmpv6`],
    ...['-o', 'ip.defragment:FALSE', '-o', 'ipv6.defragment:FALSE', '-T', 'fields', '-E', 'occurrence=f', ...fields],
  ]);
  const conversations = new Map();
  for await (const line of lines) {
    const [tcp, udp, time, length4, length6] = line.split('\t');
    const protocol = tcp === '' ? 'udp' : 'tcp';
    const key = `${protocol} ${tcp || udp}`;
    const first = Number(time);
    if (!conversations.has(key)) conversations.set(key, { protocol, first, life: 0, bytes: 0 });
    const conversation = conversations.get(key);
    conversation.life = Number(time) - conversation.first;
    conversation.bytes += length4 === '' ? Number(length6) + 40 : Number(length4);
  }
  return [...conversations.values()];
}

/** How many packets tshark finds something wrong with. */
async function findings(file) {
  const checks = ['ip', 'tcp', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);
  const wrong = ['ip', 'tcp', 'udp', 'icmp', 'icmpv6', 'igmp'].map((protocol) => `${protocol}.checksum.status==0`);
  const filter = ['_ws.malformed', 'tcp.analysis.flags', ...wrong].join(' || ');
  let count = 0;
  for await (const _ of tshark(['-r', file, ...checks, '-Y', filter])) count++;
  return count;
}
