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
  const lengths: number[] = [];
  let length = 1;
  for (const gap of view.gaps(outbound)) {
    if (gap > idleNs) {
      lengths.push(length);
      length = 0;
    }
    length++;
  }
  lengths.push(length);
  return Float64Array.from(lengths);
}

/** The gaps between bursts, in ns. @returns undefined where the real series has no two kinds of gap */
export function idleTimes(view: SeriesView, outbound: boolean, reference: Reference): Float64Array | undefined {
  const { idleNs } = reference.of(outbound);
  return idleNs === undefined ? undefined : view.gaps(outbound).filter((gap) => gap > idleNs);
}

/** Time from the last packet of the other direction to each packet of this one that follows it directly, in ns. */
export function responseGaps(view: SeriesView, outbound: boolean): Float64Array {
  const { block } = view;
  const wanted = outbound ? 1 : 0;
  const gaps: number[] = [];
  for (let i = 1; i < block.length; i++) {
    if (block.outbound[i] === wanted && block.outbound[i - 1] !== wanted) {
      gaps.push(block.offsetsNs[i]! - block.offsetsNs[i - 1]!);
    }
  }
  return Float64Array.from(gaps);
}

/** Packets of each run of one direction between packets of the other; the first and the last run count. */
export function runLengths(view: SeriesView, outbound: boolean): Float64Array {
  const { block } = view;
  const wanted = outbound ? 1 : 0;
  const lengths: number[] = [];
  let length = 0;
  for (let i = 0; i < block.length; i++) {
    if (block.outbound[i] === wanted) length++;
    else if (length > 0) {
      lengths.push(length);
      length = 0;
    }
  }
  if (length > 0) lengths.push(length);
  return Float64Array.from(lengths);
}
