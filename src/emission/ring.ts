/**
 * @module
 * Packets on their way from the thread that makes them to the one that sends them: a ring in shared memory, so that nothing is
 * allocated or copied a second time, and a producer that is fast waits for the sender.
 *
 * A record is a header of 16 bytes (deadline in ns as a double, length, channel) and the packet, padded to 16 bytes. Records do not wrap: where
 * the end of the ring is too near, a header without a packet sends the reader to its beginning. Positions count units of 16 bytes and
 * wrap around at 2^32.
 */
import { BATCH_PACKETS, type Batch } from './batch.js';
import { NONE_YET, type PacketQueue } from './packet-queue.js';

/** Also what a header takes, so that there is always room for one at the end. */
const UNIT_BITS = 4;
const UNIT_BYTES = 2 ** UNIT_BITS;
const HEADER_BYTES = UNIT_BYTES;
/** Length in a header that only says: go on at the beginning. */
const WRAP = 0xffff_ffff;

/** Words of the control block, each on a cache line of its own. */
const WORD = { written: 0, read: 16, ended: 32 } as const;
const CONTROL_BYTES = 256;

/** The shared memory of a ring. */
export interface RingMemory {
  readonly control: SharedArrayBuffer;
  readonly data: SharedArrayBuffer;
}

/** @param bytes a power of two */
export function createRing(bytes: number): RingMemory {
  return { control: new SharedArrayBuffer(CONTROL_BYTES), data: new SharedArrayBuffer(bytes) };
}

export class RingWriter {
  readonly bytes: Uint8Array;
  readonly #control: Int32Array;
  readonly #times: Float64Array;
  readonly #words: Uint32Array;
  readonly #units: number;
  #written = 0;
  /** Where the record that is being written begins, in units. */
  #recordAt = 0;

  constructor({ control, data }: RingMemory) {
    this.bytes = new Uint8Array(data);
    this.#control = new Int32Array(control);
    this.#times = new Float64Array(data);
    this.#words = new Uint32Array(data);
    this.#units = data.byteLength / UNIT_BYTES;
  }

  /** The longest packet that there can ever be room for. */
  get maxBytes(): number {
    return (this.#units * UNIT_BYTES) / 4;
  }

  /** Whether packets of so many bytes altogether can be written now. False: once the sender has gone on. */
  hasRoom(bytes: number, packets = 1): boolean {
    const needed = unitsOf(bytes) + packets * 2;
    // At the end of the ring the rest of it may have to be left out.
    const left = this.#units - (this.#written % this.#units);
    return this.#units - this.#used >= needed + Math.min(left, needed);
  }

  get #used(): number {
    return (this.#written - Atomics.load(this.#control, WORD.read)) >>> 0;
  }

  /** The share that is taken, 0 to 1. */
  get fill(): number {
    return this.#used / this.#units;
  }

  /**
   * Begins a packet, for which there is room; `commit` ends it.
   *
   * @returns where in `bytes` it goes
   */
  begin(length: number): number {
    const needed = unitsOf(HEADER_BYTES + length);
    let at = this.#written % this.#units;
    if (this.#units - at < needed) {
      this.#words[at * 4 + 2] = WRAP;
      this.#written = (this.#written + this.#units - at) >>> 0;
      at = 0;
    }
    this.#recordAt = at;
    this.#words[at * 4 + 2] = length;
    return at * UNIT_BYTES + HEADER_BYTES;
  }

  /** @param deadlineNs since the start of the run; not before that of the packet before it */
  commit(deadlineNs: number, channel: number): void {
    const at = this.#recordAt;
    this.#times[at * 2] = deadlineNs;
    this.#words[at * 4 + 3] = channel;
    this.#written = (this.#written + unitsOf(HEADER_BYTES + this.#words[at * 4 + 2]!)) >>> 0;
    Atomics.store(this.#control, WORD.written, this.#written | 0);
  }

  /** No packet will follow. */
  end(): void {
    Atomics.store(this.#control, WORD.ended, 1);
  }
}

export class RingReader implements PacketQueue {
  readonly #control: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #times: Float64Array;
  readonly #words: Uint32Array;
  readonly #units: number;
  /** Up to here has been collected. */
  #collected = 0;
  /** Up to here is known to be written. */
  #written = 0;

  constructor({ control, data }: RingMemory) {
    this.#control = new Int32Array(control);
    this.#bytes = new Uint8Array(data);
    this.#times = new Float64Array(data);
    this.#words = new Uint32Array(data);
    this.#units = data.byteLength / UNIT_BYTES;
  }

  get ended(): boolean {
    // In this order: what was written before the end is seen when the end is.
    const ended = Atomics.load(this.#control, WORD.ended) === 1;
    return ended && this.nextDeadlineNs() === NONE_YET;
  }

  nextDeadlineNs(): number {
    if (this.#collected === this.#written) {
      this.#written = Atomics.load(this.#control, WORD.written) >>> 0;
      if (this.#collected === this.#written) return NONE_YET;
    }
    const at = this.#collected % this.#units;
    if (this.#words[at * 4 + 2] !== WRAP) return this.#times[at * 2]!;
    this.#collected = (this.#collected + this.#units - at) >>> 0;
    return this.#times[0]!;
  }

  collect(batch: Batch, untilNs: number): void {
    batch.bytes = this.#bytes;
    batch.first = 0;
    let count = 0;
    while (count < BATCH_PACKETS) {
      const deadlineNs = this.nextDeadlineNs();
      if (deadlineNs === NONE_YET || deadlineNs > untilNs) break;
      const at = this.#collected % this.#units;
      const length = this.#words[at * 4 + 2]!;
      batch.at[count] = at * UNIT_BYTES + HEADER_BYTES;
      batch.length[count] = length;
      batch.channel[count] = this.#words[at * 4 + 3]!;
      batch.deadlineNs[count] = deadlineNs;
      this.#collected = (this.#collected + unitsOf(HEADER_BYTES + length)) >>> 0;
      count++;
    }
    batch.count = count;
  }

  release(): void {
    Atomics.store(this.#control, WORD.read, this.#collected | 0);
  }
}

/** Rounded up; in integers, which stay integers. */
const unitsOf = (bytes: number): number => (bytes + UNIT_BYTES - 1) >>> UNIT_BITS;
