/**
 * @module
 * Latency of each group of a fleet: from the median to the largest, one below the other on the same axis.
 */
import { formatNs } from '../../fleet/account/describe.js';
import type { GroupSnapshot } from '../../fleet/account/snapshot.js';
import { formatCount } from '../../format.js';
import { chart, type Layer, missing, NARROW, type Panel, type Position, WIDE } from './chart.js';
import { durationScale } from './fleet-course.js';

const ROW = 36;
const MOST = 20;

const TITLE = 'Latency of the groups';

/** The groups with the largest p99, at most twenty. */
export function fleetLatencyPanel(groups: readonly GroupSnapshot[]): Panel {
  const measured = groups
    .filter(({ durations }) => durations.latency.count > 0)
    .sort((a, b) => b.durations.latency.p99Ns - a.durations.latency.p99Ns);
  if (measured.length === 0) return missing(TITLE, 'no message was acknowledged');
  const shown = measured.slice(0, MOST);
  const hidden = groups.length - shown.length;
  const height = shown.length * ROW + 34;
  const layers = layersOf(shown);
  const described = shown.slice(0, 3).map(({ name, durations: { latency } }) => `${name}: ${numbersOf(latency)}`);
  return {
    kind: 'chart',
    title: TITLE,
    ...(hidden > 0 ? { note: `of ${formatCount(shown.length)} of ${formatCount(groups.length)}` } : {}),
    description: `${TITLE}. ${described.join('; ')}.`,
    specs: { narrow: chart(NARROW, height, layers), wide: chart(WIDE, height, layers) },
  };
}

const numbersOf = ({ p50Ns, p99Ns, maxNs }: GroupSnapshot['durations']['latency']): string =>
  `p50 ${formatNs(p50Ns)}, p99 ${formatNs(p99Ns)}, max ${formatNs(maxNs)}`;

/** Longer names would run into the numbers beside them. */
const MAX_LETTERS = 20;
const shorten = (name: string): string =>
  [...name].length > MAX_LETTERS ? `${[...name].slice(0, MAX_LETTERS - 1).join('')}…` : name;

function layersOf(groups: readonly GroupSnapshot[]): readonly Layer[] {
  const latencies = groups.map(({ durations }) => durations.latency);
  const scale = durationScale(latencies.flatMap(({ p50Ns, maxNs }) => [p50Ns, maxNs]));
  const values = groups.map(({ name, durations: { latency } }, row) => ({
    name: shorten(name),
    text: `${formatNs(latency.p50Ns)} · ${formatNs(latency.p99Ns)} · ${formatNs(latency.maxNs)}`,
    p50: scale.position(latency.p50Ns),
    p99: scale.position(latency.p99Ns),
    max: scale.position(latency.maxNs),
    line: row + 0.4,
    middle: row + 0.7,
  }));
  const data = { values };
  const y = (field: string): Position => ({
    field,
    type: 'quantitative',
    scale: { domain: [0, groups.length], reverse: true, nice: false },
    axis: null,
  });
  const x = (field: string): Position => ({ ...scale.encoding, field });
  const point = (field: string, look: object): Layer => ({
    data,
    mark: { type: 'point', size: 60, opacity: 1, ...look },
    encoding: { x: x(field), y: y('middle') },
  });
  const label = (field: string, align: 'left' | 'right', fill: string): Layer => ({
    data,
    mark: { type: 'text', align, baseline: 'alphabetic', fontSize: 11.5, fill, x: align === 'left' ? 0 : 'width' },
    encoding: { y: y('line'), text: { field, type: 'nominal' } },
  });
  return [
    {
      data,
      mark: { type: 'rule', stroke: 'var(--axis)', strokeWidth: 2 },
      encoding: { x: x('p50'), x2: { field: 'max' }, y: y('middle') },
    },
    point('max', { shape: 'stroke', angle: 90, stroke: 'var(--muted)', strokeWidth: 2 }),
    point('p99', {
      shape: 'diamond',
      filled: true,
      fill: 'var(--page)',
      stroke: 'var(--synthetic)',
      strokeWidth: 1.75,
    }),
    point('p50', { shape: 'circle', filled: true, fill: 'var(--real)', stroke: null }),
    label('name', 'left', 'var(--text)'),
    label('text', 'right', 'var(--muted)'),
  ];
}
