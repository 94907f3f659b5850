/** Time that passes only when somebody looks at it or sleeps: a day takes no time. */
import type { Clock } from '../../src/clock.js';
import type { Sleeper } from '../../src/emission/waiter.js';

const LOOK_NS = 100;

export class VirtualTime implements Clock, Sleeper {
  /** Of the wall clock against the monotonic one; may step at any time. */
  wallOffsetNs = 1_700_000_000_000_000_000n;
  /** By which each sleep is too long. */
  oversleepNs = 0;
  /** Told of each pause that leaves the thread to its event loop. */
  onPause: ((now: number) => void) | undefined;
  #now: number;

  constructor(startNs = 5e9) {
    this.#now = startNs;
  }

  nowNs(): number {
    this.#now += LOOK_NS;
    return this.#now;
  }

  wallNs(): bigint {
    return BigInt(Math.round(this.#now)) + this.wallOffsetNs;
  }

  pass(ns: number): void {
    this.#now += ns;
  }

  sleepNs(ns: number): void {
    this.#now += ns + this.oversleepNs;
  }

  async pauseMs(ms: number): Promise<void> {
    this.#now += ms * 1e6 + this.oversleepNs;
    this.onPause?.(this.#now);
  }
}
