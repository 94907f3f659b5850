/** One suite for all transports: each kind says what it takes, and is held to the same contract. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Batch } from '../../src/emission/batch.js';
import { SEND, type Transport } from '../../src/emission/transport.js';
import { DatagramTransport } from '../../src/emission/transports/datagram.js';
import { LENGTH_BYTES, MAX_MESSAGE_BYTES } from '../../src/host/framing.js';
import { openLinux } from '../../src/host/native/linux.js';
import type { InternetEndpoint } from '../../src/host/native/socket-address.js';
import { readyEvent, type StreamSpec, socketMaker } from '../../src/host/stream-socket.js';
import type { StreamOptions, TlsSpec } from '../../src/host/transport-spec.js';
import { ownCertificate } from '../support/certificate.js';
import { join } from '../support/frames.js';
import { expectSynthError } from '../support/read.js';
import { DatagramReceiver, type Receiver, StreamReceiver } from '../support/receivers.js';
import { turns } from '../support/turns.js';
import { requireNothingOpen } from './open-resources.js';
import {
  byChannel,
  CHANNELS,
  eventually,
  expectArrived,
  fill,
  hex,
  identity,
  type Message,
  open,
  payload,
  payloads,
  sendAll,
} from './sending.js';

// Whatever it opens for itself stays open.
requireNothingOpen(openLinux);

const certificate = await ownCertificate();

const streamOptions: StreamOptions = {
  channels: CHANNELS,
  framing: 'length',
  connectTimeoutMs: 120_000,
  stallTimeoutMs: 120_000,
  reconnect: true,
};

/** <netinet/in.h>, <netinet/tcp.h>. */
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;

