/**
 * @module
 * Drives packets into a writer: blocks of any length, in flat memory. Last stop on the way of the data into a file.
 */
import { throwIfInterrupted } from '../errors.js';
import type { PacketBlock } from '../series/packet-series.js';
import type { PacketWriter } from '../series/packet-writer.js';

export interface WriteOptions {
  /** Time of the first packet, in ns since the Unix epoch. */
  readonly startNs: bigint;
  readonly signal?: AbortSignal | undefined;
  /** Told after each block: packets and time since the start, in ns. */
  readonly onProgress?: ((packets: number, offsetNs: number) => void) | undefined;
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
