/**
 * @module
 * Where the bytes of a capture come from: a file or standard input. First stop on the way of the data.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { describeSystemError, SynthError } from '../errors.js';

/** A sequence of bytes that is read once, from front to back. */
export interface ByteSource {
  /** Total number of bytes if it is known before reading. */
  readonly size: number | undefined;
  /**
   * Reads up to `length` bytes into `target` at `at`. Resolves with the number of bytes read; 0 means the end.
   *
   * @throws SynthError `SYNTH_FILE_UNREADABLE`
   */
  read(target: Uint8Array, at: number, length: number): Promise<number>;
  /** Ends a read that is under way too, one way or the other. */
  close(): Promise<void>;
}

/** The name under which `-` appears in messages. */
export const STDIN_NAME = 'standard input';

function unreadable(name: string, error: unknown): SynthError {
  return new SynthError('SYNTH_FILE_UNREADABLE', `${name}: ${describeSystemError(error)}`, { cause: error });
}

class FileSource implements ByteSource {
  readonly #name: string;
  readonly #handle: FileHandle;
  readonly size: number | undefined;

  constructor(name: string, handle: FileHandle, size: number | undefined) {
    this.#name = name;
    this.#handle = handle;
    this.size = size;
  }

  async read(target: Uint8Array, at: number, length: number): Promise<number> {
    try {
      return (await this.#handle.read(target, at, length, null)).bytesRead;
    } catch (error) {
      throw unreadable(this.#name, error);
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** Bytes that arrive in chunks of any size: standard input, or any other async iterable. */
export class ChunkSource implements ByteSource {
  readonly size = undefined;
  readonly #name: string;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(name: string, chunks: AsyncIterable<Uint8Array>) {
    this.#name = name;
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  async read(target: Uint8Array, at: number, length: number): Promise<number> {
    try {
      while (this.#rest.length === 0) {
        const { done, value } = await this.#chunks.next();
        if (done) return 0;
        this.#rest = value;
      }
    } catch (error) {
      throw error instanceof SynthError ? error : unreadable(this.#name, error);
    }
    const count = Math.min(length, this.#rest.length);
    target.set(this.#rest.subarray(0, count), at);
    this.#rest = this.#rest.subarray(count);
    return count;
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}

class StdinSource extends ChunkSource {
  constructor() {
    super(STDIN_NAME, process.stdin);
  }

  /** Whoever writes into the pipe may never end; the stream does. */
  override async close(): Promise<void> {
    process.stdin.destroy();
    await super.close().catch(() => {});
  }
}

/**
 * Opens a file, a pipe or, for `-`, standard input.
 *
 * @param name for messages
 * @throws SynthError `SYNTH_FILE_UNREADABLE`
 */
export async function openByteSource(path: string, name = path): Promise<ByteSource> {
  if (path === '-') return new StdinSource();
  try {
    const handle = await open(path, 'r');
    const stat = await handle.stat();
    if (stat.isDirectory()) {
      await handle.close();
      throw new SynthError('SYNTH_FILE_UNREADABLE', `${name}: is a directory`);
    }
    return new FileSource(name, handle, stat.isFile() ? stat.size : undefined);
  } catch (error) {
    throw error instanceof SynthError ? error : unreadable(name, error);
  }
}
