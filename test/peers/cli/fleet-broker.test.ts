/** Whether a real broker, and who listens to it, got what synth counts. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync, type IPublishPacket, type MqttClient } from 'mqtt';
import { afterEach, expect } from 'vitest';
import { stringify } from 'yaml';
import { type Finished, synthProcess, workFolder } from '../../support/cli.js';
import { projectRoot } from '../../support/files.js';
import { type Mosquitto, startMosquitto } from '../../support/mosquitto.js';
import { testWithPeers } from '../../support/peers.js';
import { WatchedFleet } from '../../support/watched-fleet.js';

const cwd = workFolder();
const model = join(projectRoot, 'examples/models/telemetry.safetensors');

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

interface Result {
  readonly code: number | null;
  readonly startedAt: string;
  readonly devices: number;
  readonly counts: Readonly<Record<string, number>>;
}

function resultOf({ code, stdout, stderr }: Finished): Result {
  if (![0, 6, 130].includes(code ?? -1)) throw new Error(`it ended with ${code}: ${stderr}`);
  const { startedAt, total } = JSON.parse(stdout.toString());
  return { code, startedAt, ...total };
}

async function startBroker(): Promise<Mosquitto> {
  const extra = ['sys_interval 1', 'max_queued_messages 0', 'max_inflight_messages 0', 'set_tcp_nodelay true'];
  const broker = await startMosquitto({ extra });
  endings.push(() => broker.stop());
  return broker;
}

interface Wanted {
  readonly target?: object;
  readonly group?: object;
  readonly phases: readonly object[];
}

function write(broker: Mosquitto, { target = {}, group = {}, phases }: Wanted): string {
  const path = join(cwd, 'broker.yaml');
  const payload = { text: '{{id}} {{seq}} ' };
  const groups = [{ name: 'hub', model, count: 100, speed: 20, topic: 'home/{{id}}', payload, ...group }];
  const url = `mqtt://127.0.0.1:${broker.port}`;
  writeFileSync(path, stringify({ targets: { broker: { url, ...target } }, groups, phases }));
  return path;
}

const run = (path: string): Promise<Finished> => synthProcess(['fleet', 'run', path, '--json', '--seed', '1'], { cwd });

/** Somebody who hears all devices, and what the broker says of itself. */
class Subscriber {
  /** Numbers of the messages of each device, as they came. */
  readonly heard = new Map<string, number[]>();
  messages = 0;
  /** `$SYS/broker/publish/messages/received` */
  publishesReceived = -1;
  /** `$SYS/broker/messages/received`, of all kinds of packets */
  packetsReceived = -1;
  /** Messages that should not be like that. */
  readonly wrong: string[] = [];

  /** What comes from now on is counted from the beginning. */
  forget(): void {
    this.heard.clear();
    this.messages = 0;
    this.publishesReceived = -1;
  }

  static async connect(broker: Mosquitto, qos: 1 | 2): Promise<Subscriber> {
    const subscriber = new Subscriber();
    const client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, { reconnectPeriod: 50, keepalive: 0 });
    endings.push(() => client.endAsync(true));
    client.on('error', () => {});
    client.on('message', (topic, payload, packet) => subscriber.#take(topic, payload.toString(), packet));
    await subscriber.#subscribe(client, qos);
    return subscriber;
  }

  async #subscribe(client: MqttClient, qos: 1 | 2): Promise<void> {
    const granted = await client.subscribeAsync({
      'home/#': { qos },
      '$SYS/broker/publish/messages/received': { qos: 0 },
      '$SYS/broker/messages/received': { qos: 0 },
    });
    expect(granted.map(({ qos }) => qos)).toEqual([qos, 0, 0]);
  }

  #take(topic: string, text: string, { qos, dup }: IPublishPacket): void {
    if (topic === '$SYS/broker/publish/messages/received') this.publishesReceived = Number(text);
    if (topic === '$SYS/broker/messages/received') this.packetsReceived = Number(text);
    if (topic.startsWith('$SYS')) return;
    const [id, number] = text.split(' ');
    if (topic !== `home/${id}` || qos === 0 || dup) this.wrong.push(`${topic}, QoS ${qos}, repeated ${dup}: ${text}`);
    this.messages++;
    const numbers = this.heard.get(id!);
    if (numbers === undefined) this.heard.set(id!, [Number(number)]);
    else numbers.push(Number(number));
  }
}

const KINDS = [
  { qos: 1, client: 'lean' },
  { qos: 2, client: 'lean' },
  { qos: 2, client: 'full' },
] as const;

