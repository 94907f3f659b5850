/**
 * @module
 * Which packet follows which: a heat map over direction and size class, the real series beside the synthetic one.
 */

import type { SeriesView } from '../../evaluation/series-view.js';
import { formatCounted, formatShare } from '../../format.js';
import { transitionShares } from '../chart-data.js';
import { type SizeClasses, sizeClasses, sizeTokens } from '../size-classes.js';
import {
  chart,
  type Encoding,
  type Figure,
  missing,
  NARROW,
  type Panel,
  ROLE_COLORS,
  ROLE_NAMES,
  roleTitle,
  type Subject,
} from './chart.js';

/** Classes of a direction, if no size were frequent. */
const CLASSES = 4;
const HEIGHT = 330;

function transitionPanel(title: string, view: SeriesView, role: 'real' | 'synthetic', classes: SizeClasses): Panel {
  if (view.length < 2)
    return missing(title, `the ${ROLE_NAMES[role]} series has ${formatCounted(view.length, 'packet')}, two are needed`);
  const tokens = classes.names.map((name, token) => `${token < classes.outboundTokens ? 'out' : 'in'} ${name}`);
  const rows = transitionShares(sizeTokens(view.block, classes), tokens.length);
  const cells = rows.flatMap((row, from) =>
    (row ?? []).map((share, to) => ({ from: tokens[from]!, to: tokens[to]!, share })),
  );
  const shown = cells.filter(({ share }) => share > 0);
  const axis = { labelLimit: 0, grid: false, domain: false, ticks: false };
  const scale = { domain: tokens, paddingInner: 0.06, paddingOuter: 0 };
  const encoding: Encoding = {
    x: {
      field: 'to',
      type: 'nominal',
      scale,
      axis: { ...axis, title: 'next packet', orient: 'top', labelAngle: -90, labelOverlap: false },
    },
    y: { field: 'from', type: 'nominal', scale, axis: { ...axis, title: 'packet', labelOverlap: false } },
  };
  const spec = chart(
    NARROW,
    HEIGHT,
    [
      { data: { values: cells }, mark: { type: 'rect', fill: 'var(--cell)' }, encoding },
      {
        data: { values: shown },
        mark: { type: 'rect', fill: ROLE_COLORS[role] },
        encoding: {
          ...encoding,
          fillOpacity: {
            field: 'share',
            type: 'quantitative',
            scale: { type: 'sqrt', domain: [0, 1], range: [0, 1] },
            legend: null,
          },
        },
      },
    ],
    // As long as the longest label, out 1501–65535.
    { axisY: { minExtent: 90, maxExtent: 90 }, axisX: { minExtent: 90, maxExtent: 90, titleAnchor: 'middle' } },
  );
  const strongest = [...shown].sort((a, b) => b.share - a.share).slice(0, 3);
  const description =
    `${title}: which direction and size class follows which, ${tokens.length} by ${tokens.length}. Strongest: ` +
    `${strongest.map(({ from, to, share }) => `after ${from} comes ${to} in ${formatShare(share)}`).join('; ')}.`;
  return { kind: 'chart', title, description, specs: { narrow: spec } };
}

export function transitionFigure(subject: Subject): Figure {
  const { real, synthetic, withReal } = subject;
  const classes = sizeClasses(real, CLASSES);
  return {
    title: 'Which packet follows which',
    caption:
      'A row is a packet, by direction and size in bytes; a column is the packet after it. The stronger the colour, the more often; a row adds up to 100 %. ' +
      'Rows without colour are of packets that did not occur.' +
      (synthetic === null
        ? ''
        : ' The classes are those of the real series; a size beyond them counts for the nearest.'),
    panels: [
      ...(withReal ? [transitionPanel(roleTitle('real', subject), real, 'real', classes)] : []),
      ...(synthetic === null
        ? []
        : [transitionPanel(roleTitle('synthetic', subject), synthetic, 'synthetic', classes)]),
    ],
    legend: 'shares',
  };
}
