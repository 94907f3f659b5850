/**
 * @module
 * The axes of charts: sizes and gaps on logarithmic scales, time in the unit that suits it, shares in per cent.
 */
import { formatCount } from '../../format.js';
import type { Range } from '../chart-data.js';
import type { Position } from './chart.js';

/** Sizes that people know. */
const SIZE_TICKS = [
  65_535, 40_000, 20_000, 10_000, 6000, 3000, 1500, 1000, 800, 600, 400, 300, 200, 150, 100, 80, 60, 50, 40, 30, 20, 10,
  5, 2, 1,
];

/** Ticks at these values and no others: Vega thins them out by itself if it is not told how many there are. */
export const exactTicks = (values: readonly number[]) => ({
  values: [...values],
  tickCount: values.length,
  labelOverlap: false,
});

/** The range of an axis for sizes from `least` to `largest` bytes. */
export function sizeRange(least: number, largest: number): Range {
  return { low: Math.max(1, least * 0.9), high: Math.max(largest, 2) * 1.1 };
}

export function sizeAxis(field: string, { low, high }: Range, title: string | null): Position {
  const ratio = high / low;
  const isLog = ratio > 2.5;
  // Ticks need room: at least this factor between two of them.
  const apart = ratio ** (1 / 7);
  const values: number[] = [];
  for (const tick of SIZE_TICKS) {
    if (tick >= low && tick <= high && tick * apart <= (values.at(-1) ?? Number.POSITIVE_INFINITY)) values.push(tick);
  }
  return {
    field,
    type: 'quantitative',
    scale: isLog
      ? { type: 'log', domain: [low, high], nice: false }
      : { domain: [low, high], nice: false, zero: false },
    axis: isLog
      ? { title, ...exactTicks(values), format: ',d', grid: true }
      : { title, tickCount: 5, format: ',d', grid: true },
  };
}

/** An axis of gaps: decades, and a place of its own for gaps of 0 to the left of them, where there are any. */
export interface GapAxis {
  readonly range: Range;
  /** Where a gap stands on it. */
  position(gapNs: number): number;
  /** Where gaps of 0 stand. */
  readonly zeroAt: number;
  /** Where the decades begin, if there is something else to the left of them. */
  readonly breakAt: number | undefined;
  encoding(field: string, title: string | null): Position;
}

/** Less than half a nanosecond is no time. */
export const isZeroGap = (gapNs: number): boolean => gapNs < 0.5;

/**
 * @param columns of gaps in ns, each rising
 * @returns undefined where no gap is above 0
 */
export function gapAxis(columns: readonly Float64Array[]): GapAxis | undefined {
  const largest = Math.max(...columns.map((sorted) => sorted.at(-1) ?? 0));
  if (isZeroGap(largest)) return undefined;
  const least = Math.min(...columns.map((sorted) => sorted.find((gap) => !isZeroGap(gap)) ?? largest));
  const hasZero = columns.some((sorted) => sorted.length > 0 && isZeroGap(sorted[0]!));
  const first = Math.floor(Math.log10(least));
  const last = Math.max(first + 1, Math.ceil(Math.log10(largest)));
  const decades = last - first;
  const zeroAt = first - Math.max(0.5, decades * 0.12);
  // What stands at 0 stands free of the axis.
  const range = { low: hasZero ? zeroAt - decades * 0.02 : first, high: last };
  const step = Math.ceil(decades / 6);
  const ticks: number[] = hasZero ? [zeroAt] : [];
  for (let decade = first; decade <= last; decade += step) ticks.push(decade);
  const names = ticks.map((tick) => `${JSON.stringify(String(tick))}:${JSON.stringify(gapName(tick, zeroAt))}`);
  return {
    range,
    zeroAt,
    position: (gapNs) => (isZeroGap(gapNs) ? zeroAt : Math.log10(gapNs)),
    breakAt: hasZero ? first - (first - zeroAt) / 2 : undefined,
    encoding: (field, title) => ({
      field,
      type: 'quantitative',
      scale: { domain: [range.low, range.high], nice: false, zero: false },
      axis: { title, ...exactTicks(ticks), labelExpr: `({${names.join(',')}})[datum.value]`, grid: true },
    }),
  };
}

const GAP_UNITS = ['ns', 'µs', 'ms', 's'];

function gapName(decade: number, zeroAt: number): string {
  if (decade === zeroAt) return '0';
  const unit = Math.min(Math.floor(decade / 3), GAP_UNITS.length - 1);
  return `${formatCount(10 ** (decade - unit * 3))} ${GAP_UNITS[unit]}`;
}

/** Shares from 0 to 1. */
export const shareAxis = (field: string): Position => ({
  field,
  type: 'quantitative',
  scale: { domain: [0, 1] },
  axis: { title: null, format: '.0%', ...exactTicks([0, 0.25, 0.5, 0.75, 1]), grid: true },
});

/** The unit in which a span of time is easy to read. */
export function timeUnit(spanNs: number): { readonly ns: number; readonly name: string } {
  const units = [
    { ns: 86_400e9, name: 'days' },
    { ns: 3600e9, name: 'hours' },
    { ns: 60e9, name: 'minutes' },
    { ns: 1e9, name: 's' },
    { ns: 1e6, name: 'ms' },
    { ns: 1e3, name: 'µs' },
  ];
  return units.find(({ ns }) => spanNs >= 3 * ns) ?? { ns: 1, name: 'ns' };
}
