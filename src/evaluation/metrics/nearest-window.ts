/**
 * @module
 * How near the nearest window of the training part is: the distance to the closest record, as the literature on synthetic tables has it
 * (for example Zhao et al., CTAB-GAN, ACML 2021). Much nearer than the held-out part is means copied.
 */
import type { PacketBlock } from '../../packets/packet-series.js';
import { sampleVariance } from '../../statistics/mean.js';
import { quantileOfSorted } from '../../statistics/quantiles.js';
import { sortedCopy } from '../../statistics/sort.js';
import type { SeriesView } from '../series-view.js';
import { windowStarts } from '../windows.js';

const WINDOW = 16;
/** Windows that are looked for. */
const QUERIES = 200;
/** Packets of the training part among which they are looked for. */
const MAX_TRAINING_PACKETS = 2 ** 14;
/** Numbers of a packet: direction, logarithm of the size, logarithm of the joint gap. */
const WIDTH = 3;

/** What a series brings to the search, as rows of numbers. */
export interface WindowRows {
  /** Windows spread over the series, one after the other. */
  readonly queries: Float64Array;
  /** All its packets but the first, up to a bound. */
  readonly known: Float64Array;
}

/** @returns undefined where there is not even one window */
export function windowRows({ block }: SeriesView): WindowRows | undefined {
  const packets = block.length - 1;
  if (packets < WINDOW) return undefined;
  const starts = windowStarts(packets, WINDOW, QUERIES);
  const queries = new Float64Array(starts.length * WINDOW * WIDTH);
  starts.forEach((start, i) => {
    queries.set(rowsOf(block, start + 1, WINDOW), i * WINDOW * WIDTH);
  });
  return { queries, known: rowsOf(block, 1, Math.min(packets, MAX_TRAINING_PACKETS)) };
}

function rowsOf(block: PacketBlock, from: number, packets: number): Float64Array {
  const rows = new Float64Array(packets * WIDTH);
  for (let k = 0; k < packets; k++) {
    const i = from + k;
    rows[k * WIDTH] = block.outbound[i]!;
    rows[k * WIDTH + 1] = Math.log(block.sizes[i]!);
    rows[k * WIDTH + 2] = Math.log1p(block.offsetsNs[i]! - block.offsetsNs[i - 1]!);
  }
  return rows;
}

/**
 * Median over windows of the sample of the distance to the nearest window of the training part, at whatever packet that begins: root mean
 * square of the differences, in standard deviations of the training part.
 */
export function nearestWindowDistance({ queries }: WindowRows, training: WindowRows): number {
  const scale = inverseDeviations(training.known);
  const known = scaled(training.known, scale);
  const wanted = scaled(queries, scale);
  const width = WINDOW * WIDTH;
  const distances = Float64Array.from({ length: wanted.length / width }, (_, i) =>
    Math.sqrt(nearestSquare(wanted.subarray(i * width, (i + 1) * width), known) / width),
  );
  return quantileOfSorted(sortedCopy(distances), 0.5);
}

function nearestSquare(window: Float64Array, known: Float64Array): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (let start = 0; start + window.length <= known.length; start += WIDTH) {
    let square = 0;
    for (let k = 0; k < window.length && square < nearest; k++) square += (window[k]! - known[start + k]!) ** 2;
    nearest = Math.min(nearest, square);
  }
  return nearest;
}

const scaled = (rows: Float64Array, scale: readonly number[]): Float64Array =>
  rows.map((value, i) => value * scale[i % WIDTH]!);

function inverseDeviations(rows: Float64Array): number[] {
  return Array.from({ length: WIDTH }, (_, column) => {
    const deviation = Math.sqrt(sampleVariance(rows.filter((_, i) => i % WIDTH === column)));
    // What never changes in training weighs as it is.
    return deviation > 0 ? 1 / deviation : 1;
  });
}
