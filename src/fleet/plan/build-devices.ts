/**
 * @module
 * From groups to the devices of one thread. Everything random about a device is drawn from streams that have its group and its index in
 * their names, so that it does the same in any thread and any company.
 */

import { readFile } from 'node:fs/promises';
import { describeSystemError, SynthError } from '../../errors.js';
import { loadModelFile } from '../../model-files/load-model.js';
import type { LoadedModel } from '../../model-files/model-file.js';
import { stackPacketBytes } from '../../packets/stack-packets.js';
import { fleetDeviceStream } from '../../packets/streams.js';
import type { Random } from '../../random.js';
import { GroupCounts } from '../account/group-counts.js';
import type { ClientFactory, ClientIdentity } from '../clients/client.js';
import { Device } from '../device/device.js';
import type { DeviceHost, DeviceOptions } from '../device/device-options.js';
import { DeviceTime } from '../device/device-time.js';
import type { Message } from '../device/message.js';
import { MessageTimes } from '../device/message-times.js';
import { Observer, type RecordedDevice } from '../device/observer.js';
import { PayloadWriter } from '../device/payload.js';
import { placeOf, type Timeline } from '../device/timeline.js';
import type { Group } from '../scenario/scenario.js';
import { GroupTemplates } from './group-templates.js';
import type { PreparedGroup, ShardTask } from './shard-task.js';

/** Of each group so many devices are compared with their plan. */
export const OBSERVED_DEVICES = 20;

export interface BuildHost extends DeviceHost {
  deviceEnded(): void;
}

export interface BuiltDevice {
  readonly device: Device;
  readonly group: number;
  readonly observer: Observer | undefined;
}

export interface BuildOptions {
  readonly task: ShardTask;
  /** Of each group, prepared. */
  readonly factories: readonly ClientFactory[];
  /** Of each group. */
  readonly models: readonly LoadedModel[];
  readonly timeline: Timeline;
  /** When the run has begun, in ms since the Unix epoch: known once it has. */
  readonly startWallMs: () => number;
  readonly host: BuildHost;
  /** What is told of the messages of a device that is to be recorded. */
  readonly record: (device: RecordedDevice) => (message: Message) => void;
}

export const devicesOf = (groups: readonly Group[]): number => groups.reduce((sum, { count }) => sum + count, 0);

/** Each file once. @throws SynthError as `loadModelFile` does */
export async function loadModels(groups: readonly Group[]): Promise<readonly LoadedModel[]> {
  const loaded = new Map<string, Promise<LoadedModel>>();
  for (const { model } of groups) {
    if (!loaded.has(model)) loaded.set(model, loadModelFile(model));
  }
  return Promise.all(groups.map(({ model }) => loaded.get(model)!));
}

/** The devices whose index among all belongs to the thread. @throws SynthError for certificates that cannot be read */
export async function buildDevices(options: BuildOptions): Promise<BuiltDevice[]> {
  const { groups, thread, threads } = options.task;
  const built: BuiltDevice[] = [];
  let first = 0;
  for (const [group, { count }] of groups.entries()) {
    const builder = new GroupBuilder(group, options);
    for (let index = (((thread - first) % threads) + threads) % threads; index < count; index += threads) {
      built.push(await builder.build(index));
    }
    first += count;
  }
  return built;
}

class GroupBuilder {
  readonly #options: BuildOptions;
  readonly #group: PreparedGroup;
  readonly #groupIndex: number;
  readonly #counts: GroupCounts;
  readonly #payload: PayloadWriter;
  readonly #templates: GroupTemplates;
  readonly #files = new Map<string, Promise<string>>();

  constructor(groupIndex: number, options: BuildOptions) {
    this.#options = options;
    this.#groupIndex = groupIndex;
    this.#group = options.task.groups[groupIndex]!;
    this.#counts = new GroupCounts(options.task.counts[groupIndex]!);
    this.#payload = new PayloadWriter(this.#group.payload);
    this.#templates = new GroupTemplates(this.#group);
  }

  async build(index: number): Promise<BuiltDevice> {
    const { task, timeline, host, factories, record } = this.#options;
    const group = this.#group;
    const random = fleetDeviceStream(task.seed, group.name, index);
    const identity = await this.#identity(index, random);
    const upSpans = timeline.upSpans(placeOf(index, group.count));
    const described = index < task.recordDevices ? record({ group: group.name, index, id: identity.id }) : undefined;
    const isObserved = index < OBSERVED_DEVICES || described !== undefined;
    const observer = isObserved ? new Observer(described) : undefined;
    const options: DeviceOptions = {
      group,
      groupIndex: this.#groupIndex,
      counts: this.#counts,
      identity,
      factory: factories[this.#groupIndex]!,
      upSpans,
      time: new DeviceTime(timeline.talkSpans(upSpans)),
      messages: () => this.#messages(random),
      ...this.#rendering(index, identity.id, random),
      storms: task.storms,
      random,
      maxMessages: task.limits.messagesPerDevice,
      observer,
      onEnd: () => host.deviceEnded(),
    };
    return { device: new Device(options, host), group: this.#groupIndex, observer };
  }

  #messages(random: Random): MessageTimes {
    const { speed, silence, spreadNs } = this.#group;
    const file = this.#options.models[this.#groupIndex]!;
    const startNs = random.split('spread').next() * spreadNs;
    return new MessageTimes(file.model, random.split('packets'), {
      speed,
      silence,
      stackBytes: stackPacketBytes(file),
      startNs,
    });
  }

  /** Topics and payloads. What is random in a message has a stream of its own: the same message is the same, whatever became of those before. */
  #rendering(index: number, id: string, random: Random): Pick<DeviceOptions, 'topicOf' | 'render'> {
    const { startWallMs } = this.#options;
    const context = this.#templates.context(index, id, random);
    const of = ({ seq, dueNs }: Message) => {
      context.seq = seq;
      context.nowMs = Math.floor(startWallMs() + dueNs / 1e6);
      context.random = lazyStream(random, seq);
      return context;
    };
    return {
      topicOf: (message) => this.#templates.topic.render(of(message)),
      render: (message, payloadBytes) => {
        message.payload = this.#payload.write(payloadBytes, of(message));
      },
    };
  }

  async #identity(index: number, random: Random): Promise<ClientIdentity> {
    const { certificate, key, ...identity } = this.#templates.identity(index, random);
    return {
      ...identity,
      certificate: certificate === undefined ? undefined : await this.#read(certificate),
      key: key === undefined ? undefined : await this.#read(key),
    };
  }

  /** @throws SynthError `SYNTH_FILE_UNREADABLE` */
  #read(path: string): Promise<string> {
    let text = this.#files.get(path);
    if (text === undefined) {
      text = readFile(path, 'utf8').catch((error: unknown) => {
        const message = `${path}: ${describeSystemError(error)}`;
        throw new SynthError('SYNTH_FILE_UNREADABLE', message, { cause: error });
      });
      this.#files.set(path, text);
    }
    return text;
  }
}

/** The stream of a message, made only if something is drawn from it. */
function lazyStream(random: Random, seq: number): Random {
  let stream: Random | undefined;
  const made = () => {
    stream ??= random.split(`message-${seq}`);
    return stream;
  };
  return { next: () => made().next(), split: (part) => made().split(part) };
}
