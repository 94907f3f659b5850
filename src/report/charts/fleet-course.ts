/**
 * @module
 * The course of a fleet: lines over time, with outages behind them.
 */
import type { Interval, Outage } from '../../fleet/account/snapshot.js';
import { formatBytes, formatSeconds, formatWidth } from '../../format.js';
import { niceWidth } from '../chart-data.js';
import { exactTicks, timeUnit } from './axes.js';
import { chart, type Encoding, type Layer, missing, NARROW, type Panel, type Position, WIDE } from './chart.js';

const HEIGHT = 160;
/** Names of more outages than this would cover each other. */
const MAX_NAMED = 4;

/** How lines are told apart, with and without colours. */
export const LOOKS = {
  plan: { stroke: 'var(--muted)', strokeWidth: 1.5, strokeDash: [2, 3] },
  first: { stroke: 'var(--real)', strokeWidth: 2, strokeDash: [1, 0] },
  second: { stroke: 'var(--synthetic)', strokeWidth: 2, strokeDash: [6, 3] },
  trouble: { stroke: 'var(--bad)', strokeWidth: 1.75, strokeDash: [1, 0] },
} as const;
export type Look = keyof typeof LOOKS;

export interface CourseLine {
  readonly name: string;
  readonly look: Look;
  /** Null where there is none. */
  readonly value: (interval: Interval) => number | null;
}

export interface Course {
  readonly title: string;
  readonly caption: string;
  readonly lines: readonly CourseLine[];
  readonly axis: 'linear' | 'bytes' | 'duration';
  /** A value in words. */
  readonly format: (value: number) => string;
}

/** What all charts over time agree on. */
interface Frame {
  readonly unit: ReturnType<typeof timeUnit>;
  readonly end: number;
  readonly outages: readonly Outage[];
}

interface Value {
  readonly t: number;
  readonly v: number | null;
}

/** One chart over time, in which `outages` are shaded. */
export function coursePanel(course: Course, intervals: readonly Interval[], outages: readonly Outage[]): Panel {
  const endSeconds = intervals.at(-1)?.atSeconds ?? 0;
  if (endSeconds <= 0) return missing(course.title, 'the run has no intervals');
  const unit = timeUnit(endSeconds * 1e9);
  const frame: Frame = { unit, end: (endSeconds * 1e9) / unit.ns, outages };
  const series = course.lines.map(({ value }) =>
    intervals.map((interval): Value => ({ t: (interval.atSeconds * 1e9) / unit.ns, v: value(interval) })),
  );
  const known = series.flat().flatMap(({ v }) => (v === null ? [] : [v]));
  if (known.length === 0) return missing(course.title, 'there was nothing to measure');
  const layers = layersOf(course, series, known, frame);
  const config = isNamed(outages) ? { padding: { left: 2, right: 10, top: 18, bottom: 2 } } : {};
  return {
    kind: 'chart',
    title: course.title,
    description: describe(course, intervals, outages),
    specs: { narrow: chart(NARROW, HEIGHT, layers, config), wide: chart(WIDE, HEIGHT, layers, config) },
  };
}

function describe(
  { title, lines, format }: Course,
  intervals: readonly Interval[],
  outages: readonly Outage[],
): string {
  const parts = lines.map(({ name, value }) => {
    const values = intervals.flatMap((interval) => value(interval) ?? []);
    if (values.length === 0) return `${name}: nothing`;
    return `${name}: at most ${format(Math.max(...values))}, at the end ${format(values.at(-1)!)}`;
  });
  const down = outages.length === 0 ? '' : ` Outages: ${outages.length}, shaded.`;
  return `${title} over ${formatSeconds(intervals.at(-1)!.atSeconds)}. ${parts.join('; ')}.${down}`;
}

function layersOf(
  { lines, axis }: Course,
  series: readonly (readonly Value[])[],
  known: readonly number[],
  frame: Frame,
): readonly Layer[] {
  const scale = axis === 'duration' ? durationScale(known) : linearScale(known, axis === 'bytes');
  const x: Position = {
    field: 't',
    type: 'quantitative',
    scale: { domain: [0, frame.end], nice: false },
    axis: { title: `time in ${frame.unit.name}`, grid: false, tickCount: 8, labelFlush: true },
  };
  const drawn = lines.map(({ look }, index): readonly Layer[] => {
    const values = series[index]!.map(({ t, v }) => ({ t, v: v === null ? null : scale.position(v) }));
    const encoding: Encoding = { x, y: scale.encoding };
    const { stroke, strokeWidth, strokeDash } = LOOKS[look];
    const alone = values.filter(
      ({ v }, at) => v !== null && (values[at - 1]?.v ?? null) === null && (values[at + 1]?.v ?? null) === null,
    );
    return [
      {
        data: { values },
        mark: { type: 'line', strokeJoin: 'round', stroke, strokeWidth, strokeDash: [...strokeDash] },
        encoding,
      },
      // A value that stands alone is no line.
      ...(alone.length === 0 ? [] : [dots(alone, look, encoding)]),
    ];
  });
  return [...bands(frame, x), ...drawn.flat()];
}

