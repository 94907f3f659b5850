/** What is of MQTT alone and needs a real broker: who is let in, sessions, wills. Both clients have to do the same. */
import { connectAsync } from 'mqtt';
import { describe, expect } from 'vitest';
import { CLIENTS, closed, VERSIONS, withDevice } from '../../../fleet/mqtt-devices.js';
import { ownCertificate } from '../../../support/certificate.js';
import { messageOf, trusting, until } from '../../../support/client-peers.js';
import { type Mosquitto, type MosquittoOptions, startMosquitto } from '../../../support/mosquitto.js';
import { testWithPeers } from '../../../support/peers.js';

async function withBroker(options: MosquittoOptions, body: (broker: Mosquitto) => Promise<void>): Promise<void> {
  const broker = await startMosquitto(options);
  try {
    await body(broker);
  } finally {
    await broker.stop();
  }
}

for (const client of CLIENTS) {
  for (const version of VERSIONS) {
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

      testWithPeers(['mosquitto'], 'shows its certificate, and is not let in without', async () => {
        const certificate = await ownCertificate();
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
    });
  }
}
