// A fleet against mosquitto on the same machine: how fast ten thousand devices connect and what they take, whether every message arrives, how many
// messages a second go out at most, and what the broker is told beside what the model says.
//
// SYNTH_BENCH_MINUTES: how long ten thousand devices stay. SYNTH_BENCH_DEVICES: how many instead. SYNTH_BENCH_PARTS: some of connecting, publishing,
// fidelity and staying, with commas between.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import mqtt from 'mqtt';
import { isInstalled, median, printTable, synth } from './measure.mjs';
import { startMosquitto } from './mosquitto.mjs';

const DEVICES = Number(process.env.SYNTH_BENCH_DEVICES ?? 10_000);
const MINUTES = Number(process.env.SYNTH_BENCH_MINUTES ?? 10);
const ROUNDS = Number(process.env.SYNTH_BENCH_ROUNDS ?? 3);
const PARTS = (process.env.SYNTH_BENCH_PARTS ?? 'connecting,publishing,fidelity,staying').split(',');
const model = new URL('../examples/models/telemetry.safetensors', import.meta.url).pathname;
const embedded = new URL('../fixtures/doorbell/doorbell.pcap', import.meta.url).pathname;

const execute = ([program, ...args]) =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 28 });
const json = (command) => JSON.parse(execute([...command, '--json']));

/** Runs a scenario, given as what JSON makes of it. @returns what `--json` prints */
async function fleet(folder, scenario, ...flags) {
  const path = join(folder, 'scenario.json');
  writeFileSync(path, JSON.stringify(scenario));
  const [program, ...args] = [...synth, 'fleet', 'run', path, '--seed', '1', '--json', ...flags];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
  });
  await once(child, 'close');
  return JSON.parse(said);
}

/** Counts what a subscriber gets, and what the broker says of itself. */
async function watch(broker, topic) {
  const client = await mqtt.connectAsync(broker.url);
  const seen = { messages: 0, received: undefined };
  client.on('message', (name, payload) => {
    if (name === '$SYS/broker/publish/messages/received') seen.received = Number(payload.toString());
    else seen.messages++;
  });
  await client.subscribeAsync(topic, { qos: 1 });
  await client.subscribeAsync('$SYS/broker/publish/messages/received');
  return { seen, close: () => client.endAsync() };
}

const scenario = (broker, client, group, phases) => ({
  targets: { broker: { url: broker.url, client } },
  groups: [{ name: 'hub', model, count: DEVICES, target: 'broker', topic: 'b/{{id}}', qos: 1, ...group }],
  phases,
});

/** All at once, and for a moment. */
async function connecting(folder) {
  const rows = [];
  for (const client of ['lean', 'full']) {
    const seconds = [];
    const memory = [];
    for (let round = 0; round < ROUNDS; round++) {
      const broker = await startMosquitto();
      const phases = [{ ramp: '0s' }, { hold: client === 'lean' ? '10s' : '20s' }];
      const result = await fleet(folder, scenario(broker, client, { spread: '1h' }, phases));
      await broker.stop();
      const { connects } = result.total.counts;
      // Looked at once a second.
      const all = result.intervals.find(({ total }) => total.up === DEVICES);
      if (connects !== DEVICES) throw new Error(`${connects} of ${DEVICES} devices have connected`);
      seconds.push(all.atSeconds);
      memory.push(result.memoryPerDeviceBytes);
    }
    rows.push([client, seconds, memory]);
  }
  printTable(
    `fleet: ${DEVICES} MQTT devices connect at once`,
    ['client', 'all connected after', 'connections/s at least', 'memory per device'],
    rows.map(([client, seconds, memory]) => [
      client,
      `${median(seconds).toFixed(1)} s at most`,
      Math.round(DEVICES / median(seconds)).toString(),
      `${(median(memory) / 1024).toFixed(1)} KiB`,
    ]),
    `median of ${ROUNDS} runs; memory of the whole process, with models and messages`,
  );
}

