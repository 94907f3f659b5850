import { describe, expect, test } from 'vitest';
import { CAPTURE_FORMATS } from '../../src/capture/capture-writer.js';
import { readU16BE, readU32BE } from '../../src/net/bytes.js';
import { PAYLOAD_KINDS } from '../../src/synthesis/payload/payload-source.js';
import { blockOf, type Row } from '../models/blocks.js';
import { memoryInput } from '../support/frames.js';
import { expectSynthError, readPackets, type SeenPacket } from '../support/read.js';
import { captureOf, profileOf, START_NS } from './captures.js';
import { CONVERSATIONS, expectedProtocol, LARGE_SIZES, rowsOf } from './single-conversations.js';

const SIZES = [...Array.from({ length: 1981 }, (_, i) => 20 + i), 9000, 65_534, 65_535];
/** RFC 1071 §1: one's complement sum of 16-bit words, an odd last byte padded with zero; 0xffff where a checksum in it is right. */
function naiveSum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) {
    sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
    sum = (sum & 0xffff) + (sum >>> 16);
  }
  return sum;
}

/** Checksums of a frame that are wrong: RFC 791, RFC 9293 §3.1, RFC 768, RFC 792, RFC 4443 §2.3. */
function wrongSums(frame: Uint8Array): string[] {
  const wrong: string[] = [];
  const ip = frame.subarray(14);
  const isV4 = ip[0]! >> 4 === 4;
  if (isV4 && naiveSum(ip.subarray(0, 20)) !== 0xffff) wrong.push('sum of IPv4');
  const isJumbogram = !isV4 && ip[6] === 0; // RFC 2675: a header of 8 bytes between IP and transport
  const transport = ip.subarray(isV4 ? 20 : isJumbogram ? 48 : 40);
  const protocol = isV4 ? ip[9]! : isJumbogram ? ip[40]! : ip[6]!;
  const addresses = isV4 ? ip.subarray(12, 20) : ip.subarray(8, 40);
  const length = [transport.length >>> 24, transport.length >>> 16, transport.length >>> 8, transport.length];
  const pseudo = Uint8Array.from([...addresses, ...length, 0, 0, 0, protocol].map((byte) => byte & 0xff));
  const covered =
    protocol === 1 ? transport : [6, 17, 58].includes(protocol) ? Buffer.concat([pseudo, transport]) : undefined;
  if (covered !== undefined && naiveSum(covered) !== 0xffff) wrong.push(`sum of protocol ${protocol}`);
  if (protocol === 17 && readU16BE(transport, 6) === 0) wrong.push('no sum of UDP');
  return wrong;
}

/** TCP and UDP. */
const WITH_PORTS = { 6: true, 17: true };

const frameOf = ({ frame }: SeenPacket) => Buffer.from(frame, 'hex');

describe.each(CONVERSATIONS)('$name', ({ ipVersion, protocol }) => {
  const profile = profileOf(ipVersion, protocol);

  test.each(PAYLOAD_KINDS)('frames of any size with a payload of %s have that size, and are valid', async (payload) => {
    const rows = rowsOf(SIZES);
    const { packets, report } = await readPackets(memoryInput(await captureOf(blockOf(rows), { profile, payload })));
    expect(packets.length).toBe(rows.length);
    expect(report.warnings).toEqual([]);
    const described = packets.map((packet) =>
      [
        ...[packet.skip, packet.sizeBytes, packet.wireLength, packet.ipVersion, packet.protocol, packet.fragment],
        ...[packet.source, packet.destination, packet.macs, packet.protocol in WITH_PORTS ? packet.ports : []],
        ...wrongSums(frameOf(packet)),
      ].join(),
    );
    const expected = rows.map(([, size, outbound]) => {
      const { version, protocol: carried } = expectedProtocol(ipVersion, protocol, size);
      const [client, server] = version === 6 ? ['2001:db8::1', '2001:db8:1::1'] : ['192.0.2.1', '198.51.100.1'];
      const [mac, gateway] = ['00:00:5e:00:53:01', '00:00:5e:00:53:02'];
      return [
        ...['decoded', size, 14 + size, version, carried, false],
        ...(outbound ? [client, server, mac, gateway] : [server, client, gateway, mac]),
        carried in WITH_PORTS ? (outbound ? [49_152, 9] : [9, 49_152]) : [],
      ].join();
    });
    expect(described).toEqual(expected);
  });

  test('frames above 65535 bytes keep their size, and their sums', async () => {
    const rows = rowsOf(LARGE_SIZES);
    const { packets } = await readPackets(memoryInput(await captureOf(blockOf(rows), { profile })));
    const wanted = rows.filter(([, size]) => expectedProtocol(ipVersion, protocol, size).protocol !== 59);
    if (wanted.length > 0) expect(packets.map(({ sizeBytes }) => sizeBytes)).toEqual(wanted.map(([, size]) => size));
    expect(packets.map(({ wireLength }) => wireLength)).toEqual(rows.map(([, size]) => 14 + size));
    expect(packets.flatMap((packet) => wrongSums(frameOf(packet)))).toEqual([]);
  });
});

