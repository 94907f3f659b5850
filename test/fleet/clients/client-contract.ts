/** What every client of fleets has to do, whatever it speaks. */
import { describe, expect } from 'vitest';
import type { OutgoingMessage } from '../../../src/fleet/clients/client.js';
import type { Target } from '../../../src/fleet/scenario/scenario.js';
import { messageOf, type Peer, preparedFactory, TestDevice, until } from '../../support/client-peers.js';
import { freePort } from '../../support/ports.js';
import { withVirtualTimers } from '../../support/virtual-timers.js';

export interface Kind {
  readonly name: string;
  readonly qos: 0 | 1 | 2;
  readonly start: () => Promise<Peer>;
  /** There is nothing that could be cut. */
  readonly isDatagram?: boolean;
  /** A connection that has ended is made again with the next message. */
  readonly opensOnDemand?: boolean;
  readonly isSecure?: boolean;
}

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

/** @param it makes a test */
export function describeClient(kind: Kind, it: (what: string, body: () => Promise<void>) => void): void {
  const { name, qos } = kind;
  describe(name, () => {
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
      // It has a second for that, which may be too little on a busy machine.
      withVirtualTimers(() =>
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
        }),
      ));

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
