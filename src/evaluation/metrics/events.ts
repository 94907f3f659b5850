/**
 * @module
 * What packets make together: bursts and the idle times between them, runs of packets of one direction and the responses that end them.
 */
import type { Reference } from '../reference.js';
import type { SeriesView } from '../series-view.js';

/**
 * Packets of each burst: a run of packets of one direction whose gaps are not idle. The first and the last burst count, though they may be cut.
 *
 * @returns undefined where the real series has no two kinds of gap
 */
export function bursts(view: SeriesView, outbound: boolean, reference: Reference): Float64Array | undefined {
  const { idleNs } = reference.of(outbound);
  if (idleNs === undefined) return undefined;
  const gaps = view.gaps(outbound);
  const packets = view.count(outbound);
  const lengths = new Float64Array(packets);
  let count = 0;
  let start = 0;
  for (let i = 0; i < gaps.length; i++) {
    if (gaps[i]! <= idleNs) continue;
    lengths[count++] = i + 1 - start;
    start = i + 1;
  }
  if (packets > 0) lengths[count++] = packets - start;
  return lengths.slice(0, count);
}

/** The gaps between bursts, in ns, rising. @returns undefined where the real series has no two kinds of gap */
export function idleTimes(view: SeriesView, outbound: boolean, reference: Reference): Float64Array | undefined {
  const { idleNs } = reference.of(outbound);
  if (idleNs === undefined) return undefined;
  const gaps = view.sortedGaps(outbound);
  return gaps.subarray(upperBound(gaps, idleNs));
}

/** How many of rising values are not above the limit. */
function upperBound(sorted: Float64Array, limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Time from the last packet of the other direction to each packet of this one that follows it directly, in ns. */
export function responseGaps(view: SeriesView, outbound: boolean): Float64Array {
  const { length, offsetsNs, outbound: directions } = view.block;
  const wanted = outbound ? 1 : 0;
  const gaps = new Float64Array(view.count(outbound));
  let count = 0;
  for (let i = 1; i < length; i++) {
    if (directions[i] === wanted && directions[i - 1] !== wanted) gaps[count++] = offsetsNs[i]! - offsetsNs[i - 1]!;
  }
  return gaps.slice(0, count);
}

/** Packets of each run of one direction between packets of the other; the first and the last run count. */
export function runLengths(view: SeriesView, outbound: boolean): Float64Array {
  const { length, outbound: directions } = view.block;
  const wanted = outbound ? 1 : 0;
  const lengths = new Float64Array(view.count(outbound));
  let count = 0;
  for (let i = 0; i < length; i++) {
    if (directions[i] !== wanted) continue;
    if (i === 0 || directions[i - 1] !== wanted) count++;
    lengths[count - 1]!++;
  }
  return lengths.slice(0, count);
}
