/**
 * @module
 * Texts with variables, `{{name}}`, which are filled in for a device or a message. `\{{` stands for two braces.
 */
import { nearest } from '../../did-you-mean.js';
import { SynthError } from '../../errors.js';
import type { Random } from '../../random.js';

export interface TemplateContext {
  readonly id: string;
  /** In the group, from 0. */
  readonly index: number;
  readonly group: string;
  /** Of the device's messages, from 0. */
  readonly seq: number;
  /** Planned time of the message, in ms since the Unix epoch. */
  readonly nowMs: number;
  /** What is random in the message is drawn from it. */
  readonly random: Random;
  /** Of the table of identities. */
  readonly columns: Readonly<Record<string, string>>;
}

type Part = (context: TemplateContext) => string;

/** What there is beside the columns of the table of identities. */
const VARIABLES: Readonly<Record<string, Part>> = {
  id: ({ id }) => id,
  index: ({ index }) => String(index),
  group: ({ group }) => group,
  seq: ({ seq }) => String(seq),
  now: ({ nowMs }) => String(nowMs),
  iso: ({ nowMs }) => new Date(nowMs).toISOString(),
  random: ({ random }) => String(random.next()),
  uuid: ({ random }) => uuid(random),
};
export const TEMPLATE_VARIABLES: readonly string[] = [...Object.keys(VARIABLES), 'random_int'];

export interface Template {
  render(context: TemplateContext): string;
}

const PLACE = /\\\{\{|\{\{\s*([^{}]*?)\s*\}\}/g;

/**
 * @param columns of the table of identities; undefined if any name will do, since names have been looked at before
 * @throws SynthError `SYNTH_USAGE` for variables that there are not
 */
export function compileTemplate(text: string, columns?: readonly string[]): Template {
  const parts: Part[] = [];
  let at = 0;
  const addText = (piece: string) => {
    if (piece !== '') parts.push(() => piece);
  };
  for (const match of text.matchAll(PLACE)) {
    addText(text.slice(at, match.index));
    if (match[1] === undefined) addText('{{');
    else parts.push(partOf(match[1], columns));
    at = match.index + match[0].length;
  }
  const rest = text.slice(at);
  if (rest.includes('{{'))
    throw usage(`“${text}” has {{ without }}`, 'Write \\{{ for two braces that are no variable.');
  addText(rest);
  if (parts.length === 1) return { render: parts[0]! };
  return { render: (context) => parts.map((part) => part(context)).join('') };
}

function partOf(name: string, columns: readonly string[] | undefined): Part {
  const variable = Object.hasOwn(VARIABLES, name) ? VARIABLES[name] : undefined;
  if (variable !== undefined) return variable;
  if (name.startsWith('random_int')) return randomInt(name);
  if (columns === undefined || columns.includes(name)) return (context) => context.columns[name] ?? '';
  const known = [...TEMPLATE_VARIABLES, ...columns];
  const meant = nearest(name, known);
  throw usage(
    `there is no variable “${name}”`,
    meant === undefined ? `There are ${known.join(', ')}.` : `Did you mean {{${meant}}}?`,
  );
}

function randomInt(name: string): Part {
  const [, from, to] = /^random_int\s+(-?\d{1,15})\s+(-?\d{1,15})$/.exec(name) ?? [];
  const [low, high] = [Number(from), Number(to)];
  if (to === undefined || low > high) {
    throw usage(`“{{${name}}}” does not say between which numbers`, 'Write it like {{random_int 1 100}}.');
  }
  return ({ random }) => String(low + Math.floor(random.next() * (high - low + 1)));
}

const usage = (message: string, hint: string): SynthError => new SynthError('SYNTH_USAGE', message, { hint });

/** Version 4 (RFC 9562). */
function uuid(random: Random): string {
  const hex = Array.from({ length: 4 }, () =>
    Math.floor(random.next() * 2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('');
  const variant = ((Number.parseInt(hex[16]!, 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