for (const { qos, client } of KINDS) {
  const name = `QoS ${qos}, ${client} client: every message arrives once and in order, and the broker counts as we do`;
  testWithPeers(['mosquitto'], name, async () => {
    const broker = await startBroker();
    const subscriber = await Subscriber.connect(broker, qos);
    const phases = [{ ramp: '2s' }, { hold: '6s' }];
    const { counts, devices } = resultOf(await run(write(broker, { target: { client }, group: { qos }, phases })));
    expect(counts).toMatchObject({ connects: 100, lost: 0, resent: 0, failed: 0, dropped: 0, unfinished: 0 });
    expect(counts['acknowledged']).toBe(counts['sent']);
    expect(counts['sent']).toBeGreaterThan(500);
    await expect.poll(() => subscriber.messages, { timeout: 120_000 }).toBe(counts['sent']);
    // It says so each second: CONNECT and DISCONNECT of devices, CONNECT and SUBSCRIBE, and what each message takes of both sides.
    const packets = 2 * devices + 2 + counts['sent']! * (qos === 1 ? 2 : 4);
    await expect.poll(() => subscriber.packetsReceived, { timeout: 120_000 }).toBe(packets);
    // Mosquitto leaves those of QoS 2 out.
    if (qos === 1) expect(subscriber.publishesReceived).toBe(counts['sent']);
    expect(subscriber.messages).toBe(counts['sent']);
    expect(subscriber.wrong).toEqual([]);
    expect(subscriber.heard.size).toBeLessThanOrEqual(devices);
    for (const [id, numbers] of subscriber.heard) {
      expect(numbers, id).toEqual(Array.from({ length: numbers.length }, (_, seq) => seq));
    }
  });
}

interface Recorded {
  readonly id: string;
  readonly seq: number;
  readonly sentNs: number;
}

const wallMs = (): number => performance.timeOrigin + performance.now();
/** Clocks of two processes, and the way of a message. */
const MARGIN_MS = 200;

testWithPeers(
  ['mosquitto'],
  'after a broker has died, all that is acknowledged by the new one has arrived',
  async () => {
    const broker = await startBroker();
    const subscriber = await Subscriber.connect(broker, 1);
    const group = { qos: 1, count: 100, speed: 20, queue: 100_000 };
    const target = { back_off: { first: '300ms', most: '500ms' } };
    const phases = [{ ramp: '1s' }, { hold: '1h' }];
    const flags = ['--record', 'broker.ndjson', '--record-devices', '100'];
    const fleet = await WatchedFleet.start(write(broker, { target, group, phases }), { cwd, flags });
    endings.push(() => fleet.stop());
    await expect.poll(() => subscriber.messages, { timeout: 120_000 }).toBeGreaterThan(200);
    await fleet.until((counts) => counts('devices_up') === 100);
    await broker.kill();
    subscriber.forget();
    await fleet.until((counts) => counts('connections_lost_total') === 100 && counts('connects_refused_total') > 100);
    await broker.restart();
    // The broker tells of itself whoever has subscribed.
    await expect.poll(() => subscriber.publishesReceived, { timeout: 120_000 }).toBeGreaterThanOrEqual(0);
    const subscribedMs = wallMs();
    let sentBefore: number | undefined;
    await fleet.until((counts) => {
      sentBefore ??= counts('messages_sent_total');
      return counts('reconnects_total') === 100 && counts('messages_sent_total') > sentBefore + 1000;
    });
    const { counts, startedAt } = resultOf(await fleet.end());
    expect(counts).toMatchObject({ lost: 100, reconnects: 100, failed: 0, dropped: 0, unfinished: 0 });
    expect(counts['acknowledged']).toBe(counts['planned']);
    const lines = readFileSync(join(cwd, 'broker.ndjson'), 'utf8').trim().split('\n');
    const recorded = lines.map((line) => JSON.parse(line) as Recorded);
    expect(recorded).toHaveLength(counts['sent']!);
    const isLate = ({ sentNs }: Recorded) => Date.parse(startedAt) + sentNs / 1e6 > subscribedMs + MARGIN_MS;
    const late = recorded.filter(isLate);
    expect(late.length).toBeGreaterThan(200);
    const missing = () => late.filter(({ id, seq }) => subscriber.heard.get(id)?.includes(seq) !== true);
    await expect.poll(missing, { timeout: 120_000 }).toEqual([]);
    expect(subscriber.wrong).toEqual([]);
    // Acknowledgements come in order: from the first that the new broker got on, no number is left out, and none comes twice.
    for (const [id, numbers] of subscriber.heard) {
      expect(numbers, id).toEqual(numbers.map((_, at) => numbers[0]! + at));
    }
  },
);
