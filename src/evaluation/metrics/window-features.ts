/**
 * @module
 * A window of packets as numbers that a linear classifier can use: which sizes and gaps, how much of each direction, how fast, and how they
 * follow each other.
 */
import { type Classes, PacketClasses, type Reference } from '../reference.js';
import type { SeriesView } from '../series-view.js';
import { windowStarts } from '../windows.js';

export const WINDOW_PACKETS = 32;
/** Enough to see a difference of a few percent; more would only take longer. */
const MAX_WINDOWS = 1000;
/** Features beside the classes, see `#describe`. */
const PLAIN = 9;

export class WindowFeatures {
  readonly #sizes: Classes;
  readonly #gaps: Classes;
  /** Features of a window. */
  readonly length: number;

  constructor(reference: Reference) {
    const classes = new PacketClasses(reference);
    this.#sizes = classes.sizes;
    this.#gaps = classes.gaps;
    this.length = this.#sizes.count + this.#gaps.count + PLAIN;
  }

  /** @returns row-major, `count` × `length` */
  of(view: SeriesView): { readonly count: number; readonly features: Float64Array } {
    // The first packet of all has no gap.
    const starts = windowStarts(Math.max(0, view.length - 1), WINDOW_PACKETS, MAX_WINDOWS);
    const features = new Float64Array(starts.length * this.length);
    starts.forEach((start, i) => {
      this.#describe(view, start + 1, features.subarray(i * this.length, (i + 1) * this.length));
    });
    return { count: starts.length, features };
  }

  /** Shares of the classes, then mean and spread of size and log gap, how they follow each other, and how long the window is. */
  #describe({ block }: SeriesView, from: number, features: Float64Array): void {
    const sizes = new Float64Array(WINDOW_PACKETS);
    const logGaps = new Float64Array(WINDOW_PACKETS);
    let changes = 0;
    for (let k = 0; k < WINDOW_PACKETS; k++) {
      const i = from + k;
      const outbound = block.outbound[i] === 1;
      const gapNs = block.offsetsNs[i]! - block.offsetsNs[i - 1]!;
      sizes[k] = block.sizes[i]!;
      logGaps[k] = Math.log1p(gapNs);
      if (block.outbound[i] !== block.outbound[i - 1]) changes++;
      features[this.#sizes.of(outbound, block.sizes[i]!)]! += 1 / WINDOW_PACKETS;
      features[this.#sizes.count + this.#gaps.of(outbound, gapNs)]! += 1 / WINDOW_PACKETS;
    }
    const size = moments(sizes);
    const logGap = moments(logGaps);
    const durationNs = block.offsetsNs[from + WINDOW_PACKETS - 1]! - block.offsetsNs[from - 1]!;
    features.set(
      [
        ...[size.mean, size.deviation, size.correlation, logGap.mean, logGap.deviation, logGap.correlation],
        ...[changes / WINDOW_PACKETS, Math.log1p(durationNs), new Set(sizes).size / WINDOW_PACKETS],
      ],
      features.length - PLAIN,
    );
  }
}

/** Mean, standard deviation, and correlation of each value with the next (0 where all are alike). */
function moments(values: Float64Array) {
  // Counted from the first value, which leaves exact zeros of a constant.
  const first = values[0]!;
  const average = values.reduce((sum, value) => sum + value - first, 0) / values.length;
  let square = 0;
  let product = 0;
  let before = 0;
  for (let i = 0; i < values.length; i++) {
    const deviation = values[i]! - first - average;
    square += deviation ** 2;
    if (i > 0) product += deviation * before;
    before = deviation;
  }
  return {
    mean: first + average,
    deviation: Math.sqrt(square / values.length),
    correlation: square > 0 ? product / square : 0,
  };
}
