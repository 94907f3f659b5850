/**
 * @module
 * What a series remembers: autocorrelation of sizes, of gaps and of throughput, and how the entropy of sizes goes over the packets.
 */

import type { SeriesView } from '../../evaluation/series-view.js';
import { formatCounted, formatWidth } from '../../format.js';
import { gapsNs, spanNs } from '../../packets/packet-series.js';
import { autocorrelation } from '../../statistics/autocorrelation.js';
import { rollingEntropy } from '../../statistics/entropy.js';
import { bytesPerBin, logGaps, niceTimeWidth } from '../chart-data.js';
import { sizeClasses, sizeTokens } from '../size-classes.js';
import {
  chart,
  drawnSeries,
  type Encoding,
  type Figure,
  heldOutLayers,
  type Layer,
  lineLayer,
  missing,
  NARROW,
  type Panel,
  pointLayer,
  ROLE_NAMES,
  type Role,
  ruleLayer,
  type Subject,
  WIDE,
} from './chart.js';

const LAGS = 30;
const HEIGHT = 190;

interface Memory {
  readonly title: string;
  readonly unit: string;
  readonly of: (view: SeriesView) => Float64Array;
}

function autocorrelationPanel(subject: Subject, { title, unit, of }: Memory): Panel {
  const found = drawnSeries(subject).map(({ role, view }) => ({ role, values: autocorrelation(of(view), LAGS) }));
  const without = found.find(({ role, values }) => role !== 'training' && values === undefined);
  if (without !== undefined) {
    return missing(title, `the ${ROLE_NAMES[without.role]} series is too short for ${LAGS} lags, or always the same`);
  }
  const lines = found.flatMap(({ role, values }) =>
    values === undefined ? [] : [{ role, points: lagPoints(values) }],
  );
  const least = Math.min(...lines.flatMap(({ points }) => points.map(({ value }) => value)));
  const encoding: Encoding = {
    x: {
      field: 'lag',
      type: 'quantitative',
      scale: { domain: [0, LAGS], nice: false },
      axis: { title: `lag in ${unit}`, grid: false, tickCount: 6 },
    },
    y: {
      field: 'value',
      type: 'quantitative',
      scale: { domain: [Math.min(-0.2, Math.floor(least * 5) / 5), 1] },
      axis: { title: null, tickCount: 5, format: '.1f' },
    },
  };
  const layers: Layer[] = [ruleLayer('y', 0)];
  for (const { role, points } of lines) {
    layers.push(lineLayer(role, points, encoding));
    if (role !== 'training') layers.push(pointLayer(role, points, encoding, role === 'real' ? 12 : 22));
  }
  const numbers = lines.map(({ role, points }) => {
    const [one, ten] = [0, 9].map((index) => points[index]?.value.toFixed(2) ?? '–');
    return `${ROLE_NAMES[role]}: ${one} at lag 1, ${ten} at lag 10`;
  });
  const description = `Autocorrelation, ${title.toLowerCase()}, by lag in ${unit}. ${numbers.join('; ')}.`;
  return { kind: 'chart', title, description, specs: { narrow: chart(NARROW, HEIGHT, layers) } };
}

const lagPoints = (values: Float64Array): readonly { readonly lag: number; readonly value: number }[] =>
  Array.from(values, (value, index) => ({ lag: index + 1, value }));

/** Bins for the autocorrelation of throughput: narrower than those that can be seen, so that rhythms of seconds show. */
const MAX_BINS = 4000;

export function autocorrelationFigure(subject: Subject): Figure {
  const binNs = niceTimeWidth(Math.max(1, spanNs(subject.whole)), MAX_BINS);
  const memories: readonly Memory[] = [
    { title: 'Size', unit: 'packets', of: (view) => new Float64Array(view.block.sizes.subarray(0, view.length)) },
    { title: 'Logarithm of the gap', unit: 'packets', of: (view) => logGaps(gapsNs(view.block)) },
    {
      title: 'Throughput',
      unit: `bins of ${formatWidth(binNs / 1e9)}`,
      of: (view) => bytesPerBin(view.block, undefined, binNs, Math.min(MAX_BINS, Math.floor(view.spanNs / binNs))),
    },
  ];
  return {
    title: 'Autocorrelation',
    caption:
      'How much a value says about the one that comes some packets, or some time, later: 1 everything, 0 nothing. ' +
      'Both directions together, in the order of time; gaps here are between packets of either direction.',
    panels: memories.map((memory) => autocorrelationPanel(subject, memory)),
    legend: drawnSeries(subject).map(({ role }) => role),
  };
}

