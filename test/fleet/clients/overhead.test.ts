/** What clients say of their overhead, held against the bytes that arrive at a plain server: its IP and TCP or UDP headers are all that is not seen. */

import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer, type SecureVersion, TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import type { Target } from '../../../src/fleet/scenario/scenario.js';
import { ownCertificate } from '../../support/certificate.js';
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
  trusting,
  until,
  webSocketTarget,
} from '../../support/client-peers.js';
import { turns } from '../../support/turns.js';

const certificate = await ownCertificate();

const LENGTHS = [0, 1, 9, 10, 12, 13, 99, 100, 105, 110, 115, 120, 125, 126, 127, 128, 999, 1000];
const TOPICS = ['a', 'telemetry/device-17/a-rather-long-name-of-a-sensor', 'x/ä?unit=c'];

/** What a server says before messages come, by what it has been sent. */
type Answer = (text: Buffer) => Buffer | undefined;

const CONNACK_4 = Buffer.from([0x20, 2, 0, 0]);
const CONNACK_5 = Buffer.from([0x20, 3, 0, 0, 0]);
const acceptMqtt =
  (isVersion5: boolean): Answer =>
  (bytes) =>
    bytes[0] === 0x10 ? (isVersion5 ? CONNACK_5 : CONNACK_4) : undefined;
const acceptHttp: Answer = (bytes) =>
  /^(POST|PUT)/.test(String(bytes)) ? Buffer.from('HTTP/1.1 204 No Content\r\n\r\n') : undefined;
const acceptWebSocket: Answer = (bytes) => {
  const key = /sec-websocket-key: (\S+)/i.exec(String(bytes))?.[1];
  if (key === undefined) return undefined;
  // RFC 6455, 1.3.
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  const head = 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade';
  return Buffer.from(`${head}\r\nsec-websocket-accept: ${accept}\r\nsec-websocket-protocol: mqtt\r\n\r\n`);
};
const silent: Answer = () => undefined;

/** A server whose `count` grows with what arrives in its socket, enciphered or not. */
async function countingServer(answer: Answer, tlsVersion?: SecureVersion) {
  const counted = { bytes: 0 };
  const onSocket = (socket: Socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      if (!(socket instanceof TLSSocket)) counted.bytes += chunk.length;
      const said = answer(chunk);
      if (said !== undefined) socket.write(said);
    });
  };
  const server =
    tlsVersion === undefined
      ? createServer(onSocket)
      : createTlsServer({ ...certificate, minVersion: tlsVersion, maxVersion: tlsVersion }, onSocket);
  // Of TLS what its socket carries.
  const raw: Socket[] = [];
  if (tlsVersion !== undefined) server.on('connection', (socket: Socket) => raw.push(socket));
  const total = () => counted.bytes + raw.reduce((sum, { bytesRead }) => sum + bytesRead, 0);
  const port = await listen(server);
  return { port, total, stop: () => server.close() };
}

/** Sends one message after the other, and compares. @param headers of IP and what is above it, which no program sees */
async function compare(target: Target, total: () => number, headers: number, qoss: readonly (0 | 1 | 2)[]) {
  const factory = await preparedFactory(target);
  const device = new TestDevice(factory, identityOf({ username: 'user', password: 'word' }));
  await device.connect();
  // What belongs to connecting has come.
  await quiet(total);
  for (const qos of qoss) {
    for (const topic of TOPICS) {
      for (const length of LENGTHS) {
        const before = total();
        expect(device.client.send(messageOf(Buffer.alloc(length, 97), { topic, qos }))).toBe(true);
        const expected = device.client.overheadBytes(topic, qos, length) - headers + length;
        await until(() => total() >= before + expected, `${expected} bytes, but ${total() - before}`);
        if (target.protocol === 'http') await until(() => device.acknowledged.length > 0, 'answered');
        device.acknowledged.length = 0;
        expect([topic, length, total() - before]).toEqual([topic, length, expected]);
      }
    }
  }
  // More than is expected would have come by now.
  const at = total();
  await quiet(total);
  expect(total()).toBe(at);
  await device.end();
}

