/** Clients that speak to servers of our own; those of MQTT, which need a broker, stand in test/peers. */
import { expect, test } from 'vitest';
import { ownCertificate } from '../../support/certificate.js';
import {
  coapPeer,
  httpPeer,
  preparedFactory,
  tcpPeer,
  trusting,
  udpPeer,
  webSocketPeer,
} from '../../support/client-peers.js';
import { describeClient, type Kind } from './client-contract.js';

const certificate = await ownCertificate();
const tls = trusting(certificate);

const KINDS: readonly Kind[] = [
  { name: 'http', qos: 0, opensOnDemand: true, start: () => httpPeer() },
  { name: 'http, several at a time', qos: 0, opensOnDemand: true, start: () => httpPeer({ inflight: 4 }) },
  { name: 'https', qos: 0, isSecure: true, opensOnDemand: true, start: () => httpPeer({ tls }, certificate) },
  { name: 'coap confirmable', qos: 0, isDatagram: true, start: () => coapPeer() },
  { name: 'coap non-confirmable', qos: 0, isDatagram: true, start: () => coapPeer({ confirmable: false }) },
  { name: 'websocket', qos: 0, start: () => webSocketPeer() },
  { name: 'websocket over TLS', qos: 0, isSecure: true, start: () => webSocketPeer({ tls }, certificate) },
  { name: 'udp', qos: 0, isDatagram: true, start: () => udpPeer() },
  { name: 'tcp', qos: 0, start: () => tcpPeer() },
  { name: 'tls', qos: 0, isSecure: true, start: () => tcpPeer({ tls }, certificate) },
];

for (const kind of KINDS) describeClient(kind, test);

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
