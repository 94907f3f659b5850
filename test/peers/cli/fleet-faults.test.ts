/** Fleets whose targets and networks fail them: nothing is counted twice, and the report tells what happened. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { openLinux } from '../../../src/host/native/linux.js';
import { BAD_CABLE, BadCable } from '../../support/bad-cable.js';
import { ownCertificate } from '../../support/certificate.js';
import { type Finished, runProgram, synthBin, synthProcess, workFolder } from '../../support/cli.js';
import { projectRoot } from '../../support/files.js';
import { startMosquitto } from '../../support/mosquitto.js';
import { type Host, testWithNetwork } from '../../support/namespaces.js';
import { testWithPeers } from '../../support/peers.js';
import { startProgram } from '../../support/running.js';
import { WatchedFleet } from '../../support/watched-fleet.js';

const cwd = workFolder();
const model = join(projectRoot, 'examples/models/telemetry.safetensors');

interface Distribution {
  readonly count: number;
  readonly meanNs: number;
  readonly p50Ns: number;
  readonly maxNs: number;
}

interface Result {
  readonly code: number | null;
  readonly verdict: string;
  readonly devices: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly durations: Readonly<Record<string, Distribution>>;
  readonly errors: Readonly<Record<string, number>>;
  readonly outages: readonly {
    readonly fromSeconds: number;
    readonly toSeconds: number | null;
    readonly missing: number;
  }[];
}

let scenarios = 0;

function write(target: string | object, group: object = {}, rest: object = {}): string {
  const path = join(cwd, `fault-${scenarios++}.yaml`);
  const groups = [{ name: 'hub', model, count: 50, qos: 1, speed: 10, ...group }];
  writeFileSync(
    path,
    stringify({ targets: { broker: target }, groups, phases: [{ ramp: '1s' }, { hold: '9s' }], ...rest }),
  );
  return path;
}

function resultOf({ code, stdout, stderr }: Finished): Result {
  const text = stdout.toString();
  if (text === '') throw new Error(stderr);
  const { verdict, outages, total } = JSON.parse(text);
  return { code, verdict, outages, ...total };
}

/** Ends when the test has seen what it looks for. */
const ENDLESS = [{ ramp: '1s' }, { hold: '1h' }];
const STANDSTILL_MS = 3000;
/** Exit codes of a run whose messages have all arrived: a busy machine may be late. */
const ON_TIME_OR_LATE = [0, 6];

const fleets: WatchedFleet[] = [];
afterEach(async () => {
  for (const fleet of fleets.splice(0)) await fleet.stop();
});

async function watched(path: string, host?: Host): Promise<WatchedFleet> {
  const fleet = await WatchedFleet.start(path, { cwd, host });
  fleets.push(fleet);
  return fleet;
}

const run = async (path: string): Promise<Result> =>
  resultOf(await synthProcess(['fleet', 'run', path, '--json', '--seed', '1'], { cwd }));

/** What holds whatever has happened. */
function expectAccount({ counts, devices }: Result): void {
  const { planned, sent, acknowledged, failed, dropped, unfinished, attempts, connects, refused, lost, up } =
    counts as Required<typeof counts>;
  expect(planned).toBe(acknowledged! + failed! + dropped! + unfinished!);
  expect(sent).toBeLessThanOrEqual(planned!);
  // What is begun when the run ends is called off.
  expect(attempts! - connects! - refused!).toBeGreaterThanOrEqual(0);
  expect(attempts! - connects! - refused!).toBeLessThanOrEqual(devices);
  expect(up).toBe(0);
  expect(lost).toBeLessThanOrEqual(connects!);
}

