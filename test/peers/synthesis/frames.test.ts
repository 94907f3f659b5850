/** Frames of single conversations, judged by tshark and capinfos. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { CAPTURE_FORMATS } from '../../../src/capture/capture-writer.js';
import { randomStream } from '../../../src/random.js';
import { PAYLOAD_KINDS } from '../../../src/synthesis/payload/payload-source.js';
import { blockOf } from '../../models/blocks.js';
import { runPeer, testWithPeers } from '../../support/peers.js';
import { COMMENT, captureOf, profileOf } from '../../synthesis/captures.js';
import { CONVERSATIONS, expectedProtocol, LARGE_SIZES, rowsOf } from '../../synthesis/single-conversations.js';

describe('another decoder', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'synth-frames-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  // Every size where something changes, then odd and even ones.
  const sizes = [...Array.from({ length: 70 }, (_, i) => 20 + i), 575, 576, 1280, 1499, 1500, 1501, 2000, 9001, 65_535];
  const rows = rowsOf(sizes);
  /** Of a packet, 1 for a good checksum, 0 for a bad one. */
  const STATUSES = ['ip', 'tcp', 'udp', 'icmp', 'icmpv6'].map((protocol) => `${protocol}.checksum.status`);
  const FAULTS = ['_ws.malformed', ...STATUSES.map((status) => `${status}==0`)].join(' || ');
  const tshark = (path: string, filter: string, fields: readonly string[] = ['frame.number']) =>
    runPeer('tshark', [
      ...['-r', path, '-o', 'ip.check_checksum:TRUE', '-o', 'tcp.check_checksum:TRUE', '-o', 'udp.check_checksum:TRUE'],
      ...['-Y', filter, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])],
    ])
      .split('\n')
      .filter((line) => line !== '');
  /** Checksums that tshark found good: so that none found bad means something. */
  const GOOD = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmpv6' } as const;

  for (const { name, ipVersion, protocol } of CONVERSATIONS) {
    for (const format of CAPTURE_FORMATS) {
      testWithPeers(['tshark'], `tshark finds no fault with ${name} as ${format}`, async () => {
        for (const payload of PAYLOAD_KINDS) {
          const path = join(folder, `${ipVersion}-${protocol}-${payload}.${format}`);
          await writeFile(
            path,
            await captureOf(blockOf(rows), { profile: profileOf(ipVersion, protocol), format, payload }),
          );
          // In one run: to start the program takes longer than all these packets.
          const lines = tshark(path, 'frame', ['ip.len', 'ipv6.plen', '_ws.malformed', ...STATUSES]);
          expect(lines.length).toBe(rows.length);
          const packets = lines.map((line) => {
            const [v4, v6, malformed, ...statuses] = line.split('\t');
            // The outermost length: ip.len, or ipv6.plen less the header of 40 bytes.
            const size = v6 ? Number(v6) + 40 : Number(v4);
            return { size, malformed, statuses: statuses.map((status) => status.split(',')) };
          });
          const isFaulty = ({ malformed, statuses }: (typeof packets)[number]) =>
            malformed !== '' || statuses.some((status) => status.includes('0'));
          expect(packets.filter(isFaulty)).toEqual([]);
          expect(packets.map(({ size }) => size)).toEqual(sizes);
          if (protocol === 47) continue;
          const able = sizes.filter((size) => expectedProtocol(ipVersion, protocol, size).protocol === protocol);
          const checked = STATUSES.indexOf(`${GOOD[protocol]}.checksum.status`);
          expect(packets.filter(({ statuses }) => statuses[checked]!.includes('1')).length).toBe(able.length);
        }
      });
    }
  }

  for (const ipVersion of [4, 6] as const) {
    testWithPeers(['tshark'], `tshark finds nothing lost or sent again in TCP over IPv${ipVersion}`, async () => {
      const path = join(folder, `tcp${ipVersion}.pcapng`);
      const random = randomStream('1', 'sizes');
      const segments = rowsOf(Array.from({ length: 400 }, () => 60 + Math.floor(random.next() * 1440)));
      await writeFile(path, await captureOf(blockOf(segments), { profile: profileOf(ipVersion, 6), format: 'pcapng' }));
      expect(tshark(path, 'tcp.analysis.flags')).toEqual([]);
      expect(tshark(path, 'tcp').length).toBe(400);
    });
  }

  testWithPeers(['tshark'], 'tshark finds no wrong length in packets above 65535 bytes', async () => {
    for (const [ipVersion, protocol] of [
      [4, 6],
      [4, 17],
      [6, 17],
      [6, 6],
    ] as const) {
      const path = join(folder, `large${ipVersion}-${protocol}.pcap`);
      await writeFile(path, await captureOf(blockOf(rowsOf(LARGE_SIZES)), { profile: profileOf(ipVersion, protocol) }));
      // Not its checksums: the sum of 262130 random bytes overflows the 32 bits that it has for it.
      const faults = '_ws.malformed || udp.length.bad || udp.length.bad_zero || tcp.analysis.flags';
      expect(tshark(path, faults)).toEqual([]);
      expect(tshark(path, `(${FAULTS}) && frame.len < 200000`)).toEqual([]);
    }
  });

  testWithPeers(['capinfos'], 'capinfos reads the comment, the count and the precision', async () => {
    for (const format of CAPTURE_FORMATS) {
      const path = join(folder, `info.${format}`);
      await writeFile(path, await captureOf(blockOf(rows), { profile: profileOf(4, 17), format }));
      const info = runPeer('capinfos', ['-M', path]);
      expect(info).toMatch(new RegExp(`Number of packets: +${rows.length}\\b`));
      expect(info).toMatch(/encapsulation: +ether/);
      expect(info).toMatch(format === 'pcap' ? /precision: +microseconds/ : /precision: +nanoseconds/);
      if (format !== 'pcapng') continue;
      expect(info).toContain(COMMENT);
      expect(info).toContain('synth test');
    }
  });
});
