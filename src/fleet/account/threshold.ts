/**
 * @module
 * A threshold: a bound on a metric of a run.
 */

/** How a value is compared with the one of the threshold. */
export const OPERATORS = {
  '<=': (a: number, b: number) => a <= b,
  '>=': (a: number, b: number) => a >= b,
  '==': (a: number, b: number) => a === b,
  '!=': (a: number, b: number) => a !== b,
  '<': (a: number, b: number) => a < b,
  '>': (a: number, b: number) => a > b,
} as const;
export type Operator = keyof typeof OPERATORS;

/** `hub: latency.p99 < 200ms` */
export interface Threshold {
  /** As it was written. */
  readonly text: string;
  /** Name of a group; undefined for all together. */
  readonly group: string | undefined;
  /** Such as `latency.p99`, see `METRICS`. */
  readonly metric: string;
  readonly operator: Operator;
  /** Durations in ns, shares from 0 to 1, rates per second. */
  readonly value: number;
  /** Ends the run as soon as it fails, after `graceNs` since the beginning. */
  readonly abortOnFail: boolean;
  readonly graceNs: number;
}
