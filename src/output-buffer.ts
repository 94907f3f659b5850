/**
 * @module
 * A buffer between code that writes a few bytes at a time and an Output that takes megabytes.
 */
import type { Output } from './output-file.js';

const CAPACITY = 1024 * 1024;

export class OutputBuffer {
  /** Write here, from `position` on, after making sure that there is room. */
  bytes: Uint8Array;
  position: number;
  bytesWritten = 0;
  readonly #output: Output;
  readonly #start: number;

  /** @param preamble bytes that stand before the buffer in the same array, for copying from; they are not output */
  constructor(output: Output, preamble: Uint8Array = new Uint8Array(0)) {
    this.#output = output;
    this.#start = preamble.length;
    this.bytes = new Uint8Array(preamble.length + CAPACITY);
    this.bytes.set(preamble);
    this.position = preamble.length;
  }

  /** True if `count` more bytes fit. `count` may be at most 1 MiB. */
  hasRoom(count: number): boolean {
    return this.position + count <= this.bytes.length;
  }

  /** Makes room where there can be no flush now. */
  grow(): void {
    const larger = new Uint8Array(this.bytes.length * 2);
    larger.set(this.bytes.subarray(0, this.position));
    this.bytes = larger;
  }

  /** Hands on what has been written. */
  async flush(): Promise<void> {
    const count = this.position - this.#start;
    if (count === 0) return;
    await this.#output.write(this.bytes.subarray(this.#start, this.position));
    this.bytesWritten += count;
    this.position = this.#start;
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
