/**
 * @module
 * Packets as frames, in a capture file or wherever else they go. A packet is one frame, and those that it forces: these come between the packet before and
 * itself, or, as the rest of what it was cut into, at the same time.
 */
import type { Channel } from './channel.js';
import { FrameEncoder } from './frame-encoder.js';
import type { FramePlan } from './frame-plan.js';
import type { FramePlanner, PacketToSend } from './frame-planner.js';

/** Time between frames that stand before a packet: as long as there is time, but at most this, in ns. */
const MAX_APART_NS = 20e6;

/** A packet whose conversation is known. */
export interface AssignedPacket extends PacketToSend {
  readonly conversation: Channel;
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
  readonly #planner: FramePlanner;
  readonly #encoder: FrameEncoder;
  /** Time of the first packet in seconds, and of the previous packet since then in ns. Times count from the full second. */
  #startSeconds = -1;
  #startNanoseconds = 0;
  #previousNs = 0;
  #forcedFrames = 0;

  /** @param preamble of the payload */
  constructor(output: FrameOutput, planner: FramePlanner, preamble: Uint8Array) {
    this.#output = output;
    this.#planner = planner;
    this.#encoder = new FrameEncoder(preamble);
  }

  /** Frames that were not sampled. */
  get forcedFrames(): number {
    return this.#forcedFrames;
  }

  begin(): Promise<void> {
    return this.#output.begin();
  }

  hasRoom(sizeBytes: number): boolean {
    return this.#output.hasRoom(this.#planner.maxBytes(sizeBytes), this.#planner.maxFrames(sizeBytes));
  }

  /** Makes room for the frames of a packet. */
  flush(sizeBytes: number): Promise<void> {
    return this.#output.flush(this.#planner.maxBytes(sizeBytes), this.#planner.maxFrames(sizeBytes));
  }

  end(): Promise<void> {
    return this.#output.end();
  }

  /** Writes the frames of a packet, for which there is room. */
  write(seconds: number, nanoseconds: number, packet: AssignedPacket): void {
    if (this.#startSeconds < 0) {
      this.#startSeconds = seconds;
      this.#startNanoseconds = nanoseconds;
    }
    const timeNs = (seconds - this.#startSeconds) * 1e9 + nanoseconds - this.#startNanoseconds;
    const plan = this.#planner.plan(packet.conversation, packet, timeNs / 1e6);
    const { frames, frameForced } = plan;
    let index = 0;
    if (frameForced[0] === 1) index = this.#writeBefore(plan, timeNs);
    for (; index < frames; index++) {
      this.#forcedFrames += frameForced[index]!;
      this.#writeFrame(plan, index, seconds, nanoseconds);
    }
    this.#previousNs = timeNs;
  }

  /** Writes the forced frames before a packet. @returns how many */
  #writeBefore(plan: FramePlan, timeNs: number): number {
    const { frames, frameForced } = plan;
    let count = 1;
    while (count < frames && frameForced[count] === 1) count++;
    const apartNs = Math.min(MAX_APART_NS, Math.floor((timeNs - this.#previousNs) / (count + 1)));
    for (let index = 0; index < count; index++) {
      const sinceSecond = this.#startNanoseconds + timeNs - (count - index) * apartNs;
      const seconds = Math.floor(sinceSecond / 1e9);
      this.#writeFrame(plan, index, this.#startSeconds + seconds, sinceSecond - seconds * 1e9);
    }
    this.#forcedFrames += count;
    return count;
  }

  #writeFrame(plan: FramePlan, index: number, seconds: number, nanoseconds: number): void {
    const frameBytes = plan.frameBytes[index]!;
    const at = this.#output.beginRecord(seconds, nanoseconds, frameBytes, frameBytes);
    this.#encoder.write(plan, index, this.#output.bytes, at);
    this.#output.endRecord(plan.frameOutbound[index]!);
  }
}
