/**
 * @module
 * A PacketSeries: what a target sent and received, as columns. Second stage on the way of the data; models, metrics and
 * writers know packets in this form only.
 */
import type { Address } from '../net/address.js';
import type { SynOptions } from '../net/syn-options.js';

/** A run of packets as columns of equal length. Blocks that a generator yields are reused: read them before the next one. */
export interface PacketBlock {
  /** Number of packets; the arrays may be longer. */
  readonly length: number;
  /** Time since the start of the series, in ns, never decreasing. Exact to 104 days (2^53 ns). */
  readonly offsetsNs: Float64Array;
  /** IP total length, in bytes. */
  readonly sizes: Uint32Array;
  /** 1 = sent by the target, 0 = sent to it. */
  readonly outbound: Uint8Array;
}

/** Bits of `PacketSeries.marks`: what is known of a packet beside its size and time. */
export const MARK = {
  /** It carries bytes above the transport header. */
  payload: 1,
  /** Flags of TCP. */
  syn: 2,
  fin: 4,
  rst: 8,
  ack: 16,
  /** It is a fragment without the transport header. */
  laterFragment: 32,
} as const;

/** Whom a packet was exchanged with, and how. */
export interface Conversation {
  readonly ipVersion: 4 | 6;
  /** IP protocol number. */
  readonly protocol: number;
  /** Ports are undefined for protocols without ports. */
  readonly local: { readonly address: Address; readonly port: number | undefined };
  readonly peer: { readonly address: Address; readonly port: number | undefined };
  readonly packets: number;
  /** True where the link layer or the peer's address says that all may hear it: broadcast, not multicast. */
  readonly broadcast?: boolean | undefined;
  /** Options of the first TCP SYN of either end, where they were captured. */
  readonly syn?: { readonly local?: SynOptions | undefined; readonly peer?: SynOptions | undefined } | undefined;
}

/** A whole series. */
export interface PacketSeries extends PacketBlock {
  /** Time of the first packet, in ns since the Unix epoch. */
  readonly startNs: bigint;
  /** For each packet its index in `conversations`. All 0 where the conversations are not known. */
  readonly conversation: Uint16Array;
  /** For each packet bits of `MARK`. All 0 where the conversations are not known. */
  readonly marks: Uint8Array;
  /** Empty where the series comes from a table instead of a capture. */
  readonly conversations: readonly Conversation[];
}

/** Time from the first to the last packet, in ns. */
export function spanNs(series: PacketBlock): number {
  return series.length === 0 ? 0 : series.offsetsNs[series.length - 1]! - series.offsetsNs[0]!;
}

/**
 * The packets from `from` up to but without `to`, as a series of their own that starts at its first packet.
 * The columns of sizes and directions are shared with the whole.
 */
export function sliceSeries(series: PacketSeries, from: number, to: number): PacketSeries {
  const origin = from < to ? series.offsetsNs[from]! : 0;
  return {
    length: to - from,
    startNs: series.startNs + BigInt(origin),
    offsetsNs: series.offsetsNs.slice(from, to).map((offset) => offset - origin),
    sizes: series.sizes.subarray(from, to),
    outbound: series.outbound.subarray(from, to),
    conversation: series.conversation.subarray(from, to),
    marks: series.marks.subarray(from, to),
    conversations: series.conversations,
  };
}

/** Copies blocks into one. */
export function collect(blocks: Iterable<PacketBlock>): PacketBlock {
  const parts: { offsetsNs: Float64Array; sizes: Uint32Array; outbound: Uint8Array }[] = [];
  let length = 0;
  for (const block of blocks) {
    length += block.length;
    parts.push({
      offsetsNs: block.offsetsNs.slice(0, block.length),
      sizes: block.sizes.slice(0, block.length),
      outbound: block.outbound.slice(0, block.length),
    });
  }
  const whole = {
    length,
    offsetsNs: new Float64Array(length),
    sizes: new Uint32Array(length),
    outbound: new Uint8Array(length),
  };
  let at = 0;
  for (const { offsetsNs, sizes, outbound } of parts) {
    whole.offsetsNs.set(offsetsNs, at);
    whole.sizes.set(sizes, at);
    whole.outbound.set(outbound, at);
    at += sizes.length;
  }
  return whole;
}

/** The packets from `from` up to but without `to`; the columns are shared with the whole. */
export const sliceBlock = (block: PacketBlock, from: number, to: number): PacketBlock => ({
  length: to - from,
  offsetsNs: block.offsetsNs.subarray(from, to),
  sizes: block.sizes.subarray(from, to),
  outbound: block.outbound.subarray(from, to),
});

/** The packets of one direction, as a block of their own. */
export function directionBlock(block: PacketBlock, outbound: boolean): PacketBlock {
  const offsetsNs = selectDirection(block, outbound, block.offsetsNs);
  return {
    length: offsetsNs.length,
    offsetsNs,
    sizes: Uint32Array.from(directionSizes(block, outbound)),
    outbound: new Uint8Array(offsetsNs.length).fill(outbound ? 1 : 0),
  };
}

/** The joint gap of every packet but the first: time since the previous packet, in ns. */
export function gapsNs(block: PacketBlock): Float64Array {
  const { length, offsetsNs } = block;
  const gaps = new Float64Array(Math.max(0, length - 1));
  for (let i = 0; i < gaps.length; i++) gaps[i] = offsetsNs[i + 1]! - offsetsNs[i]!;
  return gaps;
}

/** The size of every packet of one direction. */
export const directionSizes = (series: PacketBlock, outbound: boolean): Float64Array =>
  selectDirection(series, outbound, series.sizes);

/** The gap of every packet of one direction but the first: time since the previous packet of that direction, in ns. */
export function directionGapsNs(series: PacketBlock, outbound: boolean): Float64Array {
  const times = selectDirection(series, outbound, series.offsetsNs);
  // In place: each becomes the time to the next.
  for (let i = 0; i + 1 < times.length; i++) times[i] = times[i + 1]! - times[i]!;
  return times.subarray(0, Math.max(0, times.length - 1));
}

function selectDirection(
  { length, outbound: directions }: PacketBlock,
  outbound: boolean,
  column: Float64Array | Uint32Array,
): Float64Array {
  const wanted = outbound ? 1 : 0;
  let count = 0;
  for (let i = 0; i < length; i++) if (directions[i] === wanted) count++;
  const values = new Float64Array(count);
  let next = 0;
  for (let i = 0; i < length; i++) if (directions[i] === wanted) values[next++] = column[i]!;
  return values;
}
