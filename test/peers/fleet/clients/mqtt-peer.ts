/** Mosquitto as a server for clients of fleets, of the shape that all of them have. */
import { connectAsync } from 'mqtt';
import type { MqttTarget } from '../../../../src/fleet/scenario/scenario.js';
import type { Certificate } from '../../../support/certificate.js';
import { mqttTarget, type Peer } from '../../../support/client-peers.js';
import { type MosquittoOptions, startMosquitto } from '../../../support/mosquitto.js';

/** With a subscriber that hears what the broker passes on. */
export async function mqttPeer(
  options: Partial<MqttTarget>,
  broker: MosquittoOptions = {},
  certificate?: Certificate,
): Promise<Peer> {
  const mosquitto = await startMosquitto(broker);
  const received: Buffer[] = [];
  const over = options.over ?? 'tcp';
  const secure = certificate === undefined ? '' : 's';
  const subscriber = await connectAsync(`mqtt${secure}://127.0.0.1:${mosquitto.port}`, {
    reconnectPeriod: 0,
    ...(certificate === undefined ? {} : { ca: certificate.cert }),
  });
  subscriber.on('error', () => {});
  subscriber.on('message', (_topic, payload) => received.push(payload));
  await subscriber.subscribeAsync('#', { qos: 2 });
  return {
    target: mqttTarget(over === 'websocket' ? mosquitto.webSocketPort : mosquitto.port, options),
    received,
    answerBytes: 0,
    stop: async () => {
      subscriber.end(true);
      await mosquitto.kill();
      await mosquitto.stop();
    },
  };
}
