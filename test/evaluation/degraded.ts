/**
 * Real packets with one thing wrong, for tests of what sees it. Nothing else of a series is changed: what an evaluation takes off is for that one thing.
 */

import { gapsNs, type PacketBlock, spanNs } from '../../src/packets/packet-series.js';
import { randomStream } from '../../src/random.js';

/** The packets of a series in any order, each with the gap before it. */
export function shuffled(series: PacketBlock): PacketBlock {
  const random = randomStream('shuffled', 'order');
  const order = Array.from({ length: series.length - 1 }, (_, i) => i + 1);
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const gaps = gapsNs(series);
  const packets = [0, ...order];
  return {
    ...series,
    offsetsNs: offsetsOf(order.map((i) => gaps[i - 1]!)),
    sizes: Uint32Array.from(packets, (i) => series.sizes[i]!),
    outbound: Uint8Array.from(packets, (i) => series.outbound[i]!),
  };
}

/** Half as fast. */
export const slowed = (series: PacketBlock): PacketBlock => ({
  ...series,
  offsetsNs: series.offsetsNs.map((offset) => 2 * (offset - series.offsetsNs[0]!)),
});

/** Each size up to three bytes larger or smaller. */
export function jittered(series: PacketBlock): PacketBlock {
  const random = randomStream('jittered', 'sizes');
  return { ...series, sizes: series.sizes.map((size) => Math.max(20, size + Math.floor(random.next() * 7) - 3)) };
}

/** Inbound packets moved on by half of the span, those of the second half to the beginning: either direction is as it was, the dialogue is not. */
export function unrelated(series: PacketBlock): PacketBlock {
  const span = spanNs(series);
  const origin = series.offsetsNs[0]!;
  const packets = Array.from({ length: series.length }, (_, i) => {
    const offset = series.offsetsNs[i]! - origin;
    const timeNs = series.outbound[i] === 1 ? offset : (offset + Math.floor(span / 2)) % span;
    return { timeNs, size: series.sizes[i]!, outbound: series.outbound[i]! };
  }).sort((a, b) => a.timeNs - b.timeNs);
  return {
    length: series.length,
    offsetsNs: Float64Array.from(packets, ({ timeNs }) => timeNs - packets[0]!.timeNs),
    sizes: Uint32Array.from(packets, ({ size }) => size),
    outbound: Uint8Array.from(packets, ({ outbound }) => outbound),
  };
}

/** Packets of the mean size in turn from either side, one each mean gap. */
export function constantRate(series: PacketBlock): PacketBlock {
  const gapNs = spanNs(series) / (series.length - 1);
  const bytes = series.sizes.subarray(0, series.length).reduce((sum, size) => sum + size, 0);
  return {
    length: series.length,
    offsetsNs: Float64Array.from({ length: series.length }, (_, i) => Math.round(i * gapNs)),
    sizes: new Uint32Array(series.length).fill(Math.round(bytes / series.length)),
    outbound: Uint8Array.from({ length: series.length }, (_, i) => i % 2),
  };
}

/** Times from the gaps before all packets but the first. */
function offsetsOf(gaps: readonly number[]): Float64Array {
  const offsets = new Float64Array(gaps.length + 1);
  gaps.forEach((gap, i) => {
    offsets[i + 1] = offsets[i]! + gap;
  });
  return offsets;
}
