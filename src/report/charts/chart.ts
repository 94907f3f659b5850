/**
 * @module
 * What all charts have in common: their size, their colours, and how real and synthetic series are told apart without colour.
 */
import type { Config } from 'vega-lite';
import type { Field, PositionFieldDef } from 'vega-lite/types_unstable/channeldef.js';
import type { ExprRef } from 'vega-lite/types_unstable/expr.js';
import type { LineConfig } from 'vega-lite/types_unstable/mark.js';
import type { LayerSpec, UnitSpec } from 'vega-lite/types_unstable/spec/index.js';
import type { MetricResult } from '../../evaluation/result.js';
import type { SeriesView } from '../../evaluation/series-view.js';
import type { PacketBlock } from '../../packets/packet-series.js';
import type { ChartSpec } from '../render-chart.js';

/** The series of a set of charts. */
export interface Subject {
  /** What is compared with: the held-out part where there is one, otherwise all of the real series. */
  readonly real: SeriesView;
  /** The part before it; null where nothing is held out. */
  readonly training: SeriesView | null;
  readonly whole: PacketBlock;
  /** Index in `whole` of the first packet of `real`. */
  readonly heldOutFrom: number;
  /** Null where there is only something real to show. */
  readonly synthetic: SeriesView | null;
  /** What is known about the two in numbers. */
  readonly metrics: readonly MetricResult[];
  /** False where the panels that hold nothing but the real series stand elsewhere in the page. */
  readonly withReal: boolean;
}

export type Role = 'real' | 'training' | 'synthetic';

/** The series that a chart draws over each other, the most important one last. */
export function drawnSeries(subject: Subject): readonly { readonly role: Role; readonly view: SeriesView }[] {
  const { training, real, synthetic } = subject;
  return [
    ...(training === null ? [] : [{ role: 'training', view: training } as const]),
    { role: 'real', view: real },
    ...(synthetic === null ? [] : [{ role: 'synthetic', view: synthetic } as const]),
  ];
}

/** One chart of a figure, or a sentence in its place. */
export type Panel =
  | {
      readonly kind: 'chart';
      readonly title: string;
      /** Numbers that stand beside the title. */
      readonly note?: string;
      readonly description: string;
      readonly specs: PanelSpecs;
    }
  | { readonly kind: 'missing'; readonly title: string; readonly reason: string };

/** `wide` where a chart has another form on wide screens. */
export interface PanelSpecs {
  readonly narrow: ChartSpec;
  readonly wide?: ChartSpec;
}

/** Charts that belong together. */
export interface Figure {
  readonly title: string;
  readonly caption: string;
  readonly panels: readonly Panel[];
  /** The series whose lines it draws over each other, or a scale of shares. */
  readonly legend: readonly Role[] | 'shares';
}

/** @param lack what there is too little of, as the end of a sentence */
export const missing = (title: string, lack: string): Panel => ({
  kind: 'missing',
  title,
  reason: `not enough data: ${lack}`,
});

export const DIRECTIONS = [
  { outbound: true, name: 'outbound', title: 'Outbound' },
  { outbound: false, name: 'inbound', title: 'Inbound' },
] as const;

/** How people call the series of a role. */
export const ROLE_NAMES = { real: 'real', training: 'training part', synthetic: 'synthetic' } as const;

/** The title of a panel that shows one series; where there is no other, its role goes without saying. */
export function roleTitle(role: 'real' | 'synthetic', { synthetic }: Subject): string {
  if (synthetic === null) return 'Both directions';
  return role === 'real' ? 'Real' : 'Synthetic';
}

export const ROLE_COLORS = {
  real: 'var(--real)',
  training: 'var(--training)',
  synthetic: 'var(--synthetic)',
} as const;

