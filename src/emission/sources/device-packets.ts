/**
 * @module
 * The packets that a model draws for one device, one after the other, as sizes, times and directions: all that sockets need.
 */
import { PacketCursor } from '../../packets/packet-cursor.js';
import type { PacketBlock } from '../../packets/packet-series.js';
import type { TimedSource } from '../../packets/time-queue.js';
import type { PayloadStream } from '../../synthesis/payload-stream.js';

export interface DevicePacketsOptions {
  /** The channel that the device sends through. */
  readonly channel: number;
  /** When it starts, in ns since the beginning of the run. */
  readonly startNs: number;
  /** What it carries. */
  readonly payload: PayloadStream;
}

export class DevicePackets extends PacketCursor implements TimedSource {
  readonly channel: number;
  readonly payload: PayloadStream;
  readonly #startNs: number;

  constructor(blocks: Iterable<PacketBlock>, { channel, startNs, payload }: DevicePacketsOptions) {
    super(blocks);
    this.channel = channel;
    this.payload = payload;
    this.#startNs = startNs;
  }

  get timeNs(): number {
    return this.#startNs + this.offsetNs;
  }
}
