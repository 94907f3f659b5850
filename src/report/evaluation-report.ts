/**
 * @module
 * The report of `synth evaluate`: how well synthetic series fit a real one, as one HTML file that can be sent to somebody.
 */

import { SeriesView } from '../evaluation/series-view.js';
import { formatCount, formatCounted, formatSeconds, shortNames } from '../format.js';
import { type PacketSeries, sliceBlock, spanNs } from '../packets/packet-series.js';
import type { Subject } from './charts/chart.js';
import { seriesFigures } from './figure.js';
import { glossarySection } from './glossary.js';
import { type Html, html } from './html.js';
import { metricTables } from './metric-table.js';
import { formatPoints } from './numbers.js';
import { commandSection, factList, noteList, page } from './page.js';
import { chartRenderer, type Draw } from './render-chart.js';
import type { ReportedCandidate } from './reported-candidate.js';
import { rankingSection, scoreView } from './score-view.js';

export interface EvaluationReportInput {
  readonly real: {
    readonly name: string;
    readonly facts: readonly (readonly [string, string])[];
    readonly series: PacketSeries;
  };
  /** Index in the real series of the first held-out packet. */
  readonly heldOutFrom: number;
  /** Best first; at least one. */
  readonly candidates: readonly ReportedCandidate[];
  /** What to type to make the report again. */
  readonly command: string;
  readonly version: string;
  /** ISO time. */
  readonly created: string;
  /** What a reader must know before he believes the numbers. */
  readonly notes: readonly string[];
}

/** Makes the report: one HTML file without scripts, which loads nothing. */
export async function evaluationReport(input: EvaluationReportInput): Promise<string> {
  const { real, candidates, command, version, created, notes } = input;
  const draw = await chartRenderer();
  const subjects = realSubject(input);
  const [best, ...others] = candidates;
  if (best === undefined) throw new RangeError('a report is about at least one candidate');
  const names = shortNames(candidates.map(({ name }) => name));
  const [realName] = shortNames([real.name]);
  const title = `${names[0]} compared with ${realName}`;
  const sections = await Promise.all([
    bestSection(best, subjects, draw),
    othersSection(others, names.slice(1), subjects, draw),
  ]);
  const body = html`<header><p class="kicker">Fidelity of synthetic traffic</p>
<h1><span class="synthetic">${names[0]}</span> compared with <span class="real">${realName}</span></h1>
${others.length > 0 ? html`<p class="sub">The best of ${candidates.length} candidates.</p>` : null}</header>
${scoreView(best.evaluation)}
${noteList(notes)}
${rankingSection(candidates, names)}
${comparedSection(input)}
${sections}
${commandSection(command)}
${glossarySection()}`;
  return page({ title, body, version, created });
}

/** What the charts of all candidates share. */
type RealSubject = Omit<Subject, 'synthetic' | 'metrics' | 'withReal'>;

function realSubject({ real: { series }, heldOutFrom }: EvaluationReportInput): RealSubject {
  const isHeldOut = heldOutFrom > 0 && heldOutFrom < series.length;
  return {
    whole: series,
    heldOutFrom,
    real: new SeriesView(isHeldOut ? sliceBlock(series, heldOutFrom, series.length) : series),
    training: isHeldOut ? new SeriesView(sliceBlock(series, 0, heldOutFrom)) : null,
  };
}

async function bestSection(best: ReportedCandidate, shared: RealSubject, draw: Draw): Promise<Html> {
  const { metrics } = best.evaluation;
  const subject = { ...shared, metrics, synthetic: new SeriesView(best.sample), withReal: true };
  return html`<section><h2>Side by side</h2>
${await seriesFigures(subject, draw)}</section>
<section><h2>All metrics</h2>
${metricTables(best.evaluation.metrics, best.name)}</section>
`;
}

async function othersSection(
  others: readonly ReportedCandidate[],
  names: readonly string[],
  shared: RealSubject,
  draw: Draw,
): Promise<Html | null> {
  if (others.length === 0) return null;
  const parts: Html[] = [];
  for (const [index, { name, evaluation, sample }] of others.entries()) {
    const { metrics } = evaluation;
    const subject = { ...shared, metrics, synthetic: new SeriesView(sample), withReal: false };
    parts.push(html`<details><summary>${names[index]} <span class="muted">– score ${formatPoints(evaluation.score)}</span></summary>
${await seriesFigures(subject, draw)}
${metricTables(evaluation.metrics, name)}</details>
`);
  }
  return html`<section><h2>The other candidates</h2>
<p class="muted">Panels that show nothing but the real series are those above.</p>
${parts}</section>
`;
}

function comparedSection({ real, heldOutFrom, candidates }: EvaluationReportInput): Html {
  const { series } = real;
  const first = candidates[0]!.evaluation;
  const at = series.length > 0 ? series.offsetsNs[Math.min(heldOutFrom, series.length - 1)]! - series.offsetsNs[0]! : 0;
  const part = (packets: number, ns: number) => `${formatCounted(packets, 'packet')}, ${formatSeconds(ns / 1e9)}`;
  const split: readonly (readonly [string, string])[] = [
    ['Training part', part(first.trainingPackets, at)],
    ['Held out', part(first.heldOutPackets, spanNs(series) - at)],
  ];
  const card = (kind: string, role: string, name: string, facts: readonly (readonly [string, string])[]) =>
    html`<div class="card of-${kind}"><h3><small class="${kind}">${role}</small>${name}</h3>${factList(facts)}</div>
`;
  return html`<section><h2>What was compared</h2><div class="cards">
${card('real', 'Real', real.name, [...real.facts, ...split])}
${candidates.map(({ name, facts, evaluation, sample }) =>
  card('synthetic', 'Synthetic', name, [
    ...facts,
    ['Compared', comparedPackets(evaluation.syntheticPackets)],
    ['In the charts', `${formatCounted(sample.length, 'packet')}, ${formatSeconds(spanNs(sample) / 1e9)}`],
  ]),
)}</div></section>
`;
}

/** Packets of the synthetic series: one number where all have about the same. */
function comparedPackets(packets: readonly number[]): string {
  const [least, most] = [Math.min(...packets), Math.max(...packets)];
  if (packets.length === 0) return 'nothing';
  if (packets.length === 1) return formatCounted(least, 'packet');
  const each =
    least === most ? formatCounted(least, 'packet') : `${formatCount(least)} to ${formatCount(most)} packets`;
  return `${packets.length} series of ${each}`;
}
