import { describe, expect, test } from 'vitest';
import { parseAddress } from '../../src/net/address.js';
import { parseAddressMaps, parseMacMaps } from '../../src/rewrite/address-map.js';
import { Anonymizer } from '../../src/rewrite/anonymizer.js';
import { parseNumberMaps } from '../../src/rewrite/number-map.js';
import {
  DESTINATION_MAC,
  ethernet,
  filler,
  ip4,
  ip6,
  ipv4,
  ipv6,
  join,
  mac,
  type Part,
  SOURCE_MAC,
  tcp,
  u16,
  u32,
  udp,
} from '../support/frames.js';
import { hex, rewriteFrame, temporaryFolder } from './rewriting.js';

const file = temporaryFolder();

const OLD = '192.0.2.1';
const NEW = '10.9.8.7';
const OLD6 = '2001:db8::1';
const NEW6 = 'fd00:1:2:3::7';
const addresses = [
  parseAddressMaps([`${OLD}=${NEW}`, `${OLD6}=${NEW6}`]),
  parseMacMaps([`${SOURCE_MAC}=02:aa:bb:cc:dd:ee`]),
];
const NEW_MAC = '02:aa:bb:cc:dd:ee';
const ports = parseNumberMaps(['1000=2000', '53=5353'], 'port', 65_535);
const edits = { addresses, ports };

