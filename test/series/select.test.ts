import { describe, expect, test } from 'vitest';
import { extractSeries, streamTarget } from '../../src/series/extract.js';
import { parseDevice, parseFlow, type Target } from '../../src/series/target.js';
import fc from '../support/fast-check.js';
import {
  ethernet,
  type Frame,
  filler,
  type Ipv4Fields,
  ipv4,
  ipv6,
  memoryInput,
  pcap,
  SECOND,
  tcp,
  u16,
  u32,
  udp,
} from '../support/frames.js';
import { expectSynthError } from '../support/read.js';

/** A capture of these frames, one a second from second 1 on, or at the seconds given. */
const capture = (frames: readonly Uint8Array[], seconds?: readonly number[]) =>
  memoryInput(pcap(frames.map((bytes, i): Frame => ({ timeNs: BigInt(seconds?.[i] ?? i + 1) * SECOND, bytes }))), 50);

interface Row {
  readonly second: number;
  readonly size: number;
  readonly outbound: boolean;
}

async function rowsOf(
  target: Target,
  frames: readonly Uint8Array[],
  options: { payloadOnly?: boolean; seconds?: number[] } = {},
) {
  const rows: Row[] = [];
  const { orphanFragments } = await streamTarget(
    [capture(frames, options.seconds)],
    target,
    ({ packet, outbound }) => rows.push({ second: packet.seconds, size: packet.sizeBytes, outbound }),
    { payloadOnly: options.payloadOnly ?? false },
  );
  return { rows, orphanFragments };
}

/** The seconds of the packets selected, negative where they are inbound. */
async function signedSeconds(
  target: Target,
  frames: readonly Uint8Array[],
  options: { payloadOnly?: boolean; seconds?: number[] } = {},
) {
  const { rows, orphanFragments } = await rowsOf(target, frames, options);
  return { seconds: rows.map(({ second, outbound }) => (outbound ? second : -second)), orphanFragments };
}

const A = '192.0.2.1';
const B = '192.0.2.2';
const C = '192.0.2.3';
const MACS = { [A]: '02:00:00:00:00:0a', [B]: '02:00:00:00:00:0b', [C]: '02:00:00:00:00:0c' } as Record<string, string>;

/** Between two of A, B and C, in their frames. */
const framed = (source: string, destination: string, payload: Uint8Array | number[], fields: Ipv4Fields = {}) =>
  ethernet(0x0800, ipv4(payload, { source, destination, ...fields }), MACS[source], MACS[destination]);

const datagram = (source: string, sourcePort: number, destination: string, destinationPort: number, payload = 4) =>
  framed(source, destination, udp(sourcePort, destinationPort, filler(payload)));

describe('a device', () => {
  const v6 = (source: string, destination: string) =>
    ethernet(0x86dd, ipv6(udp(1, 2), { source, destination }), MACS[A], MACS[B]);
  const frames = [
    datagram(A, 1, B, 2),
    datagram(B, 2, A, 1),
    datagram(B, 2, C, 1),
    datagram(C, 9, A, 9),
    v6('2001:db8::a', '2001:db8::b'),
    v6('2001:db8::b', '2001:db8::a'),
    ethernet(0x0806, filler(28), MACS[A], 'ff:ff:ff:ff:ff:ff'), // no IP: never a packet of the device
  ];

  test.each([
    ['02:00:00:00:00:0a', [1, -2, -4, 5, 6]], // both IPv6 frames were sent by A's interface
    ['02-00-00-00-00-0B', [-1, 2, 3, -5, -6]],
    [A, [1, -2, -4]],
    [C, [-3, 4]],
    ['2001:db8::a', [5, -6]],
    ['2001:DB8:0::B', [-5, 6]],
  ])('%s: what it sends is outbound, what is sent to it inbound', async (text, seconds) => {
    expect((await signedSeconds(parseDevice(text), frames)).seconds).toEqual(seconds);
  });

  test('a packet to itself is outbound', async () => {
    expect((await signedSeconds(parseDevice(A), [datagram(A, 1, A, 2)])).seconds).toEqual([1]);
  });

  test('its conversations have the device as the local end, whoever began', async () => {
    const { series } = await extractSeries([capture(frames.slice(0, 4))], parseDevice(A));
    expect(Array.from(series.conversation)).toEqual([0, 0, 1]);
    const address = (last: number) => ({ family: 'ipv4', bytes: Uint8Array.of(192, 0, 2, last) });
    expect(series.conversations).toEqual([
      {
        ipVersion: 4,
        protocol: 17,
        local: { address: address(1), port: 1 },
        peer: { address: address(2), port: 2 },
        packets: 2,
      },
      {
        ipVersion: 4,
        protocol: 17,
        local: { address: address(1), port: 9 },
        peer: { address: address(3), port: 9 },
        packets: 1,
      },
    ]);
  });

  test('without a packet is an error that says how to find others', async () => {
    const error = await expectSynthError(rowsOf(parseDevice('192.0.2.77'), frames), 'SYNTH_TARGET_NOT_FOUND');
    expect(error.message).toContain('192.0.2.77');
    expect(error.message).toContain('among 7 packets');
    expect(error.hint).toContain('inspect()');
  });
});

