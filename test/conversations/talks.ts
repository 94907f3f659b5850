/** Series whose packets have connections and flags, written by hand or by a rule. */
import { stepOf } from '../../src/conversations/role.js';
import { type Conversation, MARK, type PacketSeries } from '../../src/packets/packet-series.js';
import { type Random, randomStream } from '../../src/random.js';
import { conversation } from '../models/blocks.js';

export const DEVICE = '192.168.77.102';
export const MS = 1e6;
export const S = 1e9;

/** Flags of a packet as letters: S, F, R, A of TCP, and P where it has payload. */
export function marksOf(flags: string): number {
  const bits = { S: MARK.syn, F: MARK.fin, R: MARK.rst, A: MARK.ack, P: MARK.payload };
  return [...flags].reduce((marks, flag) => marks | bits[flag as keyof typeof bits], 0); // letters of the list
}

/** Time in ns, size, 1 for outbound, flags, and the index of the 5-tuple. */
export type Spoken = readonly [timeNs: number, sizeBytes: number, outbound: 0 | 1, flags: string, between?: number];

/** A series of packets, in the order of their times. */
export function talk(conversations: readonly Conversation[], spoken: readonly Spoken[]): PacketSeries {
  const ordered = spoken.toSorted(([a], [b]) => a - b);
  const [first = 0] = ordered[0] ?? [];
  return {
    length: ordered.length,
    startNs: 1_700_000_000_000_000_000n,
    offsetsNs: Float64Array.from(ordered, ([timeNs]) => timeNs - first),
    sizes: Uint32Array.from(ordered, ([, sizeBytes]) => sizeBytes),
    outbound: Uint8Array.from(ordered, ([, , outbound]) => outbound),
    marks: Uint8Array.from(ordered, ([, , , flags]) => marksOf(flags)),
    conversation: Uint16Array.from(ordered, ([, , , , between]) => between ?? 0),
    conversations,
  };
}

export const tcp = (peer: string, ports: readonly [number, number]): Conversation =>
  conversation(DEVICE, peer, 1, 6, ports);
export const udp = (peer: string, ports: readonly [number, number]): Conversation =>
  conversation(DEVICE, peer, 1, 17, ports);

export const outbound = (role: number): number => stepOf(1, role);
export const inbound = (role: number): number => stepOf(0, role);

/** A connection from the handshake to the end, `data` packets of 1500 bytes in it; from `timeNs` on, `stepNs` apart. */
export function download(timeNs: number, between: number, data: number, stepNs = 10 * MS): Spoken[] {
  const course: (readonly [number, 0 | 1, string])[] = [
    [60, 1, 'S'],
    [60, 0, 'SA'],
    [52, 1, 'A'],
    [300, 1, 'AP'],
    ...Array.from({ length: data }, () => [1500, 0, 'AP'] as const),
    [52, 1, 'A'],
    [52, 1, 'FA'],
    [52, 0, 'FA'],
    [52, 1, 'A'],
  ];
  return course.map(([size, direction, flags], i) => [timeNs + i * stepNs, size, direction, flags, between]);
}

/**
 * A device at home: every 20 s or so it asks one of two DNS servers for a name and then downloads something; all the time it keeps a
 * connection alive. No two of these have a size in a direction in common, but for bare ACKs.
 */
export function household(rounds: number, seed = 'household'): PacketSeries {
  const random: Random = randomStream(seed, 'household');
  const conversations: Conversation[] = [tcp('203.0.113.9', [40_000, 8883])];
  const spoken: Spoken[] = [];
  let timeNs = 0;
  for (let round = 0; round < rounds; round++) {
    timeNs += (15 + 10 * random.next()) * S;
    const between = conversations.length;
    conversations.push(udp(`192.168.77.${1 + (round % 2)}`, [50_000 + round, 53]));
    conversations.push(tcp('203.0.113.5', [33_000 + round, 443]));
    spoken.push([Math.floor(timeNs), 65, 1, 'P', between]);
    spoken.push([Math.floor(timeNs + (3 + 4 * random.next()) * MS), 81, 0, 'P', between]);
    const dataPackets = 2 + Math.floor(5 * random.next());
    spoken.push(
      ...download(Math.floor(timeNs + 12 * MS), between + 1, dataPackets, (4 + Math.floor(random.next() * 4)) * MS),
    );
  }
  for (let alive = 0; alive < timeNs; alive += 30 * S) {
    spoken.push([alive, 94, 1, 'AP', 0], [alive + 40 * MS, 90, 0, 'AP', 0], [alive + 41 * MS, 52, 1, 'A', 0]);
  }
  return talk(conversations, spoken);
}
