/**
 * @module
 * The page of a report: one file that needs nothing else, and runs nothing.
 */
import { Html, type HtmlValue, html } from './html.js';
import { STYLES } from './styles.js';

export interface Page {
  readonly title: string;
  readonly body: HtmlValue;
  readonly version: string;
  /** ISO time. */
  readonly created: string;
}

/** Nothing may be loaded and nothing may run, whatever stands in the page. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

export function page({ title, body, version, created }: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="generator" content="synth ${version}">
<title>${title}</title>
<style>${new Html(STYLES)}</style>
</head>
<body>
<main>
${body}
<footer>Made by synth ${version}, <time datetime="${created}">${formatTime(created)}</time>.</footer>
</main>
</body>
</html>
`.text;
}

/** An ISO time for people, to the second. */
export const formatTime = (iso: string): string =>
  iso.replace(/^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?Z$/, '$1 $2 UTC');

export interface Column {
  readonly name: string;
  readonly isNumber: boolean;
  /** What the small numbers below those of the column are. */
  readonly below?: string;
}

/**
 * A table that scrolls by itself where the page is too narrow for it.
 *
 * @param layout `reflow` for one that becomes a list on phones: the cells of numbers then need a `data-label`
 */
export function scrollTable(
  label: string,
  columns: readonly Column[],
  rows: HtmlValue,
  layout: 'scroll' | 'reflow' = 'scroll',
): Html {
  const head = columns.map(
    ({ name, isNumber, below }) =>
      html`<th scope="col"${isNumber ? html` class="n"` : null}>${name}${below === undefined ? null : html`<small>${below}</small>`}</th>`,
  );
  return html`<div class="${layout === 'reflow' ? 'scroll reflow' : 'scroll'}" role="region" aria-label="${label}" tabindex="0"><table>
<thead><tr>${head}</tr></thead>
<tbody>
${rows}</tbody>
</table></div>
`;
}

/** Facts with their names. */
export function factList(facts: readonly (readonly [string, string])[]): Html {
  return html`<dl class="facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

/** What a reader must know before he believes the numbers. */
export function noteList(notes: readonly string[]): Html | null {
  if (notes.length === 0) return null;
  return html`<section class="notes"><h2>To keep in mind</h2><ul>${notes.map((note) => html`<li>${note}</li>`)}</ul></section>
`;
}

/** How to make the page again. */
export function commandSection(command: string): Html {
  return html`<section><h2>To repeat it</h2>
<pre><code>${command}</code></pre></section>
`;
}
