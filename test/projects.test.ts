/** What each project of the tests may use, see CONTRIBUTING.md. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from './support/files.js';

const PEERS = [
  'peers',
  'captures',
  'namespaces',
  'small-disk',
  'mosquitto',
  'bad-cable',
  'browser',
  'recording',
  'dissected',
  'watched-fleet',
];
const COMMAND = ['cli', 'running', 'fleet-runs'];
const BUILT = ['test/cli/', 'test/e2e/', 'test/peers/'];

const files = readdirSync(join(projectRoot, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.startsWith('support'))
  .map((path) => `test/${path.replaceAll('\\', '/')}`);

/** Files that use one of these modules of test/support. */
const usersOf = (modules: readonly string[]): readonly string[] => {
  const pattern = new RegExp(`from '[./]*/support/(${modules.join('|')})\\.js'`);
  return files.filter((path) => pattern.test(readFileSync(join(projectRoot, path), 'utf8')));
};

test('other programs, privileges and captures are asked for in test/peers only', () => {
  expect(usersOf(PEERS).filter((path) => !path.startsWith('test/peers/'))).toEqual([]);
  expect(usersOf(PEERS).length).toBeGreaterThan(20);
});

test('unit tests do not run the built command', () => {
  expect(usersOf(COMMAND).filter((path) => !BUILT.some((folder) => path.startsWith(folder)))).toEqual([]);
  expect(usersOf(COMMAND).length).toBeGreaterThan(10);
});
