import { describe, expect, test } from 'vitest';
import { ethernet, filler, ip4, ipv4, ipv6, join, mac, SOURCE_MAC, tcp, u16, u32, udp } from '../support/frames.js';
import { BOTH_MACS, LAYERS, label, NO_MACS, radiotap, wlanHeader } from '../support/link-layers.js';
import { decodeFrame } from '../support/read.js';

const IPV4 = ipv4(udp(1234, 53, filler(11)));
const IPV6 = ipv6(tcp(4321, 443, filler(13)), { nextHeader: 6 });

const FOUND = {
  ipv4: {
    skip: 'decoded',
    ipVersion: 4,
    source: '192.0.2.1',
    destination: '198.51.100.2',
    protocol: 17,
    ports: [1234, 53],
    sizeBytes: 20 + 8 + 11, // headers of IPv4 (RFC 791) and UDP (RFC 768), payload
    payloadLength: 11,
    fragment: false,
  },
  ipv6: {
    skip: 'decoded',
    ipVersion: 6,
    source: '2001:db8::1',
    destination: '2001:db8::2',
    protocol: 6,
    ports: [4321, 443],
    sizeBytes: 40 + 20 + 13, // headers of IPv6 (RFC 8200) and TCP (RFC 9293), payload
    payloadLength: 13,
    fragment: false,
  },
};

// A label stack cut at its bottom has nothing inside; a lone 0xff of PPP reads as a compressed protocol number.
const ALL_CUTS = /cut|MPLS without IP inside|PPP protocol 0x00ff/;

describe.each(LAYERS)('$name', ({ linkType, prefix, macs = NO_MACS }) => {
  test('leads to the IPv4 packet inside', async () => {
    expect(await decodeFrame(join(prefix(4), IPV4), linkType)).toMatchObject({ ...FOUND.ipv4, macs });
  });

  test('leads to the IPv6 packet inside', async () => {
    expect(await decodeFrame(join(prefix(6), IPV6), linkType)).toMatchObject({ ...FOUND.ipv6, macs });
  });

  test('padding behind the packet does not count', async () => {
    expect(await decodeFrame(join(prefix(4), IPV4, new Uint8Array(30)), linkType)).toMatchObject(FOUND.ipv4);
  });

  test('a cut anywhere in the headers is told, never guessed around', async () => {
    const whole = join(prefix(4), IPV4);
    const ipAt = prefix(4).length;
    for (let length = 0; length < ipAt + 20; length++) {
      const { skip } = await decodeFrame(whole.subarray(0, length), linkType, whole.length);
      expect(skip).toMatch(length === 0 ? /^empty frame$/ : ALL_CUTS);
      if (length > ipAt) expect(skip).toBe('IP header cut');
    }
  });
});

test('link type 228 is an IPv4 packet, 229 an IPv6 packet', async () => {
  expect(await decodeFrame(IPV4, 228)).toMatchObject(FOUND.ipv4);
  expect(await decodeFrame(IPV6, 229)).toMatchObject(FOUND.ipv6);
});

describe('frames without IP', () => {
  const arp = join(
    u16(1),
    u16(0x0800),
    [6, 4, 0, 1],
    mac(SOURCE_MAC),
    ip4('192.0.2.1'),
    new Uint8Array(6),
    ip4('192.0.2.2'),
  );
  test.each<[string, Uint8Array, number]>([
    ['ARP', ethernet(0x0806, arp), 1],
    ['LLDP', ethernet(0x88cc, filler(20)), 1],
    ['ethertype 0x1234', ethernet(0x1234, filler(20)), 1],
    ['ARP', ethernet(0x8100, join(u16(3), u16(0x0806), arp)), 1],
    ['PPPoE discovery', ethernet(0x8863, filler(20)), 1],
    ['PPP LCP', ethernet(0x8864, [0x11, 0, 0, 0, 0, 6, 0xc0, 0x21, 1, 1, 0, 4]), 1],
    ['IEEE 802.2 LLC', ethernet(38, [0x42, 0x42, 3, 0, 0, 0, 0, 0]), 1], // spanning tree
    ['IEEE 802.2 LLC', ethernet(38, [0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0, 1, 2]), 1], // Cisco's SNAP: CDP
    ['MPLS without IP inside', ethernet(0x8847, join(label(16, true), [0, 0, 0, 0, ...filler(20)])), 1], // RFC 4385 control word
    ['loopback address family not IP', join(u32(7), filler(20)), 108],
    ['PPP protocol 0x8281', join([0xff, 3, 0x82, 0x81], filler(9)), 9],
    ['ethertype 0x88b5', join(u16(0x88b5), u16(0), u32(3), u16(1), [0, 6], mac(SOURCE_MAC), [0, 0]), 276],
    ['802.11 encrypted frame', join(wlanHeader(true, false, { encrypted: true }), filler(40)), 105],
    ['802.11 aggregate (A-MSDU)', join(wlanHeader(true, false, { qos: true, aggregate: true }), filler(40)), 105],
    ['802.11 management, control or empty frame', join([0x80, 0], filler(40)), 105], // beacon
    ['802.11 management, control or empty frame', join([0xd4, 0], filler(8)), 105], // acknowledgement
    ['802.11 management, control or empty frame', join([0x48, 1], filler(24)), 105], // data without data
    ['IP version neither 4 nor 6', ethernet(0x0800, [0x50, ...filler(30)]), 1],
    ['link header cut', join(radiotap([0], [])).fill(200, 2, 3), 127],
    ['link header cut', join([0, 0, 4, 0, 0, 0, 0, 0], wlanHeader(true, false)), 127], // a radiotap length below 8
  ])('%s', async (reason, bytes, linkType) => {
    expect((await decodeFrame(bytes, linkType)).skip).toBe(reason);
  });

  test('the addresses of an encrypted 802.11 frame are known all the same', async () => {
    const frame = join(wlanHeader(false, true, { encrypted: true }), filler(40));
    expect((await decodeFrame(frame, 105)).macs).toEqual(BOTH_MACS);
  });
});
