/**
 * @module
 * Frames of generated packets on their way into the ring, in place of a file: all are composed, since a payload and a TCP connection
 * go on with each, and those that go the other way are dropped.
 */

import { ETHERNET_HEADER_BYTES } from '../../net/header-bytes.js';
import { MAX_PACKET_BYTES } from '../../net/sizes.js';
import type { FrameOutput } from '../../synthesis/frame-writer.js';
import type { ScheduledOutput } from '../scheduled-output.js';
import { copyBytes } from './copy-bytes.js';
import { type Directions, isWanted, type SourceCounts } from './source.js';

export interface FrameQueueOptions {
  readonly directions: Directions;
  /** False to leave out the Ethernet header. */
  readonly linkHeader: boolean;
  /** What has to stand before the frames in the array that they are written to. */
  readonly preamble: Uint8Array;
}

export class FrameQueue implements FrameOutput {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly #output: ScheduledOutput;
  readonly #counts: SourceCounts;
  readonly #signal: AbortSignal | undefined;
  readonly #directions: Directions;
  /** Bytes at the beginning of frames that are left out. */
  readonly #leftOutBytes: number;
  /** Whether frames are written beside the ring and copied: it has no preamble, and no room for what is left out. */
  readonly #isBeside: boolean;
  readonly #besideAt: number;
  #timeNs = 0;
  #frameBytes = 0;

  constructor(
    output: ScheduledOutput,
    counts: SourceCounts,
    { directions, linkHeader, preamble }: FrameQueueOptions,
    signal: AbortSignal | undefined,
  ) {
    this.#output = output;
    this.#counts = counts;
    this.#signal = signal;
    this.#directions = directions;
    this.#leftOutBytes = linkHeader ? 0 : ETHERNET_HEADER_BYTES;
    this.#isBeside = !linkHeader || preamble.length > 0;
    this.#besideAt = preamble.length;
    this.bytes = this.#isBeside ? new Uint8Array(preamble.length + MAX_PACKET_BYTES) : output.bytes;
    this.view = new DataView(this.bytes.buffer);
    if (this.#isBeside) this.bytes.set(preamble);
  }

  async begin(): Promise<void> {}

  hasRoom(frameBytes: number, frames: number): boolean {
    return this.#output.hasRoom(frameBytes, frames);
  }

  async flush(frameBytes: number, frames: number): Promise<void> {
    await this.#output.room(frameBytes, frames, this.#signal);
  }

  async end(): Promise<void> {}

  /** @param seconds, nanoseconds since the beginning of the run */
  beginRecord(seconds: number, nanoseconds: number, frameBytes: number): number {
    this.#timeNs = seconds * 1e9 + nanoseconds;
    this.#frameBytes = frameBytes;
    return this.#isBeside ? this.#besideAt : this.#output.begin(frameBytes);
  }

  endRecord(outbound: number): void {
    const output = this.#output;
    if (!isWanted(this.#directions, outbound === 1)) {
      this.#counts.otherDirection++;
      output.skip(this.#timeNs);
      return;
    }
    if (this.#isBeside) this.#copy();
    output.commit(this.#timeNs, 0);
  }

  #copy(): void {
    const from = this.#besideAt + this.#leftOutBytes;
    const length = this.#frameBytes - this.#leftOutBytes;
    const to = this.#output.begin(length);
    copyBytes(this, from, this.#output, to, length);
  }
}
