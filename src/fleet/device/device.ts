/**
 * @module
 * One emulated device: when it connects, what it says, what it does when the connection is lost, and what of that is counted.
 */

import { BackOffPauses } from '../../host/back-off.js';
import type { TimedSource } from '../../packets/time-queue.js';
import type { Random } from '../../random.js';
import type { GroupCounts } from '../account/group-counts.js';
import type { ClientFactory, ClientIdentity, ClientListener, DeviceClient } from '../clients/client.js';
import type { Group, Storm } from '../scenario/scenario.js';
import type { DeviceTime } from './device-time.js';
import { Message } from './message.js';
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
  readonly mostMessages: number;
  readonly observer: Observer | undefined;
  readonly onEnd: () => void;
}

/** How long a device that is to go waits for what it has under way. */
const DRAIN_NS = 5e9;
/** Messages that are later than this keep no time any more; that they leave in packets of their own matters less than that they leave. */
const LATE_NS = 10e6;

type State = 'down' | 'waiting' | 'connecting' | 'up' | 'closing';

export class Device implements TimedSource, ClientListener<Message> {
  /** When the next message is due. */
  timeNs = Number.POSITIVE_INFINITY;
  readonly #options: DeviceOptions;
  readonly #host: DeviceHost;
  readonly #pauses: BackOffPauses;
  readonly #isRepeatable: boolean;
  #client: DeviceClient<Message> | undefined;
  #messages: MessageTimes | undefined;
  #state: State = 'down';
  /** Whether the phases want it up. */
  #isWanted = false;
  #isStopped = false;
  /** Counts the times that it has come up, so that what was meant for one never ends the next. */
  #stay = 0;
  /** Taken away by a storm until this time. */
  #awayUntilNs = 0;
  /** Whether the end of the connection was this side's wish. */
  #isExpected = false;
  #wasConnected = false;
  #attemptNs = 0;
  #connectedNs = 0;
  #seq = 0;
  /** Spans of `upSpans` that lie ahead. */
  #spansLeft: number;
  #queue: Message[] = [];
  readonly #inFlight = new Set<Message>();
  #isFlushing = false;

  constructor(options: DeviceOptions, host: DeviceHost) {
    this.#options = options;
    this.#host = host;
    const { group, random, upSpans } = options;
    this.#pauses = new BackOffPauses(group.target.backOff, random.split('back-off'));
    this.#isRepeatable = group.target.protocol === 'mqtt' && group.qos > 0;
    this.#spansLeft = upSpans.length;
  }

  /** Plans all that is known beforehand. */
  begin(): void {
    const { upSpans, storms, random } = this.#options;
    for (const { startNs, endNs } of upSpans) {
      this.#host.at(startNs, () => this.#goUp());
      this.#host.at(endNs, () => this.#goDown());
    }
    for (const [index, storm] of storms.entries()) {
      const drawn = random.split(`storm-${index}`);
      if (drawn.next() < storm.share) this.#host.at(storm.atNs + drawn.next() * storm.overNs, () => this.#take(storm));
    }
    if (upSpans.length === 0) this.#options.onEnd();
  }

