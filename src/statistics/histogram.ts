/**
 * @module
 * Histograms of whole numbers (bytes, ns) whose bins follow a sample: about as many of its values in each, and a bin of its
 * own for a value that is frequent.
 */

/**
 * Edges of bins, from left to right. A value that makes up at least 1/bins of the sample has the bin [v, v + 1) to itself;
 * other values share a bin until it has that much.
 *
 * @param sorted whole numbers that rise, at least one
 * @param bins how many bins there would be if all were alike
 * @returns rising; the first edge is the smallest value, the last one is the largest + 1. Of at most 2·bins + 1 bins each has
 *   its left edge and not the right one
 */
export function binEdges(sorted: Float64Array, bins: number): Float64Array {
  const edges = [sorted[0]!];
  /** Values since the last edge. */
  let held = 0;
  for (let i = 0; i < sorted.length; ) {
    const value = sorted[i]!;
    const begin = i;
    while (i < sorted.length && sorted[i] === value) i++;
    const isFrequent = (i - begin) * bins >= sorted.length;
    if ((isFrequent || held * bins >= sorted.length) && value > edges.at(-1)!) {
      edges.push(value);
      held = 0;
    }
    if (isFrequent) edges.push(value + 1);
    else held += i - begin;
  }
  const end = sorted.at(-1)! + 1;
  if (edges.at(-1)! < end) edges.push(end);
  return Float64Array.from(edges);
}

/**
 * How much of a sample is in each bin. O(k log n) for k bins.
 *
 * @param sorted values that rise
 * @param edges k + 1 edges that rise
 * @returns k + 2 counts: below the first edge, in the bins, and at or above the last edge
 */
export function countsOfSorted(sorted: Float64Array, edges: Float64Array): Float64Array {
  const counts = new Float64Array(edges.length + 1);
  let before = 0;
  for (let i = 0; i < edges.length; i++) {
    const below = firstWhere(sorted, before, (value) => value >= edges[i]!);
    counts[i] = below - before;
    before = below;
  }
  counts[edges.length] = sorted.length - before;
  return counts;
}

/** The place of a value among the counts of `countsOfSorted`: 0 below the first edge, k + 1 at or above the last. */
export function binOf(value: number, edges: Float64Array): number {
  return firstWhere(edges, 0, (edge) => edge > value);
}

/** Index of the first value, from a place on, for which a condition holds that also holds for all greater ones. */
function firstWhere(sorted: Float64Array, from: number, holds: (value: number) => boolean): number {
  let low = from;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(sorted[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
