/** The latency that synth tells beside that which packets on the wire show: tcpdump has seen them, tshark reads them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { stringify } from 'yaml';
import { openLinux } from '../../../src/host/native/linux.js';
import { BAD_CABLE, BadCable } from '../../support/bad-cable.js';
import { runProgram, synthBin, workFolder } from '../../support/cli.js';
import { fieldsOf } from '../../support/dissected.js';
import { projectRoot } from '../../support/files.js';
import { type Network, testWithNetwork } from '../../support/namespaces.js';
import { record } from '../../support/recording.js';
import { startProgram } from '../../support/running.js';

const cwd = workFolder();
const model = join(projectRoot, 'examples/models/telemetry.safetensors');

interface Distribution {
  readonly count: number;
  readonly meanNs: number;
  readonly p50Ns: number;
  readonly p95Ns: number;
  readonly maxNs: number;
}

interface Result {
  readonly counts: Readonly<Record<string, number>>;
  readonly durations: Readonly<Record<'serviceTime' | 'lateness', Distribution>>;
}

/** A run over a cable of 20 ms, and the capture of it. */
async function recordRun(network: Network, name: string, target: object, port: number) {
  const cable = new BadCable((await openLinux())!, network, 'seed');
  const server = await serverAt(network, port);
  try {
    cable.delayMs = 20;
    const path = join(cwd, `${name}.yaml`);
    const groups = [{ name: 'hub', model, count: 30, speed: 20, ...(port === MQTT ? { qos: 1 } : {}) }];
    writeFileSync(path, stringify({ targets: { it: target }, groups, phases: [{ ramp: '1s' }, { hold: '9s' }] }));
    const file = join(cwd, `${name}.pcap`);
    const recording = await record({
      host: network.here,
      interfaceName: BAD_CABLE.interfaceName,
      beyond: BAD_CABLE.there,
      file,
      filter: `tcp port ${port}`,
    });
    const command = network.here.command(process.execPath, synthBin, 'fleet', 'run', path, '--json', '--seed', '1');
    const { code, stdout, stderr } = await runProgram(command[0], command.slice(1), { cwd });
    expect((await recording.stop()).dropped).toBe(0);
    expect([0, 6], stderr).toContain(code);
    const { total } = JSON.parse(stdout.toString()) as { readonly total: Result };
    return { ...total, file };
  } finally {
    await server.stop();
    cable.close();
  }
}

const MQTT = 1883;
const HTTP = 8080;

const COLLECTOR = `require('node:http').createServer((request, response) => {
  request.resume().on('end', () => response.writeHead(204).end());
}).listen(${HTTP}, '${BAD_CABLE.there}', () => console.error('it listens'));`;

async function serverAt({ there }: Network, port: number) {
  if (port === HTTP) {
    const running = startProgram(there.command(process.execPath, '-e', COLLECTOR), cwd);
    await running.said(/it listens/);
    return running;
  }
  const path = join(cwd, 'mosquitto.conf');
  writeFileSync(
    path,
    `listener ${port} ${BAD_CABLE.there}\nallow_anonymous true\nset_tcp_nodelay true\nlog_dest stderr\n`,
  );
  const running = startProgram(there.command('mosquitto', '-c', path), cwd);
  await running.said(/running/);
  return running;
}

/** As the histograms of synth have it: the least value that so many are not above. */
const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;

/**
 * Within 5 %. On a machine that is busy with other things, which synth sees by how late it is itself, answers wait for it as long as
 * messages may: within its greatest lateness.
 */
function expectSame({ serviceTime: told, lateness }: Result['durations'], seconds: readonly number[]): void {
  const sorted = seconds.map((value) => value * 1e9).sort((a, b) => a - b);
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  const seen = { meanNs: mean, p50Ns: quantile(sorted, 0.5), p95Ns: quantile(sorted, 0.95) };
  if (process.env['SYNTH_TEST_SHOW']) console.log({ told, seen, lateness });
  // There and back again.
  expect(sorted[0]).toBeGreaterThan(40e6);
  for (const name of ['meanNs', 'p50Ns', 'p95Ns'] as const) {
    const exact = 0.05 * seen[name];
    const most = lateness.p95Ns < exact ? exact : lateness.maxNs;
    expect(Math.abs(told[name] - seen[name]), `${name}: ${told[name]} told, ${seen[name]} seen`).toBeLessThan(most);
  }
}

