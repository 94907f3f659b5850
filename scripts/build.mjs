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

const wanted = {
  kernels: digest(KERNELS.sources, 'scripts/kernels.mjs', ...TOOLS),
  code: digest('src', 'models', 'commands', 'scripts/manifest.mjs', 'tsconfig.json', 'tsconfig.build.json', ...TOOLS),
};
const last = process.argv.includes('--force') ? {} : lastBuild();
const isStale = {
  kernels: last.kernels !== wanted.kernels || !existsSync(at(KERNELS.output)),
  code: last.code !== wanted.code || !existsSync(at(MANIFEST)),
};
if (isStale.kernels || isStale.code) {
  // Without a stamp an interrupted build is done again.
  rmSync(at(STAMP), { force: true });
  const work = at(`dist.${process.pid}.tmp`);
  try {
    await build(work);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Everything is made in a new folder, so that what an earlier build left never lives on. */
async function build(work) {
  const wasm = join(work, relative('dist', KERNELS.output));
  mkdirSync(dirname(wasm), { recursive: true });
  if (!isStale.kernels) cpSync(at(KERNELS.output), wasm);
  await Promise.all([
    node('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', work),
    isStale.kernels && node('scripts/kernels.mjs', wasm),
  ]);
  cpSync(at(STATIC), join(work, STATIC), { recursive: true });
  // What runs from an earlier build hardly notices.
  const old = `${work}.old.tmp`;
  if (existsSync(at('dist'))) renameSync(at('dist'), old);
  renameSync(work, at('dist'));
  rmSync(old, { recursive: true, force: true });
  await node('scripts/manifest.mjs');
  writeFileSync(at(STAMP), JSON.stringify(wanted));
}
