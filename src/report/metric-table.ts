/**
 * @module
 * Every number of an evaluation, as tables.
 */
import { ASPECTS } from '../evaluation/metric.js';
import type { MetricResult } from '../evaluation/result.js';
import { ASPECT_NAMES, familyName } from './aspects.js';
import { type Html, html } from './html.js';
import { formatInterval, formatNumber, formatPoints, NOTHING, pointsLeft } from './numbers.js';
import { type Column, scrollTable } from './page.js';

const isMemorisation = ({ metric }: MetricResult): boolean => metric.startsWith('memorisation');

const COLUMNS: readonly Column[] = [
  { name: 'metric', isNumber: false },
  { name: 'direction', isNumber: false },
  { name: 'synthetic', isNumber: true },
  { name: 'floor', isNumber: true },
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
  return html`<p class="muted">Below a value its 95 % interval over the synthetic series, below a floor that over resamplings of the training part.</p>
${scrollTable(`All metrics of ${of}`, COLUMNS, rows, 'reflow')}
${memorisation.length > 0 ? memorisationTable(memorisation, of) : null}`;
}

/** The family and the quantity, if it has another name. */
const metricName = ({ metric, quantity }: MetricResult): string =>
  quantity === '' || quantity === metric ? familyName(metric) : `${familyName(metric)}, ${quantity}`;

const withUnit = (value: number | null, unit: string): string =>
  value === null || unit === '' ? formatNumber(value) : `${formatNumber(value)} ${unit}`;

const below = (text: string): Html | null => (text === '' ? null : html`<small>${text}</small>`);

function metricRow(result: MetricResult): Html {
  const { direction, unit, value, interval, floor, bootstrap, excess, loss, reason } = result;
  const name = html`<th scope="row">${metricName(result)}</th><td>${direction}</td>`;
  if (value === null)
    return html`<tr>${name}<td class="reason" colspan="4">${reason ?? NOTHING}</td></tr>
`;
  return html`<tr>${name}<td class="n" data-label="synthetic">${withUnit(value, unit)}${below(formatInterval(interval, formatNumber))}</td>
<td class="n" data-label="floor">${withUnit(floor, unit)}${below(formatInterval(bootstrap, formatNumber))}</td>
<td class="n" data-label="excess">${withUnit(excess, unit)}</td><td class="n loss" data-label="costs">${lossCell(loss)}</td></tr>
`;
}

function lossCell(loss: number | null): Html {
  if (loss === null) return html`${NOTHING}`;
  const width = Math.min(100, Math.max(0, loss * 100)).toFixed(1);
  return html`${formatPoints(100 - (pointsLeft(loss) ?? 100))} %<span class="bar" aria-hidden="true"><i style="width:${width}%"></i></span>`;
}

function memorisationTable(metrics: readonly MetricResult[], of: string): Html {
  const columns: readonly Column[] = [
    { name: 'metric', isNumber: false },
    { name: 'direction', isNumber: false },
    { name: 'synthetic', isNumber: true },
    { name: 'real, held out', isNumber: true },
    { name: '', isNumber: false },
  ];
  const rows = metrics.map((result) => {
    const { direction, unit, value, interval, floor, reason } = result;
    return html`<tr><th scope="row">${metricName(result)}</th><td>${direction}</td><td class="n" data-label="synthetic">${withUnit(value, unit)}${below(formatInterval(interval, formatNumber))}</td><td class="n" data-label="real, held out">${withUnit(floor, unit)}</td><td class="reason">${reason}</td></tr>
`;
  });
  return html`<h3>Learned by heart?</h3>
<p class="muted">How much of the synthetic traffic repeats the training part literally, beside how much the held-out real part does. More than that is copied, not learned.</p>
${scrollTable(`Memorisation of ${of}`, columns, rows, 'reflow')}`;
}