const dots = (values: readonly object[], look: Look, encoding: Encoding): Layer => ({
  data: { values: [...values] },
  mark: { type: 'point', size: 36, filled: true, fill: LOOKS[look].stroke, stroke: null, opacity: 1 },
  encoding,
});

const isNamed = ({ length }: readonly Outage[]): boolean => length > 0 && length <= MAX_NAMED;

/** Outages as shaded bands with edges, and with their name above where there is the room. */
function bands({ outages, unit, end }: Frame, x: Position): readonly Layer[] {
  if (outages.length === 0) return [];
  const at = (seconds: number) => Math.min(end, Math.max(0, (seconds * 1e9) / unit.ns));
  const values = outages.map(({ fromSeconds, toSeconds }) => ({
    t: at(fromSeconds),
    to: toSeconds === null ? end : at(toSeconds),
  }));
  const edges = values.flatMap(({ t, to }) => [{ t }, { t: to }]);
  const name = {
    type: 'text',
    text: 'outage',
    align: 'left',
    baseline: 'bottom',
    y: -2,
    fill: 'var(--muted)',
    fontSize: 11.5,
  } as const;
  return [
    { data: { values }, mark: { type: 'rect', fill: 'var(--outage)' }, encoding: { x, x2: { field: 'to' } } },
    {
      data: { values: edges },
      mark: { type: 'rule', stroke: 'var(--bad)', strokeWidth: 1, strokeDash: [2, 3], opacity: 0.7 },
      encoding: { x },
    },
    ...(!isNamed(outages) ? [] : [{ data: { values }, mark: name, encoding: { x } } satisfies Layer]),
  ];
}

interface Scale {
  readonly position: (value: number) => number;
  readonly encoding: Position;
}

/** From 0 on, in steps of at least one: nothing here is counted in halves. */
function linearScale(values: readonly number[], isBytes: boolean): Scale {
  const most = values.reduce((a, b) => Math.max(a, b), 1);
  const unit = isBytes ? 1024 ** Math.floor(Math.log2(most) / 10) : 1;
  const step = Math.max(1, niceWidth(most / unit, 4)) * unit;
  const ticks = Array.from({ length: Math.ceil(most / step) + 1 }, (_, index) => index * step);
  const names = ticks.map((tick) => `${JSON.stringify(String(tick))}:${JSON.stringify(formatBytes(tick))}`);
  return {
    position: (value) => value,
    encoding: {
      field: 'v',
      type: 'quantitative',
      scale: { domain: [0, ticks.at(-1)!], nice: false },
      axis: {
        title: null,
        ...exactTicks(ticks),
        labelExpr: isBytes ? `({${names.join(',')}})[datum.value]` : "format(datum.value, '~s')",
        grid: true,
      },
    },
  };
}

/** Decades of ns. What takes no time stands at the bottom. */
export function durationScale(values: readonly number[], field = 'v'): Scale {
  const positive = values.filter((value) => value > 0);
  const least = positive.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = positive.reduce((a, b) => Math.max(a, b), 0);
  const first = positive.length === 0 ? 6 : Math.floor(Math.log10(least));
  const last = positive.length === 0 ? 7 : Math.max(first + 1, Math.ceil(Math.log10(most)));
  const step = Math.ceil((last - first) / 6);
  const decades: number[] = [];
  for (let decade = first; decade <= last; decade += step) decades.push(decade);
  const names = decades.map(
    (decade) => `${JSON.stringify(String(decade))}:${JSON.stringify(formatWidth(10 ** (decade - 9)))}`,
  );
  return {
    position: (value) => (value > 0 ? Math.log10(value) : first),
    encoding: {
      field,
      type: 'quantitative',
      scale: { domain: [first, last], nice: false, zero: false },
      axis: { title: null, ...exactTicks(decades), labelExpr: `({${names.join(',')}})[datum.value]`, grid: true },
    },
  };
}
