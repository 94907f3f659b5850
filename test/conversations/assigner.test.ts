import { describe, expect, test } from 'vitest';
import { connectionsOf } from '../../src/conversations/connections.js';
import { NEW_PORT, NO_PORT } from '../../src/conversations/records.js';
import { ROLE } from '../../src/conversations/role.js';
import { blockOf, conversation, type Row } from '../models/blocks.js';
import fc from '../support/fast-check.js';
import { type Assigned, assign, inBlocks, learnedOf, NumberFactory } from './assigned.js';
import { DEVICE, download, household, MS, S, type Spoken, talk, tcp, udp } from './talks.js';

const LEARNED = learnedOf([household(80)]);
const OTHER = household(200, 'another');
const serviceOf = ({ opened }: Assigned, number: number) =>
  LEARNED.services[LEARNED.records.service[opened[number]!.record]!]!;

/** Share of packets that are in the conversation that has most of the packets of their true connection, and the other way round. */
function agreement(found: readonly number[], truth: Uint32Array): number {
  const share = (of: ArrayLike<number>, by: ArrayLike<number>) => {
    const counts = new Map<number, Map<number, number>>();
    for (let i = 0; i < of.length; i++) {
      const row = counts.get(by[i]!) ?? new Map<number, number>();
      counts.set(by[i]!, row.set(of[i]!, (row.get(of[i]!) ?? 0) + 1));
    }
    return [...counts.values()].reduce((sum, row) => sum + Math.max(...row.values()), 0) / of.length;
  };
  return Math.min(share(found, truth), share(truth, found));
}

describe('packets of a device that was learned', () => {
  const assigned = assign([OTHER], LEARNED);
  const truth = connectionsOf(OTHER);

  test('go back to their conversations, with their roles', () => {
    expect(agreement(assigned.numbers, truth.connection)).toBeGreaterThan(0.98);
    const right = assigned.roles.filter((role, i) => role === truth.roles[i]).length;
    expect(right / OTHER.length).toBeGreaterThan(0.98);
  });

  test('make as many conversations of each service as there were', () => {
    const count = (port: number) => assigned.opened.filter((_, i) => serviceOf(assigned, i).port === port).length;
    // One broker, and 200 names asked for and downloads.
    expect(count(8883)).toBe(1);
    for (const port of [53, 443]) expect(Math.abs(count(port) - 200)).toBeLessThanOrEqual(6);
  });

  test('are with the same peers as often, each record once before any again', () => {
    const peers = assigned.opened
      .map(({ record }) => record)
      .filter((record) => LEARNED.services[LEARNED.records.service[record]!]!.port === 53);
    for (let from = 0; from + 80 <= peers.length; from += 80) {
      expect(new Set(peers.slice(from, from + 80)).size).toBe(80);
    }
  });

  test('have the ports of the service, and new ones one after the other', () => {
    const ports = assigned.opened.map(({ localPort }) => localPort!);
    for (const [i, { peerPort }] of assigned.opened.entries()) {
      expect(peerPort).toBe(serviceOf(assigned, i).port);
      // ip_local_port_range of Linux.
      expect(ports[i]! >= 32_768 && ports[i]! <= 60_999).toBe(true);
    }
    expect(new Set(ports).size).toBe(ports.length);
    const steps = ports.slice(1).map((port, i) => port - ports[i]!);
    expect(steps.filter((step) => step !== 1).length).toBeLessThanOrEqual(1);
  });

  test('are the same by the same seed, others by another', () => {
    expect(assign([OTHER], LEARNED)).toEqual(assigned);
    expect(assign([OTHER], LEARNED, { seed: '2' }).opened).not.toEqual(assigned.opened);
  });
});

