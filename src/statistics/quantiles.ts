/**
 * @module
 * Quantiles of a sample, and how different two of them are.
 */

/**
 * The value that a share p of the sample is below, with linear interpolation between values.
 *
 * Source: Hyndman & Fan (1996), Sample quantiles in statistical packages, type 7; same value as
 * `numpy.quantile(sorted, p)`.
 *
 * @param sorted values that rise
 * @param p 0 (the smallest value) to 1 (the largest)
 * @returns NaN if the sample is empty
 */
export function quantileOfSorted(sorted: Float64Array, p: number): number {
  if (sorted.length === 0) return Number.NaN;
  const place = (sorted.length - 1) * p;
  const index = Math.floor(place);
  const low = sorted[index]!;
  const high = sorted[Math.min(index + 1, sorted.length - 1)]!;
  const share = place - index;
  // From the nearer end, so that neither end is missed by rounding and quantiles rise with p.
  return share < 0.5 ? low + (high - low) * share : high - (high - low) * (1 - share);
}

/** |a − b| / (|a| + |b|): 0 for equal numbers, two zeros among them, 1 for numbers of which one is 0 or has the other sign. */
export function relativeDifference(a: number, b: number): number {
  return a === b ? 0 : Math.abs(a - b) / (Math.abs(a) + Math.abs(b));
}