const folder = mkdtempSync(joinPath(tmpdir(), 'synth-transports-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A transport between processes of this host. */
interface LocalKind {
  readonly name: string;
  readonly listen: () => Promise<Receiver>;
  /** To a receiver, or to where none is. */
  readonly connect: (receiver: Receiver | undefined) => Promise<Transport>;
  /** What arrives of a message. */
  readonly seen: (bytes: Uint8Array) => Uint8Array;
  /** More than it takes at once. */
  readonly tooLong: number;
  readonly refusal: 'at once' | 'later' | 'while it is sent';
}

const endpointOf = (receiver: Receiver | undefined, address: string): InternetEndpoint => {
  if (receiver instanceof DatagramReceiver || receiver instanceof StreamReceiver) return receiver.endpoint;
  return { address, port: 1 }; // tcpmux, which nobody runs
};

const withoutEnd = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.length - LENGTH_BYTES);

const LOOPBACK = { IPv4: '127.0.0.1', IPv6: '::1' };

const udpKind = (address: string, bind: readonly InternetEndpoint[] = []): Omit<LocalKind, 'name'> => ({
  listen: () => DatagramReceiver.listen(address),
  connect: (receiver) => open({ kind: 'udp', target: endpointOf(receiver, address), channels: CHANNELS, bind }),
  seen: identity,
  tooLong: 65_528,
  refusal: 'later',
});

const streamKind = (
  address: string,
  connect: (target: InternetEndpoint) => Promise<Transport>,
  withTls = false,
): Omit<LocalKind, 'name'> => ({
  listen: () =>
    StreamReceiver.listen({ framing: 'length', at: { address, port: 0 }, ...(withTls ? { tls: certificate } : {}) }),
  connect: (receiver) => connect(endpointOf(receiver, address)),
  seen: withoutEnd,
  tooLong: MAX_MESSAGE_BYTES + LENGTH_BYTES + 1,
  refusal: 'at once',
});

const tlsSpec = (target: InternetEndpoint): TlsSpec => ({
  ...{ kind: 'tls', target, bind: [], serverName: 'localhost', ...streamOptions },
  ...{ ca: certificate.cert, certificate: undefined, key: undefined, verify: true },
});

const unixPath = joinPath(folder, 'sink.sock');

const LOCAL_KINDS: readonly LocalKind[] = [
  ...Object.entries(LOOPBACK).flatMap(([version, address]): LocalKind[] => [
    { name: `udp by system calls, ${version}`, ...udpKind(address) },
    {
      name: `udp by Node.js, ${version}`,
      ...udpKind(address),
      connect: async (receiver) =>
        new DatagramTransport({ kind: 'udp', target: endpointOf(receiver, address), channels: CHANNELS, bind: [] }),
      refusal: 'while it is sent',
    },
    {
      name: `tcp, ${version}`,
      ...streamKind(address, (target) => open({ kind: 'tcp', target, bind: [], ...streamOptions })),
    },
    { name: `tls, ${version}`, ...streamKind(address, (target) => open(tlsSpec(target)), true) },
  ]),
  {
    name: 'unix',
    ...streamKind('', () => open({ kind: 'unix', path: unixPath, ...streamOptions })),
    listen: () => StreamReceiver.listen({ framing: 'length', at: { path: unixPath } }),
  },
];

/** A receiver and an open transport to it, both closed afterwards, without leaving anything open. */
async function withBoth(kind: LocalKind, body: (transport: Transport, receiver: Receiver) => Promise<void>) {
  const receiver = await kind.listen();
  const transport = await kind.connect(receiver);
  try {
    await transport.open();
    await body(transport, receiver);
  } finally {
    await transport.close(1000);
    await receiver.close();
  }
}

describe.each(LOCAL_KINDS)('$name', (kind) => {
  test('every packet arrives once, in order for each channel, byte for byte', async () => {
    await withBoth(kind, async (transport, receiver) => {
      const messages = payloads(500);
      expect(await sendAll(transport, messages)).toEqual([]);
      await expectArrived(receiver, messages, kind.seen);
      expect([...transport.errors]).toEqual([]);
    });
  });

  test('a packet that is too long fails by name, and those after it are sent', async () => {
    await withBoth(kind, async (transport, receiver) => {
      const messages = payloads(12);
      const tooLong = { channel: 1, bytes: new Uint8Array(kind.tooLong) };
      const failures = await sendAll(transport, [...messages.slice(0, 5), tooLong, ...messages.slice(5)]);
      expect(failures).toEqual(['EMSGSIZE']);
      await expectArrived(receiver, messages, kind.seen);
    });
  });

  test('what the target sends is counted', async () => {
    await withBoth(kind, async (transport, receiver) => {
      await sendAll(transport, payloads(40));
      await eventually(() => expect(receiver.arrived().length).toBe(CHANNELS));
      for (const size of [100, 1000, 50]) receiver.answer(new Uint8Array(size));
      await eventually(() => {
        transport.receive();
        expect(transport.receivedPackets).toBe(3 * CHANNELS);
      });
      expect(transport.receivedBytes).toBe(1150 * CHANNELS);
    });
  });

  test('a target that refuses is heard', async () => {
    const transport = await kind.connect(undefined);
    if (kind.refusal === 'at once') {
      const error = await expectSynthError(transport.open(), 'SYNTH_TARGET_UNREACHABLE');
      expect(error.hint).toContain('start the target first');
    } else {
      await transport.open();
      expect(await sendAll(transport, payloads(200))).toEqual([]);
      await eventually(() => {
        transport.receive();
        expect(transport.errors.get('ECONNREFUSED')).toBeGreaterThan(0);
      });
    }
    await transport.close(0);
  });

  test('closing twice, or without having opened, does no harm', async () => {
    const transport = await kind.connect(undefined);
    await transport.close(100);
    await transport.close(0);
  });
});

describe('source addresses', () => {
  const bind = ['127.0.0.2', '127.0.0.3'].map((address) => ({ address, port: 0 }));
  const udp = udpKind(LOOPBACK.IPv4, bind);
  const kinds: LocalKind[] = [
    { name: 'udp by system calls', ...udp },
    {
      name: 'udp by Node.js',
      ...udp,
      connect: async (receiver) =>
        new DatagramTransport({ kind: 'udp', target: endpointOf(receiver, ''), channels: CHANNELS, bind }),
    },
    {
      name: 'tcp',
      ...streamKind(LOOPBACK.IPv4, (target) => open({ kind: 'tcp', target, bind, ...streamOptions })),
    },
  ];
  test.each(kinds)('are given to the channels in turn: $name', async (kind) => {
    await withBoth(kind, async (transport, receiver) => {
      await sendAll(transport, payloads(8));
      await eventually(() => expect(receiver.arrived().length).toBe(CHANNELS));
      expect([...receiver.sources()].sort()).toEqual(['127.0.0.2', '127.0.0.3']);
    });
  });

  test('that this host has not are an error of the system', async () => {
    const foreign = [{ address: '192.0.2.77', port: 0 }];
    const target = { address: '127.0.0.1', port: 1 };
    const transports = [
      await open({ kind: 'udp', target, channels: 1, bind: foreign }),
      new DatagramTransport({ kind: 'udp', target, channels: 1, bind: foreign }),
      await open({ kind: 'tcp', target, bind: foreign, ...streamOptions }),
    ];
    for (const transport of transports) {
      const error = await expectSynthError(transport.open(), 'SYNTH_SYSTEM_LIMIT');
      expect(error.message).toContain('EADDRNOTAVAIL');
      await transport.close(0);
    }
  });
});

/** A server that says one thing and ends, or nothing at all. */
async function otherServer(words?: string): Promise<{ endpoint: InternetEndpoint; close(): Promise<void> }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    if (words !== undefined) socket.end(words);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens to no path
  const close = async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { endpoint: { address: '127.0.0.1', port }, close };
}