/** Minutes of QoS 1: what was sent, acknowledged, arrived. */
async function staying(folder) {
  const broker = await startMosquitto();
  const watched = await watch(broker, 'b/#');
  const before = watched.seen.received ?? 0;
  const phases = [{ ramp: '5s' }, { hold: `${MINUTES}m` }];
  const result = await fleet(folder, scenario(broker, 'lean', {}, phases));
  await pause(3000);
  const { messages, received } = watched.seen;
  await watched.close();
  const brokerMemory = broker.memoryBytes();
  await broker.stop();
  const { counts, durations } = result.total;
  const time = (ns) => `${(ns / 1e6).toFixed(1)} ms`;
  printTable(
    `fleet: ${DEVICES} MQTT devices for ${MINUTES} minutes, QoS 1`,
    ['', ''],
    [
      ['planned, sent, acknowledged', `${counts.planned}, ${counts.sent}, ${counts.acknowledged}`],
      ['arrived at a subscriber', `${messages}`],
      ['publishes that the broker counts', `${received - before}`],
      [
        'lost, failed, dropped, unfinished',
        `${counts.lost}, ${counts.failed}, ${counts.dropped}, ${counts.unfinished}`,
      ],
      ['messages/s', `${Math.round(counts.planned / result.elapsedSeconds)}`],
      ['latency p50, p99', `${time(durations.latency.p50Ns)}, ${time(durations.latency.p99Ns)}`],
      ['lateness p50, p99', `${time(durations.lateness.p50Ns)}, ${time(durations.lateness.p99Ns)}`],
      ['memory per device', `${(result.memoryPerDeviceBytes / 1024).toFixed(1)} KiB`],
      ['memory of the broker', `${Math.round(brokerMemory / 2 ** 20)} MiB`],
      ['fidelity', `${result.totalFidelity?.score.toFixed(1)}`],
    ],
    'one run',
  );
}

const PEER_MESSAGES = 50_000;
const PEERS = [1, 4];

/** @param connections each a process. (`mosquitto_pub -l` would be one more way, but ends before its messages have left.) @returns publishes a second */
async function peerRate(broker, qos, connections) {
  const flags = [
    '-p',
    broker.port,
    '-q',
    qos,
    '-t',
    'b/peer',
    '-m',
    'x'.repeat(80),
    '--repeat',
    PEER_MESSAGES,
    '--repeat-delay',
    0,
  ];
  const started = performance.now();
  const children = Array.from({ length: connections }, () =>
    spawn('mosquitto_pub', flags.map(String), { stdio: 'ignore' }),
  );
  await Promise.all(children.map((child) => once(child, 'close')));
  return (connections * PEER_MESSAGES) / ((performance.now() - started) / 1000);
}

/** As many as go out, beside what mosquitto's own publisher does. */
async function publishing(folder) {
  const rows = [];
  for (const qos of [0, 1]) {
    const ours = { lean: [], full: [] };
    const theirs = PEERS.map(() => []);
    for (let round = 0; round < ROUNDS; round++) {
      for (const client of ['lean', 'full']) {
        const broker = await startMosquitto();
        const group = { count: 100, qos, speed: 20_000, spread: '0s', payload: 'x'.repeat(80), queue: 10 };
        const result = await fleet(folder, scenario(broker, client, group, [{ ramp: '0s' }, { hold: '8s' }]));
        ours[client].push(result.total.counts.acknowledged / result.elapsedSeconds);
        await broker.stop();
      }
      for (const [i, connections] of PEERS.entries()) {
        const broker = await startMosquitto();
        theirs[i].push(await peerRate(broker, qos, connections));
        await broker.stop();
      }
    }
    const peer = Math.max(...theirs.map(median));
    const row = (name, rates) =>
      rows.push([`QoS ${qos}, ${name}`, Math.round(median(rates)), (median(rates) / peer).toFixed(2)]);
    row('fleet, lean', ours.lean);
    row('fleet, full', ours.full);
    for (const [i, connections] of PEERS.entries()) row(`${connections} × mosquitto_pub --repeat`, theirs[i]);
  }
  printTable(
    'fleet: publishes a second at the limit, 100 devices in one process',
    ['', 'publishes/s', 'times the faster peer'],
    rows.map((row) => row.map(String)),
    `medians of ${ROUNDS} runs in turn`,
  );
}

const FIDELITY_DEVICES = 100;
const JUDGED = 9;
/** IPv4, TCP with timestamps, and PUBLISH of QoS 0 with one byte for the length of what remains, or two. */
const packetBytes = (topic, bytes) => 20 + 32 + 1 + (2 + topic.length + bytes > 127 ? 2 : 1) + 2 + topic.length + bytes;

