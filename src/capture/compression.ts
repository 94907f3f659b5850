/**
 * @module
 * gzip and zstd, recognised by content and never by name. A compressed stream that is cut or damaged yields everything
 * before the fault; the fault itself is told in `problem`.
 */
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import { SynthError } from '../errors.js';
import { readU32LE } from '../net/bytes.js';
import { type ByteSource, ChunkSource } from './byte-source.js';
import { ByteWindow } from './byte-window.js';

const GZIP_MAGIC = 0x8b1f; // RFC 1952 §2.3.1, the first two bytes
const ZSTD_MAGIC = 0xfd2fb528; // RFC 8878 §3.1.1
const ZSTD_SKIPPABLE_MAGIC = 0x184d2a5; // RFC 8878 §3.1.2, all but the lowest four bits

/** Compressed bytes taken at a time: deflate expands at most 1032 times, so this bounds what is held in memory at 16 MiB. */
const INPUT_BYTES = 16 * 1024;

/**
 * What a decoder should support at least (RFC 8878 §3.1.1.1.2), and what every level of zstd up to 19 stays within. The decoder
 * moves its window for every block, so that a larger one would let a small file take minutes.
 */
const MAX_ZSTD_WINDOW_BYTES = 8 * 1024 * 1024;

/** Bytes needed to recognise a compression. */
const PEEK_BYTES = 4;

export type Compression = 'gzip' | 'zstd';

/** The compression that a file with these first bytes has, if any. */
export function detectCompression(head: Uint8Array): Compression | undefined {
  if (head.length < 4) return undefined;
  const magic = readU32LE(head, 0);
  if ((magic & 0xffff) === GZIP_MAGIC) return 'gzip';
  if (magic === ZSTD_MAGIC || magic >>> 4 === ZSTD_SKIPPABLE_MAGIC) return 'zstd';
  return undefined;
}

/** A source that also knows, once it has ended, what was wrong with the compressed stream. */
export interface DecompressedSource extends ByteSource {
  readonly problem: string | undefined;
}

interface Fault {
  problem: string | undefined;
}

/**
 * The bytes of `source`, decompressed as they are read.
 *
 * @param name for messages
 * @throws SynthError `SYNTH_CAPTURE_COMPRESSION` while reading, if not one byte can be decompressed
 */
export function decompress(name: string, source: ByteSource, compression: Compression): DecompressedSource {
  const fault: Fault = { problem: undefined };
  const chunks = compression === 'gzip' ? gunzip(name, source, fault) : unzstd(name, source, fault);
  const inner = new ChunkSource(name, chunks);
  return {
    size: undefined,
    read: (target, at, length) => inner.read(target, at, length),
    close: async () => {
      await Promise.all([source.close(), inner.close()]);
    },
    get problem() {
      return fault.problem;
    },
  };
}

/** A file of which compression, if it has one, no longer concerns the reader. */
export interface OpenedFile {
  readonly window: ByteWindow;
  /** Undefined where the file is not compressed; so is `compression`. */
  readonly compressed: DecompressedSource | undefined;
  readonly compression: Compression | undefined;
}

/**
 * Looks at the first bytes of a source, and puts a decompression between it and the window where they ask for one.
 *
 * @param name for messages
 * @param source is closed when this fails, and with the window
 * @throws SynthError `SYNTH_FILE_UNREADABLE`
 */
export async function openDecompressed(name: string, source: ByteSource, windowBytes?: number): Promise<OpenedFile> {
  const window = new ByteWindow(source, windowBytes);
  try {
    await window.fill(PEEK_BYTES);
  } catch (error) {
    await window.close();
    throw error;
  }
  const compression = detectCompression(window.bytes.subarray(window.start, window.end));
  if (compression === undefined) return { window, compressed: undefined, compression };
  const compressed = decompress(name, window, compression);
  return { window: new ByteWindow(compressed, windowBytes), compressed, compression };
}

async function readChunk(source: ByteSource): Promise<Uint8Array | undefined> {
  const chunk = new Uint8Array(INPUT_BYTES);
  const count = await source.read(chunk, 0, INPUT_BYTES);
  return count === 0 ? undefined : chunk.subarray(0, count);
}

function fail(name: string, compression: Compression, produced: boolean, cause: unknown, fault: Fault): void {
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (!produced) {
    throw new SynthError('SYNTH_CAPTURE_COMPRESSION', `${name}: cannot be decompressed as ${compression}: ${reason}`, {
      cause,
    });
  }
  fault.problem = `the ${compression} stream is cut or damaged (${reason})`;
}

async function* gunzip(name: string, source: ByteSource, fault: Fault): AsyncGenerator<Uint8Array> {
  const stream = createGunzip();
  const ready: Uint8Array[] = [];
  let produced = false;
  let failure: unknown;
  let ended = false;
  let settle = () => {};
  stream.on('data', (chunk: Uint8Array) => {
    produced = true;
    ready.push(chunk);
  });
  // After an error, and where bytes follow the end of the stream, the callback of the write in progress is never called.
  stream.on('error', (error) => {
    failure = error;
    settle();
  });
  stream.on('end', () => {
    ended = true;
    settle();
  });
  try {
    // One chunk in, everything that comes of it out: a stream read through a pipe would drop on an error what it had buffered.
    for (
      let input = await readChunk(source);
      input !== undefined && failure === undefined;
      input = await readChunk(source)
    ) {
      const chunk = input;
      const taken = stream.bytesWritten;
      await new Promise<void>((resolve) => {
        settle = resolve;
        stream.write(chunk, () => resolve());
      });
      yield* ready.splice(0);
      if (ended) {
        // Zeros are padding, which tapes and disks need; gzip leaves them out, too.
        const isPadded = await hasOnlyZeros(chunk.subarray(stream.bytesWritten - taken), source);
        if (!isPadded) fault.problem = 'bytes that are not gzip follow the gzip stream, and were ignored';
        return;
      }
    }
    if (failure === undefined) {
      await new Promise<void>((resolve) => {
        settle = resolve;
        stream.end();
      });
      yield* ready.splice(0);
    }
    if (failure !== undefined) fail(name, 'gzip', produced, failure, fault);
  } finally {
    stream.destroy();
  }
}