describe('blocks', () => {
  // Only the next opening tells which of the bare ACKs and FINs of 52 bytes is the first FIN, and 400 packets of others are before it.
  const web = Array.from({ length: 40 }, (_, i) => tcp('203.0.113.5', [41_000 + i, 443]));
  const chatter = (fromNs: number, between: number): Spoken[] => {
    const pairs = Array.from({ length: 2 + (between % 4) }, (): [number, 0 | 1, string][] => [
      [200, 0, 'AP'],
      [52, 1, 'A'],
    ]).flat();
    const end: [number, 0 | 1, string][] = [
      [200, 0, 'AP'],
      [52, 1, 'FA'],
      [52, 0, 'FA'],
      [52, 1, 'A'],
    ];
    const course: [number, 0 | 1, string][] = [[60, 1, 'S'], ...pairs, ...end];
    return course.map(([size, direction, flags], i) => [fromNs + i * 5 * MS, size, direction, flags, between]);
  };
  const dense = talk(
    [udp('203.0.113.8', [40_000, 9000]), ...web],
    [
      ...web.flatMap((_, i) => chatter(i * 500 * MS, i + 1)),
      ...Array.from({ length: 20_000 }, (_, i): Spoken => [i * MS, 200, 1, 'P', 0]),
    ],
  );

  test.each([
    ['households', OTHER, LEARNED],
    ['many packets between openings', dense, learnedOf([dense])],
  ] as const)('of any lengths give the same conversations: %s', (_, series, learned) => {
    const whole = assign([series], learned);
    for (const lengths of [[1], [7, 1, 300], [255, 256, 257, 258], [4096]]) {
      const parts = assign(inBlocks(series, lengths), learned);
      expect(parts.numbers).toEqual(whole.numbers);
      expect(parts.roles).toEqual(whole.roles);
    }
  });

  test('that are none have no packets', () => {
    expect(assign([], LEARNED)).toEqual({ rows: [], numbers: [], roles: [], opened: [] });
  });

  test('are given as they were: times, sizes and directions', () => {
    const { rows } = assign(inBlocks(OTHER, [7, 1, 300]), LEARNED);
    expect(blockOf(rows)).toEqual(
      blockOf(Array.from(OTHER.sizes, (size, i): Row => [OTHER.offsetsNs[i]!, size, OTHER.outbound[i] === 1 ? 1 : 0])),
    );
  });
});

describe('what the model errs in', () => {
  test('goes to some conversation, or is stray where none can carry it', () => {
    const sizes = [0, 1, 19, 20, 27, 28, 40, 41, 52, 60, 777, 1500, 9000, 65_535, 65_536, 70_000, 262_144];
    const rows: Row[] = [];
    for (let i = 0; i < 3000; i++) rows.push([i * MS, sizes[(i * 7) % sizes.length]!, i % 3 === 0 ? 0 : 1]);
    const { numbers, roles, opened } = assign([blockOf(rows)], LEARNED);
    for (const [i, [, size]] of rows.entries()) {
      expect(numbers[i]! === -1).toBe(size < 28 || size > 65_535);
      if (numbers[i] === -1) expect(roles[i]).toBe(ROLE.data);
    }
    expect(opened.length).toBeGreaterThan(0);
  });

  test('never fails, whatever the packets are', () => {
    const row = fc.tuple(
      fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 0, max: 2 ** 50 })),
      fc.oneof(fc.constantFrom(52, 60, 65, 81, 90, 94, 300, 1500), fc.integer({ min: 0, max: 70_000 })),
      fc.constantFrom<0 | 1>(0, 1),
    );
    fc.assert(
      fc.property(fc.array(row, { maxLength: 300, size: 'max' }), fc.boolean(), (gaps, isSingle) => {
        let timeNs = 0;
        const rows = gaps.map(([gap, size, direction]): Row => {
          timeNs = Math.min(Number.MAX_SAFE_INTEGER, timeNs + gap);
          return [timeNs, size, direction];
        });
        const { numbers, opened } = assign([blockOf(rows)], LEARNED, { isSingle });
        expect(numbers.length).toBe(rows.length);
        expect(Math.max(-1, ...numbers)).toBe(opened.length - 1);
      }),
    );
  });

  test('does not open more and more conversations', () => {
    // Every packet looks like an opening. A download has 11 packets on average.
    const rows = Array.from({ length: 5000 }, (_, i): Row => [i * 20 * MS, 60, i % 2 === 0 ? 1 : 0]);
    const { opened } = assign([blockOf(rows)], LEARNED);
    expect(opened.length).toBeLessThan(5000 / 4);
  });
});

