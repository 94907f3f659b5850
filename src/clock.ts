/**
 * @module
 * The only source of time. Whatever measures or waits is given a clock, so that tests can give it another one.
 */
import { performance } from 'node:perf_hooks';

export interface Clock {
  /** Monotonic time in nanoseconds from an arbitrary origin, the same in all threads. Steps of the wall clock do not move it. */
  nowNs(): number;
  /** Wall-clock time in nanoseconds since the Unix epoch, to the µs. */
  wallNs(): bigint;
}

// Every thread counts performance.now() from its own beginning; hrtime has one origin, but allocates a BigInt each time.
const threadOriginNs = Number(process.hrtime.bigint()) - performance.now() * 1e6;

export const systemClock: Clock = {
  nowNs: () => threadOriginNs + performance.now() * 1e6,
  // Date.now() has whole milliseconds. Like the other it does not follow steps of the wall clock that come after the start of the process.
  wallNs: () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n,
};
