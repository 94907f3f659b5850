/**
 * @module
 * The only source of time. Whatever measures or waits is given a clock, so that tests can give it another one.
 */
import { performance } from 'node:perf_hooks';

export interface Clock {
  /** Monotonic time in nanoseconds from an arbitrary origin, the same in all threads. Steps of the wall clock do not move it. */
  nowNs(): number;
  /** Wall-clock time in nanoseconds since the Unix epoch. */
  wallNs(): bigint;
}

// Every thread counts performance.now() from its own beginning; hrtime has one origin, but allocates a BigInt each time.
const threadOriginNs = Number(process.hrtime.bigint()) - performance.now() * 1e6;

export const systemClock: Clock = {
  nowNs: () => threadOriginNs + performance.now() * 1e6,
  wallNs: () => BigInt(Date.now()) * 1_000_000n,
};