const LINES: Readonly<Record<Role, LineConfig<ExprRef>>> = {
  real: { stroke: ROLE_COLORS.real, strokeWidth: 2 },
  training: { stroke: ROLE_COLORS.training, strokeWidth: 1 },
  synthetic: { stroke: ROLE_COLORS.synthetic, strokeWidth: 2, strokeDash: [5, 3] },
};

/** The place of something on an axis. */
export type Position = PositionFieldDef<Field>;

export type Layer = LayerSpec<Field> | UnitSpec<Field>;
export type Encoding = NonNullable<UnitSpec<Field>['encoding']>;

/** A line in the manner of its role: solid for what is real, dashed for what is synthetic. */
export function lineLayer(
  role: Role,
  values: readonly object[],
  encoding: Encoding,
  interpolate: 'linear' | 'step-after' = 'linear',
): Layer {
  return {
    data: { values: [...values] },
    mark: { type: 'line', interpolate, strokeJoin: 'round', ...LINES[role] },
    encoding,
  };
}

/** Points in the manner of their role: filled circles for what is real, hollow diamonds for what is synthetic. */
export function pointLayer(role: Role, values: readonly object[], encoding: Encoding, size: number): Layer {
  const color = ROLE_COLORS[role];
  const look =
    role === 'synthetic'
      ? ({ shape: 'diamond', filled: false, stroke: color, strokeWidth: 1.2 } as const)
      : ({ shape: 'circle', filled: true, fill: color, stroke: null } as const);
  return { data: { values: [...values] }, mark: { type: 'point', size, opacity: 1, ...look }, encoding };
}

/** A line across the chart. */
export function ruleLayer(axis: 'x' | 'y', value: number, dashed = false): Layer {
  return {
    data: { values: [{ at: value }] },
    mark: { type: 'rule', stroke: 'var(--axis)', strokeWidth: 1, ...(dashed ? { strokeDash: [2, 3] } : {}) },
    encoding:
      axis === 'x' ? { x: { field: 'at', type: 'quantitative' } } : { y: { field: 'at', type: 'quantitative' } },
  };
}

/** The held-out part of a chart over time or packets: shaded, and named. */
export function heldOutLayers(field: string, from: number, to: number): readonly Layer[] {
  const name = {
    type: 'text',
    text: 'held out',
    align: 'left',
    baseline: 'top',
    dx: 4,
    y: 1,
    fill: 'var(--muted)',
    fontSize: 11.5,
  } as const;
  const x: Position = { field, type: 'quantitative' };
  const data = { values: [{ [field]: from, to }] };
  return [
    { data, mark: { type: 'rect', fill: 'var(--held-out)' }, encoding: { x, x2: { field: 'to' } } },
    { data, mark: name, encoding: { x } },
  ];
}

/** Widths in units of the drawing; the page shows both at about their size, on paper wide ones at three quarters of it. */
export const NARROW = 360;
export const WIDE = 960;

const AXIS = {
  labelColor: 'var(--muted)',
  titleColor: 'var(--muted)',
  domainColor: 'var(--axis)',
  tickColor: 'var(--axis)',
  gridColor: 'var(--grid)',
  labelFontSize: 11.5,
  titleFontSize: 11.5,
  titleFontWeight: 'normal',
  tickSize: 4,
  labelPadding: 3,
  titlePadding: 6,
} as const;

const CONFIG: Config = {
  aria: false,
  background: 'transparent',
  padding: { left: 2, right: 10, top: 6, bottom: 2 },
  view: { stroke: null },
  axis: AXIS,
  axisX: { titleAnchor: 'middle', labelFlush: false },
  axisY: { minExtent: 38, maxExtent: 38, domain: false, ticks: false },
};

/** A chart whose layers lie over each other. */
export function chart(width: number, height: number, layer: readonly Layer[], config: Config = {}): ChartSpec {
  return {
    width,
    height,
    autosize: { type: 'fit', contains: 'padding' },
    layer: [...layer],
    config: { ...CONFIG, ...config },
  };
}
