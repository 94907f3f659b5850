/** Devices on virtual time, with a client that does what the test says. */
import type { TrafficModel } from '../../models/traffic-model.js';
import { GROUP_COUNTS_BYTES, GroupCounts, GroupSums } from '../../src/fleet/account/group-counts.js';
import type { Counts } from '../../src/fleet/account/snapshot.js';
import type { ClientFactory, ClientListener, DeviceClient, OutgoingMessage } from '../../src/fleet/clients/client.js';
import { Device } from '../../src/fleet/device/device.js';
import type { DeviceHost, DeviceOptions } from '../../src/fleet/device/device-options.js';
import { DeviceTime } from '../../src/fleet/device/device-time.js';
import { MessageTimes } from '../../src/fleet/device/message-times.js';
import { Timers } from '../../src/fleet/run/timers.js';
import type { Group, MqttTarget, Storm } from '../../src/fleet/scenario/scenario.js';
import { type TimedSource, TimeQueue } from '../../src/packets/time-queue.js';
import { randomStream } from '../../src/random.js';

export const SECOND = 1e9;
const endless = Number.POSITIVE_INFINITY;

/** A model that sends a packet of 200 bytes each second, from 0 on. */
export const everySecond = {
  *sample() {
    for (let second = 0; ; second++) {
      yield {
        offsetsNs: Float64Array.of(second * SECOND),
        sizes: Uint32Array.of(200),
        outbound: Uint8Array.of(1),
        length: 1,
      };
    }
  },
} as unknown as TrafficModel; // all that is asked of it

export const TARGET: MqttTarget = {
  protocol: 'mqtt',
  name: 'broker',
  url: 'mqtt://127.0.0.1:1883',
  host: '127.0.0.1',
  port: 1883,
  tls: undefined,
  connectTimeoutMs: 10_000,
  ackTimeoutMs: 30_000,
  backOff: { firstMs: 1000, maxMs: 8000 },
  client: 'lean',
  over: 'tcp',
  path: '',
  version: '3.1.1',
  keepAliveS: 60,
  cleanSession: true,
  inflight: 20,
};

export const GROUP: Group = {
  name: 'hub',
  model: 'hub.safetensors',
  count: 1,
  target: TARGET,
  id: '{{group}}-{{index}}',
  identities: [],
  credentials: { username: undefined, password: undefined, certificate: undefined, key: undefined },
  topic: 'home',
  subscribe: [],
  payload: { kind: 'pattern' },
  qos: 1,
  retain: false,
  will: undefined,
  speed: 1,
  silence: { fromNs: endless, scale: 1, maxNs: endless },
  spreadNs: 0,
  offline: 'queue',
  queue: 3,
};

/** A client that answers when the test says so. */
export class ScriptedClient implements DeviceClient {
  readonly listener: ClientListener;
  readonly taken: OutgoingMessage[] = [];
  readonly calls: string[] = [];
  /** Messages that it takes before it says that there is no room. */
  room = endless;
  /** Whether it acknowledges at once. */
  isEager = false;
  onRoom: (() => void) | undefined;

  constructor(listener: ClientListener) {
    this.listener = listener;
  }

  overheadBytes(): number {
    return 60;
  }
  acknowledges(): boolean {
    return true;
  }
  connect(): void {
    this.calls.push('connect');
  }
  send(message: OutgoingMessage): boolean {
    if (this.room === 0) return false;
    this.room--;
    this.taken.push(message);
    if (this.isEager) this.listener.onAcknowledged(message);
    return true;
  }
  disconnect(): void {
    this.calls.push('disconnect');
  }
  destroy(): void {
    this.calls.push('destroy');
  }
  acknowledge(index: number): void {
    this.listener.onAcknowledged(this.taken[index]!);
  }
}

export interface VirtualOptions {
  readonly group?: Partial<Group>;
  readonly upSpans?: readonly { startNs: number; endNs: number }[];
  readonly storms?: readonly Storm[];
  readonly maxMessages?: number;
}

/** One device in a world without delays. */
export class VirtualFleet implements DeviceHost {
  readonly device: Device;
  client!: ScriptedClient;
  readonly errors = new Map<string, number>();
  ended = 0;
  readonly #counts = new GroupCounts(new SharedArrayBuffer(GROUP_COUNTS_BYTES));
  readonly #timers = new Timers();
  readonly #messages = new TimeQueue<TimedSource>([]);
  #now = 0;

  constructor({
    group,
    upSpans = [{ startNs: 0, endNs: 1000 * SECOND }],
    storms = [],
    maxMessages = endless,
  }: VirtualOptions = {}) {
    const factory: ClientFactory = {
      address: '127.0.0.1',
      prepare: async () => {},
      create: (_identity, listener) => {
        this.client = new ScriptedClient(listener as unknown as ClientListener); // gives back what it was given
        // Its messages are those of the listener, which the contract says with a type parameter.
        return this.client as never;
      },
      close: async () => {},
    };
    const options: DeviceOptions = {
      group: { ...GROUP, ...group },
      groupIndex: 0,
      counts: this.#counts,
      identity: {
        id: 'hub-0',
        username: undefined,
        password: undefined,
        certificate: undefined,
        key: undefined,
        will: undefined,
        subscribe: [],
      },
      factory,
      upSpans,
      time: new DeviceTime(upSpans),
      messages: () =>
        new MessageTimes(everySecond, randomStream('seed', 'packets'), {
          speed: 1,
          silence: GROUP.silence,
          stackBytes: 60,
          startNs: 0,
        }),
      topicOf: () => 'home',
      render: (message, bytes) => {
        message.payload = new Uint8Array(bytes);
      },
      storms,
      random: randomStream('seed', 'device'),
      maxMessages,
      observer: undefined,
      onEnd: () => this.ended++,
    };
    this.device = new Device(options, this);
    this.device.begin();
  }

  nowNs(): number {
    return this.#now;
  }
  at(ns: number, action: () => void): void {
    this.#timers.at(ns, action);
  }
  requestConnect(attempt: () => void): void {
    attempt();
  }
  connectEnded(): void {}
  together(): void {}
  addMessages(source: TimedSource): void {
    this.#messages.add(source);
  }
  countError(_group: number, reason: string): void {
    this.errors.set(reason, (this.errors.get(reason) ?? 0) + 1);
  }

  get counts(): Counts {
    const sums = new GroupSums();
    this.#counts.addTo(sums);
    return sums.named();
  }

  get sums(): GroupSums {
    const sums = new GroupSums();
    this.#counts.addTo(sums);
    return sums;
  }

  /** Does what is due up to a time. */
  runTo(seconds: number): void {
    const untilNs = seconds * SECOND;
    for (;;) {
      const nextNs = Math.min(this.#timers.nextNs, this.#messages.first?.timeNs ?? endless);
      if (nextNs > untilNs) break;
      this.#now = Math.max(this.#now, nextNs);
      if (this.#timers.nextNs === nextNs) this.#timers.runNext();
      else this.#messages.advance();
    }
    this.#now = untilNs;
  }
}
