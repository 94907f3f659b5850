/**
 * @module
 * The version of the package, from the package itself.
 */
import { readFileSync } from 'node:fs';

function findPackage(): { version: string } {
  // Built code lies one folder deeper (dist/src) than its source (src).
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const parsed: unknown = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
      if (typeof parsed === 'object' && parsed !== null && 'version' in parsed)
        return { version: String(parsed.version) };
    } catch {
      // Not there: the other one is.
    }
  }
  return { version: '0.0.0' };
}

export const packageVersion = findPackage().version;
