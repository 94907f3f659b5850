/**
 * Messages of application protocols, judged by programs that know these protocols: tshark for what is malformed and what things are
 * called, ndpiReader for what services look like from afar.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { randomStream } from '../../../../src/random.js';
import { createPayloadSource } from '../../../../src/synthesis/payload/payload-source.js';
import { runPeer, testWithPeers } from '../../../support/peers.js';
import { CaptureMaker, randomTurns, type Turn } from '../../../synthesis/payload/conversations.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'synth-payload-'));
});
afterAll(() => rm(folder, { recursive: true }));

const maker = () => new CaptureMaker(createPayloadSource('protocol', randomStream('1', 'payload')));

/** What tshark, with all its defaults, makes of the packets with payload. */
async function dissect(capture: CaptureMaker) {
  const path = join(folder, 'judged.pcap');
  await writeFile(path, capture.content);
  const fields = [
    'frame.protocols',
    'udp.length',
    'tcp.len',
    'ip.src',
    'ip.dst',
    '_ws.malformed',
    '_ws.expert.severity',
    '_ws.expert.message',
  ];
  const options = ['-T', 'fields', '-E', 'separator=|', ...fields.flatMap((field) => ['-e', field])];
  const rows = runPeer('tshark', ['-r', path, '-Y', 'udp.length > 8 || tcp.len > 0', ...options]);
  return rows
    .trimEnd()
    .split('\n')
    .map((row) => {
      const [protocols = '', udp = '', tcp = '', from = '', to = '', malformed = '', severities = '', ...expert] =
        row.split('|');
      const size = udp === '' ? Number(tcp) : Number(udp) - 8;
      const severity = Math.max(...severities.split(',').map(Number));
      const opinion = { malformed: malformed !== '', severity, expert: expert.join('|') };
      return { protocols: protocols.split(':'), size, from, to, ...opinion };
    });
}

/** PI_WARN of epan/proto.h. */
const WARNING = 0x0060_0000;
/** tshark has them for captures of real devices too: nobody has the keys of QUIC, and all messages of mDNS have the id 0. */
const EXPECTED_WARNINGS = /decryption context|retransmission/;

const SIZES = Array.from({ length: 1473 }, (_, size) => size);

/** Below its header nothing is a message, and tshark calls everything malformed. */
const DATAGRAMS = [
  { name: 'dns', port: 53, header: 12 },
  { name: 'dhcp', port: 67, header: 244 },
  { name: 'ntp', port: 123, header: 4 },
  { name: 'nbns', port: 137, header: 12 },
  { name: 'quic', port: 443, header: 21 },
  { name: 'ssdp', port: 1900, header: 1, named: 30 },
  { name: 'sip', port: 5060, header: 1, named: 300 },
  { name: 'mdns', port: 5353, header: 12 },
  { name: 'llmnr', port: 5355, header: 12 },
  { name: 'coap', port: 5683, header: 4 },
];
const GROUPS = ['ssdp', 'mdns', 'llmnr'];

describe('datagrams of every size', () => {
  testWithPeers(['tshark'], 'are well-formed messages of the service that the port says', async () => {
    const capture = maker();
    DATAGRAMS.forEach(({ name, port }, i) => {
      const openerPort = port === 5353 ? port : port === 67 ? 68 : 40_000;
      // The longest first, so that QUIC has room for its hellos.
      const turns = [1250, 1200, ...SIZES].flatMap((size) => [true, false].map((byOpener) => ({ size, byOpener })));
      capture.datagrams({ servicePort: port, openerPort, opener: i }, turns);
      if (GROUPS.includes(name)) {
        const toGroup = SIZES.map((size) => ({ size, byOpener: true }));
        capture.datagrams({ servicePort: port, openerPort, opener: 100 + i, multicast: true }, toGroup);
      }
    });
    const packets = await dissect(capture);
    const opinions = packets.flatMap(({ protocols, size, from, to, malformed, expert }) => {
      const opener = [from, to].find((address) => address.startsWith('10.7.0.'))!;
      const { name, header, named = header } = DATAGRAMS[Number(opener.split('.')[3]) % 100]!;
      const complaints = [
        ...(size >= header && malformed ? [`malformed: ${expert}`] : []),
        ...(size >= named && !protocols.includes(name) ? [`taken for ${protocols}`] : []),
      ];
      return complaints.map((complaint) => `${name} of ${size} bytes: ${complaint}`);
    });
    expect(opinions).toEqual([]);
    expect(packets.length).toBe(DATAGRAMS.length * 2 * 1474 + GROUPS.length * 1472);
  });
});

/** The least segment that tshark can do with: of less, it does not take the beginning of Modbus for Modbus (packet-mbtcp.c). */
const SEGMENTS = [
  { name: 'dns', port: 53, least: 1 },
  { name: 'http', port: 80, least: 1 },
  { name: 'tls', port: 443, least: 1 },
  { name: 'modbus', port: 502, least: 8 },
  { name: 'mqtt', port: 1883, least: 1 },
  { name: 'sip', port: 5060, least: 1 },
  { name: 'http', port: 8080, least: 1 },
  { name: 'tls', port: 8883, least: 1 },
];

/** Five conversations of 80, one of 10. */
const SEGMENTS_EACH = 410;