describe('a flow', () => {
  const flow = parseFlow(`UDP ${A}:1000 ${B}:53`);

  test('has both directions, and no packet with other ports, addresses or protocol', async () => {
    const frames = [
      datagram(A, 1000, B, 53),
      datagram(B, 53, A, 1000),
      datagram(A, 1001, B, 53),
      datagram(A, 1000, B, 54),
      datagram(B, 1000, A, 53), // the ports at the wrong ends
      datagram(A, 53, B, 1000),
      datagram(A, 1000, C, 53),
      framed(A, B, tcp(1000, 53), { protocol: 6 }),
      datagram(A, 1000, B, 53),
    ];
    expect((await signedSeconds(flow, frames)).seconds).toEqual([1, -2, 9]);
    expect((await signedSeconds(parseFlow(`UDP ${B}:53 ${A}:1000`), frames)).seconds).toEqual([-1, 2, -9]);
  });

  test('an ICMP error that quotes the flow is not part of it', async () => {
    const quote = ipv4(udp(1000, 53), { source: A, destination: B });
    const frames = [datagram(A, 1000, B, 53), framed(B, A, [3, 3, 0, 0, 0, 0, 0, 0, ...quote], { protocol: 1 })]; // RFC 792
    expect((await signedSeconds(flow, frames)).seconds).toEqual([1]);
    expect((await signedSeconds(parseDevice(A), frames)).seconds).toEqual([1, -2]);
  });

  test('between two ports of one host has two directions', async () => {
    const frames = [datagram(A, 1, A, 2), datagram(A, 2, A, 1)];
    expect((await signedSeconds(parseFlow(`UDP ${A}:1 ${A}:2`), frames)).seconds).toEqual([1, -2]);
  });

  test('without ports is all that one protocol carries between two hosts', async () => {
    const echo = (type: number) => [type, 0, 0, 0, 0, 1, 0, 1, ...filler(20)];
    const frames = [
      framed(A, B, echo(8), { protocol: 1 }),
      framed(B, A, echo(0), { protocol: 1 }),
      framed(A, C, echo(8), { protocol: 1 }),
      datagram(A, 1, B, 2),
      framed(A, B, filler(24), { protocol: 1, fragmentOffset: 4 }),
    ];
    expect((await signedSeconds(parseFlow(`ICMP ${A} ${B}`), frames)).seconds).toEqual([1, -2, 5]);
  });

  test('may be IPv6', async () => {
    const frame = (source: string, destination: string, ports: [number, number]) =>
      ethernet(0x86dd, ipv6(tcp(...ports), { source, destination, nextHeader: 6 }));
    const frames = [
      frame('2001:db8::1', '2001:db8::2', [5, 443]),
      frame('2001:db8::2', '2001:db8::1', [443, 5]),
      frame('2001:db8::3', '2001:db8::1', [443, 5]),
    ];
    const target = parseFlow('tcp [2001:DB8::1]:5 [2001:db8:0:0::2]:443');
    expect((await signedSeconds(target, frames)).seconds).toEqual([1, -2]);
  });
});

