/**
 * @module
 * What a run must reach: thresholds by name, checked before the run for names that do not exist and at its end for their values.
 */

/** `hub: latency.p99 < 200ms` */
export interface Threshold {
  /** As it was written. */
  readonly text: string;
  /** Name of a group; undefined for all together. */
  readonly group: string | undefined;
  /** Such as `latency.p99`, see `METRICS`. */
  readonly metric: string;
  readonly operator: '<' | '<=' | '>' | '>=' | '==' | '!=';
  /** Durations in ns, shares from 0 to 1, rates per second. */
  readonly value: number;
  /** Ends the run as soon as it fails, after `graceNs` since the beginning. */
  readonly abortOnFail: boolean;
  readonly graceNs: number;
}