describe('segments of any size', () => {
  testWithPeers(['tshark'], 'carry streams of well-formed messages', async () => {
    const capture = maker();
    for (const { port, least } of SEGMENTS) {
      [1, 4, 30, 600, 1460, 60_000].forEach((longest, i) => {
        const turns = randomTurns(`${port}/${longest}`, longest === 60_000 ? 10 : 80, longest);
        const segments = turns.map(({ size, byOpener }) => ({ size: Math.max(size, least), byOpener }));
        capture.segments({ servicePort: port, openerPort: 40_000 + i, opener: i }, segments);
      });
    }
    const packets = await dissect(capture);
    expect(packets.filter(({ malformed }) => malformed)).toEqual([]);
    for (const { name } of SEGMENTS) {
      expect(packets.filter(({ protocols }) => protocols.includes(name)).length).toBeGreaterThan(SEGMENTS_EACH / 10);
    }
    expect(packets.length).toBe(SEGMENTS.length * SEGMENTS_EACH);
  });
});

/** Sizes as devices have them: each message in a packet of its own, the first of TLS and QUIC with room for a hello. */
const CONVERSATIONS = [
  { udp: 53, sizes: [32, 48, 45, 110], tshark: 'dns', ndpi: 'DNS' },
  { udp: 67, sizes: [300, 548, 310, 548], tshark: 'dhcp', ndpi: 'DHCP' },
  { udp: 123, sizes: [48, 48, 48, 48], tshark: 'ntp', ndpi: 'NTP' },
  { udp: 137, sizes: [50, 62, 50, 62], tshark: 'nbns', ndpi: 'NetBIOS' },
  { udp: 443, sizes: [1250, 1200, 1250, 80, 33, 31, 1250], tshark: 'quic', ndpi: 'QUIC' },
  { udp: 1900, sizes: [94, 310, 125, 290], tshark: 'ssdp', ndpi: 'SSDP' },
  { udp: 5060, sizes: [400, 420, 390, 500], tshark: 'sip', ndpi: 'SIP' },
  { udp: 5353, sizes: [36, 90, 45, 150], tshark: 'mdns', ndpi: 'MDNS' },
  { udp: 5355, sizes: [26, 60, 24, 52], tshark: 'llmnr', ndpi: 'LLMNR' },
  { udp: 5683, sizes: [14, 30, 120, 4], tshark: 'coap', ndpi: 'COAP' },
  { tcp: 53, sizes: [34, 50, 47, 200], tshark: 'dns', ndpi: 'DNS' },
  { tcp: 80, sizes: [120, 700, 330, 180], tshark: 'http', ndpi: 'HTTP' },
  { tcp: 443, sizes: [517, 1400, 93, 150, 60], tshark: 'tls', ndpi: 'TLS' },
  { tcp: 502, sizes: [12, 13, 12, 29, 60], tshark: 'mbtcp', ndpi: 'Modbus' },
  { tcp: 993, sizes: [517, 1400, 93, 150, 60], tshark: 'tls', ndpi: 'IMAPS' },
  { tcp: 1883, sizes: [32, 4, 2, 2, 150, 90], tshark: 'mqtt', ndpi: 'MQTT' },
  { tcp: 5060, sizes: [400, 420, 390, 500], tshark: 'sip', ndpi: 'SIP' },
  { tcp: 8883, sizes: [517, 1400, 93, 150, 60], tshark: 'tls', ndpi: 'TLS' },
] as const;

describe('conversations as devices have them', () => {
  const capture = maker();
  CONVERSATIONS.forEach((conversation, i) => {
    const turns: Turn[] = conversation.sizes.map((size, turn) => ({ size, byOpener: turn % 2 === 0 }));
    if ('udp' in conversation) {
      const openerPort = conversation.udp === 67 ? 68 : 40_000 + i;
      capture.datagrams({ servicePort: conversation.udp, openerPort, opener: i }, turns);
    } else {
      capture.segments({ servicePort: conversation.tcp, openerPort: 40_000 + i, opener: i }, turns);
    }
  });

  testWithPeers(['tshark'], 'are named packet by packet, without a warning', async () => {
    const packets = await dissect(capture);
    const expected = CONVERSATIONS.flatMap(({ tshark, sizes }) => sizes.map((size) => `${tshark} ${size}`));
    const seen = packets.map(({ protocols, size }, i) => {
      const name = expected[i]!.split(' ')[0]!;
      return `${protocols.includes(name) ? name : protocols.join(':')} ${size}`;
    });
    expect(seen).toEqual(expected);
    const warnings = packets.filter(({ severity }) => severity >= WARNING).map(({ expert }) => expert);
    expect(warnings.filter((text) => !EXPECTED_WARNINGS.test(text))).toEqual([]);
  });

  testWithPeers(['tshark'], 'name device.example where TLS and QUIC say whom they want to talk to', async () => {
    const path = join(folder, 'names.pcap');
    await writeFile(path, capture.content);
    const filter = 'tls.handshake.extensions_server_name == "device.example"';
    const ports = runPeer('tshark', [
      '-r',
      path,
      '-Y',
      filter,
      '-T',
      'fields',
      '-e',
      'udp.dstport',
      '-e',
      'tcp.dstport',
    ]);
    expect(ports.trim().split(/\s+/)).toEqual(['443', '443', '993', '8883']);
  });

  testWithPeers(['ndpiReader'], 'are recognised by their content', async () => {
    const path = join(folder, 'classified.pcap');
    await writeFile(path, capture.content);
    const flows = runPeer('ndpiReader', ['-i', path, '-v', '2']).split('\n');
    const opinions = CONVERSATIONS.map((_, i) => {
      const flow = flows.find((line) => new RegExp(`\\b10\\.7\\.0\\.${i}:.*\\[proto: `).test(line)) ?? '';
      return `${/\[proto: [\d.]+\/([\w.]+)/.exec(flow)?.[1]} by ${/\[Confidence: ([^\]]+)/.exec(flow)?.[1]}`;
    });
    expect(opinions).toEqual(CONVERSATIONS.map(({ ndpi }) => `${ndpi} by DPI`));
  });
});
