import { describe, expect, test } from 'vitest';
import { learnConversations } from '../../src/conversations/learn.js';
import { type Conversations, NEW_PORT, NO_PORT, RECORD_FLAG, type Service } from '../../src/conversations/records.js';
import { ROLE } from '../../src/conversations/role.js';
import type { SynOptions } from '../../src/net/syn-options.js';
import type { Conversation, PacketSeries } from '../../src/packets/packet-series.js';
import { conversation, requests, seriesOf } from '../models/blocks.js';
import { DEVICE, download, household, inbound, outbound, S, type Spoken, talk, tcp, udp } from './talks.js';

const learn = (series: PacketSeries | readonly PacketSeries[], options = {}): Conversations =>
  learnConversations([series].flat(), { keepAddresses: false, keepPorts: false, ...options })!;

const nameOf = ({ protocol, port, long, openedByLocal }: Service) =>
  `${protocol} ${openedByLocal ? 'to' : 'from'} ${port}${long ? ' long' : ''}`;
const namesOf = ({ services }: Conversations) => services.map(nameOf).sort();

/** So many packets of one conversation, a second apart. */
const chat = (between: number, packets: number, fromS = 0): Spoken[] =>
  Array.from({ length: packets }, (_, i): Spoken => [(fromS + i) * S, 100, i % 2 === 0 ? 1 : 0, 'AP', between]);

describe('services', () => {
  test('are those of a port, with those who opened', () => {
    const learned = learn(household(20));
    expect(namesOf(learned)).toEqual(['17 to 53', '6 to 443', '6 to 8883']);
    const { records } = learned;
    const port = (record: number) => learned.services[records.service[record]!]!.port;
    expect(records.length).toBe(41);
    for (let record = 0; record < records.length; record++) expect(records.peerPort[record]).toBe(port(record));
  });

  test('of rare ports are one together, by protocol and by who opened', () => {
    const conversations = [
      ...Array.from({ length: 10 }, (_, i) => udp('203.0.113.5', [50_000 + i, 100 + i])),
      ...Array.from({ length: 3 }, (_, i) => udp('203.0.113.5', [200 + i, 50_000 + i])),
      ...Array.from({ length: 2 }, (_, i) => udp('203.0.113.5', [50_100 + i, 53])),
    ];
    const learned = learn(
      talk(
        conversations,
        conversations.flatMap((_, i) => chat(i, 2, i)),
      ),
    );
    expect(namesOf(learned)).toEqual(['17 from null', '17 to 53', '17 to null']);
    // The port of each is its own nevertheless.
    expect([...learned.records.peerPort.slice(0, 10)]).toEqual(Array.from({ length: 10 }, (_, i) => 100 + i));
    expect([...learned.records.localPort.slice(10, 13)]).toEqual([200, 201, 202]);
  });

  test('of one connection of 32 packets are their own', () => {
    const conversations = [tcp('203.0.113.5', [40_000, 8000]), tcp('203.0.113.5', [40_001, 8001])];
    const learned = learn(talk(conversations, [...chat(0, 31), ...chat(1, 32)]));
    expect(namesOf(learned)).toEqual(['6 to 8001', '6 to null']);
  });

  test('are two where some connections are much longer than the others', () => {
    const conversations = Array.from({ length: 12 }, (_, i) => tcp('203.0.113.5', [40_000 + i, 443]));
    const short = conversations.slice(1).flatMap((_, i) => chat(i + 1, 3, 10 * i));
    expect(namesOf(learn(talk(conversations, [...chat(0, 64), ...short])))).toEqual(['6 to 443', '6 to 443 long']);
    expect(namesOf(learn(talk(conversations, [...chat(0, 63), ...short])))).toEqual(['6 to 443']);
    // 20 times as long as usual.
    const longer = conversations.slice(1).flatMap((_, i) => chat(i + 1, 4, 10 * i));
    expect(namesOf(learn(talk(conversations, [...chat(0, 79), ...longer])))).toEqual(['6 to 443']);
    expect(namesOf(learn(talk(conversations, [...chat(0, 80), ...longer])))).toEqual(['6 to 443', '6 to 443 long']);
  });

  test('are at most 64, whoever scans ports or protocols', () => {
    const ports = Array.from({ length: 300 }, (_, i) => tcp('203.0.113.5', [50_000, 1 + i]));
    const protocols = Array.from({ length: 256 }, (_, i) =>
      conversation(DEVICE, '203.0.113.5', 1, i, [undefined, undefined]),
    );
    const protocols6 = protocols.map(({ protocol }) =>
      conversation('fd00::1', 'fd00::2', 1, protocol, [undefined, undefined]),
    );
    const conversations = [...ports, ...protocols, ...protocols6];
    // Of every second one the peer speaks first.
    const spoken = conversations.flatMap((_, i) =>
      chat(i, 1 + (i % 3) + (i < 300 ? 40 : 0), 50 * i).map(
        ([timeNs, size, direction, flags]): Spoken => [
          timeNs,
          size,
          i % 2 === 0 ? direction : direction === 1 ? 0 : 1,
          flags,
          i,
        ],
      ),
    );
    const learned = learn(talk(conversations, spoken));
    expect(learned.services.length).toBe(64);
    expect(new Set(learned.services.map((one) => JSON.stringify(one))).size).toBe(64);
    learned.records.service.forEach((service, record) => {
      const { ipVersion } = learned.services[service]!;
      expect(learned.ends[learned.records.peer[record]!]!.ipVersion).toBe(ipVersion);
    });
  });
});

