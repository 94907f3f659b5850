/**
 * @module
 * The part of a capture that is in memory: one buffer that slides over the bytes of a source. Readers parse inside it without
 * copying and ask for more when a record is not complete.
 */
import type { ByteSource } from './byte-source.js';

/** Enough that the cost of a system call disappears; a record (at most 256 KiB) always fits. */
const DEFAULT_CAPACITY = 1024 * 1024;

export class ByteWindow {
  /** Replaced and moved by `fill`; positions in it are valid until then. */
  bytes: Uint8Array;
  /** First byte not yet consumed. */
  start = 0;
  /** End of the bytes read so far. */
  end = 0;
  /** True when the source has no more bytes than those in the window. */
  ended = false;
  readonly #source: ByteSource;
  /** Offset of `bytes[0]` from the beginning of the source. */
  #base = 0;
  /** Bytes still to be dropped before the next one that counts. */
  #toSkip = 0;

  constructor(source: ByteSource, capacity = DEFAULT_CAPACITY) {
    this.#source = source;
    this.bytes = new Uint8Array(capacity);
  }

  /** Bytes in the window that are not consumed. */
  get available(): number {
    return this.end - this.start;
  }

  /** Offset of the next byte from the beginning of the source. */
  get offset(): number {
    return this.#base + this.start + this.#toSkip;
  }

  /** True while bytes that were skipped have not been read yet. */
  get skipping(): boolean {
    return this.#toSkip > 0;
  }

  /** Consumes `count` bytes, whether or not they are in the window yet. */
  skip(count: number): void {
    const here = Math.min(count, this.available);
    this.start += here;
    this.#toSkip += count - here;
  }

  /**
   * Reads until at least `count` bytes are available or the source ends; as much more as there is room for comes along.
   *
   * @throws SynthError from the source
   */
  async fill(count: number): Promise<void> {
    while (!this.ended && (this.#toSkip > 0 || this.available < count)) {
      this.#makeRoom(count);
      const read = await this.#source.read(this.bytes, this.end, this.bytes.length - this.end);
      if (read === 0) this.ended = true;
      this.end += read;
      const dropped = Math.min(this.#toSkip, this.available);
      this.start += dropped;
      this.#toSkip -= dropped;
    }
  }

  #makeRoom(count: number): void {
    if (this.start > 0) {
      this.bytes.copyWithin(0, this.start, this.end);
      this.#base += this.start;
      this.end -= this.start;
      this.start = 0;
    }
    if (count > this.bytes.length) {
      const larger = new Uint8Array(count);
      larger.set(this.bytes.subarray(0, this.end));
      this.bytes = larger;
    }
  }
}
