/**
 * @module
 * A file that an earlier run has written, in place of an output: it takes the same bytes and nothing else, so that who resumes a series
 * knows that all of its files belong together.
 */
import { openByteSource } from '../capture/byte-source.js';
import { type OpenedFile, openDecompressed } from '../capture/compression.js';
import { SynthError } from '../errors.js';
import type { Output } from '../output-file.js';
import { isGzipName } from './output-name.js';

const CHUNK_BYTES = 64 * 1024;

/** @throws SynthError `SYNTH_FILE_UNREADABLE`, `SYNTH_OUTPUT_EXISTS` if its compression is not that of its name */
export async function openKeptFile(path: string): Promise<Output> {
  const file = await openDecompressed(path, await openByteSource(path, path), CHUNK_BYTES);
  const output = new KeptFile(path, file);
  if ((file.compression === 'gzip') === isGzipName(path)) return output;
  await output.discard();
  throw different(path, 'is compressed otherwise');
}

function different(path: string, how: string, cause?: unknown): SynthError {
  return new SynthError('SYNTH_OUTPUT_EXISTS', `${path}: is not what would be written: ${how}`, {
    hint: 'Resume with the inputs and options of the first time, or remove the file to have it written again.',
    cause,
  });
}

class KeptFile implements Output {
  readonly name: string;
  readonly #file: OpenedFile;
  readonly #found = new Uint8Array(CHUNK_BYTES);
  #offset = 0;

  constructor(name: string, file: OpenedFile) {
    this.name = name;
    this.#file = file;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const count = await this.#read(bytes.length - at);
      if (count === 0) throw different(this.name, `it ends at byte ${this.#offset}`);
      if (Buffer.compare(bytes.subarray(at, at + count), this.#found.subarray(0, count)) !== 0) {
        throw different(this.name, `it differs from byte ${this.#offset + this.#firstDifference(bytes, at)} on`);
      }
      at += count;
      this.#offset += count;
    }
  }

  async finish(): Promise<void> {
    const more = await this.#read(1);
    if (more > 0) throw different(this.name, `it goes on after byte ${this.#offset}`);
    const problem = this.#file.compressed?.problem;
    if (problem !== undefined) throw different(this.name, problem);
    await this.discard();
  }

  async discard(): Promise<void> {
    await this.#file.window.close();
  }

  async #read(length: number): Promise<number> {
    try {
      return await this.#file.window.read(this.#found, 0, Math.min(length, CHUNK_BYTES));
    } catch (error) {
      if (error instanceof SynthError) throw different(this.name, error.message, error);
      throw error;
    }
  }

  #firstDifference(bytes: Uint8Array, at: number): number {
    let same = 0;
    while (bytes[at + same] === this.#found[same]) same++;
    return same;
  }
}