/** Waits for what has left already. */
async function quiet(total: () => number): Promise<void> {
  for (let before = -1; before !== total(); ) {
    before = total();
    await turns(20);
  }
}

/** IPv4, and TCP with timestamps. */
const SEGMENT = 20 + 32;
const DATAGRAM = 20 + 8;

for (const client of ['lean', 'full'] as const) {
  for (const version of ['3.1.1', '5'] as const) {
    test(`mqtt ${client} ${version}`, async () => {
      const { port, total, stop } = await countingServer(acceptMqtt(version === '5'));
      try {
        await compare(mqttTarget(port, { client, version, inflight: 1000, keepAliveS: 0 }), total, SEGMENT, [0, 1, 2]);
      } finally {
        stop();
      }
    });
  }
  test(`mqtt ${client} over a WebSocket: a frame around each packet`, async () => {
    const factory = await preparedFactory(mqttTarget(1, { client, over: 'websocket' }));
    const plain = await preparedFactory(mqttTarget(1, { client }));
    const overhead = (of: typeof factory, bytes: number) =>
      of.create(identityOf({}), new TestDevice(of)).overheadBytes('a', 0, bytes);
    // 5 bytes of PUBLISH: the frame has more than 125 from 121 on.
    expect(overhead(factory, 10) - overhead(plain, 10)).toBe(6);
    expect(overhead(factory, 120) - overhead(plain, 120)).toBe(6);
    expect(overhead(factory, 121) - overhead(plain, 121)).toBe(8);
  });
}

for (const method of ['POST', 'PUT']) {
  test(`http ${method}`, async () => {
    const { port, total, stop } = await countingServer(acceptHttp);
    try {
      const headers = { 'content-type': 'application/json', 'x-test': 'ja' };
      const topics = await preparedFactory(httpTarget(port, { method, headers }));
      expect(topics.address).toBe('127.0.0.1');
      await compare(httpTarget(port, { method, headers }), total, SEGMENT, [0]);
    } finally {
      stop();
    }
  });
}

test('websocket', async () => {
  const { port, total, stop } = await countingServer(acceptWebSocket);
  try {
    await compare(webSocketTarget(port, { subprotocol: 'mqtt' }), total, SEGMENT, [0]);
  } finally {
    stop();
  }
});

for (const framing of ['length', 'none'] as const) {
  test(`tcp, framing ${framing}`, async () => {
    const { port, total, stop } = await countingServer(silent);
    try {
      await compare(socketTarget(port, { framing }), total, SEGMENT, [0]);
    } finally {
      stop();
    }
  });
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`tls, ${version}`, async () => {
    const { port, total, stop } = await countingServer(silent, version);
    try {
      await compare(socketTarget(port, { tls: trusting(certificate) }), total, SEGMENT, [0]);
    } finally {
      stop();
    }
  });
}

/** RFC 7252, 3: a response 2.04 in the acknowledgement, with the identifier and the token of the request. */
function coapAcknowledgement(request: Buffer): Buffer {
  const tokenLength = request[0]! & 0x0f;
  return Buffer.concat([Buffer.of(0x60 | tokenLength, 0x44), request.subarray(2, 4 + tokenLength)]);
}

for (const kind of ['udp', 'coap', 'coap, non-confirmable'] as const) {
  test(kind, async () => {
    const socket = createSocket('udp4');
    let bytes = 0;
    socket.on('message', (message, { port, address }) => {
      bytes += message.length;
      // Else it would come again after two seconds.
      if (kind === 'coap') socket.send(coapAcknowledgement(message), port, address);
    });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    const target =
      kind === 'udp'
        ? socketTarget(port, { protocol: 'udp' })
        : coapTarget(port, { confirmable: kind === 'coap', inflight: 1000, method: 'PUT' });
    try {
      await compare(target, () => bytes, DATAGRAM, [0]);
    } finally {
      socket.close();
    }
  });
}
