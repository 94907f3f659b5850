/**
 * @module
 * A buffer between code that writes a few bytes at a time and an Output that takes megabytes. There are two: while one is being
 * taken by the output, the other is filled.
 */
import type { Output } from './output-file.js';

const CAPACITY = 1024 * 1024;

export class OutputBuffer {
  /** Write here, from `position` on, after making sure that there is room. Another array after every `flush`. */
  bytes: Uint8Array;
  position: number;
  readonly #output: Output;
  readonly #start: number;
  #spare: Uint8Array;
  #pending: Promise<void> = Promise.resolve();

  /** @param preamble bytes that stand before the buffer in the same array, for copying from; they are not output */
  constructor(output: Output, preamble: Uint8Array = new Uint8Array(0)) {
    const create = () => {
      const bytes = new Uint8Array(preamble.length + CAPACITY);
      bytes.set(preamble);
      return bytes;
    };
    this.#output = output;
    this.#start = preamble.length;
    this.position = preamble.length;
    this.bytes = create();
    this.#spare = create();
  }

  /** True if `count` more bytes fit. `count` may be at most 1 MiB. */
  hasRoom(count: number): boolean {
    return this.position + count <= this.bytes.length;
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
    this.#pending = this.#output.write(full.subarray(this.#start, this.position));
    // The next flush or the end tells of a failure; until then it is not forgotten.
    this.#pending.catch(() => {});
    this.bytes = this.#spare;
    this.#spare = full;
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
      this.bytes.set(chunk.subarray(at, at + count), this.position);
      this.position += count;
      at += count;
    }
  }
}