  /** Ends it early, with no more messages: at once where nothing is under way. */
  stop(): void {
    this.#isStopped = true;
    this.#spansLeft = this.#isWanted ? 1 : 0;
    if (this.#isWanted) this.#goDown();
    else this.#endIfOver();
  }

  /** Cuts what is still there. */
  kill(): void {
    this.#isExpected = true;
    this.#client?.destroy();
  }

  /** Messages that have found no end. */
  get unfinished(): number {
    return this.#queue.length + this.#inFlight.size;
  }

  get leftToStack(): number {
    return this.#messages?.leftToStack ?? 0;
  }

  #goUp(): void {
    if (this.#isWanted || this.#isStopped) return;
    this.#isWanted = true;
    this.#stay++;
    const { factory, identity, messages } = this.#options;
    if (this.#client === undefined) {
      this.#client = factory.create(identity, this);
      this.#client.onRoom = () => this.#flush();
    }
    if (this.#messages === undefined) {
      this.#messages = messages();
      if (this.#toNextMessage()) this.#host.addMessages(this);
    }
    this.#requestConnect();
  }

  #goDown(): void {
    if (!this.#isWanted) return;
    this.#isWanted = false;
    this.#spansLeft--;
    if (this.#state === 'up') {
      const stay = this.#stay;
      if (this.#isIdle) this.#disconnect();
      else this.#host.at(this.#host.nowNs() + DRAIN_NS, () => stay === this.#stay && this.#disconnectIfUnwanted());
      return;
    }
    if (this.#state === 'connecting') this.kill();
    else if (this.#state === 'waiting') this.#state = 'down';
    this.#endIfOver();
  }

  #take({ awayNs, graceful }: Storm): void {
    if (!this.#isWanted) return;
    const untilNs = this.#host.nowNs() + awayNs;
    this.#awayUntilNs = untilNs;
    this.#isExpected = true;
    if (this.#state === 'up' && graceful) {
      this.#state = 'closing';
      this.#client!.disconnect();
    } else if (this.#state === 'up' || this.#state === 'connecting') {
      this.#client!.destroy();
    }
  }

  #disconnectIfUnwanted(): void {
    if (!this.#isWanted && this.#state === 'up') this.#disconnect();
  }

  #disconnect(): void {
    this.#isExpected = true;
    this.#state = 'closing';
    this.#client!.disconnect();
  }

  /** Asks for a connection now, or when it may come back. */
  #requestConnect(): void {
    if (this.#state !== 'down') return;
    this.#state = 'waiting';
    const ask = () => this.#host.requestConnect(() => this.#attempt());
    if (this.#awayUntilNs > this.#host.nowNs()) this.#host.at(this.#awayUntilNs, ask);
    else ask();
  }

  #attempt(): void {
    // It may have gone down, and even up again, in the meantime; the latest request makes the attempt.
    if (this.#state !== 'waiting' || !this.#isWanted) {
      this.#host.connectEnded();
      return;
    }
    if (this.#awayUntilNs > this.#host.nowNs()) {
      this.#host.connectEnded();
      this.#state = 'down';
      this.#requestConnect();
      return;
    }
    this.#state = 'connecting';
    this.#isExpected = false;
    this.#attemptNs = this.#host.nowNs();
    this.#options.counts.add('attempts');
    this.#client!.connect();
  }

  onConnected(): void {
    const { counts } = this.#options;
    const now = this.#host.nowNs();
    this.#state = 'up';
    this.#connectedNs = now;
    this.#host.connectEnded();
    counts.add('up');
    counts.add('connects');
    if (this.#wasConnected) counts.add('reconnects');
    this.#wasConnected = true;
    counts.durations.connect.record(now - this.#attemptNs);
    this.#flush();
    if (!this.#isWanted && this.#state === 'up' && this.#isIdle) this.#disconnect();
  }

  onClosed(reason: string): void {
    const before = this.#state;
    this.#state = 'down';
    if (before === 'connecting') this.#attemptFailed(reason);
    else if (before === 'up' || before === 'closing') this.#connectionEnded(reason);
    this.#settleInFlight();
    if (!this.#isWanted) {
      this.#endIfOver();
      return;
    }
    if (this.#isExpected) {
      this.#requestConnect();
      return;
    }
    this.#state = 'waiting';
    const pauseNs = this.#pauses.nextMs() * 1e6;
    const ask = () => this.#host.requestConnect(() => this.#attempt());
    this.#host.at(Math.max(this.#awayUntilNs, this.#host.nowNs() + pauseNs), ask);
  }

  #attemptFailed(reason: string): void {
    this.#host.connectEnded();
    if (this.#isExpected) return;
    this.#options.counts.add('refused');
    this.#host.countError(this.#options.groupIndex, `connect: ${reason}`);
  }

  #connectionEnded(reason: string): void {
    this.#options.counts.add('up', -1);
    this.#pauses.connectionLasted((this.#host.nowNs() - this.#connectedNs) / 1e6);
    if (this.#isExpected) return;
    this.#options.counts.add('lost');
    this.#host.countError(this.#options.groupIndex, `connection: ${reason}`);
  }

  /** What was under way when a connection ended: MQTT sends it again, others cannot know. */
  #settleInFlight(): void {
    if (this.#inFlight.size === 0) return;
    const messages = [...this.#inFlight];
    this.#inFlight.clear();
    if (this.#isRepeatable) {
      for (const message of messages) message.isRepeated = true;
      this.#queue = [...messages, ...this.#queue];
    } else {
      for (const _ of messages) this.#fail('connection-lost');
    }
  }

  /** The message that is due now, and on to the next. */
  advance(): boolean {
    const { sizeBytes } = this.#messages!;
    const { qos, retain } = this.#options.group;
    const message = new Message(this.#seq++, this.timeNs, sizeBytes, qos, retain);
    this.#options.counts.add('planned');
    this.#options.observer?.planned(message);
    this.#sendOrKeep(message);
    return this.#toNextMessage();
  }

  #toNextMessage(): boolean {
    const messages = this.#messages!;
    const { time, mostMessages } = this.#options;
    this.timeNs = Number.POSITIVE_INFINITY;
    if (this.#seq >= mostMessages || !messages.advance()) return false;
    this.timeNs = time.runNs(messages.ownNs);
    return this.timeNs !== Number.POSITIVE_INFINITY;
  }

  #sendOrKeep(message: Message): void {
    const { counts, group } = this.#options;
    const isUp = this.#state === 'up';
    if (isUp && this.#host.nowNs() - message.dueNs > LATE_NS) this.#host.together(this.#client!);
    if (isUp && this.#queue.length === 0 && this.#send(message)) {
      counts.durations.lateness.record(Math.max(0, message.sentNs - message.dueNs));
      return;
    }
    const mayWait = isUp || group.offline === 'queue';
    if (mayWait && this.#queue.length < group.queue) {
      this.#queue.push(message);
      if (isUp) counts.add('waited');
      return;
    }
    counts.add('dropped');
    this.#host.countError(this.#options.groupIndex, `dropped: ${mayWait ? 'queue-full' : 'offline'}`);
  }

  /** @returns false if the connection takes no more */
  #send(message: Message): boolean {
    const client = this.#client!;
    if (!message.isRendered) this.#render(message, client);
    // Before it is handed over: the acknowledgement may come from inside the call.
    this.#inFlight.add(message);
    const isFirst = message.sentNs < 0;
    if (isFirst) message.sentNs = this.#host.nowNs();
    if (!client.send(message)) {
      this.#inFlight.delete(message);
      if (isFirst) message.sentNs = -1;
      return false;
    }
    this.#countSent(message, isFirst);
    return true;
  }

  #countSent(message: Message, isFirst: boolean): void {
    const { counts, observer } = this.#options;
    counts.add('sentBytes', message.payload.length);
    if (isFirst) {
      counts.add('sent');
      observer?.sent(message);
    } else {
      counts.add('resent');
    }
  }

  #render(message: Message, client: DeviceClient<Message>): void {
    const { topicOf, render, counts } = this.#options;
    const { qos, sizeBytes } = message;
    message.topic = topicOf(message);
    const room = sizeBytes - client.overheadBytes(message.topic, qos, Math.max(0, sizeBytes));
    // Fields that tell the payload's length are shorter for a shorter payload.
    const payloadBytes = sizeBytes - client.overheadBytes(message.topic, qos, Math.max(0, room));
    if (payloadBytes < 0) counts.add('belowOverhead');
    render(message, Math.max(0, payloadBytes));
    message.overheadBytes = client.overheadBytes(message.topic, qos, message.payload.length);
    message.isRendered = true;
  }

  #flush(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    while (this.#state === 'up' && this.#queue.length > 0 && this.#send(this.#queue[0]!)) this.#queue.shift();
    this.#isFlushing = false;
  }

  onAcknowledged(message: Message): void {
    if (!this.#inFlight.delete(message)) return;
    const { counts } = this.#options;
    counts.add('acknowledged');
    if (this.#client!.acknowledges(message.qos)) {
      const now = this.#host.nowNs();
      counts.durations.latency.record(Math.max(0, now - message.dueNs));
      counts.durations.serviceTime.record(Math.max(0, now - message.sentNs));
    }
    this.#goOn();
  }

  onFailed(message: Message, reason: string): void {
    if (!this.#inFlight.delete(message)) return;
    this.#fail(reason);
    this.#goOn();
  }

  #fail(reason: string): void {
    this.#options.counts.add('failed');
    this.#host.countError(this.#options.groupIndex, `message: ${reason}`);
  }

  #goOn(): void {
    if (this.#queue.length > 0) this.#flush();
    if (!this.#isWanted && this.#state === 'up' && this.#isIdle) this.#disconnect();
  }

  onReceived(bytes: number): void {
    const { counts } = this.#options;
    counts.add('received');
    counts.add('receivedBytes', bytes);
  }

  get #isIdle(): boolean {
    return this.#queue.length === 0 && this.#inFlight.size === 0;
  }

  #endIfOver(): void {
    if (this.#spansLeft === 0 && this.#state === 'down') {
      this.#spansLeft = -1; // told once
      this.#options.onEnd();
    }
  }
}
