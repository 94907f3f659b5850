/**
 * @module
 * Size against gap, packet by packet: the real series beside the synthetic one, on the same axes.
 */

import type { SeriesView } from '../../evaluation/series-view.js';
import { formatCount, formatSeconds } from '../../format.js';
import { quantileOfSorted } from '../../statistics/quantiles.js';
import { scatterDots } from '../chart-data.js';
import { type GapAxis, gapAxis, sizeAxis, sizeRange } from './axes.js';
import {
  chart,
  DIRECTIONS,
  type Encoding,
  type Figure,
  type Layer,
  missing,
  NARROW,
  type Panel,
  pointLayer,
  ROLE_NAMES,
  ruleLayer,
  type Subject,
} from './chart.js';

const HEIGHT = 230;

/** Area of a dot, in square pixels, for its share of the packets. In few steps, so that dots have much in common. */
const dotArea = (share: number): number => 7 + 6 * Math.round(14 * Math.sqrt(share));

function scatterPanel(
  title: string,
  view: SeriesView,
  role: 'real' | 'synthetic',
  outbound: boolean,
  axes: Axes,
): Panel {
  const gaps = view.gaps(outbound);
  if (gaps.length === 0) return missing(title, `fewer than two ${outbound ? 'outbound' : 'inbound'} packets`);
  // The first packet has no gap.
  const logSizes = view
    .sizes(outbound)
    .subarray(1)
    .map((size) => Math.log10(Math.max(1, size)));
  const dots = scatterDots(gaps.map(axes.gap.position), logSizes, {
    x: axes.gap.range,
    y: { low: Math.log10(axes.size.low), high: Math.log10(axes.size.high) },
  });
  const values = dots.map(({ x, y, share }) => ({ x, bytes: Math.round(10 ** y), area: dotArea(share) }));
  const encoding: Encoding = {
    x: axes.gap.encoding('x', 'time since the previous packet'),
    y: sizeAxis('bytes', axes.size, null),
    size: { field: 'area', type: 'quantitative', scale: null, legend: null },
  };
  const layers: Layer[] = axes.gap.breakAt === undefined ? [] : [ruleLayer('x', axes.gap.breakAt, true)];
  const busiest = dots.reduce((most, dot) => (dot.share > most.share ? dot : most));
  const description =
    `${title}: size in bytes against gap of ${formatCount(gaps.length)} packets, as ${dots.length} dots. ` +
    `Median size ${formatCount(quantileOfSorted(view.sortedSizes(outbound), 0.5))} bytes, ` +
    `median gap ${formatSeconds(quantileOfSorted(view.sortedGaps(outbound), 0.5) / 1e9)}. ` +
    `The largest dot, at ${formatCount(Math.round(10 ** busiest.y))} bytes, is ${(busiest.share * 100).toFixed(0)} % of them.`;
  const specs = { narrow: chart(NARROW, HEIGHT, [...layers, pointLayer(role, values, encoding, 20)]) };
  return { kind: 'chart', title, description, specs };
}

interface Axes {
  readonly gap: GapAxis;
  readonly size: ReturnType<typeof sizeRange>;
}

/** The axes that all panels share; undefined where no time passes between any packets. */
function sharedAxes(views: readonly SeriesView[]): Axes | undefined {
  const each = views.flatMap((view) => DIRECTIONS.map(({ outbound }) => ({ view, outbound })));
  const gap = gapAxis(each.map(({ view, outbound }) => view.sortedGaps(outbound)));
  if (gap === undefined) return undefined;
  const sizes = each.map(({ view, outbound }) => view.sortedSizes(outbound)).filter(({ length }) => length > 0);
  const least = Math.min(...sizes.map((sorted) => sorted[0]!));
  const largest = Math.max(...sizes.map((sorted) => sorted.at(-1)!));
  return { gap, size: sizeRange(least, largest) };
}

export function scatterFigure({ real, training, synthetic, withReal }: Subject): Figure {
  const axes = sharedAxes(synthetic === null ? [real] : [real, synthetic]);
  const roles = [
    ...(withReal ? [{ role: 'real', view: real } as const] : []),
    ...(synthetic === null ? [] : [{ role: 'synthetic', view: synthetic } as const]),
  ];
  return {
    title: 'Size against gap',
    caption:
      'Every packet stands where its size (upwards, in bytes) meets the time since the previous packet of the same direction. ' +
      `Packets that are nearly alike share a dot; the larger its area, the more they are.${
        training === null ? '' : ' Real packets are those held out.'
      }`,
    panels: DIRECTIONS.flatMap(({ outbound, title: name }) =>
      roles.map(({ role, view }) => {
        const title = synthetic === null ? name : `${name}, ${ROLE_NAMES[role]}`;
        return axes === undefined
          ? missing(title, 'no time passes between packets')
          : scatterPanel(title, view, role, outbound, axes);
      }),
    ),
    legend: [],
  };
}
