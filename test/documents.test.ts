/** What documents say about files is true: every path in them exists, and decisions say since when they hold. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
// @ts-expect-error A script has no declarations.
import { ROOMS } from '../.dependency-cruiser.mjs';
import { modelKinds } from '../models/registry.js';
import { SCHEMES } from '../src/fleet/scenario/protocols.js';
import { TARGET_SCHEMES } from '../src/host/target-url.js';
import { compare, readSeries } from '../src/index.js';
import { SPOKEN_PORTS } from '../src/synthesis/payload/protocol-payload.js';

const DECISIONS = 'docs/decisions';
const inFolder = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', ...inFolder('docs')];

/** Paths of the project in back-quotes, also of folders and with a glob at their end. */
const QUOTED = /`((?:src|models|commands|test|docs|bench|fixtures|examples|scripts)\/[\w./*{},-]*)`/g;
/** Relative links, without the place in the page. */
const LINKED = /\]\((?![a-z]+:|#)([^)#\s]+)(?:#[^)]*)?\)/g;

/** `src/{a,b}/c.ts` is two paths; where a star or the place of a name begins, the folder before it counts. */
function expanded(path: string): string[] {
  const [, before, list, after] = /^([^{]*)\{([^}]*)\}(.*)$/.exec(path) ?? [];
  if (list === undefined) return [path.replace(/(\*|NAME).*$/, '')];
  return list.split(',').flatMap((part) => expanded(`${before}${part}${after}`));
}

describe.each(documents)('%s', (document) => {
  const text = readFileSync(document, 'utf8');

  test('names files that exist', () => {
    const quoted = [...text.matchAll(QUOTED)].flatMap(([, path]) => expanded(path!));
    expect(quoted.filter((path) => !existsSync(path))).toEqual([]);
  });

  test('links to files that exist', () => {
    const linked = [...text.matchAll(LINKED)].map(([, path]) => normalize(join(dirname(document), path!)));
    expect(linked.filter((path) => !existsSync(path))).toEqual([]);
  });
});

test('docs/evaluation.md has every metric in its table', async () => {
  const rows = readFileSync('docs/evaluation.md', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  const documented = new Set(
    rows.flatMap((row) => [...row.split('|')[1]!.matchAll(/`([^`]+)`/g)].map(([, name]) => name)),
  );
  const { series } = await readSeries('fixtures/doorbell/doorbell.pcap');
  const { metrics } = await compare(series[0]!, [series[0]!], { bootstrap: 0, seed: '1' });
  const known = new Set(metrics.map(({ metric }) => metric));
  expect([...known].filter((name) => !documented.has(name))).toEqual([]);
  expect([...documented].filter((name) => !known.has(name!))).toEqual([]);
});

test('docs/payload.md has every port in its table', () => {
  const cells = readFileSync('docs/payload.md', 'utf8')
    .split('\n')
    .map((line) => line.split('|')[1]?.trim() ?? '');
  const documented = cells
    .filter((cell) => /^(UDP|TCP) \d/.test(cell))
    .flatMap((cell) => [...cell.matchAll(/(UDP|TCP) ((?:\d+(?:, )?)+)/g)])
    .flatMap(([, protocol, ports]) =>
      ports!
        .split(', ')
        .filter(Boolean)
        .map((port) => `${protocol} ${port}`),
    );
  const spoken = Object.entries(SPOKEN_PORTS).flatMap(([protocol, ports]) =>
    ports.map((port) => `${protocol} ${port}`),
  );
  expect(documented.sort()).toEqual(spoken.sort());
});

/** First cells of the rows of the tables in a document. */
const firstCells = (document: string) =>
  readFileSync(document, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split('|')[1]!);

test('docs/models.md has a section for every kind of model', () => {
  const headings = readFileSync('docs/models.md', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('## '));
  const documented = new Set(headings.flatMap((heading) => heading.slice(3).split(/ and |, /)));
  expect([...modelKinds.keys()].filter((kind) => !documented.has(kind))).toEqual([]);
});

test('docs/emission.md has every scheme of targets in its table', () => {
  const cells = firstCells('docs/emission.md').join();
  expect(TARGET_SCHEMES.filter((scheme) => !cells.includes(`${scheme}://`))).toEqual([]);
});

test('docs/scenario.md has every scheme of fleets in its table', () => {
  const cells = firstCells('docs/scenario.md').join();
  expect([...SCHEMES.keys()].filter((scheme) => !cells.includes(`\`${scheme}\``))).toEqual([]);
});

describe('the rooms of ARCHITECTURE.md', () => {
  const rows = firstCells('ARCHITECTURE.md').flatMap((cell) =>
    [...cell.matchAll(/`((?:src\/)?[\w-]+)\/`/g)].map(([, room]) => room!),
  );

  test('have a row for every folder of src/', () => {
    const folders = readdirSync('src', { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const rooms = [...folders.map(({ name }) => `src/${name}`), 'models', 'commands', 'test', 'bench', 'docs'];
    expect(rooms.filter((room) => !rows.includes(room))).toEqual([]);
  });

  test('stand below every room that they may import', () => {
    const arrows = Object.entries(ROOMS as Readonly<Record<string, readonly string[]>>).flatMap(([room, below]) =>
      below.map((path) => [room, rows.find((row) => path === row || path.startsWith(`${row}/`))!] as const),
    );
    expect(arrows.filter(([room, other]) => rows.indexOf(other) >= rows.indexOf(room))).toEqual([]);
  });
});

const decisions = readdirSync(DECISIONS).filter((name) => name.endsWith('.md'));

describe.each(decisions)('decision %s', (name) => {
  test('says since when, and whether it holds', () => {
    const [title, , status] = readFileSync(join(DECISIONS, name), 'utf8').split('\n');
    expect(title).toMatch(new RegExp(`^# ${Number(name.slice(0, 4))}\\. `));
    expect(status).toMatch(/^Date: \d{4}-\d{2}-\d{2} · Status: (accepted|superseded by \d{4}|no longer true: .+)$/);
  });
});

test('decisions are numbered from 1 without a gap', () => {
  expect(decisions.map((name) => Number(name.slice(0, 4)))).toEqual(decisions.map((_, i) => i + 1));
});
