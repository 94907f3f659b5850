/**
 * @module
 * Waiting for a deadline: sleep while there is time, then look at the clock until it has come. What lies between is the precision.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../clock.js';
import { LINUX, type Linux } from '../host/native/linux.js';

export const PRECISIONS = ['coarse', 'fine', 'spin'] as const;
export type Precision = (typeof PRECISIONS)[number];

/** How a thread can pass time. */
export interface Sleeper {
  /** Blocks the thread, about so long. */
  sleepNs(ns: number): void;
  /** Leaves the thread to its event loop, about so long; 0 for one turn. */
  pauseMs(ms: number): Promise<void>;
}

interface Margins {
  /** Looking at the clock begins so long before the deadline: at least, and at most. In between it is what the system has overslept lately. */
  readonly minSpinNs: number;
  readonly maxSpinNs: number;
  /** Times from here on are left to the event loop, whose timers are trusted to be late by no more than this. */
  readonly longNs: number;
  readonly timerLateNs: number;
}

/** `fine` spins as much as this system needs; `spin` covers nearly everything, and takes a processor for itself while packets are dense. */
const MARGINS: Readonly<Record<Precision, Margins>> = {
  coarse: { minSpinNs: 0, maxSpinNs: 0, longNs: 6e6, timerLateNs: 3e6 },
  fine: { minSpinNs: 250e3, maxSpinNs: 2.5e6, longNs: 10e6, timerLateNs: 5e6 },
  spin: { minSpinNs: 12e6, maxSpinNs: 12e6, longNs: 25e6, timerLateNs: 12e6 },
};
/** What was overslept counts so much more, and is forgotten so slowly. */
const OVERSLEPT_FACTOR = 1.25;
const FORGETTING = 0.998;

/** Nothing is done any more so shortly before a deadline. */
const WARM_NS = 40e3;

/** The longest that a thread sleeps without a look at what it is told. */
const LONGEST_PAUSE_MS = 100;

export class Waiter {
  readonly clock: Clock;
  readonly #sleeper: Sleeper;
  readonly #margins: Margins;
  #spinNs: number;

  constructor(clock: Clock, sleeper: Sleeper, precision: Precision) {
    this.clock = clock;
    this.#sleeper = sleeper;
    this.#margins = MARGINS[precision];
    this.#spinNs = this.#margins.minSpinNs;
  }

  /** Whether a time is long enough to do something else in it, by `pause`. */
  isLong(ns: number): boolean {
    return ns > this.#margins.longNs;
  }

  /** Passes a part of a long time, in which the event loop turns. The rest is for `until`. */
  pause(ns: number): Promise<void> {
    return this.#sleeper.pauseMs(Math.min(LONGEST_PAUSE_MS, Math.floor((ns - this.#margins.timerLateNs) / 1e6)));
  }

  /** One turn of the event loop. */
  turn(): Promise<void> {
    return this.#sleeper.pauseMs(0);
  }

  /**
   * Blocks until a time of the clock.
   *
   * @param transport is kept warm meanwhile
   * @returns what the clock says then
   */
  until(dueNs: number, transport?: { keepWarm(): void }): number {
    const { clock } = this;
    let now = clock.nowNs();
    while (dueNs - now > this.#spinNs) {
      const sleepNs = dueNs - now - this.#spinNs;
      this.#sleeper.sleepNs(sleepNs);
      const before = now;
      now = clock.nowNs();
      this.#learn(now - before - sleepNs);
    }
    while (now < dueNs) {
      if (transport !== undefined && dueNs - now > WARM_NS) transport.keepWarm();
      now = clock.nowNs();
    }
    return now;
  }

  #learn(oversleptNs: number): void {
    const { minSpinNs, maxSpinNs } = this.#margins;
    const spinNs = Math.max(oversleptNs * OVERSLEPT_FACTOR, this.#spinNs * FORGETTING);
    this.#spinNs = Math.min(maxSpinNs, Math.max(minSpinNs, spinNs));
  }
}

const turnOfEventLoop = () => new Promise<void>((resolve) => setImmediate(resolve));

const pauseMs = (ms: number): Promise<void> => (ms <= 0 ? turnOfEventLoop() : pause(ms));

/** The sleep of this machine: clock_nanosleep with the least slack, or where that is not to be had, a wait for a signal that never comes. */
export function systemSleeper(linux: Linux | undefined): Sleeper {
  if (linux === undefined) {
    const never = new Int32Array(new SharedArrayBuffer(4));
    return { sleepNs: (ns) => void Atomics.wait(never, 0, 0, ns / 1e6), pauseMs };
  }
  // Of this thread: 1 ns in place of the 50 µs by which the kernel may gather timers.
  linux.prctl(LINUX.PR_SET_TIMERSLACK, 1);
  const time = new BigInt64Array(2);
  const words = new Int32Array(time.buffer); // at most some milliseconds: the upper halves stay 0
  return {
    sleepNs(ns) {
      words[0] = Math.floor(ns / 1e9);
      words[2] = ns % 1e9;
      linux.clock_nanosleep(LINUX.CLOCK_MONOTONIC, 0, time, null);
    },
    pauseMs,
  };
}
