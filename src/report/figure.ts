/**
 * @module
 * Figures in a page: charts with a caption and, where it is needed, what tells real and synthetic apart.
 */
import type { Figure, Panel, Role, Subject } from './charts/chart.js';
import { distributionFigure } from './charts/distributions.js';
import { autocorrelationFigure, entropyFigure } from './charts/memory.js';
import { scatterFigure } from './charts/scatter.js';
import { throughputFigure } from './charts/throughput.js';
import { transitionFigure } from './charts/transitions.js';
import { Html, html } from './html.js';
import type { Draw } from './render-chart.js';

/** All figures of a series, or of two that are compared. */
export async function seriesFigures(subject: Subject, draw: Draw): Promise<readonly Html[]> {
  const makers = [
    distributionFigure,
    scatterFigure,
    throughputFigure,
    autocorrelationFigure,
    entropyFigure,
    transitionFigure,
  ];
  const figures: Html[] = [];
  for (const make of makers) figures.push(await figureHtml(make(subject), draw));
  return figures;
}

export async function figureHtml(figure: Figure, draw: Draw): Promise<Html> {
  const panels: Html[] = [];
  for (const panel of figure.panels) panels.push(await panelHtml(panel, draw));
  return html`<figure class="${layoutOf(figure)}">
<figcaption><h3>${figure.title}</h3><p>${figure.caption}</p>${legendOf(figure)}</figcaption>
<div class="panels">${panels}</div>
</figure>
`;
}

/** How the page arranges the panels where it has the room: one below the other, three in a row, or pairs beside the caption. */
function layoutOf({ panels }: Figure): 'wide' | 'three' | 'pairs' {
  if (panels.some((panel) => panel.kind === 'chart' && panel.specs.wide !== undefined)) return 'wide';
  return panels.length === 3 ? 'three' : 'pairs';
}

/** @param panel without a title where that of its figure says enough */
export async function panelHtml(panel: Panel, draw: Draw): Promise<Html> {
  const note =
    panel.kind === 'chart' && panel.note !== undefined ? html` <span class="muted">${panel.note}</span>` : null;
  const heading = panel.title === '' ? null : html`<p class="panel-title">${panel.title}${note}</p>`;
  if (panel.kind === 'missing') return html`<div class="panel">${heading}<p class="missing">${panel.reason}</p></div>`;
  const { narrow, wide } = panel.specs;
  const drawings =
    wide === undefined
      ? await draw(narrow, panel.description)
      : html`<div class="only-wide">${await draw(wide, panel.description)}</div><div class="only-narrow">${await draw(narrow, panel.description)}</div>`;
  return html`<div class="panel">${heading}${drawings}</div>`;
}

function legendOf({ legend, panels }: Figure): Html | null {
  if (panels.every(({ kind }) => kind === 'missing')) return null;
  if (legend === 'shares') return shareLegend();
  if (legend.length < 2) return null;
  const isSplit = legend.includes('training');
  const texts = {
    real: `real${isSplit ? ', held out' : ''}: solid line, filled point`,
    synthetic: 'synthetic: dashed line, hollow point',
    training: 'training part of the real series: its distance from the held-out part is the floor',
  } as const;
  const order = (['real', 'synthetic', 'training'] as const).filter((role) => legend.includes(role));
  return html`<ul class="legend">${order.map((role) => html`<li>${KEYS[role]}${texts[role]}</li>`)}</ul>`;
}

/** A line and a point as the charts have them. */
function key(role: Role, line: string, point: string): Html {
  return new Html(
    `<svg class="key" viewBox="0 0 34 12" width="34" height="12" aria-hidden="true" style="color:var(--${role})">` +
      `<path d="M1 6H33" stroke="currentColor" ${line}/>${point}</svg>`,
  );
}

const KEYS: Readonly<Record<Role, Html>> = {
  real: key('real', 'stroke-width="2"', '<circle cx="17" cy="6" r="3" fill="currentColor"/>'),
  synthetic: key(
    'synthetic',
    'stroke-width="2" stroke-dasharray="5 3"',
    '<path d="M17 1.8L21.2 6L17 10.2L12.8 6Z" fill="var(--page)" stroke="currentColor" stroke-width="1.2"/>',
  ),
  training: key('training', 'stroke-width="1"', ''),
};

/** Opacity goes with the square root of a share, so that rare things show. */
function shareLegend(): Html {
  const steps = [0.01, 0.1, 0.25, 0.5, 1].map(
    (share) => html`<li><i style="opacity:${Math.sqrt(share).toFixed(2)}"></i>${(share * 100).toFixed(0)} %</li>`,
  );
  return html`<ul class="shares">${steps}</ul>`;
}
