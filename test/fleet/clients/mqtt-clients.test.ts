/**
 * What is of MQTT alone: refusals, acknowledgements that do not come. Both clients have to do the same. What needs a real broker
 * stands in test/peers.
 */
import { createServer, type Socket } from 'node:net';
import mqttPacket, { type Packet } from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import type { MqttTarget } from '../../../src/fleet/scenario/scenario.js';
import { listen, messageOf, type TestDevice, until } from '../../support/client-peers.js';
import { withVirtualTimers } from '../../support/virtual-timers.js';
import { CLIENTS, closed, VERSIONS, withDevice } from '../mqtt-devices.js';

type Options = Partial<MqttTarget>;

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

for (const client of CLIENTS) {
  for (const version of VERSIONS) {
    describe(`${client} ${version}`, () => {
      const kind = { client, version };

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
        withVirtualTimers(({ passUntil }) =>
          withScript(
            { ...kind, ackTimeoutMs: 30_000 },
            (packet, socket) => {
              if (packet.cmd === 'connect') accept(socket, version);
              if (packet.cmd !== 'publish' || !packet.dup) return;
              say(socket, { cmd: 'puback', messageId: packet.messageId ?? 0 }, version);
            },
            async (device, broker) => {
              await device.connect();
              const message = messageOf(Buffer.from('important'), { qos: 1 });
              device.client.send(message);
              await passUntil(() => device.closed.length > 0, 'closed');
              expect(device.closed).toEqual(['ack-timeout']);
              expect(device.acknowledged).toEqual([]);
              device.client.connect();
              await until(() => device.connects === 2, 'connected');
              device.client.send({ ...message, isRepeated: true });
              await until(() => device.acknowledged.length === 1, 'acknowledged');
              expect(broker.of('publish')).toMatchObject([{ dup: false }, { dup: true }]);
            },
          ),
        ));

      test('a broker that says nothing any more is noticed', () =>
        withVirtualTimers(({ passUntil }) => {
          let isSilent = false;
          return withScript(
            { ...kind, keepAliveS: 1 },
            (packet, socket) => {
              if (packet.cmd === 'connect') accept(socket, version);
              if (packet.cmd === 'pingreq' && !isSilent) say(socket, { cmd: 'pingresp' }, version);
            },
            async (device, broker) => {
              await device.connect();
              await passUntil(() => broker.of('pingreq').length >= 2, 'asked twice');
              expect(device.closed).toEqual([]);
              isSilent = true;
              await passUntil(() => device.closed.length > 0, 'closed');
              expect(device.closed).toEqual(['keep-alive-timeout']);
            },
          );
        }));

      test('a broker that accepts and never answers is given up', () =>
        withVirtualTimers(({ passUntil }) =>
          withScript(
            { ...kind, connectTimeoutMs: 30_000 },
            () => {},
            async (device, broker) => {
              device.client.connect();
              await until(() => broker.packets.length > 0, 'asked');
              await passUntil(() => device.closed.length > 0, 'closed');
              expect(device.closed).toEqual(['connect-timeout']);
              await until(() => broker.sockets[0]?.closed === true, 'the socket is closed');
            },
          ),
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
