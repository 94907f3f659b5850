/**
 * @module
 * One emulated device: when it connects, what it does when the connection is lost, and what of that is counted.
 */

import { BackOffPauses } from '../../host/back-off.js';
import type { ClientListener, DeviceClient } from '../clients/client.js';
import type { Storm } from '../scenario/scenario.js';
import type { DeviceHost, DeviceOptions } from './device-options.js';
import type { Message } from './message.js';
import { Outbox } from './outbox.js';

/** How long a device that is to go waits for what it has under way. */
const DRAIN_NS = 5e9;

type State = 'down' | 'waiting' | 'connecting' | 'up' | 'closing';

export class Device implements ClientListener<Message> {
  readonly #options: DeviceOptions;
  readonly #host: DeviceHost;
  readonly #pauses: BackOffPauses;
  readonly #outbox: Outbox;
  #client: DeviceClient<Message> | undefined;
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
  /** Spans of `upSpans` that lie ahead. */
  #spansLeft: number;

  constructor(options: DeviceOptions, host: DeviceHost) {
    this.#options = options;
    this.#host = host;
    const { group, random, upSpans } = options;
    this.#pauses = new BackOffPauses(group.target.backOff, random.split('back-off'));
    this.#outbox = new Outbox(options, host, () => (this.#state === 'up' ? this.#client : undefined));
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
    return this.#outbox.unfinished;
  }

  get leftToStack(): number {
    return this.#outbox.leftToStack;
  }

  #goUp(): void {
    if (this.#isWanted || this.#isStopped) return;
    this.#isWanted = true;
    this.#stay++;
    const { factory, identity } = this.#options;
    if (this.#client === undefined) {
      this.#client = factory.create(identity, this);
      this.#client.onRoom = () => this.#outbox.flush();
    }
    this.#outbox.begin();
    this.#requestConnect();
  }

  #goDown(): void {
    if (!this.#isWanted) return;
    this.#isWanted = false;
    this.#spansLeft--;
    if (this.#state === 'up') {
      const stay = this.#stay;
      if (this.#outbox.isIdle) this.#disconnect();
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
    this.#outbox.flush();
    if (!this.#isWanted && this.#state === 'up' && this.#outbox.isIdle) this.#disconnect();
  }

  onClosed(reason: string): void {
    const before = this.#state;
    this.#state = 'down';
    if (before === 'connecting') this.#attemptFailed(reason);
    else if (before === 'up' || before === 'closing') this.#connectionEnded(reason);
    this.#outbox.connectionLost();
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

  onAcknowledged(message: Message): void {
    if (this.#outbox.acknowledged(message, this.#client!)) this.#goOn();
  }

  onFailed(message: Message, reason: string): void {
    if (this.#outbox.failed(message, reason)) this.#goOn();
  }

  #goOn(): void {
    this.#outbox.flush();
    if (!this.#isWanted && this.#state === 'up' && this.#outbox.isIdle) this.#disconnect();
  }

  onReceived(bytes: number): void {
    const { counts } = this.#options;
    counts.add('received');
    counts.add('receivedBytes', bytes);
  }

  #endIfOver(): void {
    if (this.#spansLeft === 0 && this.#state === 'down') {
      this.#spansLeft = -1; // told once
      this.#options.onEnd();
    }
  }
}
