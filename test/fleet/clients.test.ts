/** What every client of fleets has to do, whatever it speaks; what is of MQTT alone stands in mqtt-clients.test.ts. */
import { describe, expect, test } from 'vitest';
import type { OutgoingMessage } from '../../src/fleet/client.js';
import type { Target } from '../../src/fleet/scenario/scenario.js';
import { ownCertificate } from '../support/certificate.js';
import {
  coapPeer,
  httpPeer,
  messageOf,
  mqttPeer,
  type Peer,
  preparedFactory,
  TestDevice,
  tcpPeer,
  trusting,
  udpPeer,
  until,
  webSocketPeer,
} from '../support/client-peers.js';
import { freePort } from '../support/mosquitto.js';
import { testWithPeers } from '../support/peers.js';

interface Kind {
  readonly name: string;
  readonly needs: readonly string[];
  readonly qos: 0 | 1 | 2;
  readonly start: () => Promise<Peer>;
  /** There is nothing that could be cut. */
  readonly isDatagram?: boolean;
  /** A connection that has ended is made again with the next message. */
  readonly opensOnDemand?: boolean;
  readonly isSecure?: boolean;
}

const certificate = ownCertificate();
// Kinds that need it are skipped without openssl, before it is used.
const tls = certificate === undefined ? undefined : trusting(certificate);
const secured = certificate === undefined ? {} : { tls: { cert: certificate.cert, key: certificate.key } };

const mqttKinds = (['lean', 'full'] as const).flatMap((client): Kind[] => {
  const needs = ['mosquitto'];
  const at = `mqtt ${client}`;
  const secure = { needs: ['mosquitto', 'openssl'], isSecure: true };
  return [
    { name: `${at} 3.1.1 QoS 1`, needs, qos: 1, start: () => mqttPeer({ client }) },
    { name: `${at} 5 QoS 2`, needs, qos: 2, start: () => mqttPeer({ client, version: '5' }) },
    { name: `${at} 5 QoS 0`, needs, qos: 0, start: () => mqttPeer({ client, version: '5' }) },
    {
      name: `${at} over a WebSocket`,
      needs,
      qos: 1,
      start: () => mqttPeer({ client, over: 'websocket' }, { webSockets: true }),
    },
    { name: `${at} over TLS`, ...secure, qos: 1, start: () => mqttPeer({ client, tls }, secured, certificate) },
    {
      name: `${at} over a WebSocket and TLS`,
      ...secure,
      qos: 1,
      start: () => mqttPeer({ client, tls, over: 'websocket' }, { webSockets: true, ...secured }, certificate),
    },
  ];
});

const openssl = { needs: ['openssl'], qos: 0, isSecure: true } as const;
const KINDS: readonly Kind[] = [
  ...mqttKinds,
  { name: 'http', needs: [], qos: 0, opensOnDemand: true, start: () => httpPeer() },
  { name: 'http, several at a time', needs: [], qos: 0, opensOnDemand: true, start: () => httpPeer({ inflight: 4 }) },
  { name: 'https', ...openssl, opensOnDemand: true, start: () => httpPeer({ tls }, certificate) },
  { name: 'coap confirmable', needs: [], qos: 0, isDatagram: true, start: () => coapPeer() },
  { name: 'coap non-confirmable', needs: [], qos: 0, isDatagram: true, start: () => coapPeer({ confirmable: false }) },
  { name: 'websocket', needs: [], qos: 0, start: () => webSocketPeer() },
  { name: 'websocket over TLS', ...openssl, start: () => webSocketPeer({ tls }, certificate) },
  { name: 'udp', needs: [], qos: 0, isDatagram: true, start: () => udpPeer() },
  { name: 'tcp', needs: [], qos: 0, start: () => tcpPeer() },
  { name: 'tls', ...openssl, start: () => tcpPeer({ tls }, certificate) },
];

/** Of many lengths, each with other bytes; those of 126 and more change the length of fields. */
const LENGTHS = [1, 2, 10, 93, 125, 126, 127, 128, 300, 900];
const messages = (qos: 0 | 1 | 2): OutgoingMessage[] =>
  LENGTHS.map((length, index) => messageOf(Buffer.alloc(length, 97 + index), { qos }));

/** Runs a test against the server of a kind, which is stopped also when it fails. */
async function withDevice(
  { start }: Kind,
  body: (device: TestDevice, peer: Peer) => Promise<void>,
  change: (target: Target) => Target = (target) => target,
): Promise<void> {
  const peer = await start();
  try {
    const factory = await preparedFactory(change(peer.target));
    const device = new TestDevice(factory);
    try {
      await body(device, peer);
    } finally {
      await device.end();
      await factory.close();
    }
  } finally {
    await peer.stop();
  }
}

