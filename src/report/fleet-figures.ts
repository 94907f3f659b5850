/**
 * @module
 * The figures of a fleet's report: its course over time, and the latency of its groups.
 */
import { formatNs } from '../fleet/account/describe.js';
import type { FleetResult, GroupInterval, Interval } from '../fleet/account/snapshot.js';
import { formatBytes, formatCount, formatWidth } from '../format.js';
import type { Panel } from './charts/chart.js';
import { type Course, type CourseLine, coursePanel, LOOKS, type Look } from './charts/fleet-course.js';
import { fleetLatencyPanel } from './charts/fleet-latency.js';
import { panelHtml } from './figure.js';
import { Html, html } from './html.js';
import type { Draw } from './render-chart.js';

type Total = (total: GroupInterval) => number | null;

const line = (name: string, look: Look, value: Total): CourseLine => ({
  name,
  look,
  value: ({ total }) => value(total),
});

const rate = (name: string, look: Look, value: (total: GroupInterval) => number): CourseLine => ({
  name,
  look,
  value: ({ total, seconds }: Interval) => (seconds > 0 ? value(total) / seconds : null),
});

const perSecond = (value: number): string => `${formatCount(Math.round(value))}/s`;

/** Of the messages that were acknowledged. */
const latency =
  (which: 'p50Ns' | 'p99Ns' | 'maxNs'): Total =>
  (total) =>
    total.acknowledged > 0 ? total.latency[which] : null;

const COURSES: readonly Course[] = [
  {
    title: 'Devices',
    caption: 'How many devices were connected, beside how many ought to have been.',
    axis: 'linear',
    format: formatCount,
    lines: [line('wanted', 'plan', ({ wanted }) => wanted), line('up', 'first', ({ up }) => up)],
  },
  {
    title: 'Messages per second',
    caption: 'What came due, what was sent and what was acknowledged.',
    axis: 'linear',
    format: perSecond,
    lines: [
      rate('planned', 'plan', ({ planned }) => planned),
      rate('sent', 'first', ({ sent }) => sent),
      rate('acknowledged', 'second', ({ acknowledged }) => acknowledged),
    ],
  },
  {
    title: 'Latency',
    caption:
      'From the planned time of a message to its acknowledgement, so waiting before it was sent counts too. Each step of the axis is ten times the one below.',
    axis: 'duration',
    format: formatNs,
    lines: [
      line('max', 'plan', latency('maxNs')),
      line('p50', 'first', latency('p50Ns')),
      line('p99', 'second', latency('p99Ns')),
    ],
  },
  {
    title: 'Errors per second',
    caption: 'Attempts refused, connections lost, messages failed and dropped.',
    axis: 'linear',
    format: perSecond,
    lines: [rate('errors', 'trouble', ({ errors }) => errors)],
  },
  {
    title: 'Bytes per second',
    caption: 'Payload sent and received.',
    axis: 'bytes',
    format: (value) => `${formatBytes(Math.round(value))}/s`,
    lines: [
      rate('sent', 'first', ({ sentBytes }) => sentBytes),
      rate('received', 'second', ({ receivedBytes }) => receivedBytes),
    ],
  },
];

/** The charts over time. */
export async function courseSection({ intervals, outages }: FleetResult, draw: Draw): Promise<Html> {
  if (intervals.length === 0) {
    return html`<section><h2>Over time</h2>
<p class="missing">not enough data: the run was over before its first interval was</p></section>
`;
  }
  const widest = intervals.reduce((most, { seconds }) => Math.max(most, seconds), 0);
  const figures: Html[] = [];
  for (const course of COURSES) {
    const panel = coursePanel(course, intervals, outages);
    const legend = panel.kind === 'missing' ? null : legendOf(course.lines, outages.length > 0);
    figures.push(await figureOf(panel, course.caption, legend, draw));
  }
  const about =
    widest > 0
      ? html`<p class="muted">In intervals of ${formatWidth(widest)}${outages.length > 0 ? '; outages are shaded, between dotted edges' : null}.</p>`
      : null;
  return html`<section><h2>Over time</h2>
${about}
${figures}</section>
`;
}

export async function latencyFigure({ groups }: FleetResult, draw: Draw): Promise<Html> {
  const panel = fleetLatencyPanel(groups);
  const legend = html`<ul class="legend"><li>${pointKey('real', '<circle cx="17" cy="6" r="4" fill="currentColor"/>')}p50: filled circle</li><li>${pointKey('synthetic', '<path d="M17 1L22 6L17 11L12 6Z" fill="var(--page)" stroke="currentColor" stroke-width="1.75"/>')}p99: hollow diamond</li><li>${pointKey('muted', '<path d="M17 1V11" stroke="currentColor" stroke-width="2"/>')}max: upright line</li></ul>`;
  const caption =
    'Over the whole run, the group with the largest p99 first. Each step of the axis is ten times the one before; the numbers are p50 · p99 · max.';
  return figureOf(panel, caption, panel.kind === 'missing' ? null : legend, draw);
}

async function figureOf(panel: Panel, caption: string, legend: Html | null, draw: Draw): Promise<Html> {
  const { note, ...untitled } = { note: undefined, ...panel };
  return html`<figure class="wide">
<figcaption><h3>${panel.title}${note === undefined ? null : html` <span class="muted">${note}</span>`}</h3><p>${caption}</p>${legend}</figcaption>
<div class="panels">${await panelHtml({ ...untitled, title: '' }, draw)}</div>
</figure>
`;
}

const pointKey = (color: string, drawing: string): Html =>
  new Html(
    `<svg class="key" viewBox="0 0 34 12" width="34" height="12" aria-hidden="true" style="color:var(--${color})">${drawing}</svg>`,
  );

function legendOf(lines: readonly CourseLine[], hasOutages: boolean): Html | null {
  if (lines.length < 2 && !hasOutages) return null;
  const items = lines.map(({ name, look }) => {
    const { stroke, strokeWidth, strokeDash } = LOOKS[look];
    const path = html`<path d="M1 6H33" stroke="${stroke}" stroke-width="${strokeWidth}" stroke-dasharray="${strokeDash.join(' ')}"/>`;
    return html`<li><svg class="key" viewBox="0 0 34 12" width="34" height="12" aria-hidden="true">${path}</svg>${name}: ${WORDS[look]}</li>`;
  });
  return html`<ul class="legend">${items}</ul>`;
}

const WORDS: Readonly<Record<Look, string>> = {
  plan: 'dotted line',
  first: 'solid line',
  second: 'dashed line',
  trouble: 'solid line',
};
