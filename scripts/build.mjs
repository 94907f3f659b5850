// Builds dist/ and the command manifest. Does only what has changed since the last build, so that tests can call it each time.
//
//   node scripts/build.mjs          builds what is stale
//   node scripts/build.mjs --force  builds everything
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (path) => join(root, path);

const KERNELS = { sources: 'src/kernels/assembly', output: 'dist/src/kernels/kernels.wasm' };
/** Files that the compiler does not make: the dashboard serves them as they are. */
const STATIC = 'src/fleet/dashboard/static';
const MANIFEST = 'oclif.manifest.json';
/** What the last build was made from. */
const STAMP = 'dist/.stamp.json';
const TOOLS = ['scripts/build.mjs', 'package.json', 'package-lock.json'];

/** SHA-256 of the paths and contents of files, and of all files below folders. */
function digest(...paths) {
  const hash = createHash('sha256');
  const files = paths.flatMap((path) => (statSync(at(path)).isDirectory() ? filesBelow(path) : [path]));
  for (const path of files.sort())
    hash
      .update(`${path}\0`)
      .update(readFileSync(at(path)))
      .update('\0');
  return hash.digest('hex');
}

const filesBelow = (folder) =>
  readdirSync(at(folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));

function lastBuild() {
  try {
    return JSON.parse(readFileSync(at(STAMP), 'utf8'));
  } catch {
    return {}; // none, or one that was interrupted
  }
}

async function node(...args) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  const [code, signal] = await once(child, 'exit');
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with ${signal ?? `exit code ${code}`}`);
}

const LOCK = 'dist.lock.tmp';
const LOOK_MS = 200;

/** Waits until no other build of this checkout runs. @returns a function that lets the next one begin */
async function lock() {
  for (;;) {
    try {
      writeFileSync(at(LOCK), String(process.pid), { flag: 'wx' });
      return () => rmSync(at(LOCK), { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!isRunning(Number(readIfThere(LOCK)))) rmSync(at(LOCK), { force: true }); // it has been killed
    await setTimeout(LOOK_MS);
  }
}

function readIfThere(path) {
  try {
    return readFileSync(at(path), 'utf8');
  } catch {
    return '';
  }
}

/** Of a lock that is just being written there is no number yet. */
function isRunning(pid) {
  if (pid === 0) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

const wanted = {
  kernels: digest(KERNELS.sources, 'scripts/kernels.mjs', ...TOOLS),
  code: digest('src', 'models', 'commands', 'scripts/manifest.mjs', 'tsconfig.json', 'tsconfig.build.json', ...TOOLS),
};
const isForced = process.argv.includes('--force');
if (isForced || staleParts().length > 0) {
  const unlock = await lock();
  try {
    await buildIfStale();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  } finally {
    unlock();
  }
}

/** What the last build does not have, or has from other sources. */
function staleParts() {
  const last = lastBuild();
  const outputs = { kernels: KERNELS.output, code: MANIFEST };
  return Object.keys(wanted).filter((part) => last[part] !== wanted[part] || !existsSync(at(outputs[part])));
}

/** Another build may have done it meanwhile. */
async function buildIfStale() {
  const stale = isForced ? Object.keys(wanted) : staleParts();
  if (stale.length === 0) return;
  // Without a stamp an interrupted build is done again.
  rmSync(at(STAMP), { force: true });
  const work = at(`dist.${process.pid}.tmp`);
  try {
    await build(work, stale.includes('kernels'));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Everything is made in a new folder, so that what an earlier build left never lives on. */
async function build(work, withKernels) {
  const wasm = join(work, relative('dist', KERNELS.output));
  mkdirSync(dirname(wasm), { recursive: true });
  if (!withKernels) cpSync(at(KERNELS.output), wasm);
  const parts = await Promise.allSettled([
    node('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', work),
    withKernels && node('scripts/kernels.mjs', wasm),
  ]);
  const failed = parts.find(({ status }) => status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  cpSync(at(STATIC), join(work, STATIC), { recursive: true });
  // What runs from an earlier build hardly notices.
  const old = `${work}.old.tmp`;
  if (existsSync(at('dist'))) renameSync(at('dist'), old);
  renameSync(work, at('dist'));
  rmSync(old, { recursive: true, force: true });
  await node('scripts/manifest.mjs');
  writeFileSync(at(STAMP), JSON.stringify(wanted));
}