describe('streams', () => {
  const listen = (options: { reads?: boolean; address?: InternetEndpoint } = {}) =>
    StreamReceiver.listen({
      framing: 'length',
      at: options.address ?? { address: '127.0.0.1', port: 0 },
      reads: options.reads ?? true,
    });
  const tcp = (target: InternetEndpoint, options: Partial<StreamOptions> = {}) =>
    open({ kind: 'tcp', target, bind: [], ...streamOptions, ...options });

  test('without framing are the bytes of the messages', async () => {
    const receiver = await StreamReceiver.listen({ framing: 'none', at: { address: '127.0.0.1', port: 0 } });
    const transport = await tcp(receiver.endpoint, { framing: 'none' });
    await transport.open();
    const messages = payloads(100);
    await sendAll(transport, [{ channel: 0, bytes: new Uint8Array(0) }, ...messages]);
    const whole = Array.from({ length: CHANNELS }, (_, channel) => [
      join(...messages.filter((message) => message.channel === channel).map(({ bytes }) => bytes)),
    ]);
    await eventually(() => expect(byChannel(receiver.arrived())).toEqual(byChannel(whole)));
    await transport.close(1000);
    await receiver.close();
  });

  test('what has been sent before the end arrives, however short the time after it', async () => {
    const receiver = await listen();
    const transport = await tcp(receiver.endpoint);
    await transport.open();
    const messages = payloads(2000);
    await sendAll(transport, messages);
    await transport.close(120_000);
    await expectArrived(receiver, messages, withoutEnd);
    await receiver.close();
  });

  const slowKinds = [
    { name: 'tcp', listen: () => listen({ reads: false }), spec: tcp },
    {
      name: 'tls',
      listen: () =>
        StreamReceiver.listen({
          ...{ framing: 'length', at: { address: '127.0.0.1', port: 0 }, tls: certificate, reads: false },
        }),
      spec: (target: InternetEndpoint) => open(tlsSpec(target)),
    },
    {
      name: 'unix',
      listen: () => StreamReceiver.listen({ framing: 'length', at: { path: unixPath }, reads: false }),
      spec: () => open({ kind: 'unix', path: unixPath, ...streamOptions }),
    },
  ] as const;
  test.each(slowKinds)(
    'are blocked by a target that does not read, go on when it does, and lose nothing: $name',
    async (kind) => {
      const receiver = await kind.listen();
      const transport = await kind.spec(kind.name === 'unix' ? { address: '', port: 0 } : receiver.endpoint);
      await transport.open();
      const sent: Message[] = [];
      const batch = new Batch();
      batch.bytes = new Uint8Array(65_536);
      let blocked = false;
      for (let i = 0; !blocked; i++) {
        const message = { channel: 2, bytes: payload(2, i, 60_000) };
        fill(batch, [message]);
        blocked = transport.send(batch) === SEND.blocked;
        if (!blocked) sent.push(message);
        else await transport.waitForRoom(batch);
        // What was taken into this process may still go into the kernel.
        await turns(1);
      }
      expect(sent.length).toBeGreaterThan(1);
      receiver.resume();
      const rest = payloads(20);
      expect(await sendAll(transport, rest)).toEqual([]);
      await expectArrived(receiver, [...sent, ...rest], withoutEnd);
      await transport.close(1000);
      await receiver.close();
    },
  );

  test('a connection that takes nothing for too long is given up, counted and made again', async () => {
    const receiver = await listen({ reads: false });
    const transport = await tcp(receiver.endpoint, { channels: 1, stallTimeoutMs: 50 });
    await transport.open();
    const failures = await sendAll(
      transport,
      Array.from({ length: 400 }, () => ({ channel: 0, bytes: new Uint8Array(60_000) })),
    );
    expect(transport.errors.get('ESTALLED')).toBeGreaterThanOrEqual(1);
    expect(new Set(failures)).toEqual(new Set(['ENOTCONN']));
    await eventually(() => expect(transport.reconnects).toBeGreaterThanOrEqual(1));
    await transport.close(0);
    await receiver.close();
  });

  test('a connection that is reset is made again; packets that are due meanwhile fail', async () => {
    const receiver = await listen();
    const transport = await tcp(receiver.endpoint);
    await transport.open();
    await eventually(() => expect(receiver.connections.length).toBe(CHANNELS));
    const address = receiver.endpoint;
    receiver.reset();
    // The port is closed meanwhile, so that the connections stay away until the packets have failed.
    await receiver.close();
    await eventually(() => expect(transport.errors.get('ECONNRESET')).toBe(CHANNELS));
    expect(await sendAll(transport, payloads(4))).toEqual(['ENOTCONN', 'ENOTCONN', 'ENOTCONN', 'ENOTCONN']);
    const again = await listen({ address });
    await eventually(() => expect(transport.reconnects).toBe(CHANNELS));
    const messages = payloads(50);
    expect(await sendAll(transport, messages)).toEqual([]);
    await expectArrived(again, messages, withoutEnd);
    await transport.close(1000);
    await again.close();
  });

  test('a target that is away for a time is found again when it is back', async () => {
    const receiver = await listen();
    const address = receiver.endpoint;
    const transport = await tcp(address, { channels: 1 });
    await transport.open();
    await receiver.close();
    await eventually(() => expect(transport.errors.get('ECONNREFUSED')).toBeGreaterThanOrEqual(2));
    const again = await listen({ address });
    await eventually(() => expect(transport.reconnects).toBe(1));
    await sendAll(transport, [{ channel: 0, bytes: payload(0, 0, 100) }]);
    await eventually(() => expect(byChannel(again.arrived())).toEqual([hex(withoutEnd(payload(0, 0, 100)))]));
    await transport.close(1000);
    await again.close();
  });

  test('a connection that has ended stays so where it is not to be made again', async () => {
    const receiver = await listen();
    const transport = await tcp(receiver.endpoint, { reconnect: false, channels: 1 });
    await transport.open();
    await eventually(() => expect(receiver.connections.length).toBe(1));
    receiver.connections[0]!.end();
    await eventually(() => expect([...transport.errors]).toEqual([['closed', 1]]));
    expect(await sendAll(transport, [{ channel: 0, bytes: payload(0, 0, 10) }])).toEqual(['ENOTCONN']);
    await transport.close(1000);
    await receiver.close();
    expect(transport.reconnects).toBe(0);
  });

  test('answers in another protocol are counted by their chunks, and said once', async () => {
    const server = await otherServer('HTTP/1.1 400 Bad Request\r\n\r\n');
    const transport = await tcp(server.endpoint, { channels: 1, reconnect: false });
    await transport.open();
    await eventually(() =>
      expect([...transport.errors]).toEqual([
        ['EBADMSG', 1],
        ['closed', 1],
      ]),
    );
    await transport.close(0);
    await server.close();
  });

  test('closing ends at its time where the target takes nothing, and says so', async () => {
    const receiver = await listen({ reads: false });
    const transport = await tcp(receiver.endpoint, { channels: 1, framing: 'none' });
    await transport.open();
    // Buffers of the system hold some megabytes.
    const batch = new Batch();
    batch.bytes = new Uint8Array(64 * 2 ** 20);
    fill(batch, [{ channel: 0, bytes: batch.bytes }]);
    expect(transport.send(batch)).toBe(1);
    await transport.close(50);
    expect([...transport.errors]).toEqual([['ESTALLED', 1]]);
    await receiver.close();
  });

  test('messages do not wait for others, in tcp and tls: Nagle is off', async () => {
    const linux = await openLinux();
    const tls = await StreamReceiver.listen({
      ...{ framing: 'length', at: { address: '127.0.0.1', port: 0 }, tls: certificate },
    });
    const receivers = [await listen(), tls];
    const specs: StreamSpec[] = [
      { kind: 'tcp', target: receivers[0]!.endpoint, bind: [], ...streamOptions },
      tlsSpec(receivers[1]!.endpoint),
    ];
    for (const spec of specs) {
      const socket = socketMaker(spec)(0);
      await once(socket, readyEvent(spec));
      const { fd } = Reflect.get(socket, '_handle') as { fd: number }; // nothing public says it
      const value = new Int32Array(1);
      linux?.getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, value, Int32Array.of(4));
      expect([spec.kind, value[0]]).toEqual([spec.kind, 1]);
      socket.destroy();
    }
    for (const receiver of receivers) await receiver.close();
  });

  test('a unix socket whose queue is full is asked again', async () => {
    const server = createServer((socket) => socket.destroy());
    server.listen({ path: unixPath, backlog: 1 });
    await once(server, 'listening');
    const transport = await open({ kind: 'unix', path: unixPath, ...streamOptions, channels: 60, reconnect: false });
    await transport.open();
    await eventually(() => expect([...transport.errors]).toEqual([['closed', 60]]));
    await transport.close(0);
    server.close();
  });

  test('more connections than are made at a time are all made', async () => {
    const receiver = await listen();
    const transport = await tcp(receiver.endpoint, { channels: 450 });
    await transport.open();
    await eventually(() => expect(receiver.connections.length).toBe(450));
    await transport.close(1000);
    await receiver.close();
  });
});

