/**
 * @module
 * From the columns of a series to the few points that a chart can show. Everything here is linear in the packets, and what
 * comes out has a length that does not grow with them.
 */
import type { PacketBlock } from '../packets/packet-series.js';

/** A step of an empirical distribution function: the share of all values that are at most `x`. */
export interface Step {
  readonly x: number;
  readonly share: number;
}

/**
 * An empirical distribution function of at most `most` steps. Values that alone hold more than two steps' worth are where the
 * function jumps: they and the values before them are kept; of the others enough that nothing is off by more than 2 / `most`.
 *
 * @param sorted rising
 */
export function ecdfSteps(sorted: Float64Array, most = 300): readonly Step[] {
  const { length } = sorted;
  const steps: Step[] = [];
  const least = 2 / Math.max(2, most - 2);
  let last: Step = { x: Number.NaN, share: 0 };
  let kept = 0;
  for (let i = 0; i < length; ) {
    const x = sorted[i]!;
    let next = i + 1;
    while (next < length && sorted[next] === x) next++;
    const step = { x, share: next / length };
    const isFirst = steps.length === 0;
    if (isFirst || next === length || length <= most || step.share - kept >= least) {
      const jumps = step.share - last.share >= least;
      if (jumps && last.share > kept) steps.push(last);
      steps.push(step);
      kept = step.share;
    }
    last = step;
    i = next;
  }
  return steps;
}

/** Packets that are nearly alike, as one dot. */
export interface Dot {
  readonly x: number;
  readonly y: number;
  /** Packets in it, as a share of all. */
  readonly share: number;
}

/** A range of numbers, with `low` < `high`. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/**
 * A scatter plot of at most `most` dots in which every value counts: values in one cell of a grid become a dot at the place of
 * the first of them. The grid is as fine as the number of dots allows.
 */
export function scatterDots(
  x: Float64Array,
  y: Float64Array,
  ranges: { readonly x: Range; readonly y: Range },
  most = 700,
): readonly Dot[] {
  for (let columns = 96; ; columns = Math.floor(columns * 0.8)) {
    const rows = Math.max(1, Math.floor(columns * 0.6));
    const column = cellOf(ranges.x, columns);
    const row = cellOf(ranges.y, rows);
    const counts = new Uint32Array(columns * rows);
    const firsts = new Uint32Array(columns * rows);
    for (let i = 0; i < x.length; i++) {
      const cell = row(y[i]!) * columns + column(x[i]!);
      if (counts[cell]!++ === 0) firsts[cell] = i;
    }
    const cells = [...counts.keys()].filter((cell) => counts[cell]! > 0);
    if (cells.length > most && columns > 2) continue;
    return cells.map((cell) => {
      const first = firsts[cell]!;
      return { x: x[first]!, y: y[first]!, share: counts[cell]! / x.length };
    });
  }
}

function cellOf({ low, high }: Range, cells: number): (value: number) => number {
  return (value) => Math.min(cells - 1, Math.max(0, Math.floor(((value - low) / (high - low)) * cells)));
}

/** The least 1, 2 or 5 times a power of ten with which `whole` has at most `most` parts. */
export function niceWidth(whole: number, most: number): number {
  const least = whole / most;
  const power = 10 ** Math.floor(Math.log10(least));
  // A last digit of rounding shall not make the parts twice as wide.
  return [1, 2, 5, 10].map((factor) => factor * power).find((width) => width >= least * (1 - 1e-9)) ?? 10 * power;
}

/** Minutes, hours and days of which people think as one piece. */
const LONG_WIDTHS_S = [60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];

/** The same for a span of time, in ns: from a minute on in round minutes, hours and days. */
export function niceTimeWidth(spanNs: number, most: number): number {
  const width = niceWidth(spanNs, most);
  if (width < 50e9) return width;
  const least = (spanNs / most) * (1 - 1e-9);
  const long = LONG_WIDTHS_S.map((seconds) => seconds * 1e9).find((ns) => ns >= least);
  return long ?? niceWidth(spanNs / 86_400e9, most) * 86_400e9;
}

/**
 * Bytes in each of the first `bins` bins of time, from the first packet on.
 *
 * @param outbound undefined for both directions together
 */
export function bytesPerBin(
  block: PacketBlock,
  outbound: boolean | undefined,
  binNs: number,
  bins: number,
): Float64Array {
  const bytes = new Float64Array(bins);
  const origin = block.length > 0 ? block.offsetsNs[0]! : 0;
  const wanted = outbound ? 1 : 0;
  for (let i = 0; i < block.length; i++) {
    if (outbound !== undefined && block.outbound[i] !== wanted) continue;
    const bin = Math.floor((block.offsetsNs[i]! - origin) / binNs);
    if (bin >= bins) break;
    bytes[bin]! += block.sizes[i]!;
  }
  return bytes;
}

/** Gaps as logarithms to base 10 of seconds. Those below a microsecond, which most captures cannot tell from 0, count as one. */
export function logGaps(gapsNs: Float64Array): Float64Array {
  return gapsNs.map((gap) => Math.log10(Math.max(gap, 1e3) / 1e9));
}

/**
 * How often each token follows each other one, as a share of all that follow it.
 *
 * @param tokens in the order of time, each below `alphabet`
 * @returns a row for each token, whose shares add up to 1; undefined for a token that nothing follows
 */
export function transitionShares(tokens: Uint8Array, alphabet: number): readonly (readonly number[] | undefined)[] {
  const counts = new Float64Array(alphabet * alphabet);
  for (let i = 1; i < tokens.length; i++) counts[tokens[i - 1]! * alphabet + tokens[i]!]!++;
  return Array.from({ length: alphabet }, (_, from) => {
    const row = counts.subarray(from * alphabet, (from + 1) * alphabet);
    const total = row.reduce((sum, count) => sum + count, 0);
    return total === 0 ? undefined : Array.from(row, (count) => count / total);
  });
}
