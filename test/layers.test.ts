import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise, type ICruiseOptions, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
// @ts-expect-error A script has no declarations.
import configuration from '../.dependency-cruiser.mjs';

/** The whole tree is judged by `npm run layers`; here the rules are judged by small trees that break them. */
const { forbidden, options }: { forbidden: IForbiddenRuleType[]; options: ICruiseOptions } = configuration;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'synth-layers-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Names of the rules that a tree with these files breaks. */
async function broken(name: string, files: Readonly<Record<string, string>>): Promise<string[]> {
  const root = join(folder, name);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  const tops = [...new Set(Object.keys(files).map((path) => path.split('/')[0]!))];
  const { output } = await cruise(tops, { ...options, baseDir: root, validate: true, ruleSet: { forbidden } });
  const { violations } = (output as ICruiseResult).summary; // of no reporter
  return [...new Set(violations.map(({ rule }) => rule.name))].sort();
}

const EMPTY = 'export const a = 1;\n';
const importing = (path: string) => `import { a } from '${path}';\nexport const b = a;\n`;
const typing = (path: string) => `import type { A } from '${path}';\nexport type B = A;\n`;

describe('the layers', () => {
  test.each([
    [
      'an arrow upwards',
      { 'src/net/x.ts': importing('../capture/y.js'), 'src/capture/y.ts': EMPTY },
      ['layer-of-src/net'],
    ],
    [
      'an arrow upwards of a type alone',
      { 'src/packets/x.ts': typing('../synthesis/y.js'), 'src/synthesis/y.ts': 'export type A = 1;\n' },
      ['layer-of-src/packets'],
    ],
    [
      'models that know captures',
      { 'models/x.ts': importing('../src/capture/y.js'), 'src/capture/y.ts': EMPTY },
      ['layer-of-models', 'models-reach-nothing-above'],
    ],
    [
      'models that open files',
      { 'models/x.ts': "import { readFileSync } from 'node:fs';\nexport const b = readFileSync;\n" },
      ['models-touch-no-files-and-sockets'],
    ],
    [
      'a circle of types',
      {
        'src/net/x.ts': "import type { B } from './y.js';\nexport type A = B;\n",
        'src/net/y.ts': "import type { A } from './x.js';\nexport type B = A | 1;\n",
      },
      ['no-circle'],
    ],
    [
      'models that write files through others',
      {
        'models/x.ts': importing('../src/output-file.js'),
        'src/output-file.ts': EMPTY,
      },
      ['models-reach-nothing-above'],
    ],
    [
      'a room that is not listed',
      { 'src/attic/x.ts': importing('../errors.js'), 'src/errors.ts': EMPTY },
      ['rooms-are-known'],
    ],
    [
      'a basic file that knows a room',
      { 'src/x.ts': importing('./capture/y.js'), 'src/capture/y.ts': EMPTY },
      ['basics-stand-alone'],
    ],
    [
      'a library that knows the command line',
      { 'src/fleet/x.ts': importing('../cli/y.js'), 'src/cli/y.ts': EMPTY },
      ['api-without-oclif', 'layer-of-src/fleet'],
    ],
    [
      'a file that is not registered',
      {
        'src/index.ts': importing('./evaluation/index.js'),
        'src/evaluation/index.ts': EMPTY,
        'src/evaluation/x.ts': EMPTY,
      },
      ['no-file-is-forgotten'],
    ],
  ])('forbid %s', async (name, files, rules) => {
    expect(await broken(name, files as Readonly<Record<string, string>>)).toEqual(rules);
  });
});
