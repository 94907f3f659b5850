/** Other programs do the same to the same capture, or judge what has come out. */
import { readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { captureInput } from '../../../src/capture/capture-file.js';
import { SynthError } from '../../../src/errors.js';
import { parseAddressMaps, parseMacMaps } from '../../../src/rewrite/address-map.js';
import { Anonymizer } from '../../../src/rewrite/anonymizer.js';
import { parseNumberMaps } from '../../../src/rewrite/number-map.js';
import { parseSpeed } from '../../../src/rewrite/time-change.js';
import { rewriteFile, temporaryFolder, type Wishes } from '../../rewrite/rewriting.js';
import { testEachCapture, testWithCapturesAndPeers } from '../../support/captures.js';
import { fixture } from '../../support/files.js';
import { runPeer, sharedCapture, testWithPeers } from '../../support/peers.js';
import { readPackets } from '../../support/read.js';

const file = temporaryFolder();
const doorbell = fixture('doorbell/doorbell.pcap');
const none = { set: undefined, strip: false, map: undefined };

/** Fields of every packet, as tshark shows them. */
function fieldsOf(path: string, fields: readonly string[]): string[] {
  const shown = fields.flatMap((field) => ['-e', field]);
  return runPeer('tshark', ['-n', '-o', 'ip.defragment:FALSE', '-r', path, '-T', 'fields', ...shown]).split('\n');
}

const ADDRESSES = ['ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst', 'arp.src.proto_ipv4', 'arp.dst.proto_ipv4'];

describe('tcprewrite gives the same', () => {
  testWithPeers(['tcprewrite', 'tshark'], 'addresses, with a pseudo NAT', async () => {
    runPeer('tcprewrite', [
      '--pnat=10.77.0.0/16:192.168.0.0/16',
      `--infile=${doorbell}`,
      `--outfile=${file('peer.pcap')}`,
    ]);
    const addresses = [parseAddressMaps(['10.77.0.0/16=192.168.0.0/16'])];
    await rewriteFile(doorbell, file('ours.pcap'), { format: 'pcap', frames: { addresses } });
    expect(fieldsOf(file('ours.pcap'), ADDRESSES)).toEqual(fieldsOf(file('peer.pcap'), ADDRESSES));
  });

  testWithPeers(['tcprewrite', 'tshark'], 'ports', async () => {
    runPeer('tcprewrite', [
      '--portmap=1883:2883',
      '--portmap=5004:6004',
      `--infile=${doorbell}`,
      `--outfile=${file('peer.pcap')}`,
    ]);
    const ports = parseNumberMaps(['1883=2883', '5004=6004'], 'port', 65_535);
    await rewriteFile(doorbell, file('ours.pcap'), { format: 'pcap', frames: { ports } });
    const fields = ['tcp.srcport', 'tcp.dstport', 'udp.srcport', 'udp.dstport'];
    expect(fieldsOf(file('ours.pcap'), fields)).toEqual(fieldsOf(file('peer.pcap'), fields));
    expect(fieldsOf(file('ours.pcap'), fields).join()).toContain('2883');
  });

  testWithPeers(['tcprewrite'], 'VLAN tag, and without it the frames are what they were', async () => {
    const tag = ['--enet-vlan-tag=12', '--enet-vlan-cfi=0', '--enet-vlan-pri=0'];
    const files = [`--infile=${doorbell}`, `--outfile=${file('peer.pcap')}`];
    runPeer('tcprewrite', ['--enet-vlan=add', ...tag, ...files]);
    const vlan = { ...none, set: 12 };
    await rewriteFile(doorbell, file('tagged.pcap'), { format: 'pcap', frames: { vlan } });
    expect(await headersOf(file('tagged.pcap'))).toEqual(await headersOf(file('peer.pcap')));
    const stripped = { format: 'pcap', frames: { vlan: { ...none, strip: true } } } as const;
    await rewriteFile(file('tagged.pcap'), file('ours.pcap'), stripped);
    expect(await framesOf(file('ours.pcap'))).toEqual(await framesOf(doorbell));
  });

  testWithPeers(['tcprewrite'], 'MAC addresses', async () => {
    const [from, to] = ['02:00:00:00:00:17', '02:aa:bb:cc:dd:ee'];
    const files = [`--infile=${doorbell}`, `--outfile=${file('peer.pcap')}`];
    runPeer('tcprewrite', [`--enet-subsmac=${from},${to}`, ...files]);
    const addresses = [parseMacMaps([`${from}=${to}`])];
    await rewriteFile(doorbell, file('ours.pcap'), { format: 'pcap', frames: { addresses } });
    expect((await headersOf(file('ours.pcap'))).filter((header) => header.includes('02aabbccddee'))).not.toEqual([]);
    expect(await headersOf(file('ours.pcap'))).toEqual(await headersOf(file('peer.pcap')));
  });
});

async function framesOf(path: string) {
  const { records } = await readPackets(captureInput(path));
  return records;
}

/**
 * The link and IPv4 headers of frames to one host. tcprewrite 4.4.3 makes 33:33:00:00:00:00 of the source of multicast frames, computes
 * transport checksums unasked, and knows nothing of MAC addresses in ARP.
 */
async function headersOf(path: string): Promise<string[]> {
  const { packets } = await readPackets(captureInput(path));
  const toOne = packets.filter(({ ipVersion, skip, frame }) => {
    return skip === 'decoded' && ipVersion === 4 && (Number.parseInt(frame.slice(0, 2), 16) & 1) === 0;
  });
  expect(toOne.length).toBeGreaterThan(5000);
  return toOne.map(({ frame }) => frame.slice(0, 2 * 34));
}

describe('editcap gives the same packets', () => {
  // capinfos -a -S: the first packet of the doorbell
  const at = (ns: bigint) => `${ns / 1_000_000_000n}.${String(ns % 1_000_000_000n).padStart(9, '0')}`;
  testWithPeers(['editcap'], 'shifted, cut, and within times', async () => {
    const [first] = await framesOf(doorbell);
    const [from, to] = [first!.timeNs + 10_000_000_000n, first!.timeNs + 20_000_000_000n];
    const tasks: readonly (readonly [readonly string[], Wishes])[] = [
      [['-t', '-30.5'], { time: { shiftNs: -30_500_000_000n } }],
      [['-s', '60'], { frames: { snapLength: 60 } }],
      [
        ['-A', at(from), '-B', at(to)],
        { range: { after: { ns: from, sinceFirst: false }, before: { ns: to, sinceFirst: false } } },
      ],
    ];
    for (const [task, wishes] of tasks) {
      runPeer('editcap', ['-F', 'nsecpcap', ...task, doorbell, file('peer.pcap')]);
      await rewriteFile(doorbell, file('ours.pcap'), wishes);
      const peer = await framesOf(file('peer.pcap'));
      expect(peer.length).toBeGreaterThan(1);
      expect(await framesOf(file('ours.pcap'))).toEqual(peer);
    }
  });

  testWithPeers(['editcap'], 'converted between all formats, and the files are the same for pcap', async () => {
    for (const format of ['pcap', 'nsecpcap', 'pcapng'] as const) {
      runPeer('editcap', ['-F', format, doorbell, file('peer')]);
      await rewriteFile(doorbell, file('ours'), { format });
      expect(await framesOf(file('ours'))).toEqual(await framesOf(file('peer')));
      if (format !== 'pcapng')
        expect(readFileSync(file('ours')).subarray(24)).toEqual(readFileSync(file('peer')).subarray(24));
    }
  });
});

const STATUS = ['ip', 'tcp', 'udp', 'icmp', 'icmpv6', 'sctp'].map((one) => `${one}.checksum.status`);
const CHECKS = ['ip.check_checksum', 'tcp.check_checksum', 'udp.check_checksum'].flatMap((one) => [
  '-o',
  `${one}:TRUE`,
]);

/** Of every packet, whether each of its checksums is right (1), wrong (0) or cannot be told (2). */
function verdicts(path: string): string[] {
  const sctp = ['-o', 'sctp.checksum:TRUE'];
  const fields = STATUS.flatMap((field) => ['-e', field]);
  const plain = ['-n', '-o', 'ip.defragment:FALSE', '-o', 'ipv6.defragment:FALSE'];
  return runPeer('tshark', [...plain, ...CHECKS, ...sctp, '-r', path, '-T', 'fields', ...fields])
    .trimEnd()
    .split('\n');
}

const everything: Wishes = {
  time: { shiftNs: 5n, speed: parseSpeed('1.5') },
  format: 'pcapng',
  frames: {
    addresses: [
      parseAddressMaps([
        '10.0.0.0/8=172.16.0.0/12',
        '0.0.0.0/1=100.64.0.0/10',
        '128.0.0.0/1=203.0.113.0/24',
        '::/0=2001:db8::/32',
      ]),
      parseMacMaps(['00:00:00:00:00:00/1=02:00:00:00:00:00/8']),
    ],
    ports: parseNumberMaps(['80=8080', '443=8443', '53=5353', '2944=2945', '1883=2883'], 'port', 65_535),
    vlan: { ...none, set: 9 },
  },
};
const anonymous: Wishes = {
  format: 'pcapng',
  frames: { addresses: [new Anonymizer(new Uint8Array(32).fill(9), { keepOui: false })], erasePayload: true },
};

describe('tshark finds every checksum right or wrong as it was', () => {
  const captures = [
    'dev/skypeLANhome.pcap',
    'dev/tls_ipv6_browsing.pcap',
    'dev/rtp_711.pcap',
    'odd/be_us_sctp.cap',
    'odd/ip6_routing.pcap',
    'odd/ip4_fragments.pcap',
    'odd/ip6_fragments.pcap',
    'odd/pppoe_zeek.pcap',
  ];
  testWithPeers(['tshark'], 'in the embedded capture', async () => {
    await rewriteFile(doorbell, file('all.pcapng'), everything);
    expect(verdicts(file('all.pcapng'))).toEqual(verdicts(doorbell));
  });

  for (const name of captures) {
    testWithCapturesAndPeers(['tshark'], name, async () => {
      const before = verdicts(sharedCapture(name));
      await rewriteFile(sharedCapture(name), file('all.pcapng'), everything);
      expect(verdicts(file('all.pcapng'))).toEqual(before);
    });
    testWithCapturesAndPeers(['tshark'], `${name}, anonymised, has no wrong one`, async () => {
      await rewriteFile(sharedCapture(name), file('anonymous.pcapng'), anonymous);
      expect(verdicts(file('anonymous.pcapng')).filter((line) => line.split('\t').includes('0'))).toEqual([]);
    });
  }

  testWithPeers(['tshark'], 'and all of them right where they are computed anew', async () => {
    await rewriteFile(doorbell, file('fixed.pcap'), { format: 'pcap', frames: { fixChecksums: true } });
    const wrong = (path: string) => verdicts(path).filter((line) => line.split('\t').includes('0')).length;
    // tshark -r fixtures/doorbell/doorbell.pcap: those that the network card would have filled in
    expect([wrong(doorbell), wrong(file('fixed.pcap'))]).toEqual([5783, 0]);
  });
});

describe('an odd capture is rewritten, or a SynthError says why not', () => {
  testEachCapture([], 'odd', async (path) => {
    for (const wishes of [
      everything,
      anonymous,
      { format: 'pcapng', frames: { fixChecksums: true } } satisfies Wishes,
    ]) {
      await rewriteFile(path, file('odd.pcapng'), wishes).catch((error) => {
        if (!(error instanceof SynthError)) throw error;
      });
    }
  });
});
