/**
 * What tests need from outside: programs that judge our output, and captures that are not ours to ship. A test whose peer is
 * missing is skipped with its reason; with SYNTH_REQUIRE_PEERS set it fails instead. Such tests stand in test/peers.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type TestContext, test } from 'vitest';

const required = Boolean(process.env['SYNTH_REQUIRE_PEERS']);

/** Real captures beside the checkout; tests that read them say so with `testWithCaptures`. */
const capturesRoot = fileURLToPath(new URL('../../../shared/captures/', import.meta.url));
export const sharedCapture = (name: string): string => `${capturesRoot}${name}`;

/** Where a program may be, in the order of the search. */
const inPath = (program: string): readonly string[] =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, program));

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Where a program is; undefined where it is not installed. */
export const pathOf = (program: string): string | undefined => inPath(program).find(isExecutable);

/** Asked for each test before any of them runs, so without starting it. */
export const isInstalled = (program: string): boolean => pathOf(program) !== undefined;

/** A test that needs other programs in the PATH. */
export function testWithPeers(
  programs: readonly string[],
  name: string,
  body: (context: TestContext) => Promise<void> | void,
): void {
  const missing = programs.filter((program) => !isInstalled(program));
  test(name, async (context) => {
    if (missing.length > 0) {
      const reason = `not installed: ${missing.join(', ')}`;
      if (required) throw new Error(reason);
      context.skip(reason);
    }
    await body(context);
  });
}

const pythons = new Map<string, string | undefined>();

/** The first Python of the PATH that has the modules. That of the system, for which distributions package them, may stand behind another. */
function pythonWith(modules: readonly string[]): string | undefined {
  const imports = modules.map((module) => `import ${module}`).join('\n');
  if (!pythons.has(imports)) {
    const hasThem = (python: string) => spawnSync(python, ['-c', imports], { stdio: 'ignore' }).status === 0;
    pythons.set(imports, inPath('python3').find(hasThem));
  }
  return pythons.get(imports);
}

/** A test that needs modules of Python. Its body is given a function that runs a script and reads the JSON that it prints. */
export function testWithPython(
  modules: readonly string[],
  name: string,
  body: (run: (script: string, input: unknown) => unknown) => Promise<void> | void,
): void {
  test(name, async (context: TestContext) => {
    const python = pythonWith(modules);
    if (python === undefined) {
      const reason = `no Python with ${modules.join(', ')}`;
      if (required) throw new Error(reason);
      context.skip(reason);
    }
    await body((script, input) => runPython(python, script, input));
  });
}

function runPython(python: string, script: string, input: unknown): unknown {
  const { stdout, stderr, status } = spawnSync(python, [script], { encoding: 'utf8', input: JSON.stringify(input) });
  if (status !== 0) throw new Error(`${script}: ${stderr}`);
  return JSON.parse(stdout);
}

/** A test that reads the captures beside the checkout. They are never required: a clone anywhere else does not have them. */
export function testWithCaptures(name: string, body: (context: TestContext) => Promise<void> | void): void {
  test(name, async (context) => {
    if (!existsSync(capturesRoot)) context.skip('no captures beside the checkout');
    await body(context);
  });
}

/** Runs a peer program to its end and returns its standard output. */
export function runPeer(program: string, args: readonly string[]): string {
  return runPeerToExit(program, args).stdout;
}

/** The same with the exit status, which is 0 if the peer found nothing wrong. */
export function runPeerToExit(program: string, args: readonly string[]): { stdout: string; status: number | null } {
  const { stdout, status, error } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (error) throw error;
  return { stdout, status };
}
