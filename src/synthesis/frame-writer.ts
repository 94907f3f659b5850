/**
 * @module
 * Packets as frames in a capture file.
 */
import type { CaptureWriter } from '../capture/capture-writer.js';
import type { PacketWriter } from '../series/packet-writer.js';
import { ETHERNET_HEADER_BYTES, type FrameBuilder } from './frame-builder.js';

export class FrameWriter implements PacketWriter {
  readonly #capture: CaptureWriter;
  readonly #frames: FrameBuilder;

  constructor(capture: CaptureWriter, frames: FrameBuilder) {
    this.#capture = capture;
    this.#frames = frames;
  }

  begin(): Promise<void> {
    return this.#capture.begin();
  }

  hasRoom(sizeBytes: number): boolean {
    return this.#capture.hasRoom(sizeBytes + ETHERNET_HEADER_BYTES);
  }

  flush(): Promise<void> {
    return this.#capture.flush();
  }

  end(): Promise<void> {
    return this.#capture.end();
  }

  write(seconds: number, nanoseconds: number, sizeBytes: number, outbound: number): void {
    const frameBytes = this.#frames.frameBytes(sizeBytes);
    const at = this.#capture.beginRecord(seconds, nanoseconds, frameBytes, frameBytes);
    this.#frames.write(this.#capture.bytes, at, sizeBytes, outbound);
    this.#capture.endRecord();
  }
}