/** Whether these bytes, and all that is left of the source, are zero. */
async function hasOnlyZeros(first: Uint8Array, source: ByteSource): Promise<boolean> {
  for (let bytes: Uint8Array | undefined = first; bytes !== undefined; bytes = await readChunk(source)) {
    if (bytes.some((byte) => byte !== 0)) return false;
  }
  return true;
}

async function* unzstd(name: string, source: ByteSource, fault: Fault): AsyncGenerator<Uint8Array> {
  const ready: Uint8Array[] = [];
  let produced = false;
  const stream = new Decompress((chunk) => {
    produced ||= chunk.length > 0;
    ready.push(chunk);
  });
  const windows = new ZstdWindows();
  for (;;) {
    const input = await readChunk(source);
    if (input && windows.check(input) > MAX_ZSTD_WINDOW_BYTES) {
      if (produced) {
        fault.problem = `a zstd frame has a window ${ABOVE_WINDOW_LIMIT}`;
        return;
      }
      throw new SynthError('SYNTH_CAPTURE_COMPRESSION', `${name}: has a zstd window ${ABOVE_WINDOW_LIMIT}`, {
        hint: 'Decompress it first: zstd -d --long=31 FILE.',
      });
    }
    try {
      stream.push(input ?? new Uint8Array(0), input === undefined);
    } catch (error) {
      yield* ready.splice(0);
      fail(name, 'zstd', produced, error, fault);
      return;
    }
    yield* ready.splice(0);
    if (input === undefined) return;
  }
}

const ABOVE_WINDOW_LIMIT = `above the limit of ${MAX_ZSTD_WINDOW_BYTES / 2 ** 20} MiB`;

/**
 * Walks from frame to frame of a zstd stream (RFC 8878 §3.1) ahead of the decoder, which would allocate any window that a
 * header asks for.
 */
class ZstdWindows {
  readonly #head = new Uint8Array(18); // the longest header of a frame
  #headBytes = 0;
  #toSkip = 0;
  #inFrame = false;
  #checksumBytes = 0;

  /** The largest window, in bytes, of the frames whose header is completed by these bytes. */
  check(chunk: Uint8Array): number {
    let largest = 0;
    for (let at = 0; at < chunk.length; ) {
      const skipped = Math.min(this.#toSkip, chunk.length - at);
      this.#toSkip -= skipped;
      at += skipped;
      if (at === chunk.length) break;
      this.#head[this.#headBytes++] = chunk[at++]!;
      if (this.#inFrame) this.#block();
      else largest = Math.max(largest, this.#frame());
    }
    return largest;
  }

  /** §3.1.1.2: three bytes of header; a block of type 1 is one byte that is repeated. */
  #block(): void {
    const head = this.#head;
    if (this.#headBytes < 3) return;
    const isLast = (head[0]! & 1) !== 0;
    const isRepeated = ((head[0]! >> 1) & 3) === 1;
    this.#toSkip = isRepeated ? 1 : (head[0]! | (head[1]! << 8) | (head[2]! << 16)) >> 3;
    if (isLast) this.#toSkip += this.#checksumBytes;
    this.#inFrame = !isLast;
    this.#headBytes = 0;
  }

  /** §3.1.1.1 and §3.1.2. @returns the window of the frame if its header is complete, else 0 */
  #frame(): number {
    const head = this.#head;
    if (this.#headBytes < 5) return 0;
    const magic = readU32LE(head, 0);
    if (magic >>> 4 === ZSTD_SKIPPABLE_MAGIC) {
      if (this.#headBytes < 8) return 0;
      this.#toSkip = readU32LE(head, 4);
      this.#headBytes = 0;
      return 0;
    }
    if (magic !== ZSTD_MAGIC) {
      this.#toSkip = Number.POSITIVE_INFINITY; // the decoder will complain
      return 0;
    }
    const descriptor = head[4]!;
    const singleSegment = (descriptor & 0x20) !== 0;
    const sizeAt = (singleSegment ? 5 : 6) + [0, 1, 2, 4][descriptor & 3]!;
    const sizeBytes = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
    if (this.#headBytes < sizeAt + sizeBytes) return 0;
    this.#checksumBytes = (descriptor & 4) !== 0 ? 4 : 0;
    this.#inFrame = true;
    this.#headBytes = 0;
    if (singleSegment) return head.subarray(sizeAt, sizeAt + sizeBytes).reduceRight((sum, byte) => sum * 256 + byte, 0);
    const base = 2 ** (10 + (head[5]! >> 3));
    return base + (base / 8) * (head[5]! & 7);
  }
}
