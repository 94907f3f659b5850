/** The library names options as its API does, the command line names flags; src/cli/option-flags.ts is the only bridge. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAst } from 'vitest/node';
import { ACTION_COMMANDS, flagOfOption, OPTION_FLAGS, renderForCommandLine } from '../src/cli/option-flags.js';
import { SynthError } from '../src/errors.js';
import { fromThreadError, toThreadError } from '../src/thread-error.js';
import { action, type OptionName, option, wording } from '../src/wording.js';
import { projectRoot } from './support/files.js';

const manifest = JSON.parse(readFileSync(join(projectRoot, 'oclif.manifest.json'), 'utf8')) as {
  readonly commands: Readonly<Record<string, { readonly flags: Readonly<Record<string, unknown>> }>>;
};
/** The flags of each command, by the words that call it. */
const flagsOf = new Map(
  Object.entries(manifest.commands).map(([id, { flags }]) => [id.replaceAll(':', ' '), Object.keys(flags)]),
);

const FLAG = /(?<![\w-])--([a-z][a-z-]*)/g;
const flagsIn = (text: string): string[] => [...text.matchAll(FLAG)].map(([, name]) => name!);

describe('the library', () => {
  const COMMAND = new RegExp(
    `\\bsynth (${[...new Set([...flagsOf.keys()].map((id) => id.split(' ')[0]))].join('|')})\\b`,
  );
  /** Variables of style sheets look like flags. */
  const STYLE = /var\(--[\w-]+|--[\w-]+:/g;
  /** Where text may look like the command line, and why. */
  const ALLOWED: Readonly<Record<string, string>> = {
    'Decompress it first: zstd -d --long=31 FILE.': 'a flag of zstd',
    'What arrived at synth sink. Ethernet addresses are made up.': 'the comment of a capture says what wrote it',
    'Scenario of synth fleet': 'the title of the JSON Schema',
  };

  const FOLDERS = ['src', 'models'];
  const OUTSIDE = /^src\/(cli|kernels\/assembly)\//;
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
      .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
      .filter((path) => path.endsWith('.ts') && !OUTSIDE.test(path)),
  );
  const programs = files.map((path) => parseAst(readFileSync(join(projectRoot, path), 'utf8'), { lang: 'ts' }));
  const texts = files.flatMap((path, i) => literalsOf(programs[i]).map((text) => ({ path, text })));

  test('names no option in a way that the command line has no flag for', () => {
    const named = programs.flatMap(optionCallsOf);
    const known = new Set([...flagsOf.values()].flat());
    const hasFlag = ({ name, value }: OptionCall) =>
      flagsIn(flagOfOption(name, value) ?? '').some((flag) => known.has(flag));
    expect(named.filter((call) => !hasFlag(call))).toEqual([]);
    expect(named.length).toBeGreaterThan(40);
  });

  test('names no flag and no command line in any text', () => {
    const found = texts.filter(
      ({ text }) => !(text in ALLOWED) && (flagsIn(text.replace(STYLE, '')).length > 0 || COMMAND.test(text)),
    );
    expect(found).toEqual([]);
    expect(texts.length).toBeGreaterThan(5000);
  });

  test('has every text that is allowed to look like the command line', () => {
    expect(Object.keys(ALLOWED).filter((allowed) => !texts.some(({ text }) => text === allowed))).toEqual([]);
  });
});

/** The text of string and template literals in a syntax tree, an expression in a template being an x: a flag may be made of one. */
function literalsOf(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(literalsOf);
  if (typeof node !== 'object' || node === null) return [];
  const { type, value, quasis } = node as { type?: string; value?: unknown; quasis?: { value: { cooked: string } }[] };
  const own = type === 'Literal' && typeof value === 'string' ? [value] : [];
  const template = type === 'TemplateLiteral' ? [quasis!.map((part) => part.value.cooked).join('x')] : [];
  return [...own, ...template, ...Object.values(node).flatMap(literalsOf)];
}

interface OptionCall {
  readonly name: OptionName;
  readonly value: string | number | boolean | undefined;
}

/** The calls of `option` in a syntax tree whose name is a literal. Values that are computed are `undefined`. */
function optionCallsOf(node: unknown): OptionCall[] {
  if (Array.isArray(node)) return node.flatMap(optionCallsOf);
  if (typeof node !== 'object' || node === null) return [];
  const {
    type,
    callee,
    arguments: given,
  } = node as {
    type?: string;
    callee?: { name?: string };
    arguments?: { value?: string | number | boolean }[];
  };
  const isNamed = type === 'CallExpression' && callee?.name === 'option' && typeof given?.[0]?.value === 'string';
  // The compiler has seen that it is one.
  const own = isNamed ? [{ name: given![0]!.value as OptionName, value: given![1]?.value }] : [];
  return [...own, ...Object.values(node).flatMap(optionCallsOf)];
}

describe('the table of the command line', () => {
  const spelled = Object.values(OPTION_FLAGS).flatMap((flag) =>
    typeof flag === 'string' ? [flag] : Object.values(flag),
  );

  test('has only flags that some command has', () => {
    const known = new Set([...flagsOf.values()].flat());
    expect(spelled.flatMap(flagsIn).filter((flag) => !known.has(flag))).toEqual([]);
    expect(spelled.filter((flag) => flagsIn(flag).length === 0)).toEqual([]);
  });

  test.each(Object.values(ACTION_COMMANDS))('has a command that exists: %s', (line) => {
    const id = [...flagsOf.keys()].find((words) => `${line} `.startsWith(`synth ${words} `));
    expect(id).toBeDefined();
    expect(flagsOf.get(id!)).toEqual(expect.arrayContaining(flagsIn(line)));
  });
});

describe('an error that names options', () => {
  const error = new SynthError('SYNTH_USAGE', wording`${option('clientIp')} and ${option('mtu', 600)} do not fit`, {
    hint: wording`Give ${option('payload', 'zeros')} or ${option('tls.verify', false)}; else: ${action('trainModel')}`,
  });

  test('spells them as the API does', () => {
    expect([error.message, error.hint]).toEqual([
      '`clientIp` and `mtu: 600` do not fit',
      "Give `payload: 'zeros'` or `tls.verify: false`; else: `train()`",
    ]);
  });

  test('lists them for programs', () => {
    expect(error.options).toEqual(['clientIp', 'mtu', 'payload', 'tls.verify']);
    expect(new SynthError('SYNTH_USAGE', 'no option').options).toEqual([]);
  });

  const ON_THE_COMMAND_LINE = {
    message: '--client-ip and --mtu 600 do not fit',
    hint: 'Give --payload zeros or --insecure; else: synth train CAPTURE',
  };

  test('spells them as flags on the command line', () => {
    expect(renderForCommandLine(error)).toEqual(ON_THE_COMMAND_LINE);
  });

  test('does so when it comes from another thread', () => {
    const arrived = fromThreadError(structuredClone(toThreadError(error))) as SynthError; // toThreadError keeps the code
    expect(renderForCommandLine(arrived)).toEqual(ON_THE_COMMAND_LINE);
  });

  test('does so within the message of another error', () => {
    const outer = new SynthError('SYNTH_USAGE', wording`${'a.pcap'}: ${error.wording}; ${2} times`);
    expect(renderForCommandLine(outer).message).toBe('a.pcap: --client-ip and --mtu 600 do not fit; 2 times');
  });

  test('keeps text in back-quotes that is no option', () => {
    expect(renderForCommandLine(new SynthError('SYNTH_USAGE', '`mtu`: no such file')).message).toBe(
      '`mtu`: no such file',
    );
  });
});
