/**
 * @module
 * The tables of a fleet's report: thresholds, groups, errors, outages, fidelity.
 */
import { byCount, DURATION_NAMES, durationText, NOTHING, thresholdValue } from '../fleet/account/describe.js';
import {
  type CountName,
  DURATIONS,
  type DurationName,
  type FleetFidelity,
  type FleetResult,
  type GroupSnapshot,
} from '../fleet/account/snapshot.js';
import { formatBytes, formatCount, formatSeconds, formatShare } from '../format.js';
import { type Html, html } from './html.js';
import { type Column, scrollTable } from './page.js';

const MAX_REASONS = 100;
const MAX_OUTAGES = 100;

const text = (name: string): Column => ({ name, isNumber: false });
const number = (name: string): Column => ({ name, isNumber: true });

export function thresholdsSection({ thresholds }: FleetResult): Html | null {
  if (thresholds.length === 0) return null;
  const rows = thresholds.map(
    (
      one,
    ) => html`<tr><th scope="row" class="id">${one.threshold.text}</th><td class="n" data-label="measured">${thresholdValue(one)}</td><td class="${one.passed ? 'good' : 'bad'}" data-label="outcome"><b>${one.passed ? '✓ passed' : '✗ failed'}</b></td></tr>
`,
  );
  const failed = thresholds.filter(({ passed }) => !passed).length;
  const summary = failed === 0 ? 'All of them passed.' : `${failed} of ${thresholds.length} failed.`;
  return html`<section><h2>Thresholds</h2>
<p>${summary}</p>
${scrollTable('Thresholds', [text('threshold'), number('measured'), text('outcome')], rows, 'reflow')}</section>
`;
}

/** A number of a group. */
interface GroupColumn {
  readonly name: string;
  readonly cell: (group: GroupSnapshot) => string;
}

const count = (name: string, which: CountName, format = formatCount): GroupColumn => ({
  name,
  cell: ({ counts }) => format(counts[which]),
});

const CONNECTIONS: readonly GroupColumn[] = [
  { name: 'devices', cell: ({ devices }) => formatCount(devices) },
  count('up at the end', 'up'),
  count('attempts', 'attempts'),
  count('connects', 'connects'),
  count('reconnects', 'reconnects'),
  count('refused', 'refused'),
  count('lost', 'lost'),
];

const MESSAGES: readonly GroupColumn[] = [
  count('planned', 'planned'),
  count('sent', 'sent'),
  count('acknowledged', 'acknowledged'),
  count('failed', 'failed'),
  count('dropped', 'dropped'),
  count('unfinished', 'unfinished'),
  count('sent again', 'resent'),
  count('bytes sent', 'sentBytes', formatBytes),
  count('received', 'received'),
  count('bytes received', 'receivedBytes', formatBytes),
];

const durationColumns = (duration: DurationName): readonly GroupColumn[] =>
  (
    [
      ['p50', 'p50Ns'],
      ['p95', 'p95Ns'],
      ['p99', 'p99Ns'],
      ['max', 'maxNs'],
    ] as const
  ).map(([name, which]) => ({ name, cell: ({ durations }) => durationText(durations[duration], which) }));

export function groupsSection(result: FleetResult, figure: Html): Html {
  return html`<section class="counts"><h2>Groups</h2>
${figure}
<h3>Connections</h3>
${groupsTable('Connections of the groups', result, CONNECTIONS)}
<h3>Messages</h3>
${groupsTable('Messages of the groups', result, MESSAGES)}
${DURATIONS.map((duration) => {
  const { name, about } = DURATION_NAMES[duration];
  const title = `${name[0]!.toUpperCase()}${name.slice(1)}`;
  return html`<h3>${title} <span class="muted">${about}</span></h3>
${groupsTable(`${title} of the groups`, result, durationColumns(duration))}`;
})}</section>
`;
}

function groupsTable(label: string, { groups, total }: FleetResult, columns: readonly GroupColumn[]): Html {
  const row = (group: GroupSnapshot, name: string, kind: string | null) => {
    const cells = columns.map(
      ({ name: column, cell }) => html`<td class="n" data-label="${column}">${cell(group)}</td>`,
    );
    return html`<tr${kind === null ? null : html` class="${kind}"`}><th scope="row">${name}</th>${cells}</tr>
`;
  };
  const rows = groups.map((group) => row(group, group.name, null));
  if (groups.length > 1) rows.push(row(total, 'all', 'all'));
  return scrollTable(label, [text('group'), ...columns.map(({ name }) => number(name))], rows, 'reflow');
}