describe('payload only', () => {
  const frames = [
    framed(A, B, tcp(1000, 80), { protocol: 6 }),
    framed(A, B, tcp(1000, 80, filler(1)), { protocol: 6 }),
    framed(B, A, tcp(80, 1000, [], [1, 1, 1, 0]), { protocol: 6 }),
    framed(B, A, tcp(80, 1000, filler(9), [1, 1, 1, 0]), { protocol: 6 }),
  ];
  test.each<[string, Target]>([
    ['device', parseDevice(A)],
    ['flow', parseFlow(`TCP ${A}:1000 ${B}:80`)],
  ])('leaves out the packets of a %s that carry nothing', async (_, target) => {
    expect((await signedSeconds(target, frames)).seconds).toEqual([1, 2, -3, -4]);
    expect((await signedSeconds(target, frames, { payloadOnly: true })).seconds).toEqual([2, -4]);
  });

  test('with nothing left is an error that says so', async () => {
    const error = await expectSynthError(
      rowsOf(parseDevice(A), frames.slice(0, 1), { payloadOnly: true }),
      'SYNTH_TARGET_NOT_FOUND',
    );
    expect(error.message).toContain('packet with payload');
  });
});

/** The fragments of one UDP datagram from A to B: 8 bytes of UDP header and 16 of payload, then 24, then 5. */
const fragments = (identification: number, sourcePort = 1000, source = A, destination = B) => [
  framed(source, destination, udp(sourcePort, 53, filler(16)), { identification, moreFragments: true }),
  framed(source, destination, filler(24), { identification, moreFragments: true, fragmentOffset: 3 }),
  framed(source, destination, filler(5), { identification, fragmentOffset: 6 }),
];

