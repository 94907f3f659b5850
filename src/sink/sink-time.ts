/**
 * @module
 * The time of a sink: everything is told in ns since it began, whether the kernel's wall clock says it or ours.
 */
import type { Clock } from '../clock.js';

export class SinkTime {
  readonly clock: Clock;
  /** When the sink began: by the monotonic clock, and since the Unix epoch. */
  readonly startNs: number;
  readonly startWallNs: bigint;
  readonly #startSeconds: number;
  readonly #startNanoseconds: number;

  constructor(clock: Clock) {
    this.clock = clock;
    this.startNs = clock.nowNs();
    this.startWallNs = clock.wallNs();
    this.#startSeconds = Number(this.startWallNs / 1_000_000_000n);
    this.#startNanoseconds = Number(this.startWallNs % 1_000_000_000n);
  }

  /** Time since the beginning, in whole ns. */
  now(): number {
    return Math.round(this.clock.nowNs() - this.startNs);
  }

  /** The same of a time since the Unix epoch. */
  since(seconds: number, nanoseconds: number): number {
    return (seconds - this.#startSeconds) * 1e9 + nanoseconds - this.#startNanoseconds;
  }

  /** The other way: whole seconds since the Unix epoch, */
  secondsOf(sinceNs: number): number {
    return this.#startSeconds + Math.floor((this.#startNanoseconds + sinceNs) / 1e9);
  }

  /** and the ns above them. */
  nanosecondsOf(sinceNs: number): number {
    const sinceSecond = this.#startNanoseconds + sinceNs;
    return sinceSecond - Math.floor(sinceSecond / 1e9) * 1e9;
  }
}