/** What tcpdump sees at the broker, device by device, judged against the real flow; beside what their models wanted. */
async function fidelity(folder) {
  const file = (name) => join(folder, name);
  const flow = 'UDP 10.77.0.17:40004 10.77.0.1:5004';
  execute([...synth, 'extract', embedded, '--flow', flow, '--out', file('flow.csv')]);
  const [head, ...lines] = readFileSync(file('flow.csv'), 'utf8').trim().split('\n');
  const outbound = lines.filter((line) => line.split(',')[1] === 'out');
  writeFileSync(file('real.csv'), `${[head, ...outbound].join('\n')}\n`);
  execute([...synth, 'train', file('real.csv'), '--holdout', '1/3', '--out', file('out.safetensors'), '--force']);
  const judge = (synthetic) => json([...synth, 'evaluate', file('real.csv'), file(synthetic), '--seed', '1']);
  const broker = await startMosquitto();
  const dump = spawn(
    'tcpdump',
    ['-i', 'lo', '-w', file('wire.pcap'), '-B', '65536', '-s', '128', `tcp dst port ${broker.port}`],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  await once(dump.stderr, 'data');
  const group = {
    name: 'c',
    model: file('out.safetensors'),
    count: FIDELITY_DEVICES,
    target: 'broker',
    topic: 'c{{index}}',
  };
  const result = await fleet(folder, {
    targets: { broker: { url: broker.url } },
    groups: [{ ...group, spread: '1s' }],
    phases: [{ ramp: '1s' }, { hold: '60s' }],
    outputs: { record: 'record.ndjson', record_devices: FIDELITY_DEVICES },
  });
  await pause(1000);
  dump.kill('SIGINT');
  await once(dump, 'close');
  await broker.stop();
  const ports = portsOfTopics(file('wire.pcap'), broker.port);
  const rows = [];
  for (const { topic, table } of plannedSeries(file('record.ndjson'), head).slice(0, JUDGED)) {
    const id = `TCP 127.0.0.1:${ports.get(topic)} 127.0.0.1:${broker.port}`;
    execute([
      ...synth,
      'extract',
      file('wire.pcap'),
      '--flow',
      id,
      '--payload-only',
      '--out',
      file('device.csv'),
      '--force',
    ]);
    writeFileSync(file('device.csv'), publishesOf(readFileSync(file('device.csv'), 'utf8'), topic));
    writeFileSync(file('plan.csv'), table);
    rows.push({ plan: judge('plan.csv'), arrived: judge('device.csv') });
  }
  const of = (read) => median(rows.map(read));
  printTable(
    `fleet: what the broker is sent by each of ${FIDELITY_DEVICES} devices in a minute, judged against the real flow`,
    [`median of ${JUDGED} devices`, 'score', 'mean excess'],
    [
      ['what their models want', of(({ plan }) => plan.score).toFixed(1), of(({ plan }) => plan.meanExcess).toFixed(3)],
      [
        'at the broker',
        of(({ arrived }) => arrived.score).toFixed(1),
        of(({ arrived }) => arrived.meanExcess).toFixed(3),
      ],
      ['difference, device by device', '', of(({ plan, arrived }) => arrived.meanExcess - plan.meanExcess).toFixed(3)],
      [`what the run says of ${result.total.counts.sent} messages`, result.totalFidelity.score.toFixed(1), ''],
    ],
    'one run',
  );
}

/** The port that each topic is published from, as tshark finds it in a capture. */
function portsOfTopics(path, port) {
  const fields = ['-T', 'fields', '-e', 'mqtt.topic', '-e', 'tcp.srcport'];
  const lines = execute(['tshark', '-r', path, '-d', `tcp.port==${port},mqtt`, '-Y', 'mqtt.topic', ...fields])
    .trim()
    .split('\n');
  return new Map(lines.map((line) => [line.split(/[\t,]/)[0], line.split('\t')[1]]));
}

/** Without CONNECT, which comes first, and the pings and the farewell, which are too short for a message: plans have none of them. */
function publishesOf(table, topic) {
  const [head, , ...rows] = table.trim().split('\n');
  const least = packetBytes(topic, 0);
  return `${[head, ...rows.filter((row) => Number(row.split(',')[2]) >= least)].join('\n')}\n`;
}

/** Tables of what was planned, of each device, the one with the most messages first. */
function plannedSeries(path, head) {
  const devices = new Map();
  for (const line of readFileSync(path, 'utf8').trim().split('\n')) {
    const { topic, dueNs, bytes } = JSON.parse(line);
    if (!devices.has(topic)) devices.set(topic, []);
    devices.get(topic).push(`${(dueNs / 1e9).toFixed(9)},out,${packetBytes(topic, bytes)},`);
  }
  const most = [...devices].sort(([, a], [, b]) => b.length - a.length);
  return most.map(([topic, rows]) => ({ topic, table: `${[head, ...rows].join('\n')}\n` }));
}

export async function run() {
  if (!isInstalled('mosquitto') || !isInstalled('mosquitto_pub') || !isInstalled('tcpdump') || !isInstalled('tshark')) {
    console.error('fleet: needs mosquitto, mosquitto_pub, tcpdump and tshark; left out');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'synth-bench-'));
  try {
    for (const part of [connecting, publishing, fidelity, staying].filter(({ name }) => PARTS.includes(name)))
      await part(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
