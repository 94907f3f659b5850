/**
 * @module
 * Which client speaks to which target. What a kind needs is loaded when it is used.
 */

import type { Target } from '../scenario/scenario.js';
import type { ClientFactory } from './client.js';

/** `prepare` has still to be called. */
export async function createClientFactory(target: Target): Promise<ClientFactory> {
  switch (target.protocol) {
    case 'mqtt': {
      const { FullMqttFactory, LeanMqttFactory } = await import('./mqtt-factory.js');
      return target.client === 'full' ? new FullMqttFactory(target) : new LeanMqttFactory(target);
    }
    case 'http':
      return new (await import('./http.js')).HttpFactory(target);
    case 'coap':
      return new (await import('./coap.js')).CoapFactory(target);
    case 'websocket':
      return new (await import('./websocket.js')).WebSocketFactory(target);
    case 'udp':
      return new (await import('./datagram.js')).DatagramFactory(target);
    case 'tcp':
      return new (await import('./stream.js')).StreamFactory(target);
  }
}