const PUBLISH = '3';
const PUBACK = '4';

/** Times of PUBLISH and PUBACK of each message, in seconds. */
function mqttMessages(file: string) {
  const published = new Map<string, number>();
  const seconds: number[] = [];
  let [publishes, acknowledgements] = [0, 0];
  const fields = ['frame.time_relative', 'tcp.stream', 'mqtt.msgtype', 'mqtt.msgid'] as const;
  for (const packet of fieldsOf(file, 'mqtt', fields)) {
    const ids = packet['mqtt.msgid'];
    const time = Number(packet['frame.time_relative'][0]);
    const numbered = packet['mqtt.msgtype'].filter((type) => type === PUBLISH || type === PUBACK);
    // Nothing else in these connections has a number.
    expect(ids).toHaveLength(numbered.length);
    for (const [at, type] of numbered.entries()) {
      const key = `${packet['tcp.stream'][0]} ${ids[at]}`;
      if (type === PUBLISH) {
        publishes++;
        expect(published.has(key)).toBe(false);
        published.set(key, time);
      } else {
        acknowledgements++;
        seconds.push(time - published.get(key)!);
        published.delete(key);
      }
    }
  }
  return { publishes, acknowledgements, seconds };
}

for (const client of ['lean', 'full']) {
  testWithNetwork(
    `MQTT, ${client}: service times are those between PUBLISH and PUBACK`,
    async (network) => {
      const target = { url: `mqtt://${BAD_CABLE.there}:${MQTT}`, client };
      const { counts, durations, file } = await recordRun(network, `mqtt-${client}`, target, MQTT);
      const { publishes, acknowledgements, seconds } = mqttMessages(file);
      expect(publishes).toBeGreaterThan(500);
      expect(publishes).toBe(counts['sent']! + counts['resent']!);
      expect(acknowledgements).toBe(counts['acknowledged']);
      expect(durations.serviceTime.count).toBe(acknowledgements);
      expectSame(durations, seconds);
    },
    ['mosquitto', 'tcpdump', 'tshark'],
  );
}

testWithNetwork(
  'HTTP: service times are those between request and response',
  async (network) => {
    const target = { url: `http://${BAD_CABLE.there}:${HTTP}/up` };
    const { counts, durations, file } = await recordRun(network, 'http', target, HTTP);
    // A request has come when its last byte has, but it is sent from its first byte on: reassembly would give the time of the last.
    const requests = new Map<string, number[]>();
    const fields = ['frame.time_relative', 'tcp.stream', 'http.request.method', 'http.response.code'] as const;
    const raw = ['-o', 'tcp.desegment_tcp_streams:FALSE', '-o', 'http.desegment_body:FALSE'];
    const seconds: number[] = [];
    let sent = 0;
    for (const packet of fieldsOf(file, 'http', fields, raw)) {
      const stream = packet['tcp.stream'][0]!;
      const time = Number(packet['frame.time_relative'][0]);
      const waiting = requests.get(stream) ?? [];
      requests.set(stream, waiting);
      for (const _ of packet['http.request.method']) {
        sent++;
        waiting.push(time);
      }
      for (const _ of packet['http.response.code']) seconds.push(time - waiting.shift()!);
    }
    expect(sent).toBeGreaterThan(500);
    expect(sent).toBe(counts['sent']);
    expect(seconds).toHaveLength(counts['acknowledged']!);
    expect(durations.serviceTime.count).toBe(counts['acknowledged']);
    expectSame(durations, seconds);
  },
  ['tcpdump', 'tshark'],
);