describe('fragments', () => {
  const flow = parseFlow(`UDP ${A}:1000 ${B}:53`);

  test('belong to the flow in any order, and come out in the order of the capture', async () => {
    const whole = fragments(7);
    for (const order of [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ]) {
      const frames = [datagram(B, 53, A, 1000), ...order.map((i) => whole[i]!), datagram(B, 53, A, 1000)];
      const { rows, orphanFragments } = await rowsOf(flow, frames);
      const sizes = [20 + 24, 20 + 24, 20 + 5]; // IPv4 header and the content of each fragment
      expect(rows).toEqual([
        { second: 1, size: 32, outbound: false },
        ...order.map((i, position) => ({ second: position + 2, size: sizes[i]!, outbound: true })),
        { second: 5, size: 32, outbound: false },
      ]);
      expect(orphanFragments).toBe(0);
    }
  });

  test('of another flow between the same hosts do not, in any order', async () => {
    const other = fragments(8, 1001);
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 0, 2],
    ]) {
      const frames = [...order.map((i) => other[i]!), datagram(A, 1000, B, 53)];
      expect(await signedSeconds(flow, frames)).toEqual({ seconds: [4], orphanFragments: 0 });
    }
  });

  test('of two datagrams may be mixed', async () => {
    const [mine, other, back] = [fragments(1), fragments(2, 1001), fragments(1, 53, B, A)];
    // The answer has the same identification, but the addresses the other way round; its ports are 53 → 53: another flow.
    const frames = [mine[2]!, other[1]!, back[1]!, other[0]!, mine[0]!, back[0]!, other[2]!, mine[1]!];
    expect(await signedSeconds(flow, frames)).toEqual({ seconds: [1, 5, 8], orphanFragments: 0 });
  });

  test('without a first one are orphans: counted, left out, and in nobody’s way', async () => {
    const [, second, third] = fragments(9);
    const frames = [datagram(A, 1000, B, 53), second!, datagram(A, 1000, B, 53), third!, datagram(B, 53, A, 1000)];
    expect(await signedSeconds(flow, frames)).toEqual({ seconds: [1, 3, -5], orphanFragments: 2 });
  });

  test('are waited for no longer than the 30 s for which Linux keeps them', async () => {
    const [first, second] = fragments(9);
    const frames = [second!, datagram(A, 1000, B, 53), datagram(A, 1000, B, 53), first!];
    // net.ipv4.ipfrag_time = 30
    expect(await signedSeconds(flow, frames, { seconds: [100, 101, 131, 132] })).toEqual({
      seconds: [101, 131, 132],
      orphanFragments: 1,
    });
    expect(await signedSeconds(flow, frames, { seconds: [100, 101, 129, 130] })).toEqual({
      seconds: [100, 101, 129, 130],
      orphanFragments: 0,
    });
  });

  test('always belong to the device, the orphans too', async () => {
    const frames = [...fragments(1).reverse(), fragments(2)[1]!, fragments(3, 53, B, A)[2]!];
    expect(await signedSeconds(parseDevice(A), frames)).toEqual({ seconds: [1, 2, 3, 4, -5], orphanFragments: 0 });
    expect((await signedSeconds(parseDevice(MACS[A]!), frames)).seconds).toEqual([1, 2, 3, 4, -5]);
  });

  test('of a device share the conversation of their first one', async () => {
    const { series } = await extractSeries([capture([...fragments(1), datagram(A, 1000, B, 53)])], parseDevice(A));
    expect(Array.from(series.conversation)).toEqual([0, 0, 0, 0]);
    expect(series.conversations).toHaveLength(1);
  });

  test('of IPv6 belong to the flow in any order', async () => {
    const part = (offset: number, more: boolean, content: Uint8Array | number[], next = 17) =>
      ethernet(
        0x86dd,
        ipv6([next, 0, ...u16((offset << 3) | (more ? 1 : 0)), ...u32(99), ...content], { nextHeader: 44 }),
      );
    const parts = [part(0, true, udp(1000, 53, filler(8))), part(2, false, filler(16))];
    const target = parseFlow('UDP [2001:db8::1]:1000 [2001:db8::2]:53');
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const seconds = order.map((_, i) => i + 1);
      expect(
        await signedSeconds(
          target,
          order.map((i) => parts[i]!),
        ),
      ).toEqual({ seconds, orphanFragments: 0 });
    }
  });

  test('come out in the order of the capture whatever the mixture', async () => {
    const pieces = fc.array(fc.record({ kind: fc.nat(3), datagram: fc.nat(3), mine: fc.boolean() }), {
      minLength: 1,
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(pieces, async (list) => {
        // Identifications tell the datagrams of the flow (0 to 3) from those of another one (10 to 13).
        const frames = list.map(({ kind, datagram: id, mine }) =>
          kind === 3
            ? datagram(A, mine ? 1000 : 1001, B, 53)
            : fragments(mine ? id : id + 10, mine ? 1000 : 1001)[kind]!,
        );
        const hasFirst = (id: number, mine: boolean) =>
          list.some((piece) => piece.kind === 0 && piece.datagram === id && piece.mine === mine);
        const seconds: number[] = [];
        let orphans = 0;
        list.forEach(({ kind, datagram: id, mine }, i) => {
          const known = kind === 3 || kind === 0 || hasFirst(id, mine);
          if (!known) orphans++;
          else if (mine) seconds.push(1000 + i);
        });
        // All within 30 s, or some would be given up.
        const all = list.map((_, i) => ({ timeNs: 1000n * SECOND + BigInt(i) * 1_000_000n, bytes: frames[i]! }));
        const rows: number[] = [];
        const reading = streamTarget([memoryInput(pcap(all))], flow, ({ packet }) =>
          rows.push(1000 + packet.nanoseconds / 1e6),
        );
        if (seconds.length === 0) {
          await expectSynthError(reading, 'SYNTH_TARGET_NOT_FOUND');
          return;
        }
        expect((await reading).orphanFragments).toBe(orphans);
        expect(rows).toEqual(seconds);
      }),
      { numRuns: 200 },
    );
  });
});
