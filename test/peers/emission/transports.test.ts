/** Transports that take root, each held to the same contract, and the package raw-socket. */
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import type { Transport } from '../../../src/emission/transport.js';
import { loadRawSocket, RawSocketTransport } from '../../../src/emission/transports/raw-socket.js';
import { openLinux } from '../../../src/host/native/linux.js';
import { requireNothingOpen } from '../../emission/open-resources.js';
import {
  byChannel,
  CHANNELS,
  eventually,
  hex,
  identity,
  type Message,
  open,
  payload,
  payloads,
  SIZES,
  sendAll,
  sentByChannel,
} from '../../emission/sending.js';
import { ethernet, filler, ipv4, ipv6 } from '../../support/frames.js';
import { LinkReceiver } from '../../support/link-receiver.js';
import { type Host, type Network, testWithNetwork } from '../../support/namespaces.js';

/** Why the package raw-socket cannot be tested here: it is optional, and what was built for one version of Node.js does not load in another. */
const packageProblem = problemOf('raw-socket');

function problemOf(name: string): NodeJS.ErrnoException | undefined {
  try {
    createRequire(import.meta.url)(name);
    return undefined;
  } catch (error) {
    return error as NodeJS.ErrnoException; // of the module loader
  }
}

// Whatever these open for themselves stays open.
requireNothingOpen(async () => {
  await openLinux();
  if (packageProblem === undefined) await loadRawSocket();
});

test('the package raw-socket is there', (context) => {
  if (packageProblem === undefined) return;
  if (process.env['SYNTH_REQUIRE_PEERS'] && packageProblem.code !== 'ERR_DLOPEN_FAILED') throw packageProblem;
  context.skip(packageProblem.message);
});

/** A transport that takes root, between two hosts. */
interface LinkKind {
  readonly name: string;
  readonly make: (here: Host) => Promise<Transport>;
  /** A packet with this payload. */
  readonly packet: (channel: number, payload: Uint8Array, network: Network) => Uint8Array;
  /** What arrives of it as a frame; undefined for frames of the system itself. */
  readonly seen: (frame: Uint8Array) => Uint8Array | undefined;
}

const LINK_HEADER = 14;
const SENDER = (channel: number): string => `02:00:5e:00:53:0${channel}`;

/** IP packets of experiments (RFC 3692), which nobody answers but with ICMP. */
const EXPERIMENT = 253;
const ipv4Packet: LinkKind['packet'] = (channel, bytes, { here, there }) =>
  ipv4(bytes, {
    ...{ source: here.ipv4.replace(/\d+$/, String(100 + channel)), destination: there.ipv4, protocol: EXPERIMENT },
  });
const ipv6Packet: LinkKind['packet'] = (channel, bytes, { here, there }) =>
  ipv6(bytes, {
    ...{ source: here.ipv6.replace(/\d+$/, String(100 + channel)), destination: there.ipv6, nextHeader: EXPERIMENT },
  });

/** The packet in a frame; of IPv4 without the checksum, which the kernel fills in. */
const ofIpv4: LinkKind['seen'] = (frame) => {
  if (frame[12] !== 0x08 || frame[13] !== 0 || frame[LINK_HEADER + 9] !== EXPERIMENT) return undefined;
  return frame.subarray(LINK_HEADER).fill(0, 10, 12);
};
const ofIpv6: LinkKind['seen'] = (frame) =>
  frame[12] === 0x86 && frame[13] === 0xdd && frame[LINK_HEADER + 6] === EXPERIMENT
    ? frame.subarray(LINK_HEADER)
    : undefined;

const rawKinds = (make: LinkKind['make'], how: string): LinkKind[] => [
  { name: `raw by ${how}, IPv4`, make, packet: ipv4Packet, seen: ofIpv4 },
  { name: `raw by ${how}, IPv6`, make, packet: ipv6Packet, seen: ofIpv6 },
];

const LINK_KINDS: readonly LinkKind[] = [
  {
    name: 'frames',
    make: ({ interfaceName }) => open({ kind: 'frames', interfaceName, qdiscBypass: true }),
    packet: (channel, bytes) => ethernet(0x88b5, bytes, SENDER(channel), '02:00:5e:00:53:ff'), // IEEE: experimental
    seen: (frame) => (frame[12] === 0x88 && frame[13] === 0xb5 ? frame : undefined),
  },
  ...rawKinds(() => open({ kind: 'raw' }), 'system calls'),
  ...(packageProblem === undefined
    ? rawKinds(async () => new RawSocketTransport(await loadRawSocket()), 'the package')
    : []),
];

/** By the channel that the payload begins with. */
function channelsOf(packets: readonly Uint8Array[], payloadAt: number): Uint8Array[][] {
  return Array.from({ length: CHANNELS }, (_, channel) => packets.filter((packet) => packet[payloadAt] === channel));
}

