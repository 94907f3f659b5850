/**
 * @module
 * The report of `synth inspect`: what is in a capture, and how one device or flow of it talks, as one HTML file.
 */

import { SeriesView } from '../evaluation/series-view.js';
import {
  formatBytes,
  formatCount,
  formatCounted,
  formatSeconds,
  formatShare,
  formatTraffic,
  shortNames,
  TRAFFIC_COLUMNS,
} from '../format.js';
import { formatEndpoint } from '../net/address.js';
import { protocolName } from '../net/protocol-name.js';
import { type Conversation, type PacketSeries, spanNs } from '../packets/packet-series.js';
import type { Survey, SurveyEntry } from '../series/survey.js';
import type { Target } from '../series/target.js';
import { devicesFigure } from './charts/devices.js';
import { figureHtml, seriesFigures } from './figure.js';
import { type Html, html } from './html.js';
import { type Column, commandSection, factList, formatTime, noteList, page, scrollTable } from './page.js';
import { chartRenderer, type Draw } from './render-chart.js';

export interface CaptureReportInput {
  readonly survey: Survey;
  /** Devices, flows and conversations to list at most; 0 for all. */
  readonly limit: number;
  /** A device or a flow to look at, as `--device` or `--flow` names it. */
  readonly target: { readonly name: string; readonly series: PacketSeries } | null;
  /** What to type to make the report again. */
  readonly command: string;
  readonly version: string;
  /** ISO time. */
  readonly created: string;
  /** What a reader must know before he believes the numbers. The warnings of the survey are added to them. */
  readonly notes: readonly string[];
}

/** Makes the report: one HTML file without scripts, which loads nothing. */
export async function captureReport(input: CaptureReportInput): Promise<string> {
  const { survey, limit, target, command, version, created, notes } = input;
  const draw = await chartRenderer();
  const names = shortNames(survey.report.files.map(({ path }) => path)).join(', ');
  const warnings = survey.report.warnings.map(({ message }) => message);
  const { devicePackets, flowPackets } = survey.overflow;
  const overflow =
    devicePackets + flowPackets > 0
      ? [
          `Too many to tell apart: ${formatCount(flowPackets)} packets of further flows, ${formatCount(devicePackets)} of further devices.`,
        ]
      : [];
  const body = html`<header><p class="kicker">What is in a capture</p>
<h1>${names}</h1>
<p class="sub">${summaryOf(survey)}</p></header>
${noteList([...notes, ...warnings, ...overflow])}
${filesSection(survey)}
${await devicesSection(survey, limit, draw)}
${target === null ? null : await targetSection(target, limit, draw)}
${commandSection(command)}`;
  return page({ title: `${names}: what is in it`, body, version, created });
}

function summaryOf({ report, ipBytes, spanSeconds }: Survey): string {
  return `${formatCounted(report.ipPackets, 'IP packet')}, ${formatBytes(ipBytes)}, ${formatSeconds(spanSeconds)}`;
}

function filesSection(survey: Survey): Html {
  const { report, protocols, firstSeconds, spanSeconds } = survey;
  const skipped = report.packets - report.ipPackets;
  const facts: (readonly [string, string])[] = [];
  if (report.ipPackets > 0) {
    facts.push(
      ['From', isoTime(firstSeconds)],
      ['To', isoTime(firstSeconds + spanSeconds)],
      ['Span', formatSeconds(spanSeconds)],
      ['IP packets', `${formatCount(report.ipPackets)}, ${formatBytes(survey.ipBytes)}`],
      ['Protocols', protocols.map(({ protocol, packets }) => `${protocol} ${formatCount(packets)}`).join(', ')],
    );
  }
  const reasons = report.skipped.map(({ reason, packets }) => [reason, formatCounted(packets, 'frame')] as const);
  const files = report.files.map(
    ({
      path,
      format,
      compression,
      packets,
      bytes,
    }) => html`<div class="card"><h3><small class="muted">File</small>${path}</h3>
${factList([
  ['Format', compression === undefined ? format : `${format}, ${compression}`],
  ['Records', formatCount(packets)],
  ['On the wire', formatBytes(bytes)],
])}</div>
`,
  );
  return html`<section><h2>In all</h2><div class="cards">
${files}<div class="card of-real"><h3><small class="real">Traffic</small>What could be read</h3>${
    facts.length > 0 ? factList(facts) : html`<p class="muted">No IP packets.</p>`
  }</div>
<div class="card"><h3><small class="muted">Skipped</small>${formatCounted(skipped, 'frame')} without an IP packet</h3>${
    reasons.length > 0 ? factList(reasons) : html`<p class="muted">Nothing was skipped.</p>`
  }</div></div></section>
`;
}

