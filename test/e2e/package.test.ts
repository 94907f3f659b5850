import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProgram } from '../support/cli.js';
import { projectRoot } from '../support/files.js';

const folder = mkdtempSync(join(tmpdir(), 'synth-package-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// The build that `npm test` has just made is packed as it is: packing must not delete what other tests are running.
const npm = (args: readonly string[], cwd: string) =>
  runProgram('npm', [...args, '--ignore-scripts', '--no-audit', '--no-fund'], { cwd });

beforeAll(async () => {
  const packed = await npm(['pack', '--pack-destination', folder], projectRoot);
  expect(packed.code, packed.stderr).toBe(0);
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))!;
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const installed = await npm(['install', join(folder, tarball)], folder);
  expect(installed.code, installed.stderr).toBe(0);
});

test('the packed package installs in an empty folder, tells its version and runs the demo', async () => {
  const synth = join(folder, 'node_modules', '.bin', 'synth');
  const version = await runProgram(synth, ['--version'], { cwd: folder });
  expect(version.stdout.toString()).toMatch(/^synth-traffic\/\d+\.\d+\.\d+ /);
  const demo = await runProgram(synth, ['demo'], { cwd: folder });
  expect(demo.code, demo.stderr).toBe(0);
  expect(readdirSync(join(folder, 'synth-demo')).sort()).toEqual(['fake.pcap', 'model.safetensors']);
});

test('the script of the README compiles strictly against the packed package, without any types of others', async () => {
  const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8');
  const [, program] = /```ts\n([\s\S]*?)```/.exec(readme)!;
  writeFileSync(join(folder, 'program.mts'), program!);
  rmSync(join(folder, 'node_modules', '@types'), { recursive: true, force: true });
  const tsc = join(projectRoot, 'node_modules', 'typescript', 'bin', 'tsc');
  for (const module of ['nodenext', 'preserve']) {
    const options = ['--strict', '--noEmit', '--skipLibCheck', 'false', '--target', 'es2022', '--module', module];
    const { code, stdout } = await runProgram(process.execPath, [tsc, ...options, 'program.mts'], { cwd: folder });
    expect([module, code, stdout.toString()]).toEqual([module, 0, '']);
  }
});

test('publint finds nothing to say about the package', async () => {
  const { code, stdout } = await runProgram('npx', ['publint', '--strict', '--pack', 'false'], { cwd: projectRoot });
  expect(stdout.toString()).toContain('All good!');
  expect(code).toBe(0);
});