describe('times', () => {
  const rows: Row[] = [
    [0, 100, 1],
    [1, 101, 0],
    [999, 102, 1],
    [876_543_210, 103, 0], // with the fraction of the start: the last ns of a second
    [876_543_211, 104, 1],
    [86_400e9 * 100, 105, 1],
  ];
  test.each(CAPTURE_FORMATS)('of a %s are exact to what it can hold', async (format) => {
    for (const startNs of [0n, START_NS, 4_285_000_000_999_999_999n]) {
      const bytes = await captureOf(blockOf(rows), { profile: profileOf(4, 17), format, startNs });
      const { packets, report } = await readPackets(memoryInput(bytes));
      expect(report.files[0]).toMatchObject({ format, warnings: [] });
      const precisionNs = format === 'pcap' ? 1000n : 1n;
      const times = rows.map(([offset]) => startNs + BigInt(offset));
      expect(packets.map(({ timeNs }) => timeNs)).toEqual(times.map((time) => time - (time % precisionNs)));
    }
  });
});

test('times that pcapng cannot say are refused', async () => {
  const capture = (startNs: bigint) =>
    captureOf(blockOf([[0, 100, 1]]), { profile: profileOf(4, 17), format: 'pcapng', startNs });
  const { packets } = await readPackets(memoryInput(await capture(2n ** 64n - 1n)));
  expect(packets[0]!.timeNs).toBe(2n ** 64n - 1n);
  const error = await expectSynthError(capture(2n ** 64n), 'SYNTH_USAGE');
  expect(error.message).toContain('2554'); // date -u -d @18446744073
});

test('a comment that pcapng cannot hold is refused', async () => {
  const capture = (comment: string) =>
    captureOf(blockOf([[0, 100, 1]]), { profile: profileOf(4, 17), format: 'pcapng', comment });
  const { packets, report } = await readPackets(memoryInput(await capture('x'.repeat(65_535))));
  expect([packets.length, report.warnings]).toEqual([1, []]);
  await expectSynthError(capture('x'.repeat(65_536)), 'SYNTH_USAGE');
});

test('TCP numbers advance by payload, and acknowledge nothing that the other side has not sent', async () => {
  const rows = rowsOf(Array.from({ length: 200 }, (_, i) => 40 + ((i * 37) % 1460)));
  const { packets } = await readPackets(memoryInput(await captureOf(blockOf(rows), { profile: profileOf(4, 6) })));
  const next: (number | undefined)[] = [undefined, undefined];
  packets.forEach((packet, i) => {
    const [, size, outbound] = rows[i]!;
    const tcp = frameOf(packet).subarray(34);
    const [sequence, acknowledged] = [readU32BE(tcp, 4), readU32BE(tcp, 8)];
    expect(sequence).toBe(next[outbound] ?? sequence);
    expect((acknowledged - (next[1 - outbound] ?? acknowledged)) | 0).toBeLessThanOrEqual(0);
    next[outbound] = (sequence + size - 40) >>> 0;
    next[1 - outbound] ??= acknowledged;
  });
});

test('the same seed gives the same bytes, another seed others', async () => {
  const block = blockOf(rowsOf([100, 200]));
  const bytes = (seed: string) => captureOf(block, { profile: profileOf(4, 6), seed });
  expect((await bytes('1')).equals(await bytes('1'))).toBe(true);
  expect((await bytes('1')).equals(await bytes('2'))).toBe(false);
});

test('packets that fill the buffer many times over are all there', async () => {
  const rows = rowsOf(Array.from({ length: 3000 }, (_, i) => (i % 2 === 0 ? 1500 : 9000 + (i % 4))));
  for (const format of CAPTURE_FORMATS) {
    const { packets } = await readPackets(
      memoryInput(await captureOf(blockOf(rows), { profile: profileOf(4, 17), format })),
    );
    expect(packets.map(({ sizeBytes }) => sizeBytes)).toEqual(rows.map(([, size]) => size));
  }
});