/** Packets of a window of the rolling entropy. */
const WINDOW = 200;
const MAX_POINTS = 400;
const CLASSES = 16;
/** Of the points of a line, how few are marked. */
const POINT_EVERY = 24;

export function entropyFigure(subject: Subject): Figure {
  return {
    title: 'Rolling entropy of sizes',
    caption:
      `How varied the traffic is from one stretch of ${WINDOW} packets to the next: the entropy, in bits a packet, of direction and size class. ` +
      '0 is the same packet over and over.',
    panels: [entropyPanel(subject)],
    legend: subject.synthetic === null ? ['real'] : ['real', 'synthetic'],
  };
}

function entropyPanel({ whole, heldOutFrom, real, synthetic }: Subject): Panel {
  const title = 'Bits a packet';
  if (whole.length < 2 * WINDOW) {
    return missing(title, `the real series has ${formatCounted(whole.length, 'packet')}, ${2 * WINDOW} are needed`);
  }
  if (synthetic !== null && synthetic.length < WINDOW) {
    return missing(
      title,
      `the synthetic series has ${formatCounted(synthetic.length, 'packet')}, ${WINDOW} are needed`,
    );
  }
  const classes = sizeClasses(real, CLASSES);
  const alphabet = classes.names.length;
  const stride = Math.max(1, Math.ceil(whole.length / MAX_POINTS));
  const series = [
    { role: 'real', block: whole } as const,
    ...(synthetic === null ? [] : [{ role: 'synthetic', block: synthetic.block } as const]),
  ];
  const lines = series.map(({ role, block }) => {
    const tokens = sizeTokens(block, classes).subarray(0, whole.length);
    return { role, bits: rollingEntropy(tokens, alphabet, WINDOW, stride) };
  });
  const highest = Math.max(1, ...lines.map(({ bits }) => bits.reduce((a, b) => Math.max(a, b), 0)));
  const layers = entropyLayers(lines, stride, whole.length, roomAbove(highest), heldOutFrom);
  const numbers = lines.map(({ role, bits }) => {
    const mean = bits.reduce((a, b) => a + b, 0) / bits.length;
    return `${ROLE_NAMES[role]}: ${mean.toFixed(2)} bits on average, ${bits.reduce((a, b) => Math.min(a, b)).toFixed(2)} to ${bits.reduce((a, b) => Math.max(a, b)).toFixed(2)}`;
  });
  const description = `Entropy of direction and size class in windows of ${WINDOW} packets. ${numbers.join('; ')}.`;
  const specs = { narrow: chart(NARROW, HEIGHT, layers), wide: chart(WIDE, HEIGHT, layers) };
  return { kind: 'chart', title, description, specs };
}

/** The end of the axis: with room for the name of the held-out part. */
const roomAbove = (bits: number): number => Math.ceil(bits * 2.3) / 2;

function entropyLayers(
  lines: readonly { readonly role: Role; readonly bits: Float64Array }[],
  stride: number,
  packets: number,
  highest: number,
  heldOutFrom: number,
): readonly Layer[] {
  const encoding: Encoding = {
    x: {
      field: 'packet',
      type: 'quantitative',
      scale: { domain: [0, packets], nice: false },
      axis: { title: 'packets', grid: false, tickCount: 6, format: ',d' },
    },
    y: {
      field: 'bits',
      type: 'quantitative',
      scale: { domain: [0, highest] },
      axis: { title: null, tickCount: 4 },
    },
  };
  const held = heldOutFrom > 0 && heldOutFrom < packets ? heldOutLayers('packet', heldOutFrom, packets) : [];
  return [
    ...held,
    ...lines.flatMap(({ role, bits }) => {
      const points = Array.from(bits, (value, index) => ({ packet: index * stride + WINDOW, bits: value }));
      const line = lineLayer(role, points, encoding);
      if (lines.length === 1) return [line];
      const some = points.filter((_, index) => index % POINT_EVERY === POINT_EVERY >> 1);
      return [line, pointLayer(role, some, encoding, 24)];
    }),
  ];
}
