// What arrives beside what a model says of itself: device and peer of a flow on two hosts, captured between them by tcpdump; and a thousand devices
// into one sink, whose series are judged each for itself. Needs root, for network namespaces.
//
// SYNTH_BENCH_CAPTURE and SYNTH_BENCH_FLOW: a capture and a UDP flow in it; without them the embedded ones.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isInstalled, median, printTable, synth } from './measure.mjs';
import { capture, makeWire } from './namespaces.mjs';

const path = process.env.SYNTH_BENCH_CAPTURE ?? new URL('../fixtures/doorbell/doorbell.pcap', import.meta.url).pathname;
const flow = process.env.SYNTH_BENCH_FLOW ?? 'UDP 10.77.0.17:40004 10.77.0.1:5004';
const SEED = '1';
const DEVICES = 1000;
const JUDGED = 9;
const SECONDS = 60;

const execute = ([program, ...args]) =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 28 });
const json = (command) => JSON.parse(execute([...command, '--json']));

/** Starts a sink; resolves when it listens, with what resolves when it has ended. */
async function startSink([program, ...args]) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
  });
  const ended = new Promise((resolve) => child.on('close', () => resolve(JSON.parse(said))));
  await new Promise((resolve) => child.stderr.on('data', (chunk) => String(chunk).includes('Listening') && resolve()));
  return { ended };
}

const judge = (real, synthetic, ...flags) => json([...synth, 'evaluate', real, synthetic, ...flags, '--seed', SEED]);

async function dialogue(folder) {
  const file = (name) => join(folder, name);
  const model = file('flow.safetensors');
  execute([...synth, 'train', path, '--flow', flow, '--holdout', '1/3', '--out', model]);
  execute([...synth, 'generate', model, '--seed', SEED, '--out', file('generated.pcapng')]);
  const wire = makeWire();
  try {
    await capture(wire, file('wire.pcap'), ['udp'], async () => {
      const sink = await startSink(
        wire.inFar([
          ...synth,
          'sink',
          '-l',
          'udp://10.99.0.2:5004',
          '--model',
          model,
          '--reply',
          '--seed',
          SEED,
          '--idle',
          '20s',
          '--precision',
          'spin',
          '--json',
        ]),
      );
      execute(
        wire.inNear([
          ...synth,
          'emit',
          model,
          '--to',
          'udp://10.99.0.2:5004',
          '--bind',
          '10.99.0.1:40004',
          '--seed',
          SEED,
          '--precision',
          'spin',
          '--limit',
          String(outboundPackets(model)),
        ]),
      );
      await sink.ended;
    });
  } finally {
    wire.remove();
  }
  const generated = judge(path, file('generated.pcapng'), '--flow', flow);
  // The wire has other addresses than the real flow: as a table there are none.
  execute([
    ...synth,
    'extract',
    file('wire.pcap'),
    '--flow',
    'UDP 10.99.0.1:40004 10.99.0.2:5004',
    '--out',
    file('wire.csv'),
  ]);
  const played = judge(path, file('wire.csv'), '--flow', flow);
  return [
    ['the generated file', generated.score, generated.meanExcess],
    ['the dialogue on the wire', played.score, played.meanExcess],
  ];

  function outboundPackets(of) {
    return json([...synth, 'generate', of, '--seed', SEED, '--out', file('drawn.csv')]).outboundPackets;
  }
}

/** One direction of the flow as a table, so that what a device sends can be judged by itself. */
function outboundTable(folder) {
  execute([...synth, 'extract', path, '--flow', flow, '--out', join(folder, 'flow.csv')]);
  const [head, ...rows] = readFileSync(join(folder, 'flow.csv'), 'utf8').trim().split('\n');
  const table = join(folder, 'outbound.csv');
  writeFileSync(table, `${[head, ...rows.filter((row) => row.split(',')[1] === 'out')].join('\n')}\n`);
  return table;
}

async function thousand(folder) {
  const real = outboundTable(folder);
  const model = join(folder, 'outbound.safetensors');
  execute([...synth, 'train', real, '--holdout', '1/3', '--out', model]);
  const own = judge(real, model, '--seeds', '5');
  const sink = await startSink([
    ...synth,
    'sink',
    '-l',
    'udp://127.0.0.1:45004',
    '--stamp',
    '--idle',
    '20s',
    '--out',
    join(folder, 'arrived.csv'),
    '--per-source',
    '--json',
  ]);
  const flags = ['--devices', DEVICES, '--duration', `${SECONDS}s`, '--spread', '1s', '--stamp', '--seed', SEED];
  const emission = json([...synth, 'emit', model, '--to', 'udp://127.0.0.1:45004', ...flags]);
  const { packets, dropped, stamp } = await sink.ended;
  const scores = [];
  for (let i = 1; i <= JUDGED; i++) scores.push(judge(real, join(folder, `arrived-${i * 100}.csv`)));
  const of = (field) => median(scores.map((one) => one[field]));
  const account = `${emission.sent.packets} sent, ${packets} arrived, ${stamp.lost} lost, ${stamp.duplicates} doubled, ${stamp.outOfOrder} out of order, ${dropped} dropped`;
  return [
    ['the model itself, outbound packets only', own.score, own.meanExcess],
    [`each of ${DEVICES} devices at one sink, median of ${JUDGED} (${account})`, of('score'), of('meanExcess')],
  ];
}

export async function run() {
  if (process.getuid() !== 0 || !isInstalled('tcpdump')) {
    console.error('fidelity: needs root (network namespaces) and tcpdump; left out');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'synth-bench-'));
  try {
    const rows = [...(await dialogue(folder)), ...(await thousand(folder))];
    printTable(
      'fidelity: what arrives, judged against the real flow',
      ['', 'score', 'mean excess'],
      rows.map(([name, score, excess]) => [name, score?.toFixed(1) ?? '–', excess?.toFixed(3) ?? '–']),
      'synth evaluate',
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
