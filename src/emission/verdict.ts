/**
 * @module
 * What held a run back, if anything did: this machine or the target.
 */

/** What the account of a run says about its times, in ns. */
export interface RunTimes {
  /** Whether packets had times to keep. */
  readonly paced: boolean;
  /** Lateness of the packets. */
  readonly p99Ns: number;
  readonly maxNs: number;
  /** Time for which the transport took nothing. */
  readonly blockedNs: number;
}

export const VERDICTS = ['on-time', 'target-bound', 'generator-bound', 'unpaced'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** A run is behind its plan if one packet in a hundred is later than this: more than any scheduler of a machine that is not overloaded takes. */
const BEHIND_NS = 100e6;

/** @param p99Ns lateness that one packet or message in a hundred exceeds, in ns */
export const isBehind = (p99Ns: number): boolean => p99Ns > BEHIND_NS;

/**
 * - `on-time`: the plan was kept.
 * - `target-bound`: it was not, and the target (or the network before it) took packets too slowly.
 * - `generator-bound`: it was not, for want of time on this machine; what was measured says nothing about the target.
 * - `unpaced`: there were no times to keep.
 */
export function verdictOf({ paced, p99Ns, maxNs, blockedNs }: RunTimes): Verdict {
  if (!paced) return 'unpaced';
  if (!isBehind(p99Ns)) return 'on-time';
  // Who waits is late for as long as it waited, until it has caught up.
  return blockedNs >= maxNs / 2 ? 'target-bound' : 'generator-bound';
}
