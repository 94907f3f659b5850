/**
 * @module
 * Files of the package itself, wherever it runs from: its build (dist/src) or its source (src).
 */
import { existsSync } from 'node:fs';

/** The root of the package: the nearest folder above with a package.json. */
const root = ['../', '../../']
  .map((path) => new URL(path, import.meta.url))
  .find((folder) => existsSync(new URL('package.json', folder)));

/** @param path from the root of the package */
export function packageFile(path: string): URL {
  return new URL(path, root);
}
