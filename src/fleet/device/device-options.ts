/**
 * @module
 * The contract between a device and the thread that runs it.
 */
import type { TimedSource } from '../../packets/time-queue.js';
import type { Random } from '../../random.js';
import type { GroupCounts } from '../account/group-counts.js';
import type { ClientFactory, ClientIdentity, DeviceClient } from '../clients/client.js';
import type { Group, Storm } from '../scenario/scenario.js';
import type { DeviceTime } from './device-time.js';
import type { Message } from './message.js';
import type { MessageTimes } from './message-times.js';
import type { Observer } from './observer.js';
import type { Span } from './timeline.js';

/** What a device needs of whoever runs it. Times are in ns since the beginning of the run. */
export interface DeviceHost {
  nowNs(): number;
  /** Calls at a time, or soon after. */
  at(ns: number, action: () => void): void;
  /** Calls when the device may begin to connect, which rates and what is under way may delay. */
  requestConnect(attempt: () => void): void;
  /** An attempt that was begun has come to its end. */
  connectEnded(): void;
  /** What the client is sent in this turn may leave at once. */
  together(client: DeviceClient<Message>): void;
  /** The device has messages from now on. */
  addMessages(source: TimedSource): void;
  countError(group: number, reason: string): void;
}

export interface DeviceOptions {
  readonly group: Group;
  /** Place of the group in the scenario. */
  readonly groupIndex: number;
  readonly counts: GroupCounts;
  readonly identity: ClientIdentity;
  readonly factory: ClientFactory;
  readonly upSpans: readonly Span[];
  readonly time: DeviceTime;
  /** Called when the device is up for the first time. */
  readonly messages: () => MessageTimes;
  readonly topicOf: (message: Message) => string;
  /** Gives a message its payload. */
  readonly render: (message: Message, payloadBytes: number) => void;
  readonly storms: readonly Storm[];
  readonly random: Random;
  readonly maxMessages: number;
  readonly observer: Observer | undefined;
  readonly onEnd: () => void;
}
