/**
 * @module
 * Drives packets into a writer: blocks of any length, in flat memory. Last stop on the way of the data into a file.
 */
import { throwIfInterrupted } from '../errors.js';
import type { PacketBlock } from '../packets/packet-series.js';
import type { PacketWriter } from '../packets/packet-writer.js';
import { TimeQueue } from '../packets/time-queue.js';
import type { DeviceTraffic } from './device-traffic.js';
import type { FrameWriter } from './frame-writer.js';

export interface WriteOptions {
  /** Time of the first packet, in ns since the Unix epoch. */
  readonly startNs: bigint;
  readonly signal?: AbortSignal | undefined;
  /** Told after each block: packets and time since the start, in ns. */
  readonly onProgress?: ((packets: number, offsetNs: number) => void) | undefined;
  /** Asked before each packet of devices, when room was made for it: true ends the writing. */
  readonly enough?: (() => boolean) | undefined;
}

/** What was written. */
export interface WrittenPackets {
  readonly packets: number;
  readonly outboundPackets: number;
  /** Sum of the sizes. */
  readonly bytes: number;
  /** Time from the first to the last packet, in ns. */
  readonly spanNs: number;
}

/** @throws SynthError from the writer, `SYNTH_INTERRUPTED` */
export async function writePackets(
  blocks: Iterable<PacketBlock>,
  writer: PacketWriter,
  { startNs, signal, onProgress }: WriteOptions,
): Promise<WrittenPackets> {
  const startSeconds = Number(startNs / 1_000_000_000n);
  const startNanoseconds = Number(startNs % 1_000_000_000n);
  let packets = 0;
  let outboundPackets = 0;
  let bytes = 0;
  let lastOffsetNs = 0;
  await writer.begin();
  for (const { length, offsetsNs, sizes, outbound } of blocks) {
    throwIfInterrupted(signal, 'writing');
    for (let i = 0; i < length; i++) {
      const sizeBytes = sizes[i]!;
      if (!writer.hasRoom(sizeBytes)) await writer.flush();
      const sinceSecond = startNanoseconds + offsetsNs[i]!;
      const seconds = Math.floor(sinceSecond / 1e9);
      writer.write(startSeconds + seconds, sinceSecond - seconds * 1e9, sizeBytes, outbound[i]!);
      bytes += sizeBytes;
      outboundPackets += outbound[i]!;
    }
    packets += length;
    lastOffsetNs = offsetsNs[length - 1]!;
    onProgress?.(packets, lastOffsetNs);
  }
  await writer.end();
  return { packets, outboundPackets, bytes, spanNs: lastOffsetNs };
}

/** Packets between two looks at signals and progress. */
const PAUSE_PACKETS = 4096;

/**
 * The same for the packets of several devices, which come in the order of time: always the earliest of the next ones; at equal times that of
 * the first device.
 *
 * @throws SynthError from the writer, `SYNTH_INTERRUPTED`
 */
export async function writeDevices(
  devices: readonly DeviceTraffic[],
  writer: FrameWriter,
  { startNs, signal, onProgress, enough }: WriteOptions,
): Promise<WrittenPackets> {
  const startSeconds = Number(startNs / 1_000_000_000n);
  const startNanoseconds = Number(startNs % 1_000_000_000n);
  const written = { packets: 0, outboundPackets: 0, bytes: 0, spanNs: 0 };
  await writer.begin();
  const queue = new TimeQueue(devices.filter((device) => device.advance()));
  for (let device = queue.first; device !== undefined; device = queue.first) {
    if (written.packets % PAUSE_PACKETS === 0) {
      throwIfInterrupted(signal, 'writing');
      onProgress?.(written.packets / devices.length, device.timeNs);
    }
    const { timeNs, sizeBytes, outbound } = device;
    if (!writer.hasRoom(sizeBytes)) await writer.flush(sizeBytes);
    if (enough?.()) break;
    const sinceSecond = startNanoseconds + timeNs;
    const seconds = Math.floor(sinceSecond / 1e9);
    writer.write(startSeconds + seconds, sinceSecond - seconds * 1e9, device);
    written.packets++;
    written.outboundPackets += outbound;
    written.bytes += sizeBytes;
    written.spanNs = timeNs;
    queue.advance();
  }
  await writer.end();
  return written;
}
