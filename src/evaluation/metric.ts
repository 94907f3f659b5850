/**
 * @module
 * The contract of every metric of an evaluation, and what becomes of one: a number that stands beside its floor.
 */
import type { SeriesView } from './series-view.js';

/** Whose packets a metric looks at; `both` where the order of the directions is part of it. */
export type Direction = 'outbound' | 'inbound' | 'both';

/** What a metric counts for in the fidelity score, see score.ts. */
export const ASPECTS = ['size', 'gap', 'rate', 'order', 'dialogue', 'classifier'] as const;
export type Aspect = (typeof ASPECTS)[number];

/** A number, with whatever else a metric found out on the way; or, as text, what the series has too little of. */
export type Comparison = { readonly value: number; readonly detail?: unknown } | string;

/** One number about two series, 0 or small where they are alike. */
export interface Metric {
  /** The family: `ks`, `emd`, … */
  readonly metric: string;
  readonly quantity: string;
  readonly direction: Direction;
  /** Empty for a pure number. */
  readonly unit: string;
  /** Its place in the score; undefined for a metric that is only reported. */
  readonly scored?: { readonly aspect: Aspect /** The excess that costs everything. */; readonly worst: number };
  /** The part of the real series that a synthetic one is compared with. Default: the held-out part. */
  readonly against?: 'training';
  /**
   * @param sample a synthetic series, or the other part of the real one
   * @param real the part of the real series that it is compared with
   */
  compare(sample: SeriesView, real: SeriesView): Comparison;
}

/** The range in which a mean lies with a probability of 95 %. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** One metric of an evaluation. What could not be computed is null, and `reason` says why. */
export interface MetricResult {
  readonly metric: string;
  readonly quantity: string;
  readonly direction: Direction;
  readonly unit: string;
  readonly aspect: Aspect | null;
  /** Between synthetic and held-out packets; the mean where several synthetic series were given. */
  readonly value: number | null;
  /** Of the value, over the synthetic series; null for fewer than two of them. */
  readonly interval: Interval | null;
  /** The same between the training part and the held-out part of the real series. */
  readonly floor: number | null;
  /** The same between resamplings of the training part, by blocks, and the held-out part. */
  readonly bootstrap: ({ readonly mean: number } & Interval) | null;
  /** value − floor. */
  readonly excess: number | null;
  /** What it takes from its aspect of the score: 0 nothing, 1 everything; null where it does not count. */
  readonly loss: number | null;
  readonly reason: string | null;
  readonly detail: unknown;
}

/** How well synthetic series fit a real one. */
export interface Evaluation {
  /** Fidelity, 0 to 100; 100 = indistinguishable from held-out real packets. Null where nothing could be compared. */
  readonly score: number | null;
  readonly scoreInterval: Interval | null;
  /** What each aspect loses, 0 to 1; null where none of its metrics could be computed. */
  readonly aspects: Readonly<Record<Aspect, number | null>>;
  readonly trainingPackets: number;
  readonly heldOutPackets: number;
  /** Packets of each synthetic series that was compared. */
  readonly syntheticPackets: readonly number[];
  readonly metrics: readonly MetricResult[];
  /** Mean excess of the KS statistics of size, gap and throughput per second; null if there is none. */
  readonly meanExcess: number | null;
}
