/** Devices with the clients of MQTT, both of which have to do the same. */
import type { MqttTarget } from '../../src/fleet/scenario/scenario.js';
import { mqttTarget, preparedFactory, TestDevice, until } from '../support/client-peers.js';

export const CLIENTS = ['lean', 'full'] as const;
export const VERSIONS = ['3.1.1', '5'] as const;

export async function withDevice(
  port: number,
  options: Partial<MqttTarget>,
  identity: ConstructorParameters<typeof TestDevice>[1],
  body: (device: TestDevice) => Promise<void>,
): Promise<void> {
  const device = new TestDevice(await preparedFactory(mqttTarget(port, options)), identity);
  try {
    await body(device);
  } finally {
    await device.end();
  }
}

export const closed = (device: TestDevice) => until(() => device.closed.length > 0, 'closed');
