/** Frames written into files of a series, in memory. */
import { CaptureWriter, type WrittenCaptureFormat } from '../../src/capture/capture-writer.js';
import { NO_LIMITS, RotationAccount, type RotationLimits } from '../../src/output/rotation.js';
import type { Output, SerialOutput } from '../../src/output-file.js';
import { filler } from '../support/frames.js';
import { MemoryOutput } from '../synthesis/captures.js';

/** Keeps each file of a series. */
export class MemorySeries implements SerialOutput {
  readonly name = 'memory';
  readonly outputs = [new MemoryOutput()];
  readonly #account: RotationAccount;

  constructor(limits: Partial<RotationLimits>) {
    this.#account = new RotationAccount({ ...NO_LIMITS, ...limits });
  }

  startsFile(seconds: number, nanoseconds: number, fileBytes: number, recordBytes: number): boolean {
    return this.#account.add(seconds, nanoseconds, fileBytes, recordBytes);
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.outputs.at(-1)!.write(bytes);
  }

  async next(): Promise<void> {
    this.outputs.push(new MemoryOutput());
  }

  async finish(): Promise<void> {}

  async discard(): Promise<void> {}

  get contents(): readonly Buffer[] {
    return this.outputs.map(({ content }) => content);
  }
}

interface RawFrame {
  readonly timeNs: number;
  readonly length: number;
  /** Bytes of the frame that the capture does not hold. */
  readonly cut?: number;
}

const START_SECONDS = 1_700_000_000;
const RAW_IP = 101;

const FILLER = Uint8Array.from(filler(1500));

/** Writes frames of at most 1500 bytes. */
export async function writeFrames(
  output: Output | SerialOutput,
  format: WrittenCaptureFormat,
  frames: readonly RawFrame[],
  linkType = RAW_IP,
): Promise<void> {
  const writer = new CaptureWriter(output, { format, linkType, application: 'synth test', comment: 'raw' });
  await writer.begin();
  for (const { timeNs, length, cut = 0 } of frames) {
    if (!writer.hasRoom(length)) await writer.flush();
    const at = writer.beginRecord(START_SECONDS + Math.floor(timeNs / 1e9), timeNs % 1e9, length, length + cut);
    writer.bytes.set(FILLER.subarray(0, length), at);
    writer.endRecord();
  }
  await writer.end();
}
