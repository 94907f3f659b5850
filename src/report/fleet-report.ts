/**
 * @module
 * The report of `synth fleet run`: what a fleet did and what its target made of it, as one HTML file.
 */
import { durationText, NOTHING, unansweredCount, VERDICTS, waitingCount } from '../fleet/account/describe.js';
import type { FleetResult, FleetVerdict } from '../fleet/account/snapshot.js';
import { errorsOf } from '../fleet/account/snapshot.js';
import { formatBytes, formatCount, formatCounted, formatSeconds, formatShare } from '../format.js';
import { courseSection, latencyFigure } from './fleet-figures.js';
import { errorsSection, fidelitySection, groupsSection, outagesSection, thresholdsSection } from './fleet-tables.js';
import { type Html, html } from './html.js';
import { commandSection, factList, formatTime, noteList, page } from './page.js';
import { chartRenderer } from './render-chart.js';

export interface FleetReportInfo {
  readonly version: string;
  /** ISO time. */
  readonly created: string;
  /** What to type to make the run again. */
  readonly command: string;
  /** The file of the scenario as it was read. */
  readonly scenarioText?: string;
}

/** Makes the report: one HTML file without scripts, which loads nothing. */
export async function fleetReport(result: FleetResult, info: FleetReportInfo): Promise<string> {
  const { version, created, command, scenarioText } = info;
  const draw = await chartRenderer();
  const body = html`<header><p class="kicker">What a fleet did</p>
<h1>${result.scenario}</h1>
<p class="sub">${summaryOf(result)}</p></header>
${verdictSection(result)}
${noteList(result.warnings)}
${thresholdsSection(result)}
${await courseSection(result, draw)}
${outagesSection(result)}
${groupsSection(result, await latencyFigure(result, draw))}
${errorsSection(result)}
${fidelitySection(result)}
${accountSection(result)}
${runSection(result)}
${commandSection(command)}
${scenarioText === undefined ? null : html`<details><summary>The scenario</summary><pre><code>${scenarioText}</code></pre></details>`}`;
  return page({ title: `${result.scenario}: what a fleet did`, body, version, created });
}

function summaryOf({ total, groups, elapsedSeconds, startedAt }: FleetResult): string {
  return (
    `${formatCounted(total.devices, 'device')} in ${formatCounted(groups.length, 'group')}, ` +
    `${formatSeconds(elapsedSeconds)} from ${formatTime(startedAt)}`
  );
}

/** How the verdict is marked; a target that is too slow is a finding and no fault of the run. */
const MARKS: Readonly<Record<FleetVerdict, 'good' | 'bad' | 'muted'>> = {
  'on-time': 'good',
  'target-bound': 'bad',
  'generator-bound': 'bad',
  interrupted: 'bad',
  aborted: 'bad',
};

function verdictSection(result: FleetResult): Html {
  const { verdict, thresholds } = result;
  const { name, meaning } = VERDICTS[verdict];
  const failed = thresholds.filter(({ passed }) => !passed).length;
  const judged =
    thresholds.length === 0
      ? null
      : html`<p class="${failed === 0 ? 'good' : 'bad'}"><b>${failed === 0 ? '✓' : '✗'} ${formatCount(thresholds.length - failed)} of ${formatCounted(thresholds.length, 'threshold')} passed</b></p>`;
  const tiles = tilesOf(result).map(
    ([label, value, about]) => html`<div><dt>${label}</dt><dd>${value}<small>${about}</small></dd></div>`,
  );
  return html`<section class="hero" aria-label="Verdict">
<div><h2>Verdict</h2>
<p class="verdict ${MARKS[verdict]}">${name}</p>
<p>${meaning}</p>${judged}</div>
<dl class="tiles">${tiles}</dl>
</section>
`;
}

/** The key numbers: what, how much, and of what. */
function tilesOf({ total, outages, elapsedSeconds }: FleetResult): readonly (readonly [string, string, string])[] {
  const { counts, durations, devices } = total;
  const share = (part: number, of: number) => (of > 0 ? formatShare(part / of) : NOTHING);
  const perSecond = elapsedSeconds > 0 ? `${formatCount(Math.round(counts.sent / elapsedSeconds))}/s` : NOTHING;
  const downSeconds = outages.reduce(
    (sum, { fromSeconds, toSeconds }) => sum + ((toSeconds ?? elapsedSeconds) - fromSeconds),
    0,
  );
  return [
    ['devices', formatCount(devices), `${formatCount(counts.up)} up at the end`],
    ['connects', formatCount(counts.connects), `of ${formatCounted(counts.attempts, 'attempt')}`],
    ['messages sent', formatCount(counts.sent), perSecond],
    ['acknowledged', formatCount(counts.acknowledged), `${share(counts.acknowledged, counts.sent)} of those sent`],
    ['errors', formatCount(errorsOf(counts)), 'refused, lost, failed, dropped'],
    ['latency p50', durationText(durations.latency, 'p50Ns'), 'planned to acknowledged'],
    ['latency p99', durationText(durations.latency, 'p99Ns'), `max ${durationText(durations.latency, 'maxNs')}`],
    ['lateness p99', durationText(durations.lateness, 'p99Ns'), 'planned to sent'],
    ['outages', formatCount(outages.length), outages.length === 0 ? 'none' : `${formatSeconds(downSeconds)} in all`],
  ];
}

function accountSection({ total: { counts } }: FleetResult): Html {
  const n = formatCount;
  const lines = [
    `planned ${n(counts.planned)} = sent ${n(counts.sent)} + dropped ${n(counts.dropped)} + waiting at the end ${n(waitingCount(counts))}`,
    `sent ${n(counts.sent)} = acknowledged ${n(counts.acknowledged)} + failed ${n(counts.failed)} + without an answer at the end ${n(unansweredCount(counts))}`,
  ];
  const beside: readonly (readonly [number, string])[] = [
    [counts.resent, 'sent again after a lost connection, not counted as sent a second time'],
    [counts.belowOverhead, 'that the model wants shorter than the headers of the protocol'],
  ];
  const packets = counts.leftToStack;
  return html`<section><h2>Account</h2>
${lines.map((line) => html`<p class="account">${line}</p>`)}
${beside.filter(([times]) => times > 0).map(([times, what]) => html`<p class="account muted">${formatCounted(times, 'message')} ${what}</p>`)}
${packets > 0 ? html`<p class="account muted">${formatCounted(packets, 'packet')} of the model that carry nothing, left to the stack of the system</p>` : null}</section>
`;
}

function runSection(result: FleetResult): Html {
  const { seed, startedAt, elapsedSeconds, plannedSeconds, threads } = result;
  const planned = Number.isFinite(plannedSeconds) ? formatSeconds(plannedSeconds) : 'no end';
  const memory =
    result.peakMemoryBytes > 0
      ? [
          [
            'Memory',
            `${formatBytes(Math.round(result.memoryPerDeviceBytes))} per device, ${formatBytes(result.peakMemoryBytes)} at its peak`,
          ] as const,
        ]
      : [];
  return html`<section><h2>The run</h2>
${factList([
  ['Began', formatTime(startedAt)],
  ['Took', `${formatSeconds(elapsedSeconds)}, planned ${planned}`],
  ['Seed', seed],
  ['Threads', formatCount(threads)],
  ...memory,
])}</section>
`;
}
