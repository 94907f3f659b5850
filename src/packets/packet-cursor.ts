/**
 * @module
 * The packets that a model draws for one device, one after the other, as sizes, times and directions: all that sockets need.
 */

import type { PayloadStream } from '../synthesis/payload-stream.js';
import type { PacketBlock } from './packet-series.js';
import type { TimedSource } from './time-queue.js';

export interface DevicePacketsOptions {
  /** The channel that the device sends through. */
  readonly channel: number;
  /** When it starts, in ns since the beginning of the run. */
  readonly startNs: number;
  /** What it carries. */
  readonly payload: PayloadStream;
}

export class DevicePackets implements TimedSource {
  // The packet that `advance` came to.
  timeNs = 0;
  sizeBytes = 0;
  outbound = 0;
  readonly channel: number;
  readonly payload: PayloadStream;
  readonly #startNs: number;
  readonly #blocks: Iterator<PacketBlock>;
  #block: PacketBlock | undefined;
  #next = 0;

  constructor(blocks: Iterable<PacketBlock>, { channel, startNs, payload }: DevicePacketsOptions) {
    this.#blocks = blocks[Symbol.iterator]();
    this.channel = channel;
    this.payload = payload;
    this.#startNs = startNs;
  }

  advance(): boolean {
    while (this.#block === undefined || this.#next === this.#block.length) {
      const { done, value } = this.#blocks.next();
      if (done) return false;
      this.#block = value;
      this.#next = 0;
    }
    const { offsetsNs, sizes, outbound } = this.#block;
    const next = this.#next++;
    this.timeNs = this.#startNs + offsetsNs[next]!;
    this.sizeBytes = sizes[next]!;
    this.outbound = outbound[next]!;
    return true;
  }
}
