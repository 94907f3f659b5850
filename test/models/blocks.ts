/** Series made by hand or by rule, for tests of what learns from them and what judges them. */
import { parseAddress } from '../../src/net/address.js';
import type { Conversation, PacketBlock, PacketSeries } from '../../src/packets/packet-series.js';
import { type Random, randomStream } from '../../src/random.js';

/** Time since the start in ns, size in bytes, 1 for outbound. */
export type Row = readonly [offsetNs: number, sizeBytes: number, outbound: 0 | 1];

export function blockOf(rows: readonly Row[]): PacketBlock {
  const { length } = rows;
  const [offsetsNs, sizes, outbound] = [new Float64Array(length), new Uint32Array(length), new Uint8Array(length)];
  rows.forEach((row, i) => {
    offsetsNs[i] = row[0];
    sizes[i] = row[1];
    outbound[i] = row[2];
  });
  return { length, offsetsNs, sizes, outbound };
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

/** A series that a capture may come to. Its rows are made when they are first read: some have a hundred thousand. */
class DegenerateSeries {
  readonly name: string;
  readonly #make: () => readonly Row[];
  #rows: readonly Row[] | undefined;

  constructor(name: string, make: () => readonly Row[]) {
    this.name = name;
    this.#make = make;
  }

  get rows(): readonly Row[] {
    this.#rows ??= this.#make();
    return this.#rows;
  }
}

/** Each of these must train, sample and load. */
export const DEGENERATE: readonly DegenerateSeries[] = (
  [
    ['one packet', () => [[0, 93, 1]]],
    ['one inbound packet', () => [[0, 93, 0]]],
    [
      'two packets',
      () => [
        [0, 93, 1],
        [5, 40, 1],
      ],
    ],
    [
      'two packets in two directions',
      () => [
        [0, 93, 1],
        [5, 40, 0],
      ],
    ],
    [
      'three packets',
      () => [
        [0, 93, 1],
        [5, 40, 0],
        [9, 41, 1],
      ],
    ],
    ['all at the same instant', () => rowsBy(100, (i) => [0, 20 + i, i % 2 === 0 ? 1 : 0])],
    ['constant size and constant gap', () => rowsBy(200, () => [1_000_000, 93, 1])],
    ['constant size', () => rowsBy(200, (_, random) => [Math.floor(random.next() * 1e9), 93, 1])],
    ['constant gap', () => rowsBy(200, (_, random) => [1_000_000, 20 + Math.floor(random.next() * 1480), 1])],
    ['one direction only', () => rowsBy(200, (i, random) => [Math.floor(random.next() * 1e6), 50 + (i % 7), 0])],
    ['an inbound packet at the very start only', () => rowsBy(60, (i) => [1000 * i, 60, i === 0 ? 0 : 1])],
    ['an inbound packet at the very end only', () => rowsBy(60, (i) => [1000 * i, 60, i === 59 ? 0 : 1])],
    ['gaps of days', () => rowsBy(30, (i) => [(1 + (i % 5)) * DAY_NS + i, 100, i % 2 === 0 ? 1 : 0])],
    ['a gap of half a year', () => rowsBy(40, (i) => [i === 20 ? 180 * DAY_NS : 1e6, 100, 1])],
    ['packets of 65535 bytes', () => rowsBy(60, (i) => [1e6, i % 2 === 0 ? 65_535 : 20, 1])],
    ['a ramp of sizes and gaps', () => rowsBy(3000, (i) => [1 + i, 20 + i, i % 3 === 0 ? 1 : 0])],
    ['a hundred thousand identical packets', () => rowsBy(100_000, () => [20_000_000, 200, 1])],
    ['a burst of 20000 packets, then one a minute', () => rowsBy(26_000, (i) => [i < 20_000 ? 1000 : 60e9, 100, 1])],
  ] satisfies [string, () => readonly Row[]][]
).map(([name, make]) => new DegenerateSeries(name, make));

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