async function withLink(
  kind: LinkKind,
  network: Network,
  body: (transport: Transport, arrived: () => Uint8Array[]) => Promise<void>,
): Promise<void> {
  const linux = (await openLinux())!; // there are namespaces, so this is Linux
  const receiver = new LinkReceiver(linux, network.there);
  const transport = await kind.make(network.here);
  const packets: Uint8Array[] = [];
  const arrived = () => {
    for (const frame of receiver.frames()) {
      const packet = kind.seen(frame);
      if (packet !== undefined) packets.push(packet);
    }
    return packets;
  };
  try {
    await network.here.inside(() => transport.open());
    await body(transport, arrived);
  } finally {
    await transport.close(0);
    receiver.close();
  }
}

describe.each(LINK_KINDS)('$name', (kind) => {
  const packetsOf = (messages: readonly Message[], network: Network): Message[] =>
    messages.map(({ channel, bytes }) => ({ channel, bytes: kind.packet(channel, bytes, network) }));

  testWithNetwork('every packet arrives once, in order for each channel, byte for byte', async (network) => {
    await withLink(kind, network, async (transport, arrived) => {
      await sendAll(transport, packetsOf(payloads(4), network)); // neighbours get to know each other
      await eventually(() => expect(arrived().length).toBe(4));
      arrived().length = 0;
      const messages = payloads(
        500,
        SIZES.filter((size) => size >= 46),
      );
      const packets = packetsOf(messages, network);
      expect(await sendAll(transport, packets)).toEqual([]);
      await eventually(() => expect(arrived().length).toBe(500));
      const payloadAt = packets[0]!.bytes.length - messages[0]!.bytes.length;
      expect(byChannel(channelsOf(arrived(), payloadAt))).toEqual(sentByChannel(packets, identity));
    });
  });

  testWithNetwork(
    'a packet that is too long, and one that is none, fail by name, and those after them are sent',
    async (network) => {
      await withLink(kind, network, async (transport, arrived) => {
        const messages = packetsOf(payloads(6), network);
        const tooLong = { channel: 1, bytes: kind.packet(1, payload(1, 0, 1600), network) };
        const nonsense = { channel: 1, bytes: new Uint8Array(5) };
        const failures = await sendAll(transport, [...messages.slice(0, 3), tooLong, nonsense, ...messages.slice(3)]);
        expect(failures).toEqual(['EMSGSIZE', 'EINVAL']);
        await eventually(() => expect(arrived().length).toBe(6));
      });
    },
  );

  testWithNetwork('an interface that goes down is an error with a name, and the run goes on', async (network) => {
    await withLink(kind, network, async (transport, arrived) => {
      network.here.run('ip', 'link', 'set', network.here.interfaceName, 'down');
      const failures = await sendAll(transport, packetsOf(payloads(3), network));
      expect(failures.length).toBe(3);
      expect(failures[0]).toMatch(/^(ENETDOWN|ENETUNREACH|ENXIO)$/);
      expect(arrived()).toEqual([]);
    });
  });
});

const rawTransports = [
  { name: 'system calls', make: () => open({ kind: 'raw' }) },
  ...(packageProblem === undefined
    ? [{ name: 'the package', make: async () => new RawSocketTransport(await loadRawSocket()) }]
    : []),
];

for (const { name, make } of rawTransports) {
  testWithNetwork(
    `raw by ${name}: packets of both versions go each to its own destination, in one batch`,
    async ({ here, there }) => {
      const macs = ['02:00:00:00:77:08', '02:00:00:00:77:09'];
      const destinations = ['10.77.0.8', 'fd77::9'];
      for (const [i, destination] of destinations.entries()) {
        here.run('ip', 'neighbour', 'add', destination, 'lladdr', macs[i]!, 'dev', here.interfaceName);
      }
      const receiver = new LinkReceiver((await openLinux())!, there);
      const transport = await make();
      await here.inside(() => transport.open());
      const ipv4To = (destination: string) =>
        ipv4(filler(60), { source: '10.77.0.200', destination, protocol: EXPERIMENT });
      const ipv6To = (destination: string) =>
        ipv6(filler(60), { source: 'fd77::c8', destination, nextHeader: EXPERIMENT });
      const packets = [
        ipv4To(there.ipv4),
        ipv4To('10.77.0.8'),
        ipv6To('fd77::9'),
        ipv6To(there.ipv6),
        ipv4To('10.77.0.8'),
      ];
      expect(
        await sendAll(
          transport,
          packets.map((bytes) => ({ channel: 0, bytes })),
        ),
      ).toEqual([]);
      const seen: string[] = [];
      await eventually(() => {
        for (const frame of receiver.frames()) {
          if ((ofIpv4(frame) ?? ofIpv6(frame)) !== undefined) seen.push(hex(frame.subarray(0, 6)));
        }
        expect(seen).toEqual(['020000007702', '020000007708', '020000007709', '020000007702', '020000007708']);
      });
      await transport.close(0);
      receiver.close();
    },
  );
}
