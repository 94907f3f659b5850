/**
 * @module
 * The devices of one thread: one loop does what is due, for all of them.
 */
import type { Clock } from '../../clock.js';
import { type TimedSource, TimeQueue } from '../../packets/time-queue.js';
import type { DeviceClient } from '../clients/client.js';
import type { Device } from '../device/device.js';
import type { DeviceHost } from '../device/device-options.js';
import { Connector } from './connector.js';
import { Timers } from './timers.js';

/** How long things are done before the event loop has its turn: answers of targets come in there. */
const TURN_NS = 4e6;
/** The clock is looked at once for so many. */
const CLOCK_EVERY = 16;
/** The timer of the system keeps to about a millisecond; for less than this the loop goes round. */
const FINE_NS = 1.5e6;
/** When so many messages come due in a second, going round would take the processor from the targets, and a millisecond is fine enough. */
const BUSY_PER_SECOND = 2000;
/** What a device may take for its end, beyond its own time for that. */
const CLOSING_NS = 10e9;
/** A timer that is later than this goes before messages that were due even earlier. */
const MAX_BEHIND_NS = 1e9;
/** After what is left was cut. */
const LAST_NS = 1e9;

export interface ShardOptions {
  readonly clock: Clock;
  /** When the phases are over. */
  readonly totalNs: number;
  readonly connectsPerSecond: number;
  readonly countError: (group: number, reason: string) => void;
}

type Corkable = Pick<DeviceClient, 'cork' | 'uncork'>;

export class Shard implements DeviceHost {
  readonly #options: ShardOptions;
  readonly #timers = new Timers();
  readonly #connector: Connector;
  #startNs = 0;
  #messages = new TimeQueue<TimedSource>([]);
  #devices: readonly Device[] = [];
  #left = 0;
  #isStopped = false;
  #isTurning = false;
  #wakeNs = Number.POSITIVE_INFINITY;
  #timeout: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  /** Messages since `#rateSinceNs`. */
  #recent = 0;
  #rateSinceNs = 0;
  #isBusy = false;
  #ended: () => void = () => {};
  readonly #corked = new Set<Corkable>();

  constructor(options: ShardOptions) {
    this.#options = options;
    this.#connector = new Connector(options.connectsPerSecond, this);
  }

  /**
   * Resolves when all devices have come to their end.
   *
   * @param startNs when the run begins, by the clock
   */
  run(devices: readonly Device[], startNs: number): Promise<void> {
    this.#startNs = startNs;
    this.#devices = devices;
    this.#left = devices.length;
    return new Promise((resolve) => {
      this.#ended = () => {
        this.#sleepNoMore();
        resolve();
      };
      if (devices.length === 0) this.#ended();
      for (const device of devices) device.begin();
      this.#endBy(this.#options.totalNs);
      this.#arm();
    });
  }

  /** Ends the run before its time. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#messages = new TimeQueue<TimedSource>([]);
    this.#endBy(this.nowNs());
    for (const device of this.#devices) device.stop();
    this.#arm();
  }

  /** A device has come to its end. */
  deviceEnded(): void {
    if (--this.#left === 0) this.#ended();
  }

  #endBy(ns: number): void {
    this.at(ns + CLOSING_NS, () => {
      for (const device of this.#devices) device.kill();
    });
    this.at(ns + CLOSING_NS + LAST_NS, () => this.#ended());
  }

  nowNs(): number {
    return this.#options.clock.nowNs() - this.#startNs;
  }

  at(ns: number, action: () => void): void {
    this.#timers.at(ns, action);
    this.#wakeBy(ns);
  }

  requestConnect(attempt: () => void): void {
    this.#connector.request(attempt);
  }

  connectEnded(): void {
    this.#connector.ended();
  }

  together(client: Corkable): void {
    if (client.cork === undefined || this.#corked.has(client)) return;
    client.cork();
    this.#corked.add(client);
  }

  addMessages(source: TimedSource): void {
    if (this.#isStopped) return;
    this.#messages.add(source);
    this.#wakeBy(source.timeNs);
  }

  countError(group: number, reason: string): void {
    this.#options.countError(group, reason);
  }

  readonly #turn = (): void => {
    this.#isTurning = true;
    let now = this.nowNs();
    const endNs = now + TURN_NS;
    for (let done = 1; this.#nextNs <= now && now < endNs; done++) {
      // One after the other as they are due: a device that goes has said by then what it had to say. But no run outlasts its time by much.
      if (this.#timers.nextNs <= Math.max(this.#nextMessageNs, now - MAX_BEHIND_NS)) {
        this.#timers.runNext();
      } else {
        this.#messages.advance();
        this.#recent++;
      }
      if (done % CLOCK_EVERY === 0) now = this.nowNs();
    }
    for (const client of this.#corked) client.uncork!();
    this.#corked.clear();
    this.#isTurning = false;
    this.#measureRate(now);
    this.#arm();
  };

  get #nextNs(): number {
    return Math.min(this.#timers.nextNs, this.#nextMessageNs);
  }

  get #nextMessageNs(): number {
    return this.#messages.first?.timeNs ?? Number.POSITIVE_INFINITY;
  }

  #measureRate(now: number): void {
    const elapsedNs = now - this.#rateSinceNs;
    if (elapsedNs < 0.25e9) return;
    this.#isBusy = (this.#recent / elapsedNs) * 1e9 > BUSY_PER_SECOND;
    this.#recent = 0;
    this.#rateSinceNs = now;
  }

  /** Something is to be done earlier than what is slept for. */
  #wakeBy(ns: number): void {
    if (!this.#isTurning && ns < this.#wakeNs) this.#arm();
  }

  #arm(): void {
    this.#sleepNoMore();
    if (this.#left === 0) return;
    this.#wakeNs = this.#nextNs;
    const inNs = this.#wakeNs - this.nowNs();
    if (inNs <= 0 || (inNs < FINE_NS && !this.#isBusy)) this.#immediate = setImmediate(this.#turn);
    else this.#timeout = setTimeout(this.#turn, Math.max(1, Math.min(inNs / 1e6 - 1, 10_000)));
  }

  #sleepNoMore(): void {
    clearTimeout(this.#timeout);
    clearImmediate(this.#immediate);
    this.#timeout = undefined;
    this.#immediate = undefined;
  }
}
