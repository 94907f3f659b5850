import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runProgram } from '../support/cli.js';
import { projectRoot } from '../support/files.js';

const folder = mkdtempSync(join(tmpdir(), 'synth-package-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// The build that `npm test` has just made is packed as it is: packing must not delete what other tests are running.
const npm = (args: readonly string[], cwd: string) =>
  runProgram('npm', [...args, '--ignore-scripts', '--no-audit', '--no-fund'], { cwd });

test('the packed package installs in an empty folder, tells its version and runs the demo', async () => {
  const packed = await npm(['pack', '--pack-destination', folder], projectRoot);
  expect(packed.code, packed.stderr).toBe(0);
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))!;
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const installed = await npm(['install', join(folder, tarball)], folder);
  expect(installed.code, installed.stderr).toBe(0);
  const synth = join(folder, 'node_modules', '.bin', 'synth');
  const version = await runProgram(synth, ['--version'], { cwd: folder });
  expect(version.stdout.toString()).toMatch(/^synth-traffic\/\d+\.\d+\.\d+ /);
  const demo = await runProgram(synth, ['demo'], { cwd: folder });
  expect(demo.code, demo.stderr).toBe(0);
  expect(readdirSync(join(folder, 'synth-demo')).sort()).toEqual(['fake.pcap', 'model.safetensors']);
});

test('publint finds nothing to say about the package', async () => {
  const { code, stdout } = await runProgram('npx', ['publint', '--strict', '--pack', 'false'], { cwd: projectRoot });
  expect(stdout.toString()).toContain('All good!');
  expect(code).toBe(0);
});
