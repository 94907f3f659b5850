/**
 * @module
 * Distributions of size and of gap, as empirical distribution functions.
 */

import type { SeriesView } from '../../evaluation/series-view.js';
import { formatCount, formatSeconds, formatShare } from '../../format.js';
import { quantileOfSorted } from '../../statistics/quantiles.js';
import { ecdfSteps } from '../chart-data.js';
import { formatNumber } from '../numbers.js';
import { gapAxis, shareAxis, sizeAxis, sizeRange } from './axes.js';
import {
  chart,
  DIRECTIONS,
  drawnSeries,
  type Figure,
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
} from './chart.js';

const HEIGHT = 210;

type Column = { readonly role: Role; readonly sorted: Float64Array };

/** The sorted values of each series that has any; or, as text, which one has none although it is needed. */
function columnsOf(subject: Subject, of: (view: SeriesView) => Float64Array, what: string): readonly Column[] | string {
  const columns = drawnSeries(subject).map(({ role, view }) => ({ role, sorted: of(view) }));
  const empty = columns.find(({ role, sorted }) => role !== 'training' && sorted.length === 0);
  if (empty !== undefined) return `the ${ROLE_NAMES[empty.role]} series has no ${what}`;
  return columns.filter(({ sorted }) => sorted.length > 0);
}

/** What the columns hold, in words. */
function describe(columns: readonly Column[], format: (value: number) => string): string {
  return columns
    .map(({ role, sorted }) => {
      const [median, tenth] = [0.5, 0.9].map((p) => format(quantileOfSorted(sorted, p)));
      return `${ROLE_NAMES[role]}: median ${median}, 90 % up to ${tenth}, ${formatCount(sorted.length)} values`;
    })
    .join('; ');
}

function sizePanel(subject: Subject, outbound: boolean, name: string): Panel {
  const title = `Size, ${name}`;
  const columns = columnsOf(subject, (view) => view.sortedSizes(outbound), `${name} packets`);
  if (typeof columns === 'string') return missing(title, columns);
  const least = Math.min(...columns.map(({ sorted }) => sorted[0]!));
  const largest = Math.max(...columns.map(({ sorted }) => sorted.at(-1)!));
  if (least === largest) return missing(title, `every ${name} packet has ${formatCount(least)} bytes`);
  const range = sizeRange(least, largest);
  const encoding = { x: sizeAxis('x', range, 'bytes'), y: shareAxis('share') };
  const layers = columns.map(({ role, sorted }) => {
    const steps = ecdfSteps(sorted).map(({ x, share }) => ({ x: Math.max(x, range.low), share }));
    const line = [{ x: range.low, share: 0 }, ...steps, { x: range.high, share: 1 }];
    return lineLayer(role, line, encoding, 'step-after');
  });
  const description = `Share of ${name} packets of at most a size. ${describe(columns, (size) => `${formatCount(size)} bytes`)}.`;
  const specs = { narrow: chart(NARROW, HEIGHT, layers) };
  return { kind: 'chart', title, ...ksNote(subject, 'size', name), description, specs };
}

/** The KS statistic is the largest vertical distance in such a chart: it stands beside it. */
function ksNote({ metrics }: Subject, quantity: string, direction: string): { readonly note?: string } {
  const found = metrics.find((one) => one.metric === 'ks' && one.quantity === quantity && one.direction === direction);
  if (found === undefined || found.value === null) return {};
  return { note: `KS ${formatNumber(found.value)}, floor ${formatNumber(found.floor)}` };
}

function gapPanel(subject: Subject, outbound: boolean, name: string): Panel {
  const title = `Gap, ${name}`;
  const columns = columnsOf(subject, (view) => view.sortedGaps(outbound), `gaps between ${name} packets`);
  if (typeof columns === 'string') return missing(title, columns);
  const axis = gapAxis(columns.map(({ sorted }) => sorted));
  if (axis === undefined) return missing(title, `no time passes between ${name} packets`);
  const encoding = { x: axis.encoding('x', 'time since the previous packet'), y: shareAxis('share') };
  const layers: Layer[] = axis.breakAt === undefined ? [] : [ruleLayer('x', axis.breakAt, true)];
  const zeros: string[] = [];
  for (const { role, sorted } of columns) {
    const steps = ecdfSteps(sorted).map(({ x, share }) => ({ x: axis.position(x), share }));
    layers.push(
      lineLayer(
        role,
        [{ x: axis.range.low, share: 0 }, ...steps, { x: axis.range.high, share: 1 }],
        encoding,
        'step-after',
      ),
    );
    const zero = steps.findLast(({ x }) => x === axis.zeroAt);
    if (zero !== undefined) {
      layers.push(pointLayer(role, [zero], encoding, 34));
      zeros.push(`${formatShare(zero.share)} of the ${ROLE_NAMES[role]} gaps are 0`);
    }
  }
  const description = [
    `Share of gaps of ${name} packets of at most a length, on a logarithmic axis`,
    describe(columns, (gap) => formatSeconds(gap / 1e9)),
    ...zeros,
  ].join('. ');
  const specs = { narrow: chart(NARROW, HEIGHT, layers) };
  return { kind: 'chart', title, ...ksNote(subject, 'gap', name), description: `${description}.`, specs };
}

export function distributionFigure(subject: Subject): Figure {
  return {
    title: 'Sizes and gaps',
    caption:
      'The share of packets whose size, or whose time since the previous packet of the same direction, is at most the value on the axis. ' +
      'A step is a value that repeats. Gaps of exactly 0 stand at their own tick on the left, marked with a point.',
    panels: [
      ...DIRECTIONS.map(({ outbound, name }) => sizePanel(subject, outbound, name)),
      ...DIRECTIONS.map(({ outbound, name }) => gapPanel(subject, outbound, name)),
    ],
    legend: drawnSeries(subject).map(({ role }) => role),
  };
}
