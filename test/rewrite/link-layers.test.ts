/** Anonymised frames hold no captured address, whatever the link type, also where payload is kept. */
import { describe, expect, test } from 'vitest';
import { decode } from '../../src/capture/decode.js';
import { Packet } from '../../src/capture/packet.js';
import { LINK_TYPE } from '../../src/net/link-type.js';
import { Anonymizer } from '../../src/rewrite/anonymizer.js';
import { FrameChange, SAME_FRAMES } from '../../src/rewrite/frame-change.js';
import { DESTINATION_MAC, filler, ipv4, join, mac, SOURCE_MAC, udp } from '../support/frames.js';
import { LAYERS } from '../support/link-layers.js';

const IPV4 = ipv4(udp(1234, 53, filler(11)));
const ADDRESSES = [mac(SOURCE_MAC), mac(DESTINATION_MAC), IPV4.subarray(12, 16), IPV4.subarray(16, 20)].map((bytes) =>
  Buffer.from(bytes),
);

/** The frame of a packet, anonymised with its payload. */
function anonymized(frame: Uint8Array, linkType: number): Buffer {
  const packet = new Packet();
  packet.bytes = frame;
  packet.view = new DataView(frame.buffer, frame.byteOffset);
  packet.capturedLength = frame.length;
  packet.wireLength = frame.length;
  packet.linkType = linkType;
  decode(packet);
  const change = new FrameChange({
    ...SAME_FRAMES,
    addresses: [new Anonymizer(new Uint8Array(32).fill(7), { keepOui: false })],
  });
  const out = new Uint8Array(change.measure(packet));
  change.write(packet, out, 0);
  return Buffer.from(out);
}

/** Captured addresses that are still there. */
const left = (frame: Buffer) => ADDRESSES.filter((address) => frame.includes(address));

test('every link type has a layer here', () => {
  // 228 and 229 are IP packets without anything before them, as 101 is.
  const here = new Set([...LAYERS.map(({ linkType }) => linkType), LINK_TYPE.ipv4, LINK_TYPE.ipv6]);
  expect([...here].sort((a, b) => a - b)).toEqual(Object.values(LINK_TYPE).sort((a, b) => a - b));
});

describe.each(LAYERS)('$name', ({ linkType, prefix }) => {
  const frame = join(prefix(4), IPV4);

  test('has no captured address after anonymisation, and its payload', () => {
    const result = anonymized(frame, linkType);
    expect(left(result)).toEqual([]);
    expect(result.includes(Buffer.from(filler(11)))).toBe(true);
  });

  test('has none either where it is cut', () => {
    for (let length = 1; length < frame.length; length++) {
      expect(left(anonymized(frame.slice(0, length), linkType)), `cut at ${length}`).toEqual([]);
    }
  });
});

test.each([
  ['Linux cooked', LINK_TYPE.linuxCooked, (sender: Uint8Array) => join([0, 4, 3, 0x0a, 0, 4], sender, [8, 0])],
  [
    'Linux cooked v2',
    LINK_TYPE.linuxCooked2,
    (sender: Uint8Array) => join([8, 0, 0, 0, 0, 0, 0, 3, 3, 0x0a, 4, 4], sender),
  ],
])('%s keeps no sender of a tunnel, which is an IP address', (_, linkType, header) => {
  const sender = join(IPV4.subarray(12, 16), new Uint8Array(4));
  expect(left(anonymized(join(header(sender), IPV4), linkType))).toEqual([]);
});

test('a frame of an unknown link type is zeros: nobody knows where its addresses are', () => {
  const prism = 119;
  expect(anonymized(join(filler(30), mac(SOURCE_MAC), IPV4), prism).every((byte) => byte === 0)).toBe(true);
});