describe('a broker', () => {
  testWithPeers(['mosquitto'], 'that is killed and comes back finds its devices again', async () => {
    const broker = await startMosquitto();
    try {
      const target = { url: `mqtt://127.0.0.1:${broker.port}`, back_off: { first: '200ms', most: '1s' } };
      const fleet = await watched(write(target, { queue: 100_000 }, { phases: ENDLESS }));
      await fleet.until((counts) => counts('messages_acknowledged_total') > 100 && counts('devices_up') === 50);
      await broker.kill();
      await fleet.until((counts) => counts('connections_lost_total') === 50 && counts('connects_refused_total') > 100);
      await broker.restart();
      await fleet.until((counts) => counts('reconnects_total') === 50);
      const result = resultOf(await fleet.end());
      expectAccount(result);
      const { counts, errors, outages } = result;
      expect([result.code, result.verdict]).toEqual([130, 'interrupted']);
      expect(counts).toMatchObject({ lost: 50, reconnects: 50, connects: 100, failed: 0, dropped: 0, unfinished: 0 });
      expect(counts['refused']).toBeGreaterThan(50);
      expect(errors['connect: ECONNREFUSED']).toBe(counts['refused']);
      expect(outages).toHaveLength(1);
      expect(outages[0]!.missing).toBe(50);
      expect(outages[0]!.toSeconds! - outages[0]!.fromSeconds).toBeGreaterThan(1);
    } finally {
      await broker.stop();
    }
  });

  testWithPeers(['mosquitto'], 'that stands still makes messages late, and cannot hide it', async () => {
    const broker = await startMosquitto();
    try {
      const fleet = await watched(
        write({ url: `mqtt://127.0.0.1:${broker.port}`, inflight: 1 }, {}, { phases: ENDLESS }),
      );
      await fleet.until((counts) => counts('messages_acknowledged_total') > 100 && counts('devices_up') === 50);
      process.kill(broker.pid, 'SIGSTOP');
      await pause(STANDSTILL_MS);
      process.kill(broker.pid, 'SIGCONT');
      const result = resultOf(await fleet.end());
      expectAccount(result);
      const { counts, durations } = result;
      expect(counts).toMatchObject({ lost: 0, failed: 0, dropped: 0, unfinished: 0 });
      expect(durations['latency']!.maxNs).toBeGreaterThan(2.5e9);
      // One message of each device is under way in that time; those behind it were sent when it was over, and answered at once.
      expect(counts['waited']).toBeGreaterThan(100);
      const totalNs = ({ meanNs, count }: Distribution) => meanNs * count;
      const waitedNs = totalNs(durations['latency']!) - totalNs(durations['serviceTime']!);
      expect(waitedNs / counts['waited']!).toBeGreaterThan(0.2 * STANDSTILL_MS * 1e6);
    } finally {
      await broker.stop();
    }
  });

  testWithPeers(['mosquitto'], 'that refuses credentials is named as such, with exit code 5', async () => {
    const broker = await startMosquitto({ users: { somebody: 'secret' } });
    try {
      const target = `mqtt://127.0.0.1:${broker.port}`;
      const phases = [{ ramp: '0s' }, { hold: '6s' }];
      const result = await run(write(target, { count: 5, username: 'somebody', password: 'wrong' }, { phases }));
      expect(result.code).toBe(5);
      expectAccount(result);
      expect(result.errors['connect: not-authorized']).toBe(result.counts['attempts']);
      // Some are let in, the others keep asking, with pauses.
      writeFileSync(join(cwd, 'half.csv'), 'username,password\nsomebody,secret\nsomebody,wrong\n');
      const half = await run(write(target, { count: 4, identities: 'half.csv' }, { phases }));
      expect(half.code).toBe(0);
      expectAccount(half);
      expect(half.counts['connects']).toBe(2);
      expect(half.counts['refused']).toBeGreaterThanOrEqual(4);
      expect(half.counts['refused']).toBeLessThan(20);
    } finally {
      await broker.stop();
    }
  });

  testWithPeers(['mosquitto'], 'whose certificate nobody knows is not talked to', async () => {
    const broker = await startMosquitto({ tls: await ownCertificate() });
    try {
      const phases = [{ ramp: '0s' }, { hold: '6s' }];
      const result = await run(write(`mqtts://127.0.0.1:${broker.port}`, { count: 3 }, { phases }));
      expect(result.code).toBe(5);
      expectAccount(result);
      expect(Object.keys(result.errors)[0]).toMatch(/^connect: .*SELF_SIGNED/);
    } finally {
      await broker.stop();
    }
  });
});

