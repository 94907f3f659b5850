/**
 * @module
 * Standard input for commands that read their input more than once: kept in a temporary file until they are done.
 */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { STDIN_NAME } from '../capture/byte-source.js';
import type { NamedPath } from '../capture/capture-file.js';
import { describeSystemError, SynthError, throwIfInterrupted } from '../errors.js';
import { removeAtExit } from '../temporary.js';

/**
 * Calls `use` with the paths, in which `-` has become a file.
 *
 * @throws SynthError `SYNTH_USAGE` for more than one `-`, `SYNTH_INTERRUPTED`, `SYNTH_FILE_UNREADABLE`
 */
export async function withStdinAsFile<T>(
  paths: readonly string[],
  signal: AbortSignal,
  use: (files: readonly NamedPath[]) => Promise<T>,
): Promise<T> {
  requireOneStdin(paths);
  if (!paths.includes('-')) return use(paths);
  const folder = await mkdtemp(join(tmpdir(), 'synth-'));
  const forget = removeAtExit(folder);
  try {
    const path = join(folder, 'standard-input');
    await keepStdin(path, signal);
    return await use(paths.map((one) => (one === '-' ? { path, name: STDIN_NAME } : one)));
  } finally {
    await rm(folder, { recursive: true, force: true });
    forget();
  }
}

/** @throws SynthError `SYNTH_USAGE` for more than one `-` */
export function requireOneStdin(paths: readonly string[]): void {
  if (paths.indexOf('-') === paths.lastIndexOf('-')) return;
  throw new SynthError('SYNTH_USAGE', 'standard input can be read only once; - is given twice', {
    hint: 'Write one of them to a file first.',
  });
}

async function keepStdin(path: string, signal: AbortSignal): Promise<void> {
  try {
    await pipeline(process.stdin, createWriteStream(path), { signal });
  } catch (error) {
    throwIfInterrupted(signal, 'reading');
    throw new SynthError('SYNTH_FILE_UNREADABLE', `${STDIN_NAME}: ${describeSystemError(error)}`, { cause: error });
  }
}
