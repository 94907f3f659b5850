/** Series made by hand or by rule, for tests of what learns from them and what judges them. */
import { parseAddress } from '../../src/capture/address.js';
import { type Random, randomStream } from '../../src/random.js';
import type { Conversation, PacketBlock, PacketSeries } from '../../src/series/packet-series.js';

/** Time since the start in ns, size in bytes, 1 for outbound. */
export type Row = readonly [offsetNs: number, sizeBytes: number, outbound: 0 | 1];

export function blockOf(rows: readonly Row[]): PacketBlock {
  return {
    length: rows.length,
    offsetsNs: Float64Array.from(rows, ([offsetNs]) => offsetNs),
    sizes: Uint32Array.from(rows, ([, sizeBytes]) => sizeBytes),
    outbound: Uint8Array.from(rows, ([, , outbound]) => outbound),
  };
}

export function seriesOf(rows: readonly Row[], conversations: readonly Conversation[] = []): PacketSeries {
  return {
    ...blockOf(rows),
    startNs: 1_700_000_000_000_000_000n,
    conversation: new Uint16Array(rows.length),
    marks: new Uint8Array(rows.length),
    conversations,
  };
}

/** Rows from gaps: each row's first number is the time since the row before; that of the first row does not count. */
export function fromGaps(rows: readonly Row[]): Row[] {
  let offsetNs = 0;
  return rows.map(([gapNs, sizeBytes, outbound], index) => {
    if (index > 0) offsetNs += gapNs;
    return [offsetNs, sizeBytes, outbound];
  });
}

/** `count` rows by a rule that gets the index and a random stream; the rule gives gaps. */
export function rowsBy(count: number, rule: (index: number, random: Random) => Row, seed = 'rows'): Row[] {
  const random = randomStream(seed, 'rows');
  return fromGaps(Array.from({ length: count }, (_, index) => rule(index, random)));
}

/** Request, a zero-gap second request, an answer some ms later, a pause of about a second. */
export const requests = (count: number, seed = 'requests'): Row[] =>
  rowsBy(
    count,
    (index, random) => {
      if (index % 3 === 0) return [900_000_000 + Math.floor(random.next() * 200_000_000), 93, 1];
      if (index % 3 === 1) return [0, 61, 1];
      return [3_000_000 + Math.floor(random.next() * 5_000_000), random.next() < 0.5 ? 1500 : 400, 0];
    },
    seed,
  );

/** Outbound a codec of 20 ms ± 1 µs and 200 bytes, inbound packets of 60 bytes at any time, half as many. */
export function codec(count: number, seed = 'codec'): Row[] {
  const random = randomStream(seed, 'rows');
  const voice = Array.from(
    { length: Math.ceil((2 * count) / 3) },
    (_, i): Row => [i * 20_000_000 + Math.floor(random.next() * 1000), 200, 1],
  );
  const spanNs = 20_000_000 * voice.length;
  const other = Array.from({ length: count - voice.length }, (): Row => [Math.floor(random.next() * spanNs), 60, 0]);
  return [...voice, ...other].sort(([a], [b]) => a - b);
}

const DAY_NS = 86_400e9;

/** What a capture may come to, each of which must train, sample and load. */
export const DEGENERATE: readonly { readonly name: string; readonly rows: readonly Row[] }[] = [
  { name: 'one packet', rows: [[0, 93, 1]] },
  { name: 'one inbound packet', rows: [[0, 93, 0]] },
  {
    name: 'two packets',
    rows: [
      [0, 93, 1],
      [5, 40, 1],
    ],
  },
  {
    name: 'two packets in two directions',
    rows: [
      [0, 93, 1],
      [5, 40, 0],
    ],
  },
  {
    name: 'three packets',
    rows: [
      [0, 93, 1],
      [5, 40, 0],
      [9, 41, 1],
    ],
  },
  { name: 'all at the same instant', rows: rowsBy(100, (i) => [0, 20 + i, i % 2 === 0 ? 1 : 0]) },
  { name: 'constant size and constant gap', rows: rowsBy(200, () => [1_000_000, 93, 1]) },
  { name: 'constant size', rows: rowsBy(200, (_, random) => [Math.floor(random.next() * 1e9), 93, 1]) },
  { name: 'constant gap', rows: rowsBy(200, (_, random) => [1_000_000, 20 + Math.floor(random.next() * 1480), 1]) },
  { name: 'one direction only', rows: rowsBy(200, (i, random) => [Math.floor(random.next() * 1e6), 50 + (i % 7), 0]) },
  { name: 'an inbound packet at the very start only', rows: rowsBy(60, (i) => [1000 * i, 60, i === 0 ? 0 : 1]) },
  { name: 'an inbound packet at the very end only', rows: rowsBy(60, (i) => [1000 * i, 60, i === 59 ? 0 : 1]) },
  { name: 'gaps of days', rows: rowsBy(60, (i) => [(1 + (i % 5)) * DAY_NS + i, 100, i % 2 === 0 ? 1 : 0]) },
  { name: 'a gap of half a year', rows: rowsBy(40, (i) => [i === 20 ? 180 * DAY_NS : 1e6, 100, 1]) },
  { name: 'packets of 65535 bytes', rows: rowsBy(60, (i) => [1e6, i % 2 === 0 ? 65_535 : 20, 1]) },
  { name: 'a ramp of sizes and gaps', rows: rowsBy(3000, (i) => [1 + i, 20 + i, i % 3 === 0 ? 1 : 0]) },
  { name: 'a hundred thousand identical packets', rows: rowsBy(100_000, () => [20_000_000, 200, 1]) },
  {
    name: 'a burst of 20000 packets, then one a minute',
    rows: rowsBy(26_000, (i) => [i < 20_000 ? 1000 : 60e9, 100, 1]),
  },
];

export function conversation(
  local: string,
  peer: string,
  packets: number,
  protocol = 17,
  ports: readonly [number | undefined, number | undefined] = [18_826, 26_454],
): Conversation {
  const address = parseAddress(local);
  return {
    ipVersion: address.family === 'ipv6' ? 6 : 4,
    protocol,
    local: { address, port: ports[0] },
    peer: { address: parseAddress(peer), port: ports[1] },
    packets,
  };
}
