/**
 * @module
 * The only source of time. Whatever measures or waits is given a clock, so that tests can give it another one.
 */

export interface Clock {
  /** Monotonic time in nanoseconds from an arbitrary origin. */
  nowNs(): number;
  /** Wall-clock time in nanoseconds since the Unix epoch, to the millisecond. */
  wallNs(): bigint;
}

export const systemClock: Clock = {
  nowNs: () => performance.now() * 1e6,
  wallNs: () => BigInt(Date.now()) * 1_000_000n,
};
