/** Conversations that other programs find no fault with. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { ROLE } from '../../../src/conversations/role.js';
import { type ConversationSpec, NO_SYN_OPTIONS } from '../../../src/synthesis/conversation-spec.js';
import { memoryInput } from '../../support/frames.js';
import { runPeer, runPeerToExit, testWithPeers } from '../../support/peers.js';
import { readPackets } from '../../support/read.js';
import {
  captureOfScripts,
  packets,
  type Script,
  type ScriptedCapture,
  scriptsOf,
  specOf,
} from '../../synthesis/scripts.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'synth-conversations-'));
});
afterAll(() => rm(folder, { recursive: true }));

const FAULTS = [
  '_ws.malformed',
  'tcp.analysis.flags',
  ...['ip', 'tcp', 'udp', 'icmp', 'icmpv6', 'igmp'].map((protocol) => `${protocol}.checksum.status==0`),
].join(' || ');

/** What tshark says of the frames that a filter lets through, a line each. */
const tshark = (path: string, filter: string, ...fields: readonly string[]): string[] =>
  runPeer('tshark', [
    ...['-r', path, '-Y', filter, '-o', 'ip.check_checksum:TRUE'],
    ...['-o', 'tcp.check_checksum:TRUE', '-o', 'udp.check_checksum:TRUE'],
    ...['-T', 'fields', ...fields.flatMap((field) => ['-e', field])],
  ])
    .split('\n')
    .filter((line) => line !== '');

const faultsOf = (path: string) => tshark(path, FAULTS, 'frame.number', 'tcp.stream', '_ws.col.Info');

async function written(name: string, { bytes }: ScriptedCapture): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

const PLAIN = { syn: { local: NO_SYN_OPTIONS, peer: NO_SYN_OPTIONS } };
const HANDSHAKE = [...packets(1, 40, 1, ROLE.syn), ...packets(1, 40, 0, ROLE.synAck), ...packets(1, 40, 1, ROLE.ack)];
const FINISH = [
  ...packets(1, 40, 1, ROLE.fin),
  ...packets(1, 40, 0, ROLE.ack),
  ...packets(1, 40, 0, ROLE.fin),
  ...packets(1, 40, 1, ROLE.ack),
];

/** What random scripts are too short for. */
const LONG_SCRIPTS: readonly Script[] = [
  // One end sends, the other is silent: its window ends after 45 segments without window scale, after 725 with it.
  { spec: specOf(1001, PLAIN), packets: [...packets(1000, 1500, 1), ...FINISH] },
  { spec: specOf(1002), packets: [...packets(1000, 1500, 1), ...FINISH] },
  // A FIN behind more segments than Wireshark remembers (10000 in version 4).
  { spec: specOf(1003, PLAIN), packets: [...packets(10_001, 41, 1), ...FINISH] },
  // 63240 bytes, and steps of 4 bytes to the end of a window of 64240 bytes and beyond.
  { spec: specOf(1004, PLAIN), packets: [...HANDSHAKE, ...packets(1, 63_280, 1), ...packets(260, 44, 1), ...FINISH] },
  {
    spec: specOf(1005, { ipVersion: 6 }),
    packets: [...packets(20, 65_575, 0), ...packets(40, 60, 1), ...packets(3, 70_000, 0)],
  },
  // Both finish, neither has heard of it.
  { spec: specOf(1006), packets: [...HANDSHAKE, ...packets(1, 40, 0, ROLE.fin), ...FINISH] },
];

describe.each([false, true])('any sequences of packets over TCP, with strict sizes %s', (strictSizes) => {
  testWithPeers(['tshark'], 'have no fault that tshark would find', async () => {
    const scripts = [...scriptsOf(300, 20_251), ...LONG_SCRIPTS];
    const capture = await captureOfScripts(scripts, { strictSizes });
    const path = await written(`strict-${strictSizes}.pcap`, capture);
    expect(faultsOf(path)).toEqual([]);
    // So that no fault means something: checksums are looked at, and connections are what was meant to be some.
    const streams = tshark(path, 'tcp.checksum.status==1 && frame.number<=1000', 'tcp.stream');
    expect(streams.length).toBeGreaterThan(800);
    expect(new Set(streams).size).toBeGreaterThan(200);
  });
});

describe('forced frames', () => {
  testWithPeers(['capinfos', 'tcpdump'], 'leave the file in order', async () => {
    const capture = await captureOfScripts(scriptsOf(100, 20_253), { gapNs: 7 });
    const path = await written('order.pcap', capture);
    const total = capture.rows.length + capture.forcedFrames;
    const info = runPeer('capinfos', ['-M', '-c', '-o', path]);
    expect(info).toMatch(new RegExp(`Number of packets: +${total}\\b`));
    expect(info).toMatch(/Strict time order: +True/);
    const { stdout, status } = runPeerToExit('tcpdump', ['-r', path, '-n', '-tt', '--nano']);
    expect(status).toBe(0);
    const times = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[0]!);
    expect(times.length).toBe(total);
    expect(times.toSorted()).toEqual(times);
  });
});

