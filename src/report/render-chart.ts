/**
 * @module
 * From the specification of a chart to SVG that stands inside a page: Vega draws it without a browser, and what the page
 * does not need of it is taken away.
 *
 * Colours are CSS variables of the page, which SVG attributes may hold: one drawing serves the light and the dark scheme.
 */
import type { TopLevelSpec } from 'vega-lite';
import { Html, html } from './html.js';

export type ChartSpec = TopLevelSpec;

/** Draws a chart. `description` says in words what it shows: it is the accessible name. */
export type Draw = (spec: ChartSpec, description: string) => Promise<Html>;

/** Loads Vega, which takes a third of a second, and returns what draws with it. */
export async function chartRenderer(): Promise<Draw> {
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  return async (spec, description) => {
    const view = new vega.View(vega.parse(compile(spec).spec), { renderer: 'none' });
    const svg = await view.toSVG();
    view.finalize();
    return pageSvg(svg, description);
  };
}

function pageSvg(svg: string, description: string): Html {
  const [, width, height, inner] = /^<svg[^>]* viewBox="0 0 ([\d.]+) ([\d.]+)"[^>]*>(.*)<\/svg>$/s.exec(svg)!;
  const open = html`<svg role="img" aria-label="${description}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`;
  return new Html(`${open.text}${shrink(inner!)}</svg>`);
}

/** Marks of data keep this class, so that they can be told from axes. */
export const MARK_CLASS = 'mark';

/** Takes away what has no effect in a page. What stands between tags is left as it is. */
function shrink(svg: string): string {
  const text = svg
    .replace(/<path class="(?:background|foreground)"(?![^>]*(?: fill=| stroke=))[^>]*\/>/g, '')
    .replace(/<text[^>]* opacity="0"[^>]*>[^<]*<\/text>/g, '')
    .replace(/<line[^>]* opacity="0"[^>]*\/>/g, '')
    .replace(/<[^>]*>/g, shrinkTag);
  return withoutPlainGroups(hoist(withoutEmptyGroups(text)));
}

function shrinkTag(tag: string): string {
  const isMark = /^<g class="[^"]*\brole-mark\b/.test(tag);
  return tag
    .replace(/ (?:class|role|font-family|pointer-events|stroke-miterlimit|aria-[a-z]+)="[^"]*"/g, '')
    .replace(/ opacity="1"/g, '')
    .replace(/-?\d+\.\d{2,}(?:e-\d+)?/g, roundNumber)
    .replace(/ transform="translate\(0,0\)"/g, '')
    .replace(/^<g/, isMark ? `<g class="${MARK_CLASS}"` : '<g');
}

/** A tenth of a pixel is exact enough, a hundredth of an opacity. */
function roundNumber(text: string): string {
  const number = Number(text);
  return String(Number(number.toFixed(Math.abs(number) < 1 ? 2 : 1)));
}

function withoutEmptyGroups(svg: string): string {
  const next = svg.replace(/<g[^>]*><\/g>/g, '');
  return next === svg ? svg : withoutEmptyGroups(next);
}

/** Groups without attributes leave what is in them. */
function withoutPlainGroups(svg: string): string {
  const isPlain: boolean[] = [];
  return svg.replace(/<g[^>]*>|<\/g>/g, (tag) => {
    if (tag !== '</g>') isPlain.push(tag === '<g>');
    const plain = tag === '</g>' ? isPlain.pop() : isPlain.at(-1);
    return plain ? '' : tag;
  });
}

const MARKS = /<g([^>]*)>((?:<(?:path|line|rect) [^>]*\/>|<text [^>]*>[^<]*<\/text>){2,})<\/g>/g;
const ATTRIBUTES = / [a-z-]+="[^"]*"/g;

/** Attributes that all the marks of a group share move to the group, if it has them not. */
function hoist(svg: string): string {
  return svg.replace(MARKS, (_, own: string, marks: string) => {
    const [first = '', ...others] = marks.match(/<[a-z]+(?: [a-z-]+="[^"]*")*/g) ?? [];
    const shared = (first.match(ATTRIBUTES) ?? []).filter(
      (attribute) =>
        INHERITED.test(attribute) &&
        !own.includes(attribute.slice(0, attribute.indexOf('=') + 1)) &&
        others.every((other) => other.includes(attribute)),
    );
    const bare = shared.reduce((text, attribute) => text.replaceAll(attribute, ''), marks);
    return `<g${own}${shared.join('')}>${bare}</g>`;
  });
}

/** What an element has from the group that it is in. */
const INHERITED = /^ (?:fill|stroke|font|text-anchor)/;
