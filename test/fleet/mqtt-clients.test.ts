/** What is of MQTT alone: sessions, refusals, acknowledgements that do not come. Both clients have to do the same. */
import { createServer, type Socket } from 'node:net';
import { connectAsync } from 'mqtt';
import mqttPacket, { type Packet } from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import type { MqttTarget } from '../../src/fleet/scenario/scenario.js';
import { ownCertificate } from '../support/certificate.js';
import {
  listen,
  messageOf,
  mqttTarget,
  preparedFactory,
  TestDevice,
  trusting,
  until,
} from '../support/client-peers.js';
import { type Mosquitto, type MosquittoOptions, startMosquitto } from '../support/mosquitto.js';
import { testWithPeers } from '../support/peers.js';

type Options = Partial<MqttTarget>;
type Identity = ConstructorParameters<typeof TestDevice>[1];

async function withBroker(options: MosquittoOptions, body: (broker: Mosquitto) => Promise<void>): Promise<void> {
  const broker = await startMosquitto(options);
  try {
    await body(broker);
  } finally {
    await broker.stop();
  }
}

async function withDevice(
  port: number,
  options: Options,
  identity: Identity,
  body: (device: TestDevice) => Promise<void>,
): Promise<void> {
  const device = new TestDevice(await preparedFactory(mqttTarget(port, options)), identity);
  try {
    await body(device);
  } finally {
    await device.end();
  }
}

/** A broker of our own, which says what it is told to say. */
class ScriptedBroker {
  readonly packets: Packet[] = [];
  readonly sockets: Socket[] = [];
  port = 0;
  readonly #server = createServer((socket) => this.#accept(socket));
  readonly #answer: (packet: Packet, socket: Socket) => void;

  constructor(answer: (packet: Packet, socket: Socket) => void) {
    this.#answer = answer;
  }

  async listen(): Promise<number> {
    this.port = await listen(this.#server);
    return this.port;
  }

  #accept(socket: Socket): void {
    this.sockets.push(socket);
    socket.on('error', () => {});
    const parser = mqttPacket.parser();
    parser.on('packet', (packet) => {
      this.packets.push(packet);
      this.#answer(packet, socket);
    });
    socket.on('data', (chunk) => parser.parse(chunk));
  }

  of(cmd: Packet['cmd']): Packet[] {
    return this.packets.filter((packet) => packet.cmd === cmd);
  }

  stop(): void {
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
  }
}

const say = (socket: Socket, packet: Packet, version: '3.1.1' | '5') =>
  socket.write(mqttPacket.generate(packet, { protocolVersion: version === '5' ? 5 : 4 }));

const accept = (socket: Socket, version: '3.1.1' | '5', properties = {}) =>
  version === '5'
    ? say(socket, { cmd: 'connack', reasonCode: 0, sessionPresent: false, properties }, version)
    : say(socket, { cmd: 'connack', returnCode: 0, sessionPresent: false }, version);

async function withScript(
  options: Options,
  answer: (packet: Packet, socket: Socket) => void,
  body: (device: TestDevice, broker: ScriptedBroker) => Promise<void>,
): Promise<void> {
  const broker = new ScriptedBroker(answer);
  const port = await broker.listen();
  try {
    await withDevice(port, options, {}, (device) => body(device, broker));
  } finally {
    broker.stop();
  }
}

const closed = (device: TestDevice) => until(() => device.closed.length > 0, 'closed');

