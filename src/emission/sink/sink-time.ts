/**
 * @module
 * The time of a sink: everything is told in ns since it began, whether the kernel's wall clock says it or ours.
 */
import type { Clock } from '../../clock.js';

/** The wall clock goes on within this time, in ns, or it is one that stands. */
const PATIENCE_NS = 3e6;

export class SinkTime {
  readonly clock: Clock;
  /** When the sink began: by the monotonic clock, and since the Unix epoch. */
  readonly startNs: number;
  readonly startWallNs: bigint;
  readonly #startSeconds: number;
  readonly #startNanoseconds: number;

  constructor(clock: Clock) {
    this.clock = clock;
    // The wall clock tells whole milliseconds, so the moment is taken at which one begins.
    const before = clock.wallNs();
    const patienceNs = clock.nowNs() + PATIENCE_NS;
    let nowNs = clock.nowNs();
    let wallNs = before;
    while (wallNs === before && nowNs < patienceNs) {
      nowNs = clock.nowNs();
      wallNs = clock.wallNs();
    }
    this.startNs = nowNs;
    this.startWallNs = wallNs;
    this.#startSeconds = Number(wallNs / 1_000_000_000n);
    this.#startNanoseconds = Number(wallNs % 1_000_000_000n);
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