test('a target that takes connections and says nothing is given up after the timeout, again and again', async () => {
  const server = createServer((socket) => socket.on('error', () => {}));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address!.port : 0;
  const target = {
    url: `mqtt://127.0.0.1:${port}`,
    connect_timeout: '500ms',
    back_off: { first: '100ms', most: '200ms' },
  };
  const result = await run(write(target, { count: 5 }, { phases: [{ ramp: '0s' }, { hold: '4s' }] }));
  server.close();
  expect(result.code).toBe(5);
  expectAccount(result);
  // Each device at least twice.
  expect(result.counts['refused']).toBeGreaterThanOrEqual(10);
  expect(result.errors['connect: connect-timeout']).toBe(result.counts['refused']);
});

/** A broker in a namespace. */
async function brokerAt(host: Host, address: string): Promise<{ stop(): Promise<void> }> {
  const path = join(cwd, `mosquitto-${scenarios++}.conf`);
  writeFileSync(path, `listener 1883 ${address}\nallow_anonymous true\npersistence false\nlog_dest stderr\n`);
  const running = startProgram(host.command('mosquitto', '-c', path), cwd);
  await running.said(/running/);
  return running;
}

const runAt = async (host: Host, path: string): Promise<Result> => {
  const [program, ...args] = host.command(process.execPath, synthBin, 'fleet', 'run', path, '--json', '--seed', '1');
  return resultOf(await runProgram(program, args, { cwd }));
};

describe('over a bad cable', () => {
  testWithNetwork('that loses a packet in a hundred and takes 200 ms, every message arrives once', async (network) => {
    const cable = new BadCable((await openLinux())!, network, 'seed');
    const broker = await brokerAt(network.there, BAD_CABLE.there);
    try {
      cable.delayMs = 100;
      cable.loss = 0.01;
      const result = await runAt(network.here, write(`mqtt://${BAD_CABLE.there}`));
      expect(ON_TIME_OR_LATE).toContain(result.code);
      expectAccount(result);
      expect(cable.lost).toBeGreaterThan(5);
      expect(result.counts).toMatchObject({ failed: 0, dropped: 0, unfinished: 0, lost: 0 });
      // There and back again.
      expect(result.durations['serviceTime']!.p50Ns).toBeGreaterThan(200e6);
    } finally {
      await broker.stop();
      cable.close();
    }
  });

  testWithNetwork('that is cut, devices notice by their keep-alive, and come back', async (network) => {
    const cable = new BadCable((await openLinux())!, network, 'seed');
    const broker = await brokerAt(network.there, BAD_CABLE.there);
    try {
      const target = {
        url: `mqtt://${BAD_CABLE.there}`,
        keep_alive: '4s',
        connect_timeout: '4s',
        back_off: { first: '200ms', most: '500ms' },
      };
      const scenario = write(target, { count: 20, speed: 2, queue: 100_000 }, { phases: ENDLESS });
      const fleet = await watched(scenario, network.here);
      await fleet.until((counts) => counts('messages_acknowledged_total') > 20 && counts('devices_up') === 20);
      cable.isCut = true;
      await fleet.until((counts) => counts('devices_up') === 0);
      cable.isCut = false;
      await fleet.until((counts) => counts('devices_up') === 20);
      const result = resultOf(await fleet.end());
      expectAccount(result);
      // On a busy machine a device may miss its keep-alive once more.
      const { lost, reconnects } = result.counts;
      expect(lost).toBeGreaterThanOrEqual(20);
      expect(reconnects).toBe(lost);
      expect(result.counts).toMatchObject({ failed: 0, dropped: 0, unfinished: 0 });
      expect(result.errors['connection: keep-alive-timeout']).toBeGreaterThan(0);
      expect(result.outages.length).toBeGreaterThan(0);
    } finally {
      await broker.stop();
      cable.close();
    }
  });
});