export function errorsSection({ groups, total }: FleetResult): Html {
  const reasons = byCount(total.errors);
  if (reasons.length === 0) {
    return html`<section><h2>Errors by reason</h2>
<p>There were none.</p></section>
`;
  }
  const all = reasons.reduce((sum, [, times]) => sum + times, 0);
  const shown = reasons.slice(0, MAX_REASONS);
  const rows = shown.map(
    ([
      reason,
      times,
    ]) => html`<tr><th scope="row" class="id">${reason}</th><td class="n" data-label="count">${formatCount(times)}</td><td class="n" data-label="share">${formatShare(all === 0 ? 0 : times / all)}</td><td class="reason">${mostlyOf(groups, reason, times)}</td></tr>
`,
  );
  const columns = [text('reason'), number('count'), number('share'), text('groups')];
  return html`<section><h2>Errors by reason</h2>
${scrollTable('Errors by reason', columns, rows, 'reflow')}${moreOf(reasons.length - shown.length)}</section>
`;
}

/** The groups that met with a reason, the one most often first. */
function mostlyOf(groups: readonly GroupSnapshot[], reason: string, all: number): string {
  const [first, ...others] = groups
    .flatMap(({ name, errors }) => ({ name, times: errors.get(reason) ?? 0 }))
    .filter(({ times }) => times > 0)
    .sort((a, b) => b.times - a.times);
  if (first === undefined) return NOTHING;
  if (others.length === 0) return first.name;
  return `${first.name} (${formatShare(first.times / all)}) and ${formatCount(others.length)} more`;
}

const moreOf = (hidden: number): Html | null =>
  hidden > 0 ? html`<p class="muted">… and ${formatCount(hidden)} more.</p>` : null;

export function outagesSection({ outages }: FleetResult): Html | null {
  if (outages.length === 0) return null;
  const shown = outages.slice(0, MAX_OUTAGES);
  const rows = shown.map(({ fromSeconds, toSeconds, missing, reason }) => {
    const to = toSeconds === null ? 'the end' : formatSeconds(toSeconds);
    const took = toSeconds === null ? NOTHING : formatSeconds(toSeconds - fromSeconds);
    return html`<tr><th scope="row">${formatSeconds(fromSeconds)} to ${to}</th><td class="n" data-label="took">${took}</td><td class="n" data-label="missing">${formatCount(missing)}</td><td class="reason">${reason}</td></tr>
`;
  });
  const columns = [text('from the beginning of the run'), number('took'), number('devices missing'), text('mostly')];
  return html`<section><h2>Outages</h2>
<p>Times in which devices were down that ought to have been up: from half of them lost, or half of their attempts refused, until nine in ten were back.</p>
${scrollTable('Outages', columns, rows, 'reflow')}${moreOf(outages.length - shown.length)}</section>
`;
}

export function fidelitySection({ fidelity, totalFidelity }: FleetResult): Html | null {
  if (totalFidelity === null) return null;
  const row = (name: string, { devices, messages, score, gapKs, sizeKs }: FleetFidelity, kind: string | null) => {
    const cells: readonly (readonly [string, string])[] = [
      ['score', score.toFixed(1)],
      ['KS of gaps', gapKs.toFixed(3)],
      ['KS of sizes', sizeKs.toFixed(3)],
      ['devices', formatCount(devices)],
      ['messages', formatCount(messages)],
    ];
    return html`<tr${kind === null ? null : html` class="${kind}"`}><th scope="row">${name}</th>${cells.map(([label, cell]) => html`<td class="n" data-label="${label}">${cell}</td>`)}</tr>
`;
  };
  const rows = [...fidelity].map(([name, one]) => row(name, one, null));
  if (fidelity.size !== 1) rows.push(row('all', totalFidelity, 'all'));
  const columns = ['score', 'KS of gaps', 'KS of sizes', 'devices', 'messages'].map(number);
  return html`<section><h2>Fidelity</h2>
<p>How the messages of observed devices left, beside what their models want: at 100 gaps and sizes were as planned. KS is the largest distance between the planned and the sent distribution, the median over the devices.</p>
${scrollTable('Fidelity of the groups', [text('group'), ...columns], rows, 'reflow')}</section>
`;
}
