/**
 * @module
 * The version of the package, from the package itself.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { packageFile } from './package-files.js';

export const packageVersion = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(packageFile('package.json'), 'utf8'))).version;
