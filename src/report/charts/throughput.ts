/**
 * @module
 * Throughput over time: outbound above the line, inbound below it; the synthetic series under the real one, on the same axes.
 */
import { formatBytes, formatSeconds, formatWidth } from '../../format.js';
import { type PacketBlock, spanNs } from '../../packets/packet-series.js';
import { bytesPerBin, niceTimeWidth, niceWidth } from '../chart-data.js';
import { exactTicks, timeUnit } from './axes.js';
import {
  chart,
  type Figure,
  heldOutLayers,
  type Layer,
  missing,
  NARROW,
  type Panel,
  type Position,
  ROLE_COLORS,
  ROLE_NAMES,
  roleTitle,
  ruleLayer,
  type Subject,
  WIDE,
} from './chart.js';

const MAX_BINS = 400;
const HEIGHT = 170;

/** What all panels of the figure agree on. */
interface Frame {
  readonly binNs: number;
  readonly bins: number;
  readonly unit: ReturnType<typeof timeUnit>;
  /** Of the y axis, in bytes per second; inbound is negative. */
  readonly rates: readonly number[];
}

interface Rates {
  readonly outbound: Float64Array;
  readonly inbound: Float64Array;
}

function ratesOf(block: PacketBlock, binNs: number, bins: number): Rates {
  const rates = (outbound: boolean) => bytesPerBin(block, outbound, binNs, bins).map((bytes) => bytes / (binNs / 1e9));
  return { outbound: rates(true), inbound: rates(false) };
}

const most = (values: Float64Array): number => values.reduce((a, b) => Math.max(a, b), 0);
const total = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);

/** Round rates from at least the largest one inbound, below 0, to at least the largest one outbound. */
function rateTicks(inbound: number, outbound: number): readonly number[] {
  const step = niceWidth(Math.max(1, inbound + outbound), 5);
  const below = Math.ceil(inbound / step);
  const above = Math.max(Math.ceil(outbound / step), below === 0 ? 1 : 0);
  return Array.from({ length: below + above + 1 }, (_, index) => (index - below) * step);
}

/** A step at the beginning of each bin in which the rate changes. */
function steps(rates: Float64Array, frame: Frame): readonly { readonly t: number; readonly rate: number }[] {
  const at = (bin: number) => (bin * frame.binNs) / frame.unit.ns;
  const values: { t: number; rate: number }[] = [];
  rates.forEach((rate, bin) => {
    if (bin === 0 || rate !== rates[bin - 1]) values.push({ t: at(bin), rate });
  });
  values.push({ t: at(rates.length), rate: rates.at(-1) ?? 0 });
  return values;
}

/** @param heldOutNs when the held-out part begins; undefined where it is not marked */
function layersOf(role: 'real' | 'synthetic', rates: Rates, frame: Frame, heldOutNs: number | undefined): Layer[] {
  const end = (frame.bins * frame.binNs) / frame.unit.ns;
  const x: Position = {
    field: 't',
    type: 'quantitative',
    scale: { domain: [0, end], nice: false },
    axis: { title: `time in ${frame.unit.name}`, grid: false, tickCount: 8, labelFlush: true },
  };
  const y: Position = {
    field: 'rate',
    type: 'quantitative',
    scale: { domain: [frame.rates[0]!, frame.rates.at(-1)!], nice: false },
    axis: { title: null, ...exactTicks(frame.rates), labelExpr: "format(abs(datum.value), '~s')" },
  };
  const areas = [
    steps(rates.outbound, frame),
    steps(
      rates.inbound.map((rate) => -rate),
      frame,
    ),
  ].map(
    (values): Layer => ({
      data: { values: [...values] },
      mark: {
        type: 'area',
        interpolate: 'step-after',
        fill: ROLE_COLORS[role],
        fillOpacity: role === 'real' ? 0.55 : 0.25,
        line: {
          stroke: ROLE_COLORS[role],
          strokeWidth: 1,
          interpolate: 'step-after',
          ...(role === 'synthetic' ? { strokeDash: [4, 2] } : {}),
        },
      },
      encoding: { x, y },
    }),
  );
  const held: readonly Layer[] = heldOutNs === undefined ? [] : heldOutLayers('t', heldOutNs / frame.unit.ns, end);
  return [...held, ...areas, ruleLayer('y', 0)];
}

function throughputPanel(
  title: string,
  role: 'real' | 'synthetic',
  block: PacketBlock,
  frame: Frame,
  heldOutNs?: number,
): Panel {
  const { binNs, bins } = frame;
  const span = spanNs(block);
  if (span < binNs)
    return missing(title, `the ${ROLE_NAMES[role]} series is shorter than one bin of ${formatWidth(binNs / 1e9)}`);
  const shown = Math.min(bins, Math.ceil(span / binNs));
  const rates = ratesOf(block, binNs, shown);
  const cut =
    span > bins * binNs ? `, the first ${formatSeconds((bins * binNs) / 1e9)} of ${formatSeconds(span / 1e9)}` : '';
  const perSecond = (values: Float64Array) =>
    `${formatBytes(Math.round(total(values) / values.length))} a second on average and ${formatBytes(Math.round(most(values)))} at most`;
  const description =
    `${title}: throughput over ${formatSeconds((shown * binNs) / 1e9)} in bins of ${formatWidth(binNs / 1e9)}: ` +
    `outbound ${perSecond(rates.outbound)}, inbound ${perSecond(rates.inbound)}.`;
  const layers = layersOf(role, rates, frame, heldOutNs);
  return {
    kind: 'chart',
    title: `${title}${cut}`,
    description,
    specs: { narrow: chart(NARROW, HEIGHT, layers), wide: chart(WIDE, HEIGHT, layers) },
  };
}

export function throughputFigure(subject: Subject): Figure {
  const { whole, heldOutFrom, synthetic, withReal } = subject;
  const title = 'Throughput over time';
  const span = spanNs(whole);
  if (span <= 0) {
    return {
      title,
      caption: '',
      panels: [missing('Throughput', 'no time passes between the packets')],
      legend: [],
    };
  }
  const binNs = niceTimeWidth(span, MAX_BINS);
  const bins = Math.ceil((span * (1 + 1e-12)) / binNs);
  const all = [whole, ...(synthetic === null ? [] : [synthetic.block])].map((block) => ratesOf(block, binNs, bins));
  const frame: Frame = {
    binNs,
    bins,
    unit: timeUnit(span),
    rates: rateTicks(
      Math.max(...all.map(({ inbound }) => most(inbound))),
      Math.max(...all.map(({ outbound }) => most(outbound))),
    ),
  };
  const isHeldOut = heldOutFrom > 0 && heldOutFrom < whole.length;
  const heldOutNs = isHeldOut ? whole.offsetsNs[heldOutFrom]! - whole.offsetsNs[0]! : undefined;
  return {
    title,
    caption: `Bytes per second in bins of ${formatWidth(binNs / 1e9)}: outbound above the line, inbound below it.${
      isHeldOut ? ' The held-out part of the real series is shaded.' : ''
    }${synthetic === null ? '' : ' Both have the same axes.'}`,
    panels: [
      ...(withReal ? [throughputPanel(roleTitle('real', subject), 'real', whole, frame, heldOutNs)] : []),
      ...(synthetic === null
        ? []
        : [throughputPanel(roleTitle('synthetic', subject), 'synthetic', synthetic.block, frame)]),
    ],
    legend: [],
  };
}
