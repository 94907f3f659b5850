/**
 * @module
 * An output that compresses by gzip on its way into another one, on a thread of zlib. Nothing piles up: bytes count as taken only when
 * the other output has taken what came of those before.
 */
import { createGzip } from 'node:zlib';
import { type Output, type OutputOptions, openOutput } from '../output-file.js';
import { isGzipName } from './output-name.js';

/** Keeps up with the generation of packets: of generated captures four times as fast as 6, the default, for files 7 % larger. */
const LEVEL = 3;
/** Compressed bytes that are handed on at a time. */
const CHUNK_BYTES = 256 * 1024;
/** RFC 1952 §2.3: the system that wrote the file, for which zlib puts another number on each; 255 is unknown. Of times it writes 0. */
const SYSTEM_AT = 9;
const UNKNOWN_SYSTEM = 255;

/** Opens an output that is compressed if its name says so. @throws SynthError `SYNTH_USAGE` for another compression, and as `openOutput` does */
export async function openNamedOutput(path: string, options: OutputOptions): Promise<Output> {
  const compressed = isGzipName(path);
  const output = await openOutput(path, options);
  return compressed ? new GzipOutput(output) : output;
}

export class GzipOutput implements Output {
  readonly #output: Output;
  readonly #gzip = createGzip({ level: LEVEL, chunkSize: CHUNK_BYTES });
  /** Resolves at the end, whatever that is. */
  readonly #drained: Promise<void>;
  #failure: unknown;
  /** Ends the wait of the write in progress: after an error its callback is never called. */
  #settle: () => void = () => {};

  constructor(output: Output) {
    this.#output = output;
    this.#drained = this.#drain().catch((error) => {
      this.#failure = error;
      this.#settle();
    });
  }

  get name(): string {
    return this.#output.name;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#waitFor((done) => this.#gzip.write(bytes, done));
  }

  async finish(): Promise<void> {
    await this.#waitFor((done) => this.#gzip.end(done));
    await this.#drained;
    this.#throwFailure();
    await this.#output.finish();
  }

  async discard(): Promise<void> {
    this.#gzip.destroy();
    await this.#drained;
    await this.#output.discard();
  }

  async #drain(): Promise<void> {
    let atStart = true;
    for await (const chunk of this.#gzip as AsyncIterable<Uint8Array>) {
      if (atStart) chunk[SYSTEM_AT] = UNKNOWN_SYSTEM;
      atStart = false;
      await this.#output.write(chunk);
    }
  }

  async #waitFor(start: (done: () => void) => void): Promise<void> {
    this.#throwFailure();
    await new Promise<void>((resolve) => {
      this.#settle = resolve;
      start(resolve);
    });
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
