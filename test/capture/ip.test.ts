import { describe, expect, test } from 'vitest';
import { ethernet, filler, ip4, ipv4, ipv6, join, type Part, tcp, u16, u32, udp } from '../support/frames.js';
import { decodeFrame } from '../support/read.js';

const decodeIp = (bytes: Uint8Array, wireLength?: number) => decodeFrame(bytes, 101, wireLength);

describe('IPv4', () => {
  test('options stand between the header and the transport', async () => {
    // Record route (RFC 791 §3.1): type 7, length 7, pointer 4, one address, then end of options.
    const options = [7, 7, 4, ...ip4('192.0.2.9'), 0];
    expect(await decodeIp(ipv4(udp(1000, 2000, filler(5)), { options }))).toMatchObject({
      skip: 'decoded',
      ports: [1000, 2000],
      sizeBytes: 28 + 8 + 5,
      payloadLength: 5,
    });
  });

  test('the longest header has 60 bytes', async () => {
    const options = new Uint8Array(40).fill(1); // RFC 791: no operation
    expect(await decodeIp(ipv4(tcp(1, 2, filler(3)), { options, protocol: 6 }))).toMatchObject({
      ports: [1, 2],
      sizeBytes: 60 + 20 + 3,
      payloadLength: 3,
    });
  });

  test('TCP options are no payload', async () => {
    const options = [2, 4, 5, 180, 1, 1, 1, 0]; // RFC 9293 §3.2: maximum segment size, padding
    expect(await decodeIp(ipv4(tcp(1, 2, [], options), { protocol: 6 }))).toMatchObject({
      sizeBytes: 48,
      payloadLength: 0,
    });
    expect(await decodeIp(ipv4(tcp(1, 2, filler(9), options), { protocol: 6 }))).toMatchObject({ payloadLength: 9 });
  });

  test('SCTP has ports, ICMP and others have not', async () => {
    const sctp = join(u16(5000), u16(6000), u32(1), u32(0), filler(16)); // RFC 9260 §3.1: 12 bytes of header
    expect(await decodeIp(ipv4(sctp, { protocol: 132 }))).toMatchObject({ ports: [5000, 6000], payloadLength: 16 });
    expect(await decodeIp(ipv4([8, 0, 0, 0, 0, 1, 0, 1, ...filler(56)], { protocol: 1 }))).toMatchObject({
      ports: [-1, -1],
      protocol: 1,
      payloadLength: 56,
    });
    expect(await decodeIp(ipv4(filler(30), { protocol: 47 }))).toMatchObject({
      ports: [-1, -1],
      protocol: 47,
      payloadLength: 30,
    });
  });

  test('an ICMP error does not take the ports of the packet that it quotes', async () => {
    const error = [3, 3, 0, 0, 0, 0, 0, 0, ...ipv4(udp(1000, 53))]; // RFC 792: port unreachable
    expect(await decodeIp(ipv4(error, { protocol: 1 }))).toMatchObject({ protocol: 1, ports: [-1, -1] });
  });

  test('the outermost packet counts, not the one in the tunnel', async () => {
    const inner = ipv4(udp(1, 2), { source: '10.0.0.1', destination: '10.0.0.2' });
    expect(await decodeIp(ipv4(inner, { protocol: 4 }))).toMatchObject({
      source: '192.0.2.1',
      protocol: 4,
      ports: [-1, -1],
      sizeBytes: 20 + 28,
    });
  });

  test('total length 0 is segmentation offload: the length on the wire counts, less the link header', async () => {
    const frame = ethernet(0x0800, ipv4(tcp(1, 2, filler(100)), { protocol: 6, totalLength: 0 }));
    expect(await decodeFrame(frame)).toMatchObject({ sizeBytes: 140, payloadLength: 100 });
    expect(await decodeFrame(frame, 1, 65_014)).toMatchObject({ sizeBytes: 65_000, payloadLength: 65_000 - 40 });
    const tagged = ethernet(0x8100, join(u16(1), u16(0x0800), frame.subarray(14)));
    expect(await decodeFrame(tagged)).toMatchObject({ sizeBytes: 140 });
  });

  test('a length on the wire beyond all reason does not make a size', async () => {
    const frame = ethernet(0x0800, ipv4(udp(1, 2), { totalLength: 0 }));
    expect((await decodeFrame(frame, 1, 0xffff_ffff)).sizeBytes).toBe(262_130); // WTAP_MAX_PACKET_SIZE_STANDARD, 262144, less the Ethernet header
  });

  test('a total length above what was captured is the size', async () => {
    const packet = ipv4(udp(1, 2, filler(1000)));
    expect(await decodeIp(packet.subarray(0, 40), packet.length)).toMatchObject({
      sizeBytes: 1028,
      payloadLength: 1000,
    });
    expect(await decodeIp(packet.subarray(0, 40))).toMatchObject({ sizeBytes: 1028 }); // even if the record does not know
  });

  test.each([0, 1, 4])('a header length of %i words is no packet', async (headerWords) => {
    expect((await decodeIp(ipv4(udp(1, 2), { headerWords }))).skip).toBe('IPv4 header length below 20');
  });

  test('a total length below the header length is no packet', async () => {
    expect((await decodeIp(ipv4(udp(1, 2), { totalLength: 19 }))).skip).toBe('IPv4 total length below header length');
    expect(await decodeIp(ipv4(udp(1, 2), { totalLength: 20 }))).toMatchObject({
      skip: 'decoded',
      sizeBytes: 20,
      ports: [-1, -1],
    });
  });

  test('fragments are told apart: first, middle, last, none', async () => {
    const first = { identification: 77, fragmentOffset: 0, moreFragments: true };
    expect(await decodeIp(ipv4(udp(1, 2, filler(16)), first))).toMatchObject({
      fragment: true,
      firstFragment: true,
      identification: 77,
      ports: [1, 2],
      payloadLength: 16,
    });
    for (const moreFragments of [true, false]) {
      const later = { identification: 78, fragmentOffset: 3, moreFragments };
      expect(await decodeIp(ipv4(filler(24), later))).toMatchObject({
        fragment: true,
        firstFragment: false,
        identification: 78,
        ports: [-1, -1],
        protocol: 17,
        payloadLength: 24,
        sizeBytes: 44,
      });
    }
    const doNotFragment = ipv4(udp(1, 2));
    doNotFragment[6] = 0x40;
    expect(await decodeIp(doNotFragment)).toMatchObject({ fragment: false, ports: [1, 2] });
  });
});

