/**
 * @module
 * The fidelity score at the top of a report, and the table that ranks several candidates by it.
 */
import { ASPECTS } from '../evaluation/metric.js';
import type { Evaluation } from '../evaluation/result.js';
import { ASPECT_NAMES } from './aspects.js';
import { type Html, html } from './html.js';
import { formatDecimals, formatInterval, formatNumber, formatPoints, pointsLeft } from './numbers.js';
import { scrollTable } from './page.js';
import type { ReportedCandidate } from './reported-candidate.js';

/** The score, what it means, and what is left of each aspect. */
export function scoreView(evaluation: Evaluation): Html {
  const { score, scoreInterval } = evaluation;
  const interval =
    scoreInterval === null || scoreInterval.low === scoreInterval.high
      ? null
      : html`<p class="muted">95 % interval ${formatInterval(scoreInterval, formatPoints)}, over ${seriesNames(evaluation)}</p>`;
  return html`<section class="hero" aria-label="Fidelity">
<div><h2>Fidelity</h2>
${score === null ? html`<p class="score none">no score</p>` : html`<p class="score">${formatPoints(score)}<small> of 100</small></p>`}${interval}
<p>${scoreSentence(evaluation)}</p></div>
<ul class="aspects">${ASPECTS.map((aspect) => aspectBar(aspect, pointsLeft(evaluation.aspects[aspect])))}</ul>
</section>
`;
}

function seriesNames({ seriesCompared, syntheticPackets }: Evaluation): string {
  return seriesCompared > syntheticPackets.length
    ? `${seriesCompared} parts of the synthetic series`
    : `${seriesCompared} synthetic series`;
}

function aspectBar(aspect: (typeof ASPECTS)[number], points: number | null): Html {
  const { name, about } = ASPECT_NAMES[aspect];
  const width = points === null ? 0 : Math.min(100, Math.max(0, points));
  return html`<li><b>${name}</b><span class="bar" aria-hidden="true"><i style="width:${width.toFixed(1)}%"></i></span><span class="number">${formatPoints(points)}</span>
<span class="about">${about}${points === null ? ' (not enough data)' : null}</span></li>`;
}

function scoreSentence({ score, reason, aspects }: Evaluation): string {
  if (score === null) return `${reason}.`.replace(/^n/, 'N');
  const judged = ASPECTS.filter((aspect) => aspects[aspect] !== null).length;
  const partly =
    judged < ASPECTS.length
      ? ` Only ${judged} of ${ASPECTS.length} aspects could be judged: the real series is too short for the others.`
      : '';
  const meaning = `At 100 no metric tells the synthetic packets from held-out real ones any better than chance does.${partly}`;
  const [costly] = ASPECTS.flatMap((aspect) => {
    const loss = aspects[aspect];
    return loss !== null && loss >= 0.01 ? [{ name: ASPECT_NAMES[aspect].name.toLowerCase(), loss }] : [];
  }).sort((a, b) => b.loss - a.loss);
  if (costly === undefined) return meaning;
  return `${meaning} The weakest aspect here is ${costly.name}, with ${formatPoints(100 * (1 - costly.loss))}.`;
}

/** All candidates, in their order. @param names of them, for people */
export function rankingSection(candidates: readonly ReportedCandidate[], names: readonly string[]): Html | null {
  if (candidates.length < 2) return null;
  const hasLikelihood = candidates.some(({ logLikelihood }) => logLikelihood !== null);
  const numbers = ['score', ...ASPECTS.map((aspect) => ASPECT_NAMES[aspect].name.toLowerCase()), 'mean excess'];
  if (hasLikelihood) numbers.push('nats, held out', 'nats, training');
  const columns = [{ name: 'candidate', isNumber: false }, ...numbers.map((name) => ({ name, isNumber: true }))];
  const rows = candidates.map(({ evaluation, logLikelihood }, index) => {
    const { score, scoreInterval, aspects, meanExcess } = evaluation;
    const interval =
      scoreInterval === null ? null : html`<small>${formatInterval(scoreInterval, formatPoints)}</small>`;
    const likelihood = [logLikelihood?.heldOut ?? null, logLikelihood?.training ?? null];
    const cells = [
      ...ASPECTS.map((aspect) => formatPoints(pointsLeft(aspects[aspect]))),
      formatNumber(meanExcess),
      ...(hasLikelihood ? likelihood.map((nats) => formatDecimals(nats, 2)) : []),
    ];
    return html`<tr><th scope="row">${index + 1}. ${names[index]}</th><td class="n" data-label="score"><b>${formatPoints(score)}</b>${interval}</td>${cells.map((cell, at) => html`<td class="n" data-label="${numbers[at + 1]}">${cell}</td>`)}</tr>
`;
  });
  const likelihoodNote = hasLikelihood
    ? 'Nats are the log-likelihood of the real packets, each on average, by the model: more is better; held out far below training means a model that learned by heart.'
    : null;
  return html`<section><h2>Ranking</h2>
${scrollTable('Ranking of the candidates', columns, rows, 'reflow')}
<p class="muted">Score and aspects go from 0 to 100, more is better. Mean excess is of the KS statistics of size, gap and throughput; 0 is perfect. ${likelihoodNote}</p></section>
`;
}
