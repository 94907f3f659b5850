// Sending on time and at top speed beside tcpreplay: the same files, the same pair of interfaces, in turn in the same run. Needs root, for network
// namespaces. What arrives is judged by tcpdump in the other namespace, with timestamps of the kernel in ns.
//
// SYNTH_BENCH_CAPTURE: a capture whose own times are replayed at fivefold speed; without it the embedded one, at thirtyfold.
// SYNTH_BENCH_MINUTES: so long at 5000 packets a second, for drift and memory; 0 leaves it out.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { captureInput } from '../dist/src/capture/capture-file.js';
import { readCaptures } from '../dist/src/capture/read-captures.js';
import { ksStatistic } from '../dist/src/statistics/ks.js';
import { makeCapture } from './make-capture.mjs';
import { isInstalled, median, printTable, synth } from './measure.mjs';
import { arrivedPackets, capture, makeWire } from './namespaces.mjs';

const TOP_PACKETS = 1_000_000;
const TOP_ROUNDS = Number(process.env.SYNTH_BENCH_ROUNDS ?? 5);
const TIMED_ROUNDS = Number(process.env.SYNTH_BENCH_ROUNDS ?? 3);
const RATES = [
  { pps: 1000, packets: 5000 },
  { pps: 10_000, packets: 50_000 },
  { pps: 50_000, packets: 250_000 },
];
const own = process.env.SYNTH_BENCH_CAPTURE
  ? { path: process.env.SYNTH_BENCH_CAPTURE, speed: 5 }
  : { path: new URL('../fixtures/doorbell/doorbell.pcap', import.meta.url).pathname, speed: 30 };
const minutes = Number(process.env.SYNTH_BENCH_MINUTES ?? 10);

const microseconds = (ns) => `${(ns / 1e3).toFixed(ns < 1e6 ? 1 : 0)} µs`;
const thousands = (pps) => `${Math.round(pps / 1e3)} k/s`;

/** Times of the packets of a capture since the first, in ns. */
async function offsets(path) {
  const times = [];
  let first;
  await readCaptures([captureInput(path)], ({ seconds, nanoseconds }) => {
    first ??= { seconds, nanoseconds };
    times.push((seconds - first.seconds) * 1e9 + nanoseconds - first.nanoseconds);
  });
  return Float64Array.from(times);
}

const gaps = (times) => times.slice(1).map((time, i) => time - times[i]);

function judge(planned, arrived) {
  if (planned.length !== arrived.length)
    throw new Error(`${planned.length} packets planned, ${arrived.length} arrived`);
  const late = arrived.map((time, i) => Math.abs(time - planned[i])).sort();
  return {
    p50: late[Math.floor(late.length / 2)],
    p99: late[Math.floor(late.length * 0.99)],
    max: late.at(-1),
    end: arrived.at(-1) - planned.at(-1),
    span: planned.at(-1),
    ks: ksStatistic(gaps(planned), gaps(arrived)),
  };
}

function execute([program, ...args]) {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 26 });
}

async function topSpeed(wire, file) {
  const senders = [
    ['synth emit --topspeed', [...synth, 'emit', file, '--interface', wire.nearInterface, '--topspeed', '--json']],
    ['tcpreplay --topspeed -K', ['tcpreplay', '--topspeed', '-K', '-i', wire.nearInterface, file]],
  ];
  const rates = senders.map(() => []);
  for (let round = 0; round < TOP_ROUNDS; round++) {
    senders.forEach(([, command], i) => {
      const before = arrivedPackets(wire);
      const said = execute(wire.inNear(command));
      const arrived = arrivedPackets(wire) - before;
      if (arrived !== TOP_PACKETS) throw new Error(`${arrived} of ${TOP_PACKETS} packets have arrived`);
      const [, pps] = /Rated: .* (\d+(?:\.\d+)?) pps/.exec(said) ?? [];
      rates[i].push(pps === undefined ? JSON.parse(said).sent.ratePps : Number(pps));
    });
  }
  const [ours, theirs] = rates.map(median);
  printTable(
    `emit: top speed, ${TOP_PACKETS / 1e6} M small frames into a veth pair`,
    ['', 'packets/s', 'of each round', 'ratio'],
    senders.map(([name], i) => [
      name,
      thousands(median(rates[i])),
      rates[i].map(thousands).join(', '),
      i === 0 ? (ours / theirs).toFixed(2) : '',
    ]),
    'rates as the sender says them, arrivals by the count of the interface',
  );
}

