/**
 * @module
 * Standard input for commands that read their input more than once: kept in a temporary file until they are done.
 */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Calls `use` with the paths, in which `-` has become a file. */
export async function withStdinAsFile<T>(
  paths: readonly string[],
  use: (paths: readonly string[]) => Promise<T>,
): Promise<T> {
  if (!paths.includes('-')) return use(paths);
  const folder = await mkdtemp(join(tmpdir(), 'synth-'));
  try {
    const file = join(folder, 'standard-input');
    await pipeline(process.stdin, createWriteStream(file));
    return await use(paths.map((path) => (path === '-' ? file : path)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