/** RFC 1071 in its plainest form. */
function checksum(...parts: readonly Part[]): number {
  const bytes = join(...parts);
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes[i]! * 256 + (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

function withChecksum(bytes: Uint8Array, at: number, value: number): Uint8Array {
  return join(bytes.subarray(0, at), u16(value), bytes.subarray(at + 2));
}

/** An IPv4 packet whose header checksum is right. */
function packet4(payload: Part, fields: Parameters<typeof ipv4>[1] = {}): Uint8Array {
  const bytes = ipv4(payload, fields);
  return withChecksum(bytes, 10, checksum(bytes.subarray(0, (bytes[0]! & 15) * 4)));
}

/** A transport segment between two addresses, with the right checksum. */
function segment(source: Part, destination: Part, protocol: number, at: number, bytes: Uint8Array): Uint8Array {
  const pseudoHeader = join(source, destination, u32(bytes.length), u32(protocol));
  return withChecksum(bytes, at, checksum(pseudoHeader, bytes));
}

const PEER = '198.51.100.2';
const PEER6 = '2001:db8::2';
const udp4 = (source: string, sourcePort: number, destinationPort: number, payload: Part = filler(9)) =>
  segment(ip4(source), ip4(PEER), 17, 6, udp(sourcePort, destinationPort, payload));
const udp6 = (source: string, sourcePort: number, destinationPort: number) =>
  segment(ip6(source), ip6(PEER6), 17, 6, udp(sourcePort, destinationPort, filler(9)));
const icmp6 = (source: string, destination: string, body: Part) =>
  segment(ip6(source), ip6(destination), 58, 2, join(body));
const icmp4 = (body: Part) => withChecksum(join(body), 2, checksum(body));

/** The frame before, and as it has to be afterwards. */
interface Case {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

const frame = (type: number, payload: Part, source = SOURCE_MAC) => ethernet(type, payload, source);

const cases: Readonly<Record<string, Case>> = {
  'IPv4 and UDP': {
    before: frame(0x800, packet4(udp4(OLD, 1000, 53), { source: OLD })),
    after: frame(0x800, packet4(udp4(NEW, 2000, 5353), { source: NEW }), NEW_MAC),
  },
  'UDP without a checksum, which still has none': {
    before: frame(0x800, packet4(udp(1000, 53, filler(9)), { source: OLD })),
    after: frame(0x800, packet4(udp(2000, 5353, filler(9)), { source: NEW }), NEW_MAC),
  },
  'IPv4 and TCP': {
    before: frame(
      0x800,
      packet4(segment(ip4(OLD), ip4(PEER), 6, 16, tcp(1000, 443, filler(4))), { source: OLD, protocol: 6 }),
    ),
    after: frame(
      0x800,
      packet4(segment(ip4(NEW), ip4(PEER), 6, 16, tcp(2000, 443, filler(4))), { source: NEW, protocol: 6 }),
      NEW_MAC,
    ),
  },
  'the destination': {
    before: frame(
      0x800,
      packet4(segment(ip4(PEER), ip4(OLD), 17, 6, udp(7, 1000, filler(3))), { source: PEER, destination: OLD }),
    ),
    after: frame(
      0x800,
      packet4(segment(ip4(PEER), ip4(NEW), 17, 6, udp(7, 2000, filler(3))), { source: PEER, destination: NEW }),
      NEW_MAC,
    ),
  },
  'IPv6 and UDP': {
    before: frame(0x86dd, ipv6(udp6(OLD6, 1000, 53), { source: OLD6 })),
    after: frame(0x86dd, ipv6(udp6(NEW6, 2000, 5353), { source: NEW6 }), NEW_MAC),
  },
  'a VLAN frame': {
    before: frame(0x8100, join(u16(7), u16(0x800), packet4(udp4(OLD, 1000, 53), { source: OLD }))),
    after: frame(0x8100, join(u16(7), u16(0x800), packet4(udp4(NEW, 2000, 5353), { source: NEW })), NEW_MAC),
  },
  'ARP, in all its four addresses': {
    before: frame(0x806, join([0, 1, 8, 0, 6, 4, 0, 2], mac(SOURCE_MAC), ip4(PEER), mac(DESTINATION_MAC), ip4(OLD))),
    after: frame(
      0x806,
      join([0, 1, 8, 0, 6, 4, 0, 2], mac(NEW_MAC), ip4(PEER), mac(DESTINATION_MAC), ip4(NEW)),
      NEW_MAC,
    ),
  },
  'the packet that an ICMP error quotes, with checksums inside and outside': {
    before: frame(
      0x800,
      packet4(icmp4(join([3, 3, 0, 0], u32(0), packet4(udp4(OLD, 1000, 53), { source: OLD }))), {
        source: PEER,
        destination: OLD,
        protocol: 1,
      }),
    ),
    after: frame(
      0x800,
      packet4(icmp4(join([3, 3, 0, 0], u32(0), packet4(udp4(NEW, 2000, 5353), { source: NEW }))), {
        source: PEER,
        destination: NEW,
        protocol: 1,
      }),
      NEW_MAC,
    ),
  },
  'the gateway of an ICMP redirect': {
    before: frame(
      0x800,
      packet4(icmp4(join([5, 1, 0, 0], ip4(OLD), packet4(udp4(PEER, 7, 9), { source: PEER }))), {
        source: PEER,
        protocol: 1,
      }),
    ),
    after: frame(
      0x800,
      packet4(icmp4(join([5, 1, 0, 0], ip4(NEW), packet4(udp4(PEER, 7, 9), { source: PEER }))), {
        source: PEER,
        protocol: 1,
      }),
      NEW_MAC,
    ),
  },
  'the packet that an ICMPv6 error quotes': {
    before: frame(
      0x86dd,
      ipv6(icmp6(PEER6, OLD6, join([1, 4, 0, 0], u32(0), ipv6(udp6(OLD6, 1000, 53), { source: OLD6 }))), {
        source: PEER6,
        destination: OLD6,
        nextHeader: 58,
      }),
    ),
    after: frame(
      0x86dd,
      ipv6(icmp6(PEER6, NEW6, join([1, 4, 0, 0], u32(0), ipv6(udp6(NEW6, 2000, 5353), { source: NEW6 }))), {
        source: PEER6,
        destination: NEW6,
        nextHeader: 58,
      }),
      NEW_MAC,
    ),
  },
  'a neighbour solicitation, with the link-layer address in it': {
    before: frame(
      0x86dd,
      ipv6(icmp6(OLD6, PEER6, join([135, 0, 0, 0], u32(0), ip6(OLD6), [1, 1], mac(SOURCE_MAC))), {
        source: OLD6,
        nextHeader: 58,
      }),
    ),
    after: frame(
      0x86dd,
      ipv6(icmp6(NEW6, PEER6, join([135, 0, 0, 0], u32(0), ip6(NEW6), [1, 1], mac(NEW_MAC))), {
        source: NEW6,
        nextHeader: 58,
      }),
      NEW_MAC,
    ),
  },
  // The pseudo header has the last address of the route (RFC 8200 §8.1), here an address that changes.
  'a route of IPv6, whose end the checksum is for': {
    before: frame(
      0x86dd,
      ipv6(join([17, 2, 0, 1], u32(0), ip6(OLD6), segment(ip6(PEER6), ip6(OLD6), 17, 6, udp(7, 9, filler(5)))), {
        source: PEER6,
        destination: '2001:db8::77',
        nextHeader: 43,
      }),
    ),
    after: frame(
      0x86dd,
      ipv6(join([17, 2, 0, 1], u32(0), ip6(NEW6), segment(ip6(PEER6), ip6(NEW6), 17, 6, udp(7, 9, filler(5)))), {
        source: PEER6,
        destination: '2001:db8::77',
        nextHeader: 43,
      }),
      NEW_MAC,
    ),
  },
  'no packet in a tunnel, only the tunnel': {
    before: frame(0x800, packet4(packet4(udp4(OLD, 1000, 53), { source: OLD }), { source: OLD, protocol: 4 })),
    after: frame(0x800, packet4(packet4(udp4(OLD, 1000, 53), { source: OLD }), { source: NEW, protocol: 4 }), NEW_MAC),
  },
  'nothing in frames that hold neither IP nor ARP, but their MAC addresses': {
    before: frame(0x88cc, ip4(OLD)),
    after: frame(0x88cc, ip4(OLD), NEW_MAC),
  },
};

describe('addresses and ports are changed, and every right checksum is right afterwards, in', () => {
  test.each(Object.entries(cases))('%s', async (_, { before, after }) => {
    expect((await rewriteFrame(file, before, edits)).frame).toBe(hex(after));
  });

  test.each(Object.entries(cases))('%s, when it was cut anywhere', async (_, { before, after }) => {
    for (let length = 1; length < before.length; length += 5) {
      const { frame } = await rewriteFrame(file, before.subarray(0, length), edits, { wireLength: before.length });
      // What is there is changed as in the whole frame, except addresses, headers and checksums that are not there in full.
      expect(frame).toHaveLength(2 * length);
      if (length >= 14) expect(frame.slice(0, 28)).toBe(hex(after).slice(0, 28));
    }
  });

  test.each(Object.entries(cases))('%s: computing checksums anew finds nothing to do', async (_, { after }) => {
    expect((await rewriteFrame(file, after, { fixChecksums: true })).frame).toBe(hex(after));
  });
});

test('a frame that was cut in its payload is changed as the whole frame is', async () => {
  for (const name of ['IPv4 and UDP', 'IPv4 and TCP', 'IPv6 and UDP', 'a VLAN frame']) {
    const { before, after } = cases[name]!;
    const cut = { wireLength: before.length };
    for (const wish of [edits, { ...edits, fixChecksums: true }]) {
      const { frame: bytes } = await rewriteFrame(file, before.subarray(0, before.length - 3), wish, cut);
      expect(bytes).toBe(hex(after.subarray(0, after.length - 3)));
    }
  }
});

test('a wrong checksum is as wrong afterwards, and right where it is computed anew', async () => {
  const right = frame(0x800, packet4(udp4(OLD, 1000, 53), { source: OLD }));
  const wrong = withChecksum(right, 14 + 20 + 6, 0x1234);
  const after = frame(0x800, packet4(udp4(NEW, 2000, 5353), { source: NEW }), NEW_MAC);
  const checksumOf = (text: string) => Number.parseInt(text.slice(80, 84), 16);
  const error = (checksumOf(hex(right)) - 0x1234 + 0xffff) % 0xffff;
  const { frame: kept } = await rewriteFrame(file, wrong, edits);
  expect((checksumOf(hex(after)) - checksumOf(kept) + 0xffff) % 0xffff).toBe(error);
  expect((await rewriteFrame(file, wrong, { ...edits, fixChecksums: true })).frame).toBe(hex(after));
});

test('the first fragment of a datagram has the new ports and the checksum of the whole', async () => {
  const datagram = (source: string, a: number, b: number) => udp4(source, a, b, filler(24));
  const fragments = (source: string, a: number, b: number, from = SOURCE_MAC) =>
    [
      packet4(datagram(source, a, b).subarray(0, 16), { source, moreFragments: true }),
      packet4(datagram(source, a, b).subarray(16), { source, fragmentOffset: 2 }),
    ].map((bytes) => hex(frame(0x800, bytes, from)));
  const before = fragments(OLD, 1000, 53);
  const after: string[] = [];
  for (const bytes of before) after.push((await rewriteFrame(file, Buffer.from(bytes, 'hex'), edits)).frame);
  expect(after).toEqual(fragments(NEW, 2000, 5353, NEW_MAC));
});

describe('VLAN tags', () => {
  const inner = packet4(udp4(OLD, 1000, 53), { source: OLD });
  const plain = frame(0x800, inner);
  const tagged = frame(0x8100, join(u16(0xa007), u16(0x800), inner)); // priority 5, VLAN 7
  const double = frame(0x88a8, join(u16(3), u16(0x8100), u16(7), u16(0x800), inner));
  const none = { set: undefined, strip: false, map: undefined };
  const map = parseNumberMaps(['7=9', '3=4'], 'VLAN', 4095);

  test.each([
    ['one is added', plain, { ...none, set: 12 }, frame(0x8100, join(u16(12), u16(0x800), inner))],
    [
      'the outermost is replaced and keeps its priority',
      tagged,
      { ...none, set: 12 },
      frame(0x8100, join(u16(0xa00c), u16(0x800), inner)),
    ],
    ['one is taken away', tagged, { ...none, strip: true }, plain],
    [
      'of two the outer one is taken away',
      double,
      { ...none, strip: true },
      frame(0x8100, join(u16(7), u16(0x800), inner)),
    ],
    ['none is taken from a frame without', plain, { ...none, strip: true }, plain],
    [
      'all of them are mapped',
      double,
      { ...none, map },
      frame(0x88a8, join(u16(4), u16(0x8100), u16(9), u16(0x800), inner)),
    ],
  ] as const)('%s', async (_, before, vlan, after) => {
    const { frame: bytes, wireLength } = await rewriteFrame(file, before, { vlan });
    expect(bytes).toBe(hex(after));
    expect(wireLength).toBe(after.length);
  });

  test('what is behind a new tag is changed where it is', async () => {
    const { frame: bytes } = await rewriteFrame(file, plain, { ...edits, vlan: { ...none, set: 12 } });
    const moved = packet4(udp4(NEW, 2000, 5353), { source: NEW });
    expect(bytes).toBe(hex(frame(0x8100, join(u16(12), u16(0x800), moved), NEW_MAC)));
  });

  test('frames of other link types have none', async () => {
    const { frame: bytes } = await rewriteFrame(file, inner, { vlan: { ...none, set: 12 } }, { linkType: 101 });
    expect(bytes).toBe(hex(inner));
  });
});

test('a frame that is cut keeps its length on the wire', async () => {
  const whole = frame(0x800, packet4(udp4(OLD, 1000, 53), { source: OLD }));
  const { frame: bytes, wireLength } = await rewriteFrame(file, whole, { snapLength: 40 });
  expect([bytes, wireLength]).toEqual([hex(whole.subarray(0, 40)), whole.length]);
});

describe('an anonymised frame', () => {
  const anonymizer = new Anonymizer(new Uint8Array(32).fill(5), { keepOui: false });
  const anonymous = { addresses: [anonymizer], erasePayload: true };
  const of = (text: string) => {
    const { family, bytes } = parseAddress(text);
    anonymizer.apply(bytes, 0, family);
    return bytes;
  };

  test('has other addresses, zeros for payload, and the checksum of these', async () => {
    const before = frame(0x800, packet4(udp4(OLD, 1000, 53), { source: OLD }));
    const zeros = segment(of(OLD), of(PEER), 17, 6, udp(1000, 53, new Uint8Array(9)));
    const after = ethernet(
      0x800,
      packet4(zeros, { source: of(OLD).join('.'), destination: of(PEER).join('.') }),
      hex(of(SOURCE_MAC)).replace(/..(?!$)/g, '$&:'),
      hex(of(DESTINATION_MAC)).replace(/..(?!$)/g, '$&:'),
    );
    expect((await rewriteFrame(file, before, anonymous)).frame).toBe(hex(after));
  });

  const secret = [...Buffer.from('SECRET')];
  const tcpSegment = segment(ip4(OLD), ip4(PEER), 6, 16, tcp(1000, 443, secret));
  test.each<[string, Uint8Array]>([
    ['TCP', frame(0x800, packet4(tcpSegment, { source: OLD, protocol: 6 }))],
    [
      'an address in an option of TCP', // kind 30, length 8 (RFC 8684)
      frame(0x800, packet4(tcp(7, 9, [], [30, 8, ...secret]), { protocol: 6 })),
    ],
    [
      'a part of an address in ARP',
      frame(0x806, join([0, 1, 8, 0, 6, 4, 0, 1], new Uint8Array(16), secret.slice(0, 3))),
    ],
    [
      'a part of an address in neighbour discovery',
      frame(0x86dd, ipv6(join([135, 0, 0, 0], u32(0), secret), { nextHeader: 58, payloadLength: 24 })),
    ],
    ['padding behind the packet', join(frame(0x800, packet4(udp(7, 9), { source: OLD })), secret)],
    ['a later fragment', frame(0x800, packet4(secret, { source: OLD, fragmentOffset: 9 }))],
    ['a later fragment of IPv6', frame(0x86dd, ipv6(join([17, 0, ...u16(72), ...u32(1)], secret), { nextHeader: 44 }))],
    ['IPv4 options', frame(0x800, packet4(udp(7, 9), { source: OLD, options: [7, 8, ...secret] }))],
    ['a tunnel', frame(0x800, packet4(join(ipv4(secret)), { source: OLD, protocol: 4 }))],
    ['a ping', frame(0x800, packet4(icmp4(join([8, 0, 0, 0], u32(1), secret)), { source: OLD, protocol: 1 }))],
    [
      'a quoted packet',
      frame(
        0x800,
        packet4(icmp4(join([3, 3, 0, 0], u32(0), packet4(udp(7, 9, secret), { source: OLD }))), { protocol: 1 }),
      ),
    ],
    [
      'an option of neighbour discovery',
      frame(
        0x86dd,
        ipv6(icmp6(OLD6, PEER6, join([134, 0, 0, 0], u32(0), u32(0), u32(0), [31, 1], secret)), { nextHeader: 58 }),
      ),
    ],
    ['IPv6 destination options', frame(0x86dd, ipv6(join([17, 0], secret, udp(7, 9)), { nextHeader: 60 }))],
    ['LLDP', frame(0x88cc, secret)],
    ['LLC', ethernet(9, join([0x42, 0x42, 3], secret))],
    ['behind an ARP packet', frame(0x806, join([0, 1, 8, 0, 6, 4, 0, 1], new Uint8Array(20), secret))],
    ['a packet that is none', frame(0x800, join([0x15], secret))],
    ['a cut link header', ethernet(0x8100, secret.slice(0, 3))],
  ])('tells nothing of %s', async (_, before) => {
    const { frame: bytes } = await rewriteFrame(file, before, anonymous);
    expect(bytes).toHaveLength(2 * before.length);
    expect(bytes).not.toContain(hex(Uint8Array.from(secret.slice(0, 3))));
    expect(hex(before)).toContain(hex(Uint8Array.from(secret.slice(0, 3))));
  });

  test.each(Object.entries(cases))('has no wrong checksum: %s', async (_, { before }) => {
    const { frame: bytes } = await rewriteFrame(file, before, anonymous);
    const { frame: fixed } = await rewriteFrame(file, Buffer.from(bytes, 'hex'), { fixChecksums: true });
    expect(bytes).toBe(fixed);
  });

  test('keeps its payload where that is wanted, and right checksums', async () => {
    const before = frame(0x800, packet4(tcpSegment, { source: OLD, protocol: 6 }));
    const { frame: bytes } = await rewriteFrame(file, before, { ...anonymous, erasePayload: false });
    expect(bytes).toContain(hex(Uint8Array.from(secret)));
    const { frame: fixed } = await rewriteFrame(file, Buffer.from(bytes, 'hex'), { fixChecksums: true });
    expect(bytes).toBe(fixed);
  });

  test('of 802.11 has all its addresses changed', async () => {
    // A data frame to the distribution system: receiver, transmitter, destination (IEEE 802.11-2020 §9.3.2).
    const macs = ['02:00:00:00:00:01', '02:00:00:00:00:02', '02:00:00:00:00:03'];
    const before = join([0x08, 0x01, 0, 0], ...macs.map(mac), u16(0), [0xaa, 0xaa, 3, 0, 0, 0], u16(0x88cc), secret);
    const { frame: bytes } = await rewriteFrame(file, before, anonymous, { linkType: 105 });
    expect(bytes.slice(8, 44)).toBe(macs.map((one) => hex(of(one))).join(''));
    expect(bytes).toMatch(/000000000000$/);
  });
});
