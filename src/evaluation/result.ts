/**
 * @module
 * What an evaluation says: every metric beside its floor, and one score of all.
 */
import type { Interval } from '../statistics/confidence.js';
import type { Aspect, Direction } from './metric.js';

/** One metric. What could not be computed is null, and `reason` says why. */
export interface MetricResult {
  readonly metric: string;
  readonly quantity: string;
  readonly direction: Direction;
  /** Empty for a pure number. */
  readonly unit: string;
  /** What it counts for in the score; null for a metric that is only reported. */
  readonly aspect: Aspect | null;
  /** Between synthetic and held-out packets; the mean where several synthetic series were given. */
  readonly value: number | null;
  /** Of the value, over the synthetic series; null for fewer than two of them. */
  readonly interval: Interval | null;
  /** The same between the training part and the held-out part of the real series. */
  readonly floor: number | null;
  /** The same between resamplings of the training part, by blocks, and the held-out part. */
  readonly bootstrap: BootstrapFloor | null;
  /** value − floor. */
  readonly excess: number | null;
  /** What it takes from its aspect of the score: 0 nothing, 1 everything; null where it does not count. */
  readonly loss: number | null;
  readonly reason: string | null;
  readonly detail: unknown;
}

/** The mean over the resamplings, and the range of 95 % of them. */
export interface BootstrapFloor extends Interval {
  readonly mean: number;
}

/** How well synthetic series fit a real one. */
export interface Evaluation {
  /** Fidelity, 0 to 100; 100 = indistinguishable from held-out real packets. Null where nothing could be compared. */
  readonly score: number | null;
  readonly scoreInterval: Interval | null;
  /** Why there is no score. */
  readonly reason: string | null;
  /** What each aspect loses, 0 to 1; null where none of its metrics could be computed. */
  readonly aspects: Readonly<Record<Aspect, number | null>>;
  readonly trainingPackets: number;
  readonly heldOutPackets: number;
  /** Packets of each synthetic series. */
  readonly syntheticPackets: readonly number[];
  /** Number of series and parts compared. A series longer than the training part is split into parts of about its length. */
  readonly seriesCompared: number;
  /** Of each of them; the score is their mean, where there is one. */
  readonly scores: readonly (number | null)[];
  readonly metrics: readonly MetricResult[];
  /** Mean excess of the KS statistics of size, gap and throughput per second; null if there is none. */
  readonly meanExcess: number | null;
}
