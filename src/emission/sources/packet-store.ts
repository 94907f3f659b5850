/**
 * @module
 * Packets in memory, one behind the other: those that had no room in the ring yet, and those of a capture that is sent again.
 */
import type { ScheduledOutput } from '../scheduled-output.js';
import { copyBytes, type ViewedBytes } from './copy-bytes.js';

const FIRST_BYTES = 64 * 1024;
const FIRST_PACKETS = 1024;

export class PacketStore implements ViewedBytes {
  length = 0;
  /** Taken by what is stored of them. */
  usedBytes = 0;
  bytes = new Uint8Array(FIRST_BYTES);
  view = new DataView(this.bytes.buffer);
  #timesNs = new Float64Array(FIRST_PACKETS);
  #at = new Uint32Array(FIRST_PACKETS);
  #captured = new Uint32Array(FIRST_PACKETS);
  #lengths = new Uint32Array(FIRST_PACKETS);

  /** @param length of the whole packet; what is behind the captured bytes is zeros */
  append(timeNs: number, from: ViewedBytes, at: number, capturedBytes: number, length: number): void {
    const index = this.length++;
    if (this.length > this.#timesNs.length) this.#growColumns();
    const to = this.usedBytes;
    this.usedBytes = to + capturedBytes;
    if (this.usedBytes > this.bytes.length) this.#growBytes();
    copyBytes(from, at, this, to, capturedBytes);
    this.#timesNs[index] = timeNs;
    this.#at[index] = to;
    this.#captured[index] = capturedBytes;
    this.#lengths[index] = length;
  }

  #growBytes(): void {
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.usedBytes));
    larger.set(this.bytes);
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }

  #growColumns(): void {
    const count = this.#timesNs.length * 2;
    const times = new Float64Array(count);
    times.set(this.#timesNs);
    this.#timesNs = times;
    this.#at = larger(this.#at, count);
    this.#captured = larger(this.#captured, count);
    this.#lengths = larger(this.#lengths, count);
  }

  /** Plans all packets, on channel 0, until the plan ends. @throws SynthError `SYNTH_INTERRUPTED` */
  async putInto(output: ScheduledOutput, signal?: AbortSignal): Promise<void> {
    for (let index = 0; index < this.length; index++) {
      const length = this.#lengths[index]!;
      if (!output.hasRoom(length) && !(await output.room(length, 1, signal))) return;
      const timeNs = this.#timesNs[index]!;
      if (!put(output, timeNs, this, this.#at[index]!, this.#captured[index]!, length)) return;
    }
  }

  /** Forgets all packets, and keeps the memory. */
  clear(): void {
    this.length = 0;
    this.usedBytes = 0;
  }
}

function larger(column: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  const all = new Uint32Array(length);
  all.set(column);
  return all;
}

/** Plans a packet, for which there is room, on channel 0. @returns false if the plan has ended */
export function put(
  output: ScheduledOutput,
  timeNs: number,
  from: ViewedBytes,
  at: number,
  capturedBytes: number,
  length: number,
): boolean {
  const to = output.begin(length);
  copyBytes(from, at, output, to, capturedBytes);
  if (length > capturedBytes) output.bytes.fill(0, to + capturedBytes, to + length);
  return output.commit(timeNs, 0);
}
