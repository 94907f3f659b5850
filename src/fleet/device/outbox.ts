/**
 * @module
 * The messages of one device: made when they are due, sent or kept for a connection, and counted until each has found its end.
 */

import type { TimedSource } from '../../packets/time-queue.js';
import type { DeviceClient } from '../clients/client.js';
import type { DeviceHost, DeviceOptions } from './device-options.js';
import { Message } from './message.js';
import type { MessageTimes } from './message-times.js';

/** Messages that are later than this keep no time any more; that they leave in packets of their own matters less than that they leave. */
const LATE_NS = 10e6;

export class Outbox implements TimedSource {
  /** When the next message is due. */
  timeNs = Number.POSITIVE_INFINITY;
  readonly #options: DeviceOptions;
  readonly #host: DeviceHost;
  readonly #openClient: () => DeviceClient<Message> | undefined;
  readonly #isRepeatable: boolean;
  #messages: MessageTimes | undefined;
  #seq = 0;
  #queue: Message[] = [];
  readonly #inFlight = new Set<Message>();
  #isFlushing = false;

  /** @param openClient the client while it takes messages; undefined while the device is not connected */
  constructor(options: DeviceOptions, host: DeviceHost, openClient: () => DeviceClient<Message> | undefined) {
    this.#options = options;
    this.#host = host;
    this.#openClient = openClient;
    this.#isRepeatable = options.group.target.protocol === 'mqtt' && options.group.qos > 0;
  }

  /** Plans the first message, once. */
  begin(): void {
    if (this.#messages !== undefined) return;
    this.#messages = this.#options.messages();
    if (this.#toNextMessage()) this.#host.addMessages(this);
  }

  /** Messages that have found no end. */
  get unfinished(): number {
    return this.#queue.length + this.#inFlight.size;
  }

  get leftToStack(): number {
    return this.#messages?.leftToStack ?? 0;
  }

  get isIdle(): boolean {
    return this.#queue.length === 0 && this.#inFlight.size === 0;
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
    const { time, maxMessages } = this.#options;
    this.timeNs = Number.POSITIVE_INFINITY;
    if (this.#seq >= maxMessages || !messages.advance()) return false;
    this.timeNs = time.runNs(messages.ownNs);
    return this.timeNs !== Number.POSITIVE_INFINITY;
  }

  #sendOrKeep(message: Message): void {
    const { counts, group } = this.#options;
    const client = this.#openClient();
    const isUp = client !== undefined;
    if (isUp && this.#host.nowNs() - message.dueNs > LATE_NS) this.#host.together(client);
    if (isUp && this.#queue.length === 0 && this.#send(message, client)) {
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
  #send(message: Message, client: DeviceClient<Message>): boolean {
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

  /** Sends what has been kept, as long as the connection takes it. */
  flush(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    while (this.#queue.length > 0) {
      const client = this.#openClient();
      if (client === undefined || !this.#send(this.#queue[0]!, client)) break;
      this.#queue.shift();
    }
    this.#isFlushing = false;
  }

  /** @returns false if the message had found its end before */
  acknowledged(message: Message, client: DeviceClient<Message>): boolean {
    if (!this.#inFlight.delete(message)) return false;
    const { counts } = this.#options;
    counts.add('acknowledged');
    if (client.acknowledges(message.qos)) {
      const now = this.#host.nowNs();
      counts.durations.latency.record(Math.max(0, now - message.dueNs));
      counts.durations.serviceTime.record(Math.max(0, now - message.sentNs));
    }
    return true;
  }

  /** @returns false if the message had found its end before */
  failed(message: Message, reason: string): boolean {
    if (!this.#inFlight.delete(message)) return false;
    this.#fail(reason);
    return true;
  }

  /** What was under way when a connection ended: MQTT sends it again, others cannot know. */
  connectionLost(): void {
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

  #fail(reason: string): void {
    this.#options.counts.add('failed');
    this.#host.countError(this.#options.groupIndex, `message: ${reason}`);
  }
}
