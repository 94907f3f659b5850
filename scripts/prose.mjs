// Checks the prose of the project, in comments, strings and Markdown, against the rules of CONTRIBUTING ("Plain English").
//
//   node scripts/prose.mjs [PATH...]    lists what breaks a rule; exit code 1 if anything does
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseAst } from 'vitest/node';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Checked without arguments. */
const EVERYTHING = [
  'src',
  'models',
  'commands',
  'docs',
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
];
/** Generated from what is checked, or written in another language. */
const LEFT_OUT =
  /^(docs\/reference|docs\/.*\/node_modules|docs\/\.vitepress\/(dist|cache)|src\/kernels\/assembly|src\/fleet\/dashboard\/static)\//;

const MAX_WORDS = 25;

/** A first word that makes a reader wait for the subject. */
const SUBORDINATE =
  /^(of|what|whatever|whether|where|wherever|who|whom|whose|whoever|which|how|that|so|than|as|in which|from which|to which|by which|nobody|nothing|none|no one) /i;

/** Phrases that say what a subject and a verb would say better. */
const RIDDLES = [
  /\b(nobody|somebody|someone|whoever|whatever)\b/i,
  /\b(is|are|was|were|be|being|been) (told|had)\b/i,
  /\bso (many|much|long|often) (as|of|that)?\b/i,
  /\bthat there (is|are|was|were)\b/i,
  /\b(goes|go|going|gone|went) on\b/i,
  /\b(came|come|comes|coming) to be\b/i,
  /\b(not one|none) of\b/i,
  /\bis taken together\b/i,
  /\b(that|which) (is|are) none\b/i,
  /\bmakes? itself\b/i,
];

/** Private words, and the term of the field for each. */
const TERMS = [
  [/\bforesight\b/i, 'lookahead'],
  [/\brehears\w*\b/i, 'warm-up'],
  [/\bunspoken\b/i, 'default payload'],
  [/\bstrays?\b/i, 'unassigned'],
  [/\bdecks?\b/i, 'sampler without replacement'],
  [/\bown clocks?\b/i, 'per-direction clock'],
  [/\bhurr(y|ies|ied)\b/i, 'close'],
  [/\bstorms?\b/i, 'disconnects'],
  [/\bchurn\b/i, 'disconnects'],
];

/**
 * @param {string} text one piece of prose: a comment, a string or a paragraph
 * @param {{ readonly isOpening: boolean }} place whether a reader meets its first word without any context
 * @returns {string[]} the rules that it breaks
 */
export function faultsOf(text, { isOpening }) {
  const faults = [];
  const bare = text
    .replace(/`[^`]*`/g, 'code')
    .replace(/\s+/g, ' ')
    .trim();
  const opening = SUBORDINATE.exec(bare);
  if (isOpening && opening !== null && !bare.endsWith('?')) faults.push(`begins with "${opening[1]}"`);
  for (const riddle of RIDDLES) {
    const found = riddle.exec(bare);
    if (found !== null) faults.push(`says "${found[0].trim()}"`);
  }
  for (const [word, term] of TERMS) {
    const found = word.exec(bare);
    if (found !== null) faults.push(`says "${found[0]}" for "${term}"`);
  }
  for (const sentence of bare.split(/(?<=[.!?:;])\s+(?=[\p{Lu}\d`"“(])/u)) {
    const words = sentence.split(' ').filter((word) => /\p{L}/u.test(word)).length;
    if (words > MAX_WORDS) faults.push(`has a sentence of ${words} words`);
  }
  return faults;
}

/** @returns {{ line: number, text: string, isOpening: boolean }[]} the prose of a file */
export function proseOf(path, source) {
  return path.endsWith('.md') ? proseOfMarkdown(source) : proseOfCode(source);
}

const lineAt = (source, offset) => source.slice(0, offset).split('\n').length;

