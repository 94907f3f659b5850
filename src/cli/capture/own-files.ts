/**
 * @module
 * Help for those who give a command one of synth's own files where it wants a capture.
 */
import { stat } from 'node:fs/promises';
import { captureInput, type NamedPath, withName } from '../../capture/capture-file.js';
import { SynthError } from '../../errors.js';
import { isModelHead } from '../../model-files/load-model.js';
import { readHead } from '../../series/load.js';
import { detectTable } from '../../series/table-reader.js';

/**
 * Waits for a reading of captures; where it fails because a file is a table or a model, the error says so.
 *
 * @throws SynthError as the reading does
 */
export async function explainOwnFiles<T>(files: readonly NamedPath[], reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof SynthError && error.code === 'SYNTH_CAPTURE_FORMAT') {
      for (const file of files) await refuseOwnFile(file);
    }
    throw error;
  }
}

async function refuseOwnFile(file: NamedPath): Promise<void> {
  const { path, name } = withName(file);
  // What comes out of a pipe cannot be looked at a second time.
  if (path === '-' || !(await stat(path)).isFile()) return;
  const head = await readHead(captureInput(file));
  if (isModelHead(head)) {
    throw new SynthError('SYNTH_CAPTURE_FORMAT', `${name}: is a model, not a capture`, {
      hint: `Generate from it with: synth generate ${name} --out fake.pcap`,
    });
  }
  if (detectTable(head) !== undefined) {
    throw new SynthError('SYNTH_CAPTURE_FORMAT', `${name}: is a table, not a capture`, {
      hint: 'synth train and synth evaluate read tables.',
    });
  }
}
