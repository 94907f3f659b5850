/**
 * @module
 * A model file from disk.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { type NamedPath, withName } from '../capture/capture-file.js';
import { describeSystemError, SynthError, systemErrorCode } from '../errors.js';
import { action, wording } from '../wording.js';
import { decodeModelFile, type LoadedModel } from './model-file.js';

/** Far above any model; a file above it is refused before it is read. */
const MAX_MODEL_BYTES = 1024 * 1024 * 1024;

/** @throws SynthError `SYNTH_FILE_UNREADABLE`, `SYNTH_MODEL_INVALID` */
export async function loadModelFile(file: NamedPath): Promise<LoadedModel> {
  const { path, name } = withName(file);
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const { size } = await handle.stat();
    if (size > MAX_MODEL_BYTES) {
      throw new SynthError('SYNTH_MODEL_INVALID', `${name}: ${size} bytes, above the limit of 1 GiB for a model`);
    }
    return await decodeModelFile(name, await handle.readFile());
  } catch (error) {
    if (error instanceof SynthError || systemErrorCode(error) === undefined) throw error;
    const missing = systemErrorCode(error) === 'ENOENT';
    throw new SynthError('SYNTH_FILE_UNREADABLE', `${name}: ${describeSystemError(error)}`, {
      cause: error,
      ...(missing ? { hint: wording`Make a model first: ${action('trainModel')}` } : {}),
    });
  } finally {
    await handle?.close();
  }
}

/** True if a file that begins with these bytes is a model: a header length and the brace of the JSON header. */
export function isModelHead(head: Uint8Array): boolean {
  return head.length > 9 && head[8] === 0x7b && head[6] === 0 && head[7] === 0;
}
