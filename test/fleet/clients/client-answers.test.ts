/** What clients make of answers that are no consent, of none at all, and of peers that take nothing. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { createServer as createCoapServer } from 'coap';
import { expect, test } from 'vitest';
import type { OutgoingMessage } from '../../../src/fleet/clients/client.js';
import type { CoapTarget, HttpTarget, Target } from '../../../src/fleet/scenario/scenario.js';
import {
  coapTarget,
  httpTarget,
  identityOf,
  listen,
  messageOf,
  mqttTarget,
  preparedFactory,
  socketTarget,
  TestDevice,
  until,
  webSocketTarget,
} from '../../support/client-peers.js';
import { turns } from '../../support/turns.js';
import { withVirtualTimers } from '../../support/virtual-timers.js';

async function withDevice(
  target: Target,
  body: (device: TestDevice) => Promise<void>,
  identity: ConstructorParameters<typeof TestDevice>[1] = {},
): Promise<void> {
  const device = new TestDevice(await preparedFactory(target), identityOf(identity));
  try {
    await body(device);
  } finally {
    await device.end();
  }
}

async function withHttp(
  answer: RequestListener,
  options: Partial<HttpTarget>,
  body: (device: TestDevice) => Promise<void>,
): Promise<void> {
  const server = createHttpServer(answer);
  const port = await listen(server);
  try {
    await withDevice(httpTarget(port, options), body, { username: 'one', password: 'secret' });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** A server that accepts connections and neither reads nor writes. */
