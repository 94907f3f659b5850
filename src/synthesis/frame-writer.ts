/**
 * @module
 * Packets as frames, in a capture file or wherever else they go. A packet is one frame, and those that it forces: these come between the packet before and
 * itself, or, as the rest of what it was cut into, at the same time.
 */
import type { Channel } from './channel.js';
import type { FrameComposer } from './frame-composer.js';

/** Time between frames that stand before a packet: as long as there is time, but at most this, in ns. */
const MOST_APART_NS = 20e6;

/** A packet whose conversation is known. */
export interface AssignedPacket {
  readonly sizeBytes: number;
  readonly outbound: number;
  readonly conversation: Channel;
  /** Of `ROLE`. */
  readonly role: number;
}

/** What frames go into: a capture, or a queue of what is to be sent. */
export interface FrameOutput {
  /** Where frames are written to, behind the preamble of the payload; perhaps another array after every `flush`. */
  readonly bytes: Uint8Array;
  begin(): Promise<void>;
  /** False if `flush` has to be called before so many frames, of so many bytes altogether. */
  hasRoom(frameBytes: number, frames: number): boolean;
  flush(frameBytes: number, frames: number): Promise<void>;
  end(): Promise<void>;
  /** @returns where in `bytes` the frame goes, which `endRecord` ends */
  beginRecord(seconds: number, nanoseconds: number, frameBytes: number, wireBytes: number): number;
  /** @param outbound 1 for a frame that the device has sent */
  endRecord(outbound: number): void;
}

export class FrameWriter {
  readonly #output: FrameOutput;
  readonly #composer: FrameComposer;
  /** Time of the first packet in seconds, and of the previous packet since then in ns. Times count from the full second. */
  #startSeconds = -1;
  #startNanoseconds = 0;
  #previousNs = 0;
  #forcedFrames = 0;

  constructor(output: FrameOutput, composer: FrameComposer) {
    this.#output = output;
    this.#composer = composer;
  }

  /** Frames that were not sampled. */
  get forcedFrames(): number {
    return this.#forcedFrames;
  }

  begin(): Promise<void> {
    return this.#output.begin();
  }

  hasRoom(sizeBytes: number): boolean {
    const composer = this.#composer;
    return this.#output.hasRoom(composer.mostBytes(sizeBytes), composer.mostFrames(sizeBytes));
  }

  /** Makes room for the frames of a packet. */
  flush(sizeBytes: number): Promise<void> {
    const composer = this.#composer;
    return this.#output.flush(composer.mostBytes(sizeBytes), composer.mostFrames(sizeBytes));
  }

  end(): Promise<void> {
    return this.#output.end();
  }

  /** Writes the frames of a packet, for which there is room. */
  write(seconds: number, nanoseconds: number, { sizeBytes, outbound, conversation, role }: AssignedPacket): void {
    const composer = this.#composer;
    if (this.#startSeconds < 0) {
      this.#startSeconds = seconds;
      this.#startNanoseconds = nanoseconds;
    }
    const timeNs = (seconds - this.#startSeconds) * 1e9 + nanoseconds - this.#startNanoseconds;
    const frames = composer.plan(conversation, sizeBytes, outbound, role, timeNs / 1e6);
    let index = 0;
    if (composer.isForced(0)) index = this.#writeBefore(timeNs, frames);
    for (; index < frames; index++) {
      if (composer.isForced(index)) this.#forcedFrames++;
      this.#writeFrame(seconds, nanoseconds, index);
    }
    this.#previousNs = timeNs;
  }

  /** Writes the forced frames before a packet. @returns how many */
  #writeBefore(timeNs: number, frames: number): number {
    const composer = this.#composer;
    let count = 1;
    while (count < frames && composer.isForced(count)) count++;
    const apartNs = Math.min(MOST_APART_NS, Math.floor((timeNs - this.#previousNs) / (count + 1)));
    for (let index = 0; index < count; index++) {
      const sinceSecond = this.#startNanoseconds + timeNs - (count - index) * apartNs;
      const seconds = Math.floor(sinceSecond / 1e9);
      this.#writeFrame(this.#startSeconds + seconds, sinceSecond - seconds * 1e9, index);
    }
    this.#forcedFrames += count;
    return count;
  }

  #writeFrame(seconds: number, nanoseconds: number, index: number): void {
    const frameBytes = this.#composer.frameBytes(index);
    const at = this.#output.beginRecord(seconds, nanoseconds, frameBytes, frameBytes);
    this.#composer.write(index, this.#output.bytes, at);
    this.#output.endRecord(this.#composer.outboundOf(index));
  }
}
