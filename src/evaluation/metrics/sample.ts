/**
 * @module
 * The values of one quantity of a series, as the metrics of distributions compare them.
 */
import { enough, tooFew } from '../metric.js';
import type { SeriesView } from '../series-view.js';

/** Fewer bins or events than this are no distribution. */
export const LEAST = 10;

export interface Sample {
  /** Rising. */
  readonly values: Float64Array;
  /** Values of 0 before them, which a quiet device has by the million. */
  readonly zeros: number;
}

/** @returns a text where the series has too little for it */
export type SampleOf = (view: SeriesView, outbound: boolean) => Sample | string;

/** @param sorted rising */
export function sampleOf(sorted: Float64Array, least: number, what: string): Sample | string {
  const found = enough(sorted, least, what);
  return typeof found === 'string' ? found : { values: found, zeros: 0 };
}

export const sizes: SampleOf = (view, outbound) => sampleOf(view.sortedSizes(outbound), 1, 'packets');

export const gaps: SampleOf = (view, outbound) => sampleOf(view.sortedGaps(outbound), 1, 'gaps');

/** Bytes in each full bin of time. */
export const throughput =
  (seconds: number): SampleOf =>
  (view, outbound) => {
    const bins = view.bins(seconds * 1e9);
    if (bins < LEAST) return tooFew(bins, LEAST, `full bins of ${seconds} s`);
    const values = view.sortedBusyBins(outbound, seconds * 1e9);
    return { values, zeros: bins - values.length };
  };
