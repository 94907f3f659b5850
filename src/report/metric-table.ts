/**
 * @module
 * Every number of an evaluation, as tables.
 */
import { ASPECTS } from '../evaluation/metric.js';
import type { MetricResult } from '../evaluation/result.js';
import type { Interval } from '../statistics/confidence.js';
import { ASPECT_NAMES, metricName } from './aspects.js';
import { type Html, html } from './html.js';
import { formatInterval, formatNumber, formatPoints, formatQuantity, NOTHING } from './numbers.js';
import { type Column, scrollTable } from './page.js';

const isMemorisation = ({ metric }: MetricResult): boolean => metric.startsWith('memorisation');

const COLUMNS: readonly Column[] = [
  { name: 'metric', isNumber: false },
  { name: 'direction', isNumber: false },
  { name: 'synthetic', isNumber: true, below: '95 % interval' },
  { name: 'floor', isNumber: true, below: 'range of chance' },
  { name: 'excess', isNumber: true },
  { name: 'costs', isNumber: true },
];

/** @param of whose numbers they are, for those who hear the page */
export function metricTables(metrics: readonly MetricResult[], of: string): Html {
  const ordinary = metrics.filter((metric) => !isMemorisation(metric));
  const groups = [
    ...ASPECTS.map((aspect) => {
      const { name, about } = ASPECT_NAMES[aspect];
      return { name, about, members: ordinary.filter((metric) => metric.aspect === aspect) };
    }),
    { name: 'Not in the score', about: '', members: ordinary.filter(({ aspect }) => aspect === null) },
  ].filter(({ members }) => members.length > 0);
  const rows = groups.map(({ name, about, members }) => [
    html`<tr class="group"><th colspan="${COLUMNS.length}" scope="rowgroup">${name} ${about ? html`<span class="muted">– ${about}</span>` : null}</th></tr>
`,
    members.map(metricRow),
  ]);
  const memorisation = metrics.filter(isMemorisation);
  return html`<p class="muted">Each metric is a distance from the held-out real packets, so less is better. The small numbers below it are the 95 % interval of its mean over
the synthetic series; those below a floor say where 95 % of the floors lie when the training part is shuffled in blocks: what chance does. Only what is above both costs something.</p>
${scrollTable(`All metrics of ${of}`, COLUMNS, rows, 'reflow')}
${memorisation.length > 0 ? memorisationTable(memorisation, of) : null}`;
}

/** A range below the number that it belongs to; nothing where it holds nothing but that number. */
function below(range: Interval | null, value: number | null, unit: string): Html | null {
  if (range === null || (range.low === range.high && range.low === value)) return null;
  // Seconds have a unit of their own at each end, the others have that of the number above.
  const format = unit === 's' ? (end: number) => formatQuantity(end, unit) : formatNumber;
  return html`<small>${formatInterval(range, format)}</small>`;
}

const numberCell = (label: string, value: number | null, unit: string, range: Interval | null): Html =>
  html`<td class="n" data-label="${label}">${formatQuantity(value, unit)}${below(range, value, unit)}</td>`;

function metricRow(result: MetricResult): Html {
  const { direction, unit, value, interval, floor, bootstrap, excess, loss } = result;
  const name = html`<th scope="row">${metricName(result)}</th><td>${direction}</td>`;
  if (value === null)
    return html`<tr>${name}${reasonCell(result, 4)}</tr>
`;
  return html`<tr>${name}${numberCell('synthetic', value, unit, interval)}${numberCell('floor', floor, unit, bootstrap)}
${numberCell('excess', excess, unit, null)}<td class="n loss" data-label="costs">${lossCell(loss)}</td></tr>
`;
}

/** Why there is no number; what that costs all the same. */
function reasonCell({ reason, loss }: MetricResult, columns: number): Html {
  const text = reason ?? NOTHING;
  if (loss === null || loss === 0) return html`<td class="reason" colspan="${columns}">${text}</td>`;
  return html`<td class="reason" colspan="${columns - 1}">${text}</td><td class="n loss" data-label="costs">${lossCell(loss)}</td>`;
}

function lossCell(loss: number | null): Html {
  if (loss === null) return html`${NOTHING}`;
  if (loss <= 0) return html`<span class="muted">0 %</span>`;
  const width = Math.min(100, loss * 100).toFixed(1);
  const percent = loss < 0.0005 ? '< 0.1' : formatPoints(loss * 100);
  return html`${percent} %<span class="bar" aria-hidden="true"><i style="width:${width}%"></i></span>`;
}

const MEMORISATION_COLUMNS: readonly Column[] = [
  { name: 'metric', isNumber: false },
  { name: 'synthetic', isNumber: true, below: '95 % interval' },
  { name: 'real, held out', isNumber: true },
];

function memorisationTable(metrics: readonly MetricResult[], of: string): Html {
  const rows = metrics.map((result) => {
    const { unit, value, interval, floor } = result;
    const name = html`<th scope="row">${metricName(result)}</th>`;
    if (value === null)
      return html`<tr>${name}${reasonCell(result, 2)}</tr>
`;
    return html`<tr>${name}${numberCell('synthetic', value, unit, interval)}${numberCell('real, held out', floor, unit, null)}</tr>
`;
  });
  return html`<h3>Learned by heart?</h3>
<p class="muted">How much of the synthetic traffic repeats the training part, beside how much the held-out real part does. More copies, longer ones, or a much smaller distance are copied, not learned.</p>
${scrollTable(`Memorisation of ${of}`, MEMORISATION_COLUMNS, rows, 'reflow')}`;
}