/** An extension header of RFC 8200 §4: next header, length in 8-byte units less 1, content. */
const extension = (next: number, content: number): number[] => {
  const length = Math.ceil((content + 2) / 8) * 8;
  return [next, length / 8 - 1, ...filler(length - 2)];
};
/** RFC 4302 §2: length in 4-byte units less 2. */
const authentication = (next: number, bytes: number): number[] => [next, bytes / 4 - 2, ...filler(bytes - 2)];
const fragmentHeader = (next: number, offset: number, more: boolean, identification = 0xabcd_ef01): number[] => [
  next,
  0,
  ...u16((offset << 3) | (more ? 1 : 0)),
  ...u32(identification),
];

describe('IPv6', () => {
  const HOP_BY_HOP = 0;
  const ROUTING = 43;
  const FRAGMENT = 44;
  const AH = 51;
  const DESTINATION = 60;

  test.each<[string, number, Part]>([
    ['none', 17, []],
    ['hop-by-hop', HOP_BY_HOP, extension(17, 6)],
    ['routing', ROUTING, extension(17, 22)],
    ['authentication of 24 bytes', AH, authentication(17, 24)],
    ['authentication of 12 bytes', AH, authentication(17, 12)],
    ['destination options', DESTINATION, extension(17, 14)],
    ['mobility, HIP, shim6', 135, [...extension(139, 6), ...extension(140, 6), ...extension(17, 6)]],
    [
      'all of them in the order of RFC 8200 §4.1',
      HOP_BY_HOP,
      [
        ...extension(DESTINATION, 6),
        ...extension(ROUTING, 6),
        ...extension(AH, 22),
        ...authentication(DESTINATION, 24),
        ...extension(17, 30),
      ],
    ],
  ])('extension headers are passed over: %s', async (_, nextHeader, headers) => {
    expect(await decodeIp(ipv6(join(headers, udp(1000, 2000, filler(9))), { nextHeader }))).toMatchObject({
      skip: 'decoded',
      protocol: 17,
      ports: [1000, 2000],
      sizeBytes: 40 + headers.length + 8 + 9,
      payloadLength: 9,
      fragment: false,
    });
  });

  test('fragments are told apart: first, later, and the atomic one that is whole', async () => {
    const fragment = (header: number[], rest: Part) => decodeIp(ipv6(join(header, rest), { nextHeader: FRAGMENT }));
    expect(await fragment(fragmentHeader(17, 0, true), udp(1, 2, filler(8)))).toMatchObject({
      fragment: true,
      firstFragment: true,
      identification: 0xabcd_ef01,
      ports: [1, 2],
      protocol: 17,
      sizeBytes: 40 + 8 + 16,
      payloadLength: 8,
    });
    expect(await fragment(fragmentHeader(17, 2, false), filler(20))).toMatchObject({
      fragment: true,
      firstFragment: false,
      ports: [-1, -1],
      protocol: 17,
      payloadLength: 20,
    });
    // RFC 6946: offset 0, no more fragments.
    expect(await fragment(fragmentHeader(17, 0, false), udp(1, 2))).toMatchObject({ fragment: false, ports: [1, 2] });
  });

  test('extension headers may stand behind the fragment header of a first fragment', async () => {
    const headers = join(fragmentHeader(DESTINATION, 0, true), extension(17, 6), udp(1, 2));
    expect(await decodeIp(ipv6(headers, { nextHeader: FRAGMENT }))).toMatchObject({
      firstFragment: true,
      protocol: 17,
      ports: [1, 2],
    });
  });

  test('a jumbogram has its length from the wire', async () => {
    // RFC 2675 §2: payload length 0, hop-by-hop option 0xc2 with 32 bits of length.
    const jumbo = [17, 0, 0xc2, 4, ...u32(100_000)];
    const packet = ipv6(join(jumbo, udp(1, 2)), { nextHeader: HOP_BY_HOP, payloadLength: 0 });
    expect(await decodeIp(packet, 100_040)).toMatchObject({
      sizeBytes: 100_040,
      ports: [1, 2],
      payloadLength: 100_000 - 16,
    });
  });

  test('payload length 0 with no next header is an empty packet, padding or not', async () => {
    const packet = ipv6([], { nextHeader: 59 }); // RFC 8200 §4.7
    expect(await decodeFrame(ethernet(0x86dd, join(packet, new Uint8Array(6))))).toMatchObject({
      sizeBytes: 40,
      payloadLength: 0,
    });
  });

  test('ICMPv6 has no ports', async () => {
    expect(await decodeIp(ipv6([128, 0, 0, 0, 0, 1, 0, 1, ...filler(4)], { nextHeader: 58 }))).toMatchObject({
      protocol: 58,
      ports: [-1, -1],
      payloadLength: 4,
    });
  });

  test('a chain that never ends does not hang', async () => {
    const chain = Array.from({ length: 8000 }, () => extension(DESTINATION, 6)).flat();
    expect(await decodeIp(ipv6(chain, { nextHeader: DESTINATION }))).toMatchObject({
      skip: 'decoded',
      ports: [-1, -1],
    });
  });
});