describe('packets above the MTU', () => {
  const PROTOCOLS: readonly (readonly [4 | 6, number])[] = [
    [4, 17],
    [6, 17],
    [4, 6],
    [6, 6],
    [4, 1],
    [6, 58],
    [4, 47],
  ];
  const SIZES = [1500, 1501, 3000, 9000, 65_535];
  const scripts = PROTOCOLS.map(([ipVersion, protocol], i) => ({
    spec: specOf(i, { ipVersion, protocol, midstream: true }),
    packets: SIZES.flatMap((sizeBytes, n) => packets(1, sizeBytes, n % 2 === 0 ? 1 : 0)),
  }));

  for (const oversize of ['fragment', 'split'] as const) {
    testWithPeers(['tshark'], `are whole again to tshark when the choice is to ${oversize}`, async () => {
      const capture = await captureOfScripts(scripts, { mtu: 1500, oversize });
      const path = await written(`${oversize}.pcap`, capture);
      expect(faultsOf(path)).toEqual([]);
      const { packets: seen } = await readPackets(memoryInput(capture.bytes));
      expect(Math.max(...seen.map(({ sizeBytes }) => sizeBytes))).toBe(1500);
      expect(seen.length).toBe(capture.rows.length + capture.forcedFrames);
      // The first frame of each packet has its time, and so have the others.
      expect(new Set(seen.map(({ timeNs }) => timeNs)).size).toBe(capture.rows.length);
      const wholes = tshark(path, 'udp && udp.checksum.status==1', 'udp.length').map(Number);
      expect(wholes).toEqual(SIZES.flatMap((size) => [size - 20, size - 40])); // without the headers of IPv4 and IPv6
      expect(tshark(path, 'icmp.checksum.status==1 || icmpv6.checksum.status==1', 'frame.number').length).toBe(
        2 * SIZES.length,
      );
      const segments = tshark(path, 'tcp.checksum.status==1', 'tcp.len').length;
      if (oversize === 'fragment') expect(segments).toBe(2 * SIZES.length);
      else expect(segments).toBe(tshark(path, 'ip.proto==6 || ipv6.nxt==6', 'frame.number').length);
    });
  }
});

describe('conversations without connections', () => {
  testWithPeers(['tshark'], 'have echo replies that tshark matches with their requests', async () => {
    // RFC 792: what was sent is returned. Random payloads are not.
    const both = [...packets(2, 84, 0), ...packets(3, 84, 1)];
    for (const [ipVersion, protocol, name] of [
      [4, 1, 'icmp'],
      [6, 58, 'icmpv6'],
    ] as const) {
      const spec = specOf(0, { ipVersion, protocol, openedByLocal: false });
      const path = await written(
        `${name}.pcap`,
        await captureOfScripts([{ spec, packets: both }], { payload: 'zeros' }),
      );
      expect(faultsOf(path)).toEqual([]);
      const kinds = name === 'icmp' ? ['8', '0'] : ['128', '129'];
      const seen = tshark(path, name, `${name}.type`, name === 'icmp' ? 'icmp.seq' : 'icmpv6.echo.sequence_number');
      const [first] = seen.map((line) => Number(line.split('\t')[1]));
      // Two requests, a reply to each, and another to the last.
      expect(seen).toEqual([0, 1, 0, 1, 1].map((n, i) => `${kinds[i < 2 ? 0 : 1]}\t${first! + n}`));
      expect(tshark(path, `${name}.resp_to`, `${name}.resp_to`).slice(0, 2)).toEqual(['1', '2']);
    }
  });

  testWithPeers(['tshark'], 'to many have the hop limit that they need', async () => {
    const to = (number: number, address: readonly number[], protocol: number, port: number): ConversationSpec => {
      const spec = specOf(number, { protocol, ipVersion: address.length === 4 ? 4 : 6 });
      return { ...spec, peer: { ...spec.peer, address: Uint8Array.from(address), port } };
    };
    const ALL_NODES = [0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    const MDNS = [224, 0, 0, 251];
    const MDNS6 = [...ALL_NODES.slice(0, 15), 0xfb];
    const specs = [
      to(0, MDNS, 17, 5353),
      to(1, MDNS6, 17, 5353),
      to(2, [239, 255, 255, 250], 17, 9),
      to(3, ALL_NODES, 17, 9),
      to(4, MDNS, 2, 0),
      to(5, [10, 0, 0, 9], 17, 9),
    ];
    // 46 bytes of IGMP: what stands behind the message belongs to the checksum too.
    const scripts = specs.map((spec) => ({ spec, packets: packets(1, 66, 1) }));
    const path = await written('multicast.pcap', await captureOfScripts(scripts));
    expect(tshark(path, FAULTS.replace('_ws.malformed || ', ''), 'frame.number')).toEqual([]);
    const hopLimits = tshark(path, 'frame', 'ip.ttl', 'ipv6.hlim').map((line) => Number(line.trim()));
    expect(hopLimits).toEqual([255, 255, 1, 1, 1, 64]);
    expect(tshark(path, 'igmp.checksum.status==1', 'igmp.type', 'igmp.maddr')).toEqual(['0x16\t224.0.0.251']);
  });
});
