/**
 * @module
 * How late packets were, as counts in shared memory: written by the thread that sends, for next to nothing, and read while it runs.
 *
 * Counts are of ranges whose width grows with their values, as in an HdrHistogram: each power of two is cut into 256, so that a value is known to 0.4 %.
 */
import { build, type Histogram } from 'hdr-histogram-js';

const SUB_BITS = 8;
const SUB_COUNTS = 2 ** SUB_BITS;
/** Values below 2^47 ns, 39 hours; longer ones count as that. */
const MAX_BITS = 47;
const LENGTH = (MAX_BITS - SUB_BITS + 1) * SUB_COUNTS;
const MOST = 2 ** MAX_BITS - 1;
/** Above this, integer arithmetic of 32 bits does not do. */
const WORD = 2 ** 31;

export const LATENESS_RANGES = LENGTH;
export const LATENESS_BYTES = LENGTH * Float64Array.BYTES_PER_ELEMENT;

export class LatenessCounts {
  readonly #counts: Float64Array;

  /** @param memory `LATENESS_BYTES`, at first zeros */
  constructor(memory: SharedArrayBuffer, at = 0) {
    this.#counts = new Float64Array(memory, at, LENGTH);
  }

  /** @param ns at least 0 */
  record(ns: number): void {
    this.#counts[indexOf(ns)]!++;
  }

  /** Adds the counts to others, of `LATENESS_RANGES` ranges. */
  addTo(counts: Float64Array): void {
    const own = this.#counts;
    for (let i = 0; i < LENGTH; i++) counts[i]! += own[i]!;
  }

  /** How many packets were how late, coarsely. */
  ranges(): readonly LatenessRange[] {
    const packets = RANGES_NS.map(() => 0);
    this.#counts.forEach((count, index) => {
      packets[RANGES_NS.findIndex((upToNs) => middleOf(index) <= upToNs)]! += count;
    });
    return RANGES_NS.map((upToNs, i) => ({ upToNs: Number.isFinite(upToNs) ? upToNs : null, packets: packets[i]! }));
  }

  /** Any values from 1 ns on, to three digits; those below count as 0. */
  histogram(): Histogram {
    const histogram = build({
      lowestDiscernibleValue: 1,
      highestTrackableValue: MOST,
      numberOfSignificantValueDigits: 3,
      bitBucketSize: 64,
    });
    this.#counts.forEach((count, index) => {
      if (count > 0) histogram.recordValueWithCount(middleOf(index), count);
    });
    return histogram;
  }
}

/** Upper ends of the ranges that are told, in ns. */
const RANGES_NS = [10e3, 30e3, 100e3, 300e3, 1e6, 10e6, 100e6, Number.POSITIVE_INFINITY];

/** `upToNs` is null for those above all ranges. */
export interface LatenessRange {
  readonly upToNs: number | null;
  readonly packets: number;
}

function indexOf(ns: number): number {
  if (ns >= WORD) {
    const value = Math.min(ns, MOST);
    // The upper 31 of its bits at most, as an integer.
    const shift = 16;
    return indexOfWord(Math.floor(value / 2 ** shift)) + shift * SUB_COUNTS;
  }
  return indexOfWord(ns | 0);
}

function indexOfWord(value: number): number {
  if (value < SUB_COUNTS) return value;
  const octave = 31 - SUB_BITS - Math.clz32(value);
  return octave * SUB_COUNTS + (value >>> octave);
}

/** The middle of a range. */
export function middleOf(index: number): number {
  if (index < 2 * SUB_COUNTS) return index;
  const octave = Math.floor(index / SUB_COUNTS) - 1;
  const low = (index - octave * SUB_COUNTS) * 2 ** octave;
  return low + Math.floor(2 ** octave / 2);
}
