/**
 * @module
 * Where results go: a file that appears only when it is complete, or standard output.
 */
import { constants } from 'node:fs';
import { access, type FileHandle, open, realpath, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describeSystemError, SynthError, systemErrorCode } from './errors.js';
import { removeAtExit } from './temporary.js';
import { option, wording } from './wording.js';

/** The part of `fs.Stats` that is used. With a type of our own, declarations of the package need no types of Node.js. */
export interface FileStats {
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  isFile(): boolean;
  isDirectory(): boolean;
}

export interface OutputOptions {
  /** Replace an existing file. */
  readonly force: boolean;
  /** Files that are being read: never written over, not even with `force`. */
  readonly inputs: readonly string[];
}

/** A sequence of bytes that is written once, from front to back, then finished or discarded. */
export interface Output {
  readonly name: string;
  /** Resolves when the bytes have been taken; the array may be reused then. @throws SynthError `SYNTH_OUTPUT_FAILED` */
  write(bytes: Uint8Array): Promise<void>;
  /** Makes the output visible under its name. @throws SynthError `SYNTH_OUTPUT_FAILED` */
  finish(): Promise<void>;
  /** Leaves nothing behind. Does nothing after `finish`. */
  discard(): Promise<void>;
}

/** An output whose bytes go into one file after the other. */
export interface SerialOutput extends Output {
  /**
   * Told of every record before it is written.
   *
   * @param fileBytes bytes of the current file so far
   * @param recordBytes bytes of the record, or more where they are not known
   * @returns whether a new file begins with it: what stands before records has to be written again, and `next` to be called in between
   */
  startsFile(seconds: number, nanoseconds: number, fileBytes: number, recordBytes: number): boolean;
  /** Finishes the file, and opens the next one. @throws SynthError `SYNTH_OUTPUT_EXISTS`, `SYNTH_OUTPUT_FAILED` */
  next(): Promise<void>;
}

/**
 * Opens an output; `-` is standard output, and a device or a pipe is written as it is.
 *
 * @throws SynthError `SYNTH_OUTPUT_EXISTS`, `SYNTH_OUTPUT_FAILED`
 */
export async function openOutput(path: string, options: OutputOptions): Promise<Output> {
  if (path === '-') return new StdoutOutput();
  const existing = await requireWritable(path, options);
  const special = existing !== undefined && !existing.isFile();
  try {
    if (special) return new FileOutput(path, await open(path, constants.O_WRONLY), undefined);
    // What a symbolic link points to is replaced, not the link.
    const place = existing === undefined ? path : await realpath(path);
    const temporary = join(dirname(place), `.${basename(place)}.${process.pid}.tmp`);
    const forget = removeAtExit(temporary);
    try {
      const handle = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC);
      return new FileOutput(path, handle, { temporary, place, forget });
    } catch (error) {
      forget();
      throw error;
    }
  } catch (error) {
    throw failed(path, error);
  }
}

/**
 * Checks what would be written over.
 *
 * @returns what is there now
 * @throws SynthError `SYNTH_OUTPUT_EXISTS`, `SYNTH_OUTPUT_FAILED` for a folder, or in one that is not there or takes no files
 */
export async function requireWritable(path: string, options: OutputOptions): Promise<FileStats | undefined> {
  const existing = await statOrUndefined(path);
  if (existing?.isDirectory()) {
    throw new SynthError('SYNTH_OUTPUT_FAILED', `${path}: is a directory`, { hint: 'Name a file to write to.' });
  }
  for (const input of options.inputs) {
    const same = await statOrUndefined(input);
    if (existing?.isFile() && same && same.ino === existing.ino && same.dev === existing.dev) {
      throw new SynthError('SYNTH_OUTPUT_EXISTS', `${path}: is the input; it would be overwritten`, {
        hint: 'Write to another file.',
      });
    }
  }
  if (existing?.isFile() && !options.force) {
    throw new SynthError('SYNTH_OUTPUT_EXISTS', `${path}: already exists`, {
      hint: wording`Use ${option('force', true)} to replace it.`,
    });
  }
  if (existing === undefined || existing.isFile()) {
    const place = existing === undefined ? path : await realpath(path);
    // With the dot a file in place of the folder is told from one.
    await access(`${dirname(place)}/.`, constants.W_OK).catch((error) => {
      throw failed(path, error);
    });
  }
  return existing;
}

/** Writes a whole output. @throws SynthError as `openOutput` and `Output.write` do */
export async function writeOutput(path: string, bytes: Uint8Array, options: OutputOptions): Promise<void> {
  const output = await openOutput(path, options);
  try {
    await output.write(bytes);
    await output.finish();
  } finally {
    await output.discard();
  }
}

/** What is at a path, if anything can be seen there. */
export async function statOrUndefined(path: string): Promise<FileStats | undefined> {
  try {
    return await stat(path);
  } catch {
    return undefined;
  }
}

function failed(name: string, error: unknown): SynthError {
  return new SynthError('SYNTH_OUTPUT_FAILED', `${name}: cannot be written: ${describeSystemError(error)}`, {
    cause: error,
  });
}

/** A file on its way to the place where it belongs. */
interface Move {
  readonly temporary: string;
  readonly place: string;
  /** To be called when the temporary file is no more. */
  readonly forget: () => void;
}

class FileOutput implements Output {
  readonly name: string;
  readonly #handle: FileHandle;
  /** Undefined where the path itself is written. */
  readonly #move: Move | undefined;
  #open = true;

  constructor(name: string, handle: FileHandle, move: Move | undefined) {
    this.name = name;
    this.#handle = handle;
    this.#move = move;
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length; ) {
        at += (await this.#handle.write(bytes, at, bytes.length - at)).bytesWritten;
      }
    } catch (error) {
      throw failed(this.name, error);
    }
  }

  async finish(): Promise<void> {
    try {
      this.#open = false;
      await this.#handle.close();
      if (this.#move) await rename(this.#move.temporary, this.#move.place);
    } catch (error) {
      if (this.#move) await unlink(this.#move.temporary).catch(() => {});
      throw failed(this.name, error);
    } finally {
      this.#move?.forget();
    }
  }

  async discard(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#handle.close().catch(() => {});
    if (this.#move) await unlink(this.#move.temporary).catch(() => {});
    this.#move?.forget();
  }
}

class StdoutOutput implements Output {
  readonly name = 'standard output';

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      process.stdout.write(bytes, (error) => {
        if (error) reject(failed(this.name, error));
        else resolve();
      });
    });
  }

  async finish(): Promise<void> {}

  async discard(): Promise<void> {}
}

/** True for the error of a reader that has gone, such as `head` at the end of a pipe. */
export function isBrokenPipe(error: unknown): boolean {
  return (
    systemErrorCode(error) === 'EPIPE' || (error instanceof SynthError && systemErrorCode(error.cause) === 'EPIPE')
  );
}