for (const client of ['lean', 'full'] as const) {
  for (const version of ['3.1.1', '5'] as const) {
    describe(`${client} ${version}`, () => {
      const kind = { client, version };

      testWithPeers(['mosquitto'], 'is let in with its password, and not with another', () =>
        withBroker({ users: { one: 'secret' } }, async ({ port }) => {
          await withDevice(port, kind, { username: 'one', password: 'secret' }, (device) => device.connect());
          await withDevice(port, kind, { username: 'one', password: 'wrong' }, async (device) => {
            device.client.connect();
            await closed(device);
            expect(device.closed).toEqual(['not-authorized']);
            expect(device.connects).toBe(0);
          });
        }),
      );

      testWithPeers(['mosquitto', 'openssl'], 'shows its certificate, and is not let in without', async () => {
        const certificate = ownCertificate()!;
        const tls = { ...certificate, ca: certificate.cert, requireCertificate: true };
        await withBroker({ tls }, async ({ port }) => {
          const target = { ...kind, tls: trusting(certificate) };
          const identity = { certificate: certificate.cert, key: certificate.key };
          await withDevice(port, target, identity, (device) => device.connect());
          await withDevice(port, target, {}, async (device) => {
            device.client.connect();
            await closed(device);
            expect(device.connects).toBe(0);
            expect(device.closed[0]).toMatch(/^(ERR_SSL|ECONNRESET|closed-by-peer|EPIPE)/);
          });
        });
      });

      testWithPeers(['mosquitto'], 'hears what it has subscribed to, of each QoS once', () =>
        withBroker({}, async ({ port }) => {
          await withDevice(port, kind, { subscribe: ['to/device-1', 'all'] }, async (device) => {
            await device.connect();
            const other = await connectAsync(`mqtt://127.0.0.1:${port}`);
            await other.publishAsync('to/device-1', 'x'.repeat(10), { qos: 0 });
            await other.publishAsync('to/device-1', 'x'.repeat(20), { qos: 1 });
            await other.publishAsync('all', 'x'.repeat(30), { qos: 2 });
            await other.publishAsync('to/device-2', 'x'.repeat(40), { qos: 1 });
            // Longer than a turn reads.
            await other.publishAsync('all', 'x'.repeat(200_000), { qos: 2 });
            await until(() => device.receivedBytes.length >= 4, 'received');
            await other.endAsync();
            expect(device.receivedBytes.toSorted((a, b) => a - b)).toEqual([10, 20, 30, 200_000]);
          });
        }),
      );

      testWithPeers(['mosquitto'], 'has a will, which is told when it is cut and not when it takes its leave', () =>
        withBroker({}, async ({ port }) => {
          const other = await connectAsync(`mqtt://127.0.0.1:${port}`);
          const heard: string[] = [];
          other.on('message', (topic, payload) => heard.push(`${topic} ${payload}`));
          await other.subscribeAsync('#', { qos: 1 });
          const will = { topic: 'gone', payload: 'device-1', qos: 1, retain: false } as const;
          await withDevice(port, kind, { will }, async (device) => {
            await device.connect();
            device.client.disconnect();
            await closed(device);
            await device.connect().catch(() => {});
            await until(() => device.connects === 2, 'connected');
            await device.sendAll([messageOf(Buffer.from('alive'), { qos: 1 })]);
            await until(() => heard.length > 0, 'heard');
            device.client.destroy();
            await until(() => heard.length > 1, 'told');
            expect(heard).toEqual(['a/b alive', 'gone device-1']);
          });
          await other.endAsync();
        }),
      );

      testWithPeers(['mosquitto'], 'a message that is kept for it comes when it is there again', () =>
        withBroker({}, async ({ port }) => {
          const target = { ...kind, cleanSession: false };
          await withDevice(port, target, { subscribe: ['kept'] }, async (device) => {
            await device.connect();
            device.client.disconnect();
            await closed(device);
            const other = await connectAsync(`mqtt://127.0.0.1:${port}`);
            await other.publishAsync('kept', 'x'.repeat(7), { qos: 2 });
            await other.endAsync();
            device.client.connect();
            await until(() => device.receivedBytes.length > 0, 'received');
            expect(device.receivedBytes).toEqual([7]);
          });
        }),
      );

      test('a subscription that is refused is no connection', () =>
        withScript(
          kind,
          (packet, socket) => {
            if (packet.cmd === 'connect') accept(socket, version);
            if (packet.cmd !== 'subscribe') return;
            const granted = [version === '5' ? 0x87 : 0x80];
            say(socket, { cmd: 'suback', messageId: packet.messageId ?? 0, granted }, version);
          },
          async (_device, broker) => {
            await withDevice(broker.port, kind, { subscribe: ['secret'] }, async (device) => {
              device.client.connect();
              await closed(device);
              expect(device.closed).toEqual(['not-authorized']);
              expect(device.connects).toBe(0);
            });
          },
        ));

      test('takes so many messages at a time, and tells when there is room', () => {
        const waiting: (() => void)[] = [];
        return withScript(
          { ...kind, inflight: 3 },
          (packet, socket) => {
            if (packet.cmd === 'connect') accept(socket, version);
            if (packet.cmd !== 'publish' || packet.qos !== 1) return;
            waiting.push(() => say(socket, { cmd: 'puback', messageId: packet.messageId ?? 0 }, version));
          },
          async (device) => {
            let rooms = 0;
            device.client.onRoom = () => rooms++;
            await device.connect();
            const message = messageOf(Buffer.from('x'), { qos: 1 });
            const taken = Array.from({ length: 5 }, () => device.client.send({ ...message }));
            expect(taken).toEqual([true, true, true, false, false]);
            expect(device.client.send(messageOf(Buffer.from('x')))).toBe(true);
            await until(() => waiting.length === 3, 'received');
            expect(rooms).toBe(0);
            for (const acknowledge of waiting) acknowledge();
            await until(() => device.acknowledged.length === 4, 'acknowledged');
            expect(rooms).toBe(1);
          },
        );
      });

      test('a message that is not acknowledged ends the connection, and is marked when it comes again', () =>
        withScript(
          { ...kind, ackTimeoutMs: 300 },
          (packet, socket) => {
            if (packet.cmd === 'connect') accept(socket, version);
            if (packet.cmd !== 'publish' || !packet.dup) return;
            say(socket, { cmd: 'puback', messageId: packet.messageId ?? 0 }, version);
          },
          async (device, broker) => {
            await device.connect();
            const message = messageOf(Buffer.from('important'), { qos: 1 });
            device.client.send(message);
            await closed(device);
            expect(device.closed).toEqual(['ack-timeout']);
            expect(device.acknowledged).toEqual([]);
            device.client.connect();
            await until(() => device.connects === 2, 'connected');
            device.client.send({ ...message, isRepeated: true });
            await until(() => device.acknowledged.length === 1, 'acknowledged');
            expect(broker.of('publish')).toMatchObject([{ dup: false }, { dup: true }]);
          },
        ));

      test('a broker that says nothing any more is noticed', () => {
        let isSilent = false;
        return withScript(
          { ...kind, keepAliveS: 1 },
          (packet, socket) => {
            if (packet.cmd === 'connect') accept(socket, version);
            if (packet.cmd === 'pingreq' && !isSilent) say(socket, { cmd: 'pingresp' }, version);
          },
          async (device, broker) => {
            await device.connect();
            await until(() => broker.of('pingreq').length >= 2, 'asked twice');
            expect(device.closed).toEqual([]);
            isSilent = true;
            await closed(device);
            expect(device.closed).toEqual(['keep-alive-timeout']);
          },
        );
      });

      test('a broker that accepts and never answers is given up', () =>
        withScript(
          { ...kind, connectTimeoutMs: 300 },
          () => {},
          async (device, broker) => {
            device.client.connect();
            await closed(device);
            expect(device.closed).toEqual(['connect-timeout']);
            await until(() => broker.sockets[0]?.closed === true, 'the socket is closed');
          },
        ));

      test('what is no MQTT ends the connection', () =>
        withScript(
          kind,
          (_packet, socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
          async (device) => {
            device.client.connect();
            await closed(device);
            expect(device.closed).toEqual(['protocol-error']);
          },
        ));

      test('packets may come in any pieces', () =>
        withScript(
          kind,
          (packet, socket) => {
            if (packet.cmd === 'connect') accept(socket, version);
            if (packet.cmd !== 'publish') return;
            const options = { protocolVersion: version === '5' ? 5 : 4 };
            const publish = { cmd: 'publish', topic: 't', qos: 0, dup: false, retain: false } as const;
            const bytes = Buffer.concat([
              mqttPacket.generate({ ...publish, payload: 'x'.repeat(200) }, options),
              mqttPacket.generate({ ...publish, payload: 'x'.repeat(3) }, options),
              mqttPacket.generate({ cmd: 'puback', messageId: packet.messageId ?? 0 }, options),
            ]);
            void drip(socket, bytes);
          },
          async (device) => {
            await device.connect();
            device.client.send(messageOf(Buffer.from('x'), { qos: 1 }));
            await until(() => device.acknowledged.length === 1, 'acknowledged');
            expect(device.receivedBytes).toEqual([200, 3]);
          },
        ));
    });
  }

  test(`${client}: MQTT 5 says why a message was refused, and how many it takes`, () =>
    withScript(
      { client, version: '5' },
      (packet, socket) => {
        if (packet.cmd === 'connect') accept(socket, '5', { receiveMaximum: 2 });
        if (packet.cmd !== 'publish') return;
        say(socket, { cmd: 'puback', messageId: packet.messageId ?? 0, reasonCode: 0x87 }, '5');
      },
      async (device) => {
        await device.connect();
        const message = messageOf(Buffer.from('x'), { qos: 1 });
        expect([1, 2, 3].map(() => device.client.send({ ...message }))).toEqual([true, true, false]);
        await until(() => device.failed.length === 2, 'refused');
        expect(device.failed.map(({ reason }) => reason)).toEqual(['mqtt-0x87', 'mqtt-0x87']);
        expect(device.closed).toEqual([]);
      },
    ));
}

/** One byte a turn. */
async function drip(socket: Socket, bytes: Buffer): Promise<void> {
  socket.setNoDelay(true);
  for (const byte of bytes) {
    socket.write(Buffer.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
}
