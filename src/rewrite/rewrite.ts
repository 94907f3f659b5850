/**
 * @module
 * From captures to a capture, frame by frame: which packets, when, from whom to whom, and with how much of what they carry. Streamed, in
 * flat memory; what is not to be changed is copied byte by byte.
 */
import { type CaptureInput, captureInput, type NamedPath, withName } from '../capture/capture-file.js';
import type { CaptureWriter, WrittenCaptureFormat } from '../capture/capture-writer.js';
import { NONE, type Packet } from '../capture/packet.js';
import { type CaptureReport, type ReadOptions, readCaptures } from '../capture/read-captures.js';
import { SynthError } from '../errors.js';
import { type Rotation, type WrittenSeries, writeSeries } from '../output/output-series.js';
import { createSelector, type Selector } from '../series/select.js';
import { formatTarget, type Target } from '../series/target.js';
import { action, option, wording } from '../wording.js';
import { captureWriterFor } from './capture-output.js';
import { FrameChange, type FrameChangeOptions } from './frame-change.js';
import { PacketRange, type PacketRangeOptions } from './packet-range.js';
import { TimeChange, type TimeChangeOptions } from './time-change.js';

export interface RewriteOptions extends ReadOptions {
  readonly out: string;
  readonly format: WrittenCaptureFormat;
  readonly force: boolean;
  /** A series of files in place of one. */
  readonly rotation?: Rotation | undefined;
  /** Whose packets to keep; undefined for all frames, also those without IP. */
  readonly target: Target | undefined;
  /** Leaves out packets of the target that carry no transport payload. */
  readonly payloadOnly: boolean;
  readonly range: PacketRangeOptions;
  readonly time: TimeChangeOptions;
  readonly frames: FrameChangeOptions;
}

/** What was read, and left out of what was written. */
export interface RewrittenPackets {
  readonly report: CaptureReport;
  /** Packets in the output. */
  readonly packets: number;
  /** Bytes of frames in it. */
  readonly bytes: number;
  /** Frames left out because the file does not say what kind of frame they are. */
  readonly unknownFrames: number;
  /** Later fragments left out because their first fragment, which has the ports, is not in the capture. */
  readonly orphanFragments: number;
  /** Packets whose time had more digits than the format: they are cut off. */
  readonly timesCut: number;
}

export interface Rewritten extends RewrittenPackets, WrittenSeries {}

/**
 * @throws SynthError as `readCaptures` and `writeSeries` do; `SYNTH_TARGET_NOT_FOUND` or `SYNTH_CAPTURE_EMPTY` if no packet is left;
 *   `SYNTH_USAGE` for what the format cannot say
 */
export async function rewriteCaptures(files: readonly NamedPath[], options: RewriteOptions): Promise<Rewritten> {
  const { out, format, force, rotation } = options;
  const inputs = files.map((file) => withName(file).path);
  const { result, ...series } = await writeSeries(out, { force, inputs, rotation }, (output) =>
    rewriteInto(captureWriterFor(output, format), files.map(captureInput), options),
  );
  return { ...result, ...series };
}

async function rewriteInto(
  writer: CaptureWriter,
  inputs: readonly CaptureInput[],
  options: RewriteOptions,
): Promise<RewrittenPackets> {
  const rewriter = new Rewriter(writer, options);
  const { target, payloadOnly } = options;
  const selector = target && createSelector(target, { payloadOnly }, ({ packet }) => rewriter.take(packet));
  await writer.begin();
  const report = await readCaptures(inputs, (packet) => takeFrom(packet, selector, rewriter), {
    ...options,
    mayMatter: (packet) => {
      rewriter.range.begin(packet);
      return selector?.mayMatter(packet) ?? true;
    },
    drain: () => writer.flush(),
    enough: () => rewriter.range.isFull,
  });
  selector?.finish();
  if (rewriter.range.taken === 0) throw withoutPackets(inputs, report, options);
  await writer.end();
  const { range, bytes, unknownFrames, timesCut } = rewriter;
  const orphanFragments = selector?.orphanFragments ?? 0;
  return { report, packets: range.taken, bytes, unknownFrames, orphanFragments, timesCut };
}

function takeFrom(packet: Packet, selector: Selector | undefined, rewriter: Rewriter): void {
  if (selector) selector.take(packet);
  else rewriter.take(packet);
}

function withoutPackets(
  inputs: readonly { readonly name: string }[],
  report: CaptureReport,
  { target }: RewriteOptions,
): SynthError {
  const names = inputs.map(({ name }) => name).join(', ');
  if (target === undefined) {
    return new SynthError('SYNTH_CAPTURE_EMPTY', `${names}: none of ${report.packets} packets is left to be written`, {
      hint: wording`Choose other packets with ${option('range.after')}, ${option('range.before')} and ${option('range.skip')}.`,
    });
  }
  const message = `${names}: no packet of ${target.kind} ${formatTarget(target)} is left among ${report.packets} packets`;
  return new SynthError('SYNTH_TARGET_NOT_FOUND', message, {
    hint: wording`List what is there with: ${action('inspectCapture')}`,
  });
}

/** Takes candidates and writes those that are kept. */
class Rewriter {
  readonly range: PacketRange;
  bytes = 0;
  unknownFrames = 0;
  timesCut = 0;
  readonly #writer: CaptureWriter;
  readonly #time: TimeChange;
  readonly #frames: FrameChange;
  readonly #isMicroseconds: boolean;
  #linkType = NONE;

  constructor(writer: CaptureWriter, { format, range, time, frames }: RewriteOptions) {
    this.range = new PacketRange(range);
    this.#writer = writer;
    this.#time = new TimeChange(time);
    this.#frames = new FrameChange(frames);
    this.#isMicroseconds = format === 'pcap';
  }

  take(packet: Packet): void {
    if (packet.linkType === NONE) {
      this.unknownFrames++;
      return;
    }
    if (!this.range.take(packet)) return;
    const writer = this.#writer;
    if (packet.linkType !== this.#linkType) {
      writer.useLinkType(packet.linkType);
      this.#linkType = packet.linkType;
    }
    const time = this.#time;
    time.apply(packet);
    if (this.#isMicroseconds && time.nanoseconds % 1000 !== 0) this.timesCut++;
    const frames = this.#frames;
    writer.reserve(frames.measure(packet));
    const at = writer.beginRecord(time.seconds, time.nanoseconds, frames.length, frames.wireLength);
    frames.write(packet, writer.bytes, at);
    writer.endRecord();
    this.bytes += frames.length;
  }
}