for (const kind of KINDS) {
  const { name, needs, qos } = kind;
  describe(name, () => {
    const it = (what: string, body: () => Promise<void>) => testWithPeers(needs, what, body);

    it('delivers every message as it is, in order, and says so once', () =>
      withDevice(kind, async (device, peer) => {
        await device.connect();
        const all = messages(qos);
        await device.sendAll(all);
        await until(() => device.acknowledged.length === all.length, 'acknowledged');
        await until(() => peer.received.length === all.length, 'received');
        expect(device.acknowledged).toEqual(all);
        expect(peer.received.map(String)).toEqual(all.map(({ payload }) => String(payload)));
        expect(device.failed).toEqual([]);
        expect(device.connects).toBe(1);
        if (peer.answerBytes > 0) {
          await until(() => device.receivedBytes.length === all.length, 'answered');
          expect(new Set(device.receivedBytes)).toEqual(new Set([peer.answerBytes]));
        }
      }));

    it('hands over what is under way when it is to end, and ends once', () =>
      withDevice(kind, async (device, peer) => {
        await device.connect();
        const message = messageOf(Buffer.from('last words'), { qos });
        expect(device.client.send(message)).toBe(true);
        device.client.disconnect();
        expect(device.client.send(message)).toBe(false);
        await until(() => device.closed.length > 0, 'closed');
        await until(() => peer.received.length > 0, 'received');
        expect(device.closed).toEqual(['closed']);
        expect(device.acknowledged).toEqual([message]);
        expect(peer.received.map(String)).toEqual(['last words']);
      }));

    it('is cut once, and connects again from inside that', () =>
      withDevice(kind, async (device, peer) => {
        await device.connect();
        let isInside = true;
        device.whenClosed = () => {
          expect(isInside).toBe(false);
          if (device.closed.length < 3) device.client.connect();
        };
        device.client.destroy();
        device.client.destroy();
        isInside = false;
        await until(() => device.connects === 2, 'connected again');
        isInside = true;
        device.client.destroy();
        isInside = false;
        await until(() => device.connects === 3, 'connected a third time');
        expect(device.closed).toEqual(['closed', 'closed']);
        await device.sendAll([messageOf(Buffer.from('here again'), { qos })]);
        await until(() => peer.received.length === 1 && device.acknowledged.length === 1, 'delivered');
      }));

    it('can be cut before it is connected', () =>
      withDevice(kind, async (device) => {
        device.client.connect();
        device.client.destroy();
        await until(() => device.closed.length > 0, 'closed');
        expect(device.closed).toEqual(['closed']);
        expect(device.connects).toBe(0);
        await device.connect().catch(() => {});
        await until(() => device.connects === 1, 'connected');
      }));

    it('tells of a peer that goes away', () =>
      withDevice(kind, async (device, peer) => {
        await device.connect();
        await peer.stop();
        const isSilent = kind.isDatagram === true || kind.opensOnDemand === true;
        if (isSilent) device.client.send(messageOf(Buffer.from('anybody?'), { qos }));
        await until(() => device.closed.length > 0, 'closed');
        // ECONNRESET where the peer leaves something unread.
        const reasons = kind.isDatagram === true ? [] : ['closed-by-peer', 'ECONNRESET'];
        expect([...reasons, ...(isSilent ? ['ECONNREFUSED'] : [])]).toContain(device.closed[0]);
        device.client.connect();
        if (kind.isDatagram !== true) {
          await until(() => device.closed.length > 1, 'closed again');
          expect(device.closed[1]).toBe('ECONNREFUSED');
        }
      }));

    it('tells of a port where nobody listens', async () => {
      const port = await freePort();
      await withDevice(
        kind,
        async (device) => {
          device.client.connect();
          if (kind.isDatagram === true) {
            await until(() => device.connects === 1, 'bound');
            device.client.send(messageOf(Buffer.from('anybody?'), { qos }));
          }
          await until(() => device.closed.length > 0, 'closed');
          expect(device.closed).toEqual(['ECONNREFUSED']);
        },
        (target) => ({ ...target, port }),
      );
    });

    if (kind.isSecure === true) {
      it('does not trust whom it does not know', () =>
        withDevice(
          kind,
          async (device) => {
            device.client.connect();
            await until(() => device.closed.length > 0, 'closed');
            expect(device.closed).toEqual(['DEPTH_ZERO_SELF_SIGNED_CERT']);
            expect(device.connects).toBe(0);
          },
          (target) => (target.tls === undefined ? target : { ...target, tls: { ...target.tls, ca: undefined } }),
        ));

      it('checks the name', () =>
        withDevice(
          kind,
          async (device) => {
            device.client.connect();
            await until(() => device.closed.length > 0, 'closed');
            expect(device.closed).toEqual(['ERR_TLS_CERT_ALTNAME_INVALID']);
          },
          (target) =>
            target.tls === undefined ? target : { ...target, tls: { ...target.tls, serverName: 'elsewhere.example' } },
        ));
    }
  });
}

test('a name that has no address is not reachable', async () => {
  const peer = await tcpPeer();
  try {
    const target = { ...peer.target, host: 'nobody.invalid' };
    await expect(preparedFactory(target)).rejects.toMatchObject({ code: 'SYNTH_TARGET_UNREACHABLE' });
  } finally {
    await peer.stop();
  }
});

test('the address of a name is known', async () => {
  const peer = await tcpPeer();
  try {
    const factory = await preparedFactory({ ...peer.target, host: 'localhost' });
    expect(factory.address).toBe('127.0.0.1');
  } finally {
    await peer.stop();
  }
});