async function timing(wire, folder) {
  const rows = [];
  const captured = join(folder, 'arrived.pcap');
  const round = async (planned, command) => {
    await capture(wire, captured, [], async () => void execute(wire.inNear(command)));
    return judge(planned, await offsets(captured));
  };
  const several = async (name, what, planned, command) => {
    const rounds = [];
    for (let i = 0; i < TIMED_ROUNDS; i++) rounds.push(await round(planned, command));
    const of = (field) => median(rounds.map((one) => one[field]));
    const duration = Math.abs(of('end') / of('span')) * 100;
    rows.push([
      what,
      name,
      microseconds(of('p50')),
      microseconds(of('p99')),
      microseconds(of('max')),
      microseconds(of('end')),
      `${duration.toFixed(4)} %`,
      of('ks').toFixed(3),
    ]);
  };
  const emit = (path, precision, ...flags) => [
    ...synth,
    'emit',
    path,
    '--interface',
    wire.nearInterface,
    '--precision',
    precision,
    ...flags,
  ];
  const tcpreplay = (path, ...flags) => ['tcpreplay', '-K', '-i', wire.nearInterface, ...flags, path];
  for (const { pps, packets } of RATES) {
    const path = join(folder, `${pps}.pcap`);
    makeCapture(path, packets);
    const planned = Float64Array.from({ length: packets }, (_, i) => (i * 1e9) / pps);
    const what = `${pps / 1e3} k packets/s`;
    await several('synth spin', what, planned, emit(path, 'spin', '--pps', pps));
    await several('synth fine', what, planned, emit(path, 'fine', '--pps', pps));
    await several('tcpreplay', what, planned, tcpreplay(path, `--pps=${pps}`));
  }
  const planned = (await offsets(own.path)).map((ns) => ns / own.speed);
  const what = `own times × ${own.speed}`;
  await several('synth spin', what, planned, emit(own.path, 'spin', '--speed', `${own.speed}x`));
  await several('synth fine', what, planned, emit(own.path, 'fine', '--speed', `${own.speed}x`));
  await several('synth coarse', what, planned, emit(own.path, 'coarse', '--speed', `${own.speed}x`));
  await several('tcpreplay', what, planned, tcpreplay(own.path, `--multiplier=${own.speed}`));
  await several(
    'tcpreplay --timer=nano',
    what,
    planned,
    tcpreplay(own.path, `--multiplier=${own.speed}`, '--timer=nano'),
  );
  printTable(
    'emit: arrival minus plan, both from the first packet',
    ['', '', 'p50', 'p99', 'max', 'at the end', 'of the duration', 'KS of gaps'],
    rows,
    `medians of ${TIMED_ROUNDS} rounds`,
  );
}

async function unprivileged() {
  const receiver = spawn(
    'python3',
    [
      '-c',
      'import socket,sys\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\ns.bind(("127.0.0.1",0))\nprint(s.getsockname()[1],flush=True)\nsys.stdin.read()',
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const port = await new Promise((resolve) => receiver.stdout.once('data', (chunk) => resolve(Number(chunk))));
  const folder = mkdtempSync(join(tmpdir(), 'synth-bench-'));
  try {
    execute(['chmod', '755', folder]);
    const file = join(folder, 'flow.pcap');
    makeCapture(file, 1_000_000, true);
    const flags = ['--flow', 'UDP 10.0.0.7:40007 10.1.0.7:5007', '--direction', 'both', '--topspeed', '--json'];
    const command = [...synth, 'emit', file, '--to', `udp://127.0.0.1:${port}`, ...flags];
    const rates = [];
    for (let i = 0; i < TOP_ROUNDS; i++)
      rates.push(
        JSON.parse(execute(['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', ...command])).sent.ratePps,
      );
    printTable(
      'emit: UDP on loopback, as a user without privileges',
      ['', 'packets/s', 'of each round'],
      [['synth emit --to udp:// --topspeed', thousands(median(rates)), rates.map(thousands).join(', ')]],
      'nobody reads the socket',
    );
  } finally {
    receiver.stdin.end();
    rmSync(folder, { recursive: true });
  }
}

/** Resident memory of a process now, in bytes. */
function residentBytes(pid) {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

async function long(wire, folder) {
  const pps = 5000;
  const packets = minutes * 60 * pps;
  const path = join(folder, 'second.pcap');
  makeCapture(path, pps);
  const captured = join(folder, 'arrived.pcap');
  const memory = [];
  await capture(wire, captured, [], async () => {
    const flags = ['--interface', wire.nearInterface, '--pps', pps, '--loop', minutes * 60, '--precision', 'fine'];
    const [program, ...args] = wire.inNear([...synth, 'emit', path, ...flags]);
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    const timer = setInterval(() => memory.push(residentBytes(child.pid)), 10_000);
    const code = await new Promise((resolve) => child.on('close', resolve));
    clearInterval(timer);
    if (code !== 0) throw new Error(`synth emit ended with ${code}`);
  });
  const planned = Float64Array.from({ length: packets }, (_, i) => (i * 1e9) / pps);
  const { p50, p99, max, end } = judge(planned, await offsets(captured));
  const mib = (bytes) => `${Math.round(bytes / 2 ** 20)} MiB`;
  printTable(
    `emit: ${minutes} minutes at ${pps} packets/s`,
    ['packets', 'p50', 'p99', 'max', 'late at the end', 'memory after a minute', 'memory at the end'],
    [
      [
        packets,
        microseconds(p50),
        microseconds(p99),
        microseconds(max),
        microseconds(end),
        mib(memory[5] ?? memory[0]),
        mib(memory.at(-1)),
      ],
    ],
    'arrival minus plan, both from the first packet',
  );
}

export async function run() {
  if (process.getuid() !== 0 || !isInstalled('tcpreplay') || !isInstalled('tcpdump')) {
    console.error('emit: needs root (network namespaces), tcpreplay and tcpdump; left out');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'synth-bench-'));
  const wire = makeWire();
  try {
    const file = join(folder, 'top.pcap');
    makeCapture(file, TOP_PACKETS);
    await topSpeed(wire, file);
    await unprivileged();
    await timing(wire, folder);
    if (minutes > 0) await long(wire, folder);
  } finally {
    wire.remove();
    rmSync(folder, { recursive: true });
  }
}
