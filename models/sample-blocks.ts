/**
 * @module
 * From one packet after the other to the blocks that `TrafficModel.sample` yields.
 */
import type { PacketBlock } from '../src/packets/packet-series.js';
import type { SampleLimit } from './traffic-model.js';

const BLOCK_PACKETS = 4096;

/** What a model has drawn last. */
export interface DrawnPacket {
  /** From the first packet, which is at 0. */
  readonly timeNs: number;
  readonly sizeBytes: number;
  /** 1 = outbound. */
  readonly direction: number;
}

/** @param draw draws a packet; it may return the same object each time */
export function* sampleBlocks(
  { packets, durationNs, blockPackets = BLOCK_PACKETS }: SampleLimit,
  draw: () => DrawnPacket,
): Generator<PacketBlock, void> {
  const offsetsNs = new Float64Array(blockPackets);
  const sizes = new Uint32Array(blockPackets);
  const outbound = new Uint8Array(blockPackets);
  for (let done = 0; done < packets; ) {
    const wanted = Math.min(blockPackets, packets - done);
    let length = 0;
    while (length < wanted) {
      const { timeNs, sizeBytes, direction } = draw();
      if (timeNs > durationNs) break;
      offsetsNs[length] = timeNs;
      sizes[length] = sizeBytes;
      outbound[length] = direction;
      length++;
    }
    if (length > 0) yield { length, offsetsNs, sizes, outbound };
    if (length < wanted) return;
    done += length;
  }
}
