// Makes docs/reference out of the JSDoc of the public API (src/index.ts).
//
//   npm run reference            writes the pages
//   npm run reference -- --check says which pages are stale, and fails if there are any
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application } from 'typedoc';

const here = fileURLToPath(new URL('.', import.meta.url));
const pages = fileURLToPath(new URL('../../docs/reference/', import.meta.url));

/** Paths of the pages in a folder, with their texts. */
function textsOf(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map(({ parentPath, name }) => join(parentPath, name));
  return new Map(paths.map((path) => [path.slice(folder.length), readFileSync(path, 'utf8')]));
}

process.chdir(here);
const made = `${mkdtempSync(join(tmpdir(), 'synth-reference-'))}/`;
try {
  const app = await Application.bootstrapWithPlugins({ options: join(here, 'typedoc.json'), out: made });
  const project = await app.convert();
  if (project === undefined) throw new Error('the public API does not compile');
  await app.generateOutputs(project);
  if (process.argv.includes('--check')) {
    const now = textsOf(made);
    const before = textsOf(pages);
    const stale = [...new Set([...now.keys(), ...before.keys()])].filter((path) => now.get(path) !== before.get(path));
    if (stale.length > 0) {
      console.error(`Stale pages in docs/reference: ${stale.join(', ')}. Make them with: npm run reference`);
      process.exitCode = 1;
    }
  } else {
    rmSync(pages, { recursive: true, force: true });
    cpSync(made, pages, { recursive: true });
  }
} finally {
  rmSync(made, { recursive: true, force: true });
}
