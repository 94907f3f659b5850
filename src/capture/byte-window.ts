/**
 * @module
 * The part of a capture that is in memory: a buffer that slides over the bytes of a source. Readers parse inside it without
 * copying and ask for more when a record is not complete. While they parse, another thread already reads the next part into a
 * second buffer; what is left of the first is then copied in front of it.
 */
import type { ByteSource } from './byte-source.js';

/** Read at a time: enough that the cost of a system call disappears. */
const DEFAULT_CHUNK_BYTES = 1024 * 1024;
/** Room for what is left of the buffer before: less than a record, most of the time. It grows for longer ones. */
const DEFAULT_HEADROOM_BYTES = 64 * 1024;

/** A read that is under way. */
interface ReadAhead {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly count: Promise<number>;
}

export class ByteWindow implements ByteSource {
  /** Another array after every `fill`; positions in it are valid until then. */
  bytes = new Uint8Array(0);
  /** The same bytes, for numbers of several bytes. */
  view = new DataView(this.bytes.buffer);
  /** First byte not yet consumed. */
  start = 0;
  /** End of the bytes read so far. */
  end = 0;
  /** True when the source has no more bytes than those in the window. */
  ended = false;
  readonly #source: ByteSource;
  readonly #chunkBytes: number;
  #headroom = DEFAULT_HEADROOM_BYTES;
  #ahead: ReadAhead | undefined;
  /** A buffer to read into next. */
  #spare: Uint8Array<ArrayBuffer> | undefined;
  /** Offset of `bytes[0]` from the beginning of the source; negative while there is headroom before the first byte. */
  #base = 0;
  /** Bytes still to be dropped before the next one that counts. */
  #toSkip = 0;

  constructor(source: ByteSource, chunkBytes = DEFAULT_CHUNK_BYTES) {
    this.#source = source;
    this.#chunkBytes = chunkBytes;
  }

  get size(): number | undefined {
    return this.#source.size;
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
   * Reads until at least `count` bytes are available or the source ends; as much more as comes with them.
   *
   * @throws SynthError from the source
   */
  async fill(count: number): Promise<void> {
    while (!this.ended && (this.#toSkip > 0 || this.available < count)) {
      const { bytes, count: reading } = this.#ahead ?? this.#readAhead();
      this.#ahead = undefined;
      const read = await reading;
      if (read === 0) {
        this.ended = true;
        return;
      }
      this.#moveTo(bytes, read);
      const dropped = Math.min(this.#toSkip, this.available);
      this.start += dropped;
      this.#toSkip -= dropped;
      this.#ahead = this.#readAhead();
    }
  }

  /** Makes the bytes that were read ahead the window, with what is left of the old one in front of them. */
  #moveTo(next: Uint8Array<ArrayBuffer>, read: number): void {
    const rest = this.available;
    const chunkAt = next.length - this.#chunkBytes;
    let target = next;
    if (rest > chunkAt) {
      // Twice what is needed now, so that a record that comes in small pieces is not copied for each of them.
      this.#headroom = rest * 2;
      target = new Uint8Array(this.#headroom + this.#chunkBytes);
      target.set(next.subarray(chunkAt, chunkAt + read), this.#headroom);
    }
    const start = target.length - this.#chunkBytes - rest;
    target.set(this.bytes.subarray(this.start, this.end), start);
    this.#base += this.start - start;
    this.#spare = this.bytes;
    this.bytes = target;
    this.view = new DataView(target.buffer);
    this.start = start;
    this.end = start + rest + read;
  }

  #readAhead(): ReadAhead {
    const length = this.#headroom + this.#chunkBytes;
    const bytes = this.#spare?.length === length ? this.#spare : new Uint8Array(length);
    this.#spare = undefined;
    const count = this.#source.read(bytes, length - this.#chunkBytes, this.#chunkBytes);
    // Whoever waits for it hears of a failure; it may be that nobody does.
    count.catch(() => {});
    return { bytes, count };
  }

  /** As a source of its own: what is in the window, then the rest. */
  async read(target: Uint8Array, at: number, length: number): Promise<number> {
    if (this.available === 0) await this.fill(1);
    const count = Math.min(length, this.available);
    target.set(this.bytes.subarray(this.start, this.start + count), at);
    this.start += count;
    return count;
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}