describe('a single conversation', () => {
  const flow = talk(
    [tcp('203.0.113.5', [40_000, 443])],
    Array.from({ length: 30 }, (_, i) => download(i * S, 0, 3)).flat(),
  );

  test('is the only one, and is never closed', () => {
    const learned = learnedOf([flow]);
    expect(learned.records.length).toBe(30);
    const { numbers, roles, opened } = assign([flow], learned, { isSingle: true });
    expect(opened.map(({ record }) => record)).toEqual([0]);
    expect(new Set(numbers)).toEqual(new Set([0]));
    expect(roles.filter((role) => role === ROLE.fin || role === ROLE.rst)).toEqual([]);
  });

  test('leaves to nobody what it cannot carry', () => {
    const rows: Row[] = [
      [0, 60, 1],
      [MS, 10, 1],
      [2 * MS, 70_000, 0],
      [3 * MS, 60, 0],
    ];
    expect(assign([blockOf(rows)], learnedOf([flow]), { isSingle: true }).numbers).toEqual([0, -1, -1, 0]);
  });

  test('has a role for each packet even where its connections were of two kinds', () => {
    const many = talk(
      [tcp('203.0.113.5', [40_000, 443])],
      [...Array.from({ length: 30 }, (_, i) => download(i * S, 0, 1)).flat(), ...download(40 * S, 0, 300)],
    );
    const learned = learnedOf([many]);
    expect(learned.services.map(({ long }) => long)).toEqual([false, true]);
    // As generated flows have it: one record, of one of both services.
    const { records } = learned;
    const first = { ...records, length: 1, service: records.service.slice(0, 1) };
    const { numbers, roles } = assign([many], { ...learned, records: first }, { isSingle: true });
    expect(new Set(numbers)).toEqual(new Set([0]));
    expect(roles[0]).toBe(ROLE.syn);
    expect(roles.filter((role) => role === ROLE.data).length).toBeGreaterThan(300);
  });
});

describe('the end of a connection', () => {
  test('is when the protocol says so: the next packet of its kind opens another', () => {
    class Closing extends NumberFactory {
      override isOver(): boolean {
        return true;
      }
    }
    const { numbers } = assign([OTHER], LEARNED, { factory: new Closing() });
    expect(numbers).toEqual(Array.from({ length: OTHER.length }, (_, i) => i));
  });

  test('shows in the packet before, where the closing itself looks like any other packet', () => {
    // Bare ACKs, and a FIN of the same size; only after the 90 bytes and behind a pause comes the FIN, and then the next connection.
    const conversations = Array.from({ length: 200 }, (_, i) => tcp('203.0.113.5', [33_000 + i, 443]));
    const course = (from: number, between: number): Spoken[] => {
      const steps: (readonly [number, 0 | 1, string, number])[] = [
        [60, 1, 'S', 0],
        [60, 0, 'SA', 5],
        [52, 1, 'A', 5],
        ...Array.from({ length: 4 + (between % 5) }, (): readonly [number, 0 | 1, string, number][] => [
          [200, 0, 'AP', 5],
          [52, 1, 'A', 5],
        ]).flat(),
        [90, 0, 'AP', 5],
        [52, 1, 'FA', 5],
        [52, 0, 'FA', 5],
        [52, 1, 'A', 5],
      ];
      let timeNs = from;
      return steps.map(([size, direction, flags, waitMs]) => {
        timeNs += waitMs * MS;
        return [timeNs, size, direction, flags, between];
      });
    };
    const series = talk(
      conversations,
      conversations.flatMap((_, i) => course(i * S, i)),
    );
    const { roles, opened } = assign([series], learnedOf([series]));
    const truth = connectionsOf(series);
    expect(roles.filter((role, i) => (role === ROLE.fin) !== (truth.roles[i] === ROLE.fin)).length).toBeLessThan(20);
    expect(Math.abs(opened.length - 200)).toBeLessThanOrEqual(4);
  });
});

test('protocols without ports have none', () => {
  const ping = conversation(DEVICE, '203.0.113.5', 1, 1, [undefined, undefined]);
  const series = talk(
    [ping],
    Array.from({ length: 40 }, (_, i): Spoken => [i * S, 84, i % 2 === 0 ? 1 : 0, 'P']),
  );
  const learned = learnedOf([series]);
  expect([...learned.records.localPort, ...learned.records.peerPort]).toEqual([NO_PORT, NO_PORT]);
  for (const { localPort, peerPort } of assign([series], learned).opened) {
    expect([localPort, peerPort]).toEqual([undefined, undefined]);
  }
  expect([...LEARNED.records.localPort].every((port) => port === NEW_PORT)).toBe(true);
});
