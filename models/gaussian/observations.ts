/**
 * @module
 * What the Gaussian models look at: of each packet its size and ln(1 + gap), gap in ns, so that a zero gap is a number too.
 */
import type { Kernels, Points } from '../../src/kernels/kernels.js';
import { type PacketBlock, spanNs } from '../../src/packets/packet-series.js';

/** Packets of one direction, as columns. */
export interface Observations {
  readonly sizes: Float64Array;
  /** In ns. */
  readonly gapsNs: Float64Array;
  /** Lengths of the sequences, one behind the other. */
  readonly lengths: readonly number[];
}

/** The gap of a direction that has packets but no gap and no span, so that time goes on when it is sampled. */
const UNKNOWN_GAP_NS = 1e9;

/**
 * The packets of one direction.
 *
 * @param joint whether a gap is the time since the previous packet of either direction, or of the same one; the packets that
 * have none are left out
 */
export function observe(series: readonly PacketBlock[], outbound: boolean, joint: boolean): Observations {
  const direction = outbound ? 1 : 0;
  const sizes: number[] = [];
  const gapsNs: number[] = [];
  const lengths: number[] = [];
  for (const block of series) {
    const before = sizes.length;
    let previous = joint ? 0 : -1;
    for (let i = joint ? 1 : 0; i < block.length; i++) {
      if (block.outbound[i] === direction) {
        if (previous >= 0) {
          sizes.push(block.sizes[i]!);
          gapsNs.push(block.offsetsNs[i]! - block.offsetsNs[previous]!);
        }
        previous = i;
      } else if (joint) previous = i;
    }
    lengths.push(sizes.length - before);
  }
  return { sizes: Float64Array.from(sizes), gapsNs: Float64Array.from(gapsNs), lengths };
}

/**
 * The packets of one direction with gaps of its own, to learn from; undefined if it has no packets.
 *
 * Where no time passes between any two of them, as with a single packet, they are taken to come once in the span of their series:
 * their last gets that as its gap. Of the first it would be a gap that follows nothing, and so hardly ever comes again.
 */
export function observeDirection(series: readonly PacketBlock[], outbound: boolean): Observations | undefined {
  const observations = observe(series, outbound, false);
  if (observations.gapsNs.some((gapNs) => gapNs > 0)) return observations;
  const sizes: number[] = [];
  const gapsNs: number[] = [];
  for (const block of series) {
    const before = sizes.length;
    for (let i = 0; i < block.length; i++) {
      if (block.outbound[i] !== (outbound ? 1 : 0)) continue;
      gapsNs.push(0);
      sizes.push(block.sizes[i]!);
    }
    if (sizes.length > before) gapsNs[sizes.length - 1] = spanNs(block) || UNKNOWN_GAP_NS;
  }
  if (sizes.length === 0) return undefined;
  return { sizes: Float64Array.from(sizes), gapsNs: Float64Array.from(gapsNs), lengths: [sizes.length] };
}

/** Runs of consecutive packets that a part of long observations is made of. */
const RUNS = 16;

/** A part of about `count` packets: all, or runs from all over, each a sequence of its own, so that none of a series' phases is missed. */
export function partOf(observations: Observations, count: number): Observations {
  const total = observations.sizes.length;
  if (total <= count) return observations;
  const runLength = Math.floor(count / RUNS);
  const sizes = new Float64Array(RUNS * runLength);
  const gapsNs = new Float64Array(RUNS * runLength);
  const lengths: number[] = [];
  const ends = new Set<number>();
  let end = 0;
  for (const length of observations.lengths) {
    end += length;
    ends.add(end);
  }
  for (let run = 0; run < RUNS; run++) {
    const from = Math.floor((run * (total - runLength)) / (RUNS - 1));
    sizes.set(observations.sizes.subarray(from, from + runLength), run * runLength);
    gapsNs.set(observations.gapsNs.subarray(from, from + runLength), run * runLength);
    let begun = from;
    for (let i = from + 1; i <= from + runLength; i++) {
      if (i < from + runLength && !ends.has(i)) continue;
      lengths.push(i - begun);
      begun = i;
    }
  }
  return { sizes, gapsNs, lengths };
}

/** How one quantity becomes a coordinate of mean 0 and variance 1. A constant quantity keeps its unit. */
export interface Scale {
  readonly mean: number;
  readonly deviation: number;
}

export interface Plane {
  readonly size: Scale;
  readonly logGap: Scale;
}

/** The standardized points of observations, in memory that threads share. */
export function planeOf(observations: Observations, kernels: Kernels): { plane: Plane; points: Points } {
  const logGaps = kernels.log1p(observations.gapsNs);
  const plane = { size: scaleOf(observations.sizes), logGap: scaleOf(logGaps) };
  return {
    plane,
    points: {
      xs: standardize(observations.sizes, plane.size),
      ys: standardize(logGaps, plane.logGap),
      lengths: observations.lengths,
    },
  };
}

/** Points of other observations on a plane that is already there. */
export function pointsOn(plane: Plane, observations: Observations, kernels: Kernels): Points {
  return {
    xs: standardize(observations.sizes, plane.size),
    ys: standardize(kernels.log1p(observations.gapsNs), plane.logGap),
    lengths: observations.lengths,
  };
}

/** The same points in the order of the plane, in shared memory; they are one sequence then. */
export function sortedPoints({ xs, ys }: Points): Points {
  const order = Uint32Array.from(xs, (_, i) => i).sort((a, b) => xs[a]! - xs[b]! || ys[a]! - ys[b]!);
  const pick = (values: Float64Array) => {
    const picked = sharedFloats(values.length);
    order.forEach((from, i) => {
      picked[i] = values[from]!;
    });
    return picked;
  };
  return { xs: pick(xs), ys: pick(ys), lengths: [xs.length] };
}

function scaleOf(values: Float64Array): Scale {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance) || 1 };
}

function standardize(values: Float64Array, { mean, deviation }: Scale): Float64Array {
  const shared = sharedFloats(values.length);
  for (let i = 0; i < values.length; i++) shared[i] = (values[i]! - mean) / deviation;
  return shared;
}

/** Number of different points, counted up to `limit`. */
export function distinctPoints({ sizes, gapsNs }: Observations, limit: number): number {
  const seen = new Set<string>();
  for (let i = 0; i < sizes.length && seen.size < limit; i++) {
    const again = i > 0 && sizes[i] === sizes[i - 1] && gapsNs[i] === gapsNs[i - 1];
    if (!again) seen.add(`${sizes[i]} ${gapsNs[i]}`);
  }
  return seen.size;
}

const sharedFloats = (length: number): Float64Array =>
  new Float64Array(new SharedArrayBuffer(length * Float64Array.BYTES_PER_ELEMENT));
