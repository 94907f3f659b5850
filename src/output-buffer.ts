/**
 * @module
 * A buffer between code that writes a few bytes at a time and an Output that takes megabytes. There are two: while one is being
 * taken by the output, the other is filled.
 */
import type { Output, SerialOutput } from './output-file.js';

const CAPACITY = 1024 * 1024;

export class OutputBuffer {
  /** Write here, from `position` on, after making sure that there is room. Another array after every `flush`. */
  bytes: Uint8Array;
  position: number;
  readonly #output: Output;
  /** The output, if it goes into one file after the other. */
  readonly #series: SerialOutput | undefined;
  readonly #start: number;
  #spare: Uint8Array;
  #pending: Promise<void> = Promise.resolve();
  /** Where in `bytes` the current file begins, or would if the bytes that have been handed on still stood before them. */
  #fileStart: number;
  /** Where in `bytes` files begin. */
  #cuts: number[] = [];

  /** @param preamble bytes that stand before the buffer in the same array, for copying from; they are not output */
  constructor(output: Output | SerialOutput, preamble: Uint8Array = new Uint8Array(0)) {
    const create = () => {
      const bytes = new Uint8Array(preamble.length + CAPACITY);
      bytes.set(preamble);
      return bytes;
    };
    this.#output = output;
    this.#series = 'startsFile' in output ? output : undefined;
    this.#start = preamble.length;
    this.#fileStart = preamble.length;
    this.position = preamble.length;
    this.bytes = create();
    this.#spare = create();
  }

  /** True if `count` more bytes fit. `count` may be at most 1 MiB. */
  hasRoom(count: number): boolean {
    return this.position + count <= this.bytes.length;
  }

  /**
   * To be called before every record.
   *
   * @param recordBytes its bytes, or more where they are not known
   * @returns whether a file begins with it, so that what stands before records has to be written again
   */
  beginRecord(seconds: number, nanoseconds: number, recordBytes: number): boolean {
    const fileBytes = this.position - this.#fileStart;
    if (!this.#series?.startsFile(seconds, nanoseconds, fileBytes, recordBytes)) return false;
    this.#cuts.push(this.position);
    this.#fileStart = this.position;
    return true;
  }

  /** Appends bytes for which there is room. */
  put(chunk: Uint8Array): void {
    this.bytes.set(chunk, this.position);
    this.position += chunk.length;
  }

  /** Makes sure that there is room for `count` bytes, where there can be no flush now. */
  reserve(count: number): void {
    while (!this.hasRoom(count)) this.grow();
  }

  /** Makes room where there can be no flush now. */
  grow(): void {
    const larger = new Uint8Array(this.bytes.length * 2);
    larger.set(this.bytes.subarray(0, this.position));
    this.bytes = larger;
  }

  /** Hands on what has been written; resolves when there is an empty buffer to write into. @throws SynthError of an earlier write */
  async flush(): Promise<void> {
    await this.#pending;
    if (this.position === this.#start) return;
    const full = this.bytes;
    const { position } = this;
    this.#pending = this.#handOn(full, position, this.#cuts);
    // The next flush or the end tells of a failure; until then it is not forgotten.
    this.#pending.catch(() => {});
    this.bytes = this.#spare;
    this.#spare = full;
    if (this.#cuts.length > 0) this.#cuts = [];
    this.#fileStart -= position - this.#start;
    this.position = this.#start;
  }

  /** Hands on what has been written and resolves when the output has taken everything. @throws SynthError */
  async end(): Promise<void> {
    await this.flush();
    await this.#pending;
  }

  /** Appends bytes of any length. */
  async append(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      if (!this.hasRoom(1)) await this.flush();
      const count = Math.min(chunk.length - at, this.bytes.length - this.position);
      this.put(chunk.subarray(at, at + count));
      at += count;
    }
  }

  async #handOn(bytes: Uint8Array, end: number, cuts: readonly number[]): Promise<void> {
    let from = this.#start;
    for (const cut of cuts) {
      if (cut > from) await this.#output.write(bytes.subarray(from, cut));
      await this.#series!.next(); // there is one, since only it cuts
      from = cut;
    }
    if (end > from) await this.#output.write(bytes.subarray(from, end));
  }
}