describe('records', () => {
  test('say how a connection began, how long it was, and whether anybody saw its ends', () => {
    const web = tcp('203.0.113.5', [40_000, 443]);
    const others = [tcp('203.0.113.5', [40_001, 443]), tcp('203.0.113.5', [40_002, 443])];
    const learned = learn(talk([web, ...others], [...download(0, 0, 3), ...chat(1, 6, 1), [8 * S, 40, 0, 'R', 2]]));
    const { packets, closingPackets, firstStep, firstSize, flags } = learned.records;
    expect([...packets]).toEqual([11, 6, 1]);
    expect([...closingPackets]).toEqual([3, 0, 1]);
    expect([...firstStep]).toEqual([outbound(ROLE.syn), outbound(ROLE.data), inbound(ROLE.rst)]);
    expect([...firstSize]).toEqual([60, 100, 40]);
    // Its last packet is a second before the last one of all, its pauses were as long: perhaps it went on. The RST tells of no beginning.
    expect([...flags]).toEqual([0, RECORD_FLAG.midstream, 0]);
    const cut = learn(talk([web, ...others], [...download(0, 0, 3), ...chat(1, 6, 1), [7 * S, 40, 0, 'R', 2]]));
    expect(cut.records.flags[1]).toBe(RECORD_FLAG.midstream | RECORD_FLAG.unfinished);
  });

  const portsOf = (conversations: readonly Conversation[], options = {}) => {
    const { records } = learn(
      talk(
        conversations,
        conversations.flatMap((_, i) => chat(i, 4, i)),
      ),
      options,
    );
    return Array.from(records.localPort, (port, i) => [port, records.peerPort[i]!]);
  };

  test('have another port for each connection on the side that opens, but where it is a fixed one', () => {
    const to = (peer: string, local: number, port: number) => udp(peer, [local, port]);
    expect(
      portsOf([
        to('203.0.113.1', 50_000, 443),
        to('203.0.113.1', 50_001, 443),
        // The same to several peers; and one that only systems use (RFC 6335 §6).
        to('203.0.113.1', 45_000, 3478),
        to('203.0.113.2', 45_000, 3478),
        to('203.0.113.1', 123, 123),
        conversation(DEVICE, '203.0.113.1', 1, 1, [undefined, undefined]),
      ]),
    ).toEqual([
      [NEW_PORT, 443],
      [NEW_PORT, 443],
      [45_000, 3478],
      [45_000, 3478],
      [123, 123],
      [NO_PORT, NO_PORT],
    ]);
    // Two TCP connections one after the other never have the same ports, even if these did.
    expect(portsOf([tcp('203.0.113.1', [600, 443]), tcp('203.0.113.2', [600, 443])])).toEqual([
      [NEW_PORT, 443],
      [NEW_PORT, 443],
    ]);
  });

  test('have the ports of the capture where those are to be kept', () => {
    const flow = [tcp('203.0.113.1', [40_000, 443])];
    expect(portsOf(flow, { keepPorts: true })).toEqual([[40_000, 443]]);
  });

  test('share ends and SYNs that are the same', () => {
    const learned = learn(household(20));
    // The device; two DNS servers, the web and the broker.
    expect(learned.ends.length).toBe(5);
    expect(learned.ends.every(({ kind, address }) => kind === 'host' && address === null)).toBe(true);
    expect(learned.syns.length).toBe(1);
  });

  test('have the SYNs that were captured, or else those of today', () => {
    const offer: SynOptions = { mss: 536, windowScale: null, sackPermitted: false, timestamps: true };
    const web = tcp('203.0.113.1', [40_000, 443]);
    const pair = (syn: Conversation['syn']) => learn(talk([{ ...web, syn }], download(0, 0, 1))).syns;
    const usual = { mss: 1460, windowScale: 7, sackPermitted: true, timestamps: false };
    expect(pair(undefined)).toEqual([{ local: usual, peer: usual }]);
    expect(pair({ local: offer })).toEqual([{ local: offer, peer: offer }]);
    expect(pair({ peer: offer })).toEqual([{ local: offer, peer: offer }]);
    expect(pair({ local: offer, peer: usual })).toEqual([{ local: offer, peer: usual }]);
  });
});

describe('what is counted', () => {
  const learned = learn(household(20));
  const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);

  test('is every packet once: as a step, as a size, and as a wait or an opening', () => {
    const { counts, records } = learned;
    const packets = sum(records.packets);
    expect(sum(counts.steps)).toBe(packets);
    expect(sum([...counts.sizes.values()].flatMap((row) => [...row.values()]))).toBe(packets);
    expect(sum(counts.openings.values())).toBe(records.length);
    expect(sum(counts.waits) + sum(counts.closings)).toBe(packets - records.length);
    // Every download is closed once.
    expect(sum(counts.closings)).toBe(20);
    expect(sum(counts.closes)).toBe(20);
  });

  test('adds up to the time of the series', () => {
    const { counts } = learned;
    const series = household(20);
    const waited = sum(counts.openingWaited);
    expect(waited).toBeGreaterThanOrEqual(series.offsetsNs.at(-1)!);
    expect(waited).toBeLessThan(series.offsetsNs.at(-1)! + 256 * series.length);
  });

  test('is that of all series together', () => {
    const twice = learn([household(20), household(20, 'another')]);
    const other = learn(household(20, 'another'));
    expect(twice.records.length).toBe(learned.records.length + other.records.length);
    expect(sum(twice.counts.steps)).toBe(sum(learned.counts.steps) + sum(other.counts.steps));
    expect(sum(twice.counts.waited)).toBeCloseTo(sum(learned.counts.waited) + sum(other.counts.waited), -3);
    expect(twice.ends.length).toBe(5);
  });
});

test('series of tables, and those without packets, have no conversations', () => {
  expect(learn(seriesOf(requests(30)))).toBeUndefined();
  expect(learn(talk([tcp('203.0.113.1', [1, 2])], []))).toBeUndefined();
});