function isoTime(seconds: number): string {
  const time = new Date(seconds * 1000);
  // Times that a damaged file claims may be none.
  return Number.isNaN(time.getTime()) ? `${seconds} s since 1970` : formatTime(time.toISOString());
}

async function devicesSection(survey: Survey, limit: number, draw: Draw): Promise<Html | null> {
  if (survey.devices.length === 0) return null;
  return html`<section><h2>Devices and flows</h2>
${await figureHtml(devicesFigure(survey.devices), draw)}
${entriesTable('Devices', survey.devices, limit)}
${entriesTable('Flows', survey.flows, limit)}</section>
`;
}

const NUMBER_COLUMNS: readonly Column[] = TRAFFIC_COLUMNS.map((name) => ({
  name,
  isNumber: true,
}));

function entriesTable(title: string, entries: readonly SurveyEntry<Target>[], limit: number): Html {
  const shown = limit === 0 ? entries : entries.slice(0, limit);
  const rows = shown.map((entry) => {
    const cells = formatTraffic(entry);
    return html`<tr><th scope="row" class="id">${entry.id}</th>${cells.map((cell) => html`<td class="n">${cell}</td>`)}</tr>
`;
  });
  const columns = [{ name: title.toLowerCase(), isNumber: false }, ...NUMBER_COLUMNS];
  return html`<h3>${title}</h3>
${scrollTable(title, columns, rows)}${moreOf(entries.length - shown.length)}`;
}

const moreOf = (count: number): Html | null =>
  count > 0 ? html`<p class="muted">… and ${formatCount(count)} more.</p>` : null;

async function targetSection(
  { name, series }: { readonly name: string; readonly series: PacketSeries },
  limit: number,
  draw: Draw,
): Promise<Html> {
  const subject = {
    real: new SeriesView(series),
    training: null,
    whole: series,
    heldOutFrom: 0,
    synthetic: null,
    metrics: [],
    withReal: true,
  };
  const outbound = series.outbound.subarray(0, series.length).reduce((sum, one) => sum + one, 0);
  const summary =
    `${formatCounted(series.length, 'packet')}, ${formatCount(outbound)} outbound and ` +
    `${formatCount(series.length - outbound)} inbound, in ${formatSeconds(spanNs(series) / 1e9)}`;
  return html`<section><h2>How <span class="real">${name}</span> talks</h2>
<p class="sub">${summary}</p>
${await seriesFigures(subject, draw)}
${conversationsTable(series.conversations, series.length, limit)}</section>
`;
}

function conversationsTable(conversations: readonly Conversation[], packets: number, limit: number): Html | null {
  if (conversations.length === 0) return null;
  const sorted = [...conversations].sort((a, b) => b.packets - a.packets);
  const shown = limit === 0 ? sorted : sorted.slice(0, limit);
  const columns: readonly Column[] = [
    { name: 'peer', isNumber: false },
    { name: 'own end', isNumber: false },
    { name: 'protocol', isNumber: false },
    { name: 'packets', isNumber: true },
    { name: 'share', isNumber: true },
  ];
  const rows = shown.map(({ protocol, ipVersion, local, peer, packets: count }) => {
    const [far, near] = [peer, local].map(({ address, port }) => formatEndpoint(address, port));
    return html`<tr><th scope="row" class="id">${far}</th><td>${near}</td><td>${protocolName(protocol)} over IPv${ipVersion}</td><td class="n">${formatCount(count)}</td><td class="n">${formatShare(count / packets)}</td></tr>
`;
  });
  return html`<h3>Conversations</h3>
${scrollTable('Conversations', columns, rows)}${moreOf(sorted.length - shown.length)}`;
}