describe('tls', () => {
  const listen = (tls: object = {}) =>
    StreamReceiver.listen({
      ...{ framing: 'length', at: { address: '127.0.0.1', port: 0 }, tls: { ...certificate, ...tls } },
    });
  /** What opening ends with. */
  async function opening(spec: TlsSpec): Promise<Transport> {
    const transport = await open(spec);
    await transport.open();
    return transport;
  }

  test('a certificate that nobody vouches for is refused, with the flags that help', async () => {
    const receiver = await listen();
    const spec = { ...tlsSpec(receiver.endpoint), ca: undefined };
    const error = await expectSynthError(opening(spec), 'SYNTH_TARGET_UNREACHABLE');
    expect(error.message).toContain('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(error.hint).toMatch(/`tls\.ca`.*`tls\.verify: false`/);
    await (await opening({ ...spec, verify: false })).close(100);
    await receiver.close();
  });

  test('the name in the certificate is that of the target, as a name or as an address', async () => {
    const receiver = await listen();
    for (const serverName of ['localhost', '127.0.0.1']) {
      await (await opening({ ...tlsSpec(receiver.endpoint), serverName })).close(100);
    }
    const error = await expectSynthError(
      opening({ ...tlsSpec(receiver.endpoint), serverName: 'other.example' }),
      'SYNTH_TARGET_UNREACHABLE',
    );
    await receiver.close();
    expect(error.hint).toContain('`tls.serverName`');
  });

  test('a target may ask for a certificate', async () => {
    const receiver = await listen({ requestCert: true, ca: certificate.cert });
    const spec = { ...tlsSpec(receiver.endpoint), certificate: certificate.cert, key: certificate.key };
    const transport = await opening(spec);
    await sendAll(transport, payloads(8));
    await eventually(() => expect(receiver.arrived().length).toBe(CHANNELS));
    await transport.close(1000);
    await receiver.close();
  });

  test('what is no certificate is a usage error', async () => {
    const spec = tlsSpec({ address: '127.0.0.1', port: 1 });
    await expectSynthError(open({ ...spec, certificate: 'nonsense' }), 'SYNTH_USAGE');
    await expectSynthError(open({ ...spec, key: 'nonsense' }), 'SYNTH_USAGE');
  });

  test('a target that speaks something else is told from one that is not there', async () => {
    const server = await otherServer('220 mail.example ready\r\n');
    const error = await expectSynthError(opening(tlsSpec(server.endpoint)), 'SYNTH_TARGET_UNREACHABLE');
    expect(error.hint).toContain('speak TLS');
    await server.close();
  });

  test('a target that says nothing is given up after the time for connecting', async () => {
    const server = await otherServer();
    const spec = { ...tlsSpec(server.endpoint), connectTimeoutMs: 50 };
    const error = await expectSynthError(opening(spec), 'SYNTH_TARGET_UNREACHABLE');
    expect(error.message).toContain('ETIMEDOUT');
    await server.close();
  });
});