function proseOfCode(source) {
  const literals = [];
  visit(parseAst(source, { lang: 'ts' }), (node) => {
    if (node.type === 'Literal' && (typeof node.value === 'string' || node.regex !== undefined))
      literals.push({ start: node.start, end: node.end, text: node.regex === undefined ? node.value : '' });
    if (node.type === 'TemplateLiteral')
      literals.push({ start: node.start, end: node.end, text: node.quasis.map((part) => part.value.cooked).join('X') });
  });
  const strings = literals
    .filter(({ text }) => /\p{L}+ \p{L}+ \p{L}+/u.test(text) && !/[{};]\s*$|^\s*[<{]/.test(text))
    // A string that begins with a small letter is the middle of a sentence.
    .map(({ start, text }) => ({ line: lineAt(source, start), text, isOpening: /^\p{Lu}/u.test(text) }));
  let code = source;
  for (const { start, end } of literals)
    code = code.slice(0, start) + code.slice(start, end).replace(/[^\n]/g, '_') + code.slice(end);
  return [...strings, ...commentsOf(source, code)];
}

/** Line comments that follow each other are one. */
function commentsOf(source, code) {
  const found = [];
  for (const { 0: match, index } of code.matchAll(/\/\*[\s\S]*?\*\/|(?:^[ \t]*\/\/.*\n)+|\/\/.*/gm)) {
    const raw = source.slice(index, index + match.length);
    const isDoc = raw.startsWith('/**');
    const text = raw.replace(/^\s*\/\*+|\*\/$/g, '').replace(/^\s*(\*|\/\/)/gm, '');
    // Each tag of a doc comment is a text of its own; a type or a name in front of it is none.
    const parts = text
      .split(/(?=^\s*@\w+)/m)
      .map((part) => part.replace(/^\s*@(param|property|typeParam)\s+(\{[^}]*\}\s*)?\S+|^\s*@\w+/, ''));
    const paragraphs = parts.flatMap((part) => part.split(/\n\s*\n/));
    for (const [i, part] of paragraphs.entries())
      if (!/biome-ignore|@ts-/.test(part))
        found.push({ line: lineAt(source, index), text: part, isOpening: isDoc && i === 0 });
  }
  return found;
}

function visit(node, look) {
  if (typeof node !== 'object' || node === null) return;
  if (!Array.isArray(node)) look(node);
  for (const child of Object.values(node)) visit(child, look);
}

function proseOfMarkdown(source) {
  const found = [];
  const text = source
    .replace(/^---\n[\s\S]*?\n---\n/, (match) => match.replace(/[^\n]/g, ''))
    .replace(/^(```|~~~)[\s\S]*?^\1.*$|<!--[\s\S]*?-->|^\$\$[\s\S]*?^\$\$/gm, (match) => match.replace(/[^\n]/g, ''));
  let line = 1;
  for (const paragraph of text.split(/\n(?=\s*\n|\s*(?:[-*]|\d+\.) |#|\s*\|)/)) {
    const first = line + paragraph.split('\n').findIndex((one) => one.trim() !== '');
    for (const part of /^\s*\|/.test(paragraph) ? paragraph.split('|') : [paragraph]) {
      const prose = part
        .replace(/^\s*(#+|[-*]|\d+\.|>)\s/gm, '')
        .replace(/\]\([^)]*\)/g, ']')
        .replace(/[[\]*_]/g, '');
      if (/\p{L}/u.test(prose)) found.push({ line: first, text: prose, isOpening: false });
    }
    line += paragraph.split('\n').length;
  }
  return found;
}

const filesBelow = (path) =>
  statSync(path).isDirectory()
    ? readdirSync(path, { withFileTypes: true })
        .filter(({ name }) => name !== 'node_modules')
        .flatMap(({ name }) => filesBelow(join(path, name)))
    : [path];

/** @returns {{ path: string, line: number, fault: string, text: string }[]} what breaks a rule in these files or folders */
export function faultsIn(paths = EVERYTHING) {
  const files = paths
    .flatMap((path) => filesBelow(resolve(root, path)))
    .map((path) => relative(root, path))
    .filter((path) => /\.(ts|md)$/.test(path) && !LEFT_OUT.test(path));
  return files.flatMap((path) =>
    proseOf(path, readFileSync(join(root, path), 'utf8')).flatMap(({ line, text, isOpening }) =>
      faultsOf(text, { isOpening }).map((fault) => ({ path, line, fault, text: text.replace(/\s+/g, ' ').trim() })),
    ),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const faults = faultsIn(
    process.argv.length > 2 ? process.argv.slice(2).map((path) => relative(root, resolve(path))) : undefined,
  );
  for (const { path, line, fault, text } of faults) console.log(`${path}:${line}: ${fault}: ${text.slice(0, 160)}`);
  if (faults.length > 0) console.error(`${faults.length} faults`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