async function withSilence(body: (port: number) => Promise<void>): Promise<void> {
  const sockets: Socket[] = [];
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on('error', () => {});
    sockets.push(socket);
  });
  const port = await listen(server);
  try {
    await body(port);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

const hello = (options: Partial<OutgoingMessage> = {}) => messageOf(Buffer.from('hello'), options);

test('http: a message that is refused has failed, and the connection stays', () =>
  withHttp(
    ({ url, headers }, response) => {
      response.statusCode = headers.authorization === 'Basic b25lOnNlY3JldA==' && url === '/ok' ? 201 : 503;
      response.end('body');
    },
    {},
    async (device) => {
      await device.connect();
      await device.sendAll([hello({ topic: '/busy' }), hello({ topic: 'ok' })]);
      await until(() => device.acknowledged.length === 1, 'answered');
      expect(device.failed.map(({ reason }) => reason)).toEqual(['http-503']);
      expect(device.receivedBytes).toEqual([4, 4]);
      expect(device.closed).toEqual([]);
    },
  ));

test('http: an answer that does not come fails the message, and ends the connection', () =>
  withHttp(
    () => {},
    { ackTimeoutMs: 50 },
    async (device) => {
      await device.connect();
      device.client.send(hello());
      expect(device.client.send(hello())).toBe(false);
      await until(() => device.closed.length > 0, 'closed');
      expect(device.failed.map(({ reason }) => reason)).toEqual(['ack-timeout']);
      expect(device.closed).toEqual(['ack-timeout']);
    },
  ));

test('http: a server that closes after its answer has taken the message, and gets the next over another connection', () =>
  withHttp(
    (_request, response) => {
      response.setHeader('connection', 'close').end();
    },
    {},
    async (device) => {
      await device.connect();
      for (let messages = 1; messages <= 3; messages++) {
        device.client.send(hello());
        await until(() => device.acknowledged.length === messages, 'acknowledged');
        // The end of the connection follows at once.
        await turns(5);
      }
      expect(device.closed).toEqual([]);
      device.client.disconnect();
      await until(() => device.closed.length > 0, 'closed');
      expect(device.closed).toEqual(['closed']);
    },
  ));

test('http: headers that cannot be sent are an error of the user', async () => {
  const target = httpTarget(1, { headers: { 'bad name': 'x' } });
  await expect(preparedFactory(target)).rejects.toMatchObject({ code: 'SYNTH_USAGE' });
});

async function withCoap(
  code: string | undefined,
  options: Partial<CoapTarget>,
  body: (device: TestDevice, received: Buffer[]) => Promise<void>,
): Promise<void> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  const received: Buffer[] = [];
  const server = createCoapServer();
  if (code !== undefined) {
    server.on('request', (request, response) => {
      received.push(request.payload);
      response.code = code;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(socket, () => resolve()));
  }
  try {
    await withDevice(coapTarget(port, options), (device) => body(device, received));
  } finally {
    if (code !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
    socket.close();
  }
}

test('coap: a message that is refused has failed', () =>
  withCoap('4.04', {}, async (device) => {
    await device.connect();
    device.client.send(hello());
    await until(() => device.failed.length === 1, 'refused');
    expect(device.failed[0]!.reason).toBe('coap-4.04');
    expect(device.closed).toEqual([]);
  }));

test('coap: no answer in time', () =>
  withVirtualTimers(({ passUntil }) =>
    withCoap(undefined, { ackTimeoutMs: 30_000 }, async (device) => {
      await device.connect();
      device.client.send(hello());
      await passUntil(() => device.failed.length === 1, 'given up');
      expect(device.failed[0]!.reason).toBe('ack-timeout');
      expect(device.client.send(hello())).toBe(true);
    }),
  ));

test('coap: without confirmation it has left, and that is all', () =>
  withCoap(undefined, { confirmable: false }, async (device) => {
    await device.connect();
    device.client.send(hello());
    await until(() => device.acknowledged.length === 1, 'sent');
    expect(device.client.acknowledges(0)).toBe(false);
  }));

test('coap: what does not fit a datagram goes in blocks', () =>
  withCoap('2.04', {}, async (device, received) => {
    await device.connect();
    const payload = Buffer.from('0123456789'.repeat(300));
    device.client.send(messageOf(payload));
    await until(() => device.acknowledged.length + device.failed.length === 1, 'answered');
    expect(device.failed).toEqual([]);
    expect(received.map(String)).toEqual([String(payload)]);
  }));

for (const [status, reason] of [
  [401, 'not-authorized'],
  [404, 'http-404'],
] as const) {
  test(`websocket: a handshake that is answered with ${status}`, async () => {
    const server = createHttpServer();
    server.on('upgrade', (_request, socket) => socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`));
    const port = await listen(server);
    try {
      await withDevice(webSocketTarget(port), async (device) => {
        device.client.connect();
        await until(() => device.closed.length > 0, 'closed');
        expect(device.closed).toEqual([reason]);
      });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
}

const impatient = { connectTimeoutMs: 30_000 };
const tls = { ca: undefined, certificate: undefined, key: undefined, serverName: undefined, verify: true };
for (const [name, targetAt] of [
  ['tls', (port: number) => socketTarget(port, { ...impatient, tls })],
  ['https', (port: number) => httpTarget(port, { ...impatient, tls })],
  ['websocket', (port: number) => webSocketTarget(port, impatient)],
  ['mqtt lean over TLS', (port: number) => mqttTarget(port, { ...impatient, tls })],
  ['mqtt lean over a WebSocket', (port: number) => mqttTarget(port, { ...impatient, over: 'websocket' })],
  [
    'mqtt full over a WebSocket',
    (port: number) => mqttTarget(port, { ...impatient, over: 'websocket', client: 'full' }),
  ],
] as const) {
  test(`${name}: a peer that accepts and never answers is given up`, () =>
    withVirtualTimers(({ passUntil }) =>
      withSilence((port) =>
        withDevice(targetAt(port), async (device) => {
          device.client.connect();
          await passUntil(() => device.closed.length > 0, 'closed');
          expect(device.closed).toEqual(['connect-timeout']);
        }),
      ),
    ));
}

test('tcp: a peer that does not read is not given more than the system takes', () =>
  withVirtualTimers(({ passUntil }) =>
    withSilence((port) =>
      withDevice(socketTarget(port), async (device) => {
        await device.connect();
        const chunk = messageOf(Buffer.alloc(64 * 1024));
        let sent = 0;
        // The buffers of the system hold some megabytes.
        while (sent < 10_000 && device.client.send(chunk)) {
          sent++;
          await turns(1);
        }
        expect(sent).toBeLessThan(10_000);
        expect(device.acknowledged.length).toBeLessThan(sent);
        // It cannot take its leave either, and is cut.
        device.client.disconnect();
        await passUntil(() => device.closed.length > 0, 'closed');
        expect(device.closed).toEqual(['closed']);
      }),
    ),
  ));
