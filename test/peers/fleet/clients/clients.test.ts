/** MQTT clients with a real broker, held to what all clients have to do. See mqtt-clients.test.ts for MQTT alone. */
import { describeClient, type Kind } from '../../../fleet/clients/client-contract.js';
import { ownCertificate } from '../../../support/certificate.js';
import { trusting } from '../../../support/client-peers.js';
import { testWithPeers } from '../../../support/peers.js';
import { mqttPeer } from './mqtt-peer.js';

const certificate = await ownCertificate();
const tls = trusting(certificate);
const secured = { tls: certificate };

const KINDS = (['lean', 'full'] as const).flatMap((client): Kind[] => {
  const at = `mqtt ${client}`;
  return [
    { name: `${at} 3.1.1 QoS 1`, qos: 1, start: () => mqttPeer({ client }) },
    { name: `${at} 5 QoS 2`, qos: 2, start: () => mqttPeer({ client, version: '5' }) },
    { name: `${at} 5 QoS 0`, qos: 0, start: () => mqttPeer({ client, version: '5' }) },
    {
      name: `${at} over a WebSocket`,
      qos: 1,
      start: () => mqttPeer({ client, over: 'websocket' }, { webSockets: true }),
    },
    {
      name: `${at} over TLS`,
      isSecure: true,
      qos: 1,
      start: () => mqttPeer({ client, tls }, secured, certificate),
    },
    {
      name: `${at} over a WebSocket and TLS`,
      isSecure: true,
      qos: 1,
      start: () => mqttPeer({ client, tls, over: 'websocket' }, { webSockets: true, ...secured }, certificate),
    },
  ];
});

for (const kind of KINDS) describeClient(kind, (what, body) => testWithPeers(['mosquitto'], what, body));