describe('a snap length', () => {
  test('inside the transport header leaves the size right and the ports unknown', async () => {
    const packet = ipv4(udp(1000, 2000, filler(500)));
    for (let captured = 20; captured < 24; captured++) {
      expect(await decodeIp(packet.subarray(0, captured), packet.length)).toMatchObject({
        skip: 'decoded',
        sizeBytes: 528,
        ports: [-1, -1],
        payloadLength: 500,
      });
    }
    expect(await decodeIp(packet.subarray(0, 24), packet.length)).toMatchObject({
      sizeBytes: 528,
      ports: [1000, 2000],
    });
  });

  test('inside IPv4 options leaves the size right and the ports unknown', async () => {
    const packet = ipv4(udp(1, 2, filler(500)), { options: new Uint8Array(12).fill(1) });
    expect(await decodeIp(packet.subarray(0, 26), packet.length)).toMatchObject({ sizeBytes: 540, ports: [-1, -1] });
  });

  test('inside IPv6 extension headers leaves the size right and the ports unknown', async () => {
    const packet = ipv6(join(extension(17, 22), udp(1, 2, filler(500))), { nextHeader: 43 });
    for (const captured of [40, 44, 48, 60, 64, 67]) {
      expect(await decodeIp(packet.subarray(0, captured), packet.length)).toMatchObject({
        skip: 'decoded',
        sizeBytes: 40 + 24 + 508,
        ports: [-1, -1],
      });
    }
    expect(await decodeIp(packet.subarray(0, 68), packet.length)).toMatchObject({ ports: [1, 2] });
  });
});
