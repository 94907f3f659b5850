/**
 * @module
 * What factories of all kinds of clients have in common.
 */
import { systemClock } from '../../clock.js';
import { resolveHost } from '../../host/target-url.js';
import type { Target } from '../scenario/scenario.js';
import type { ClientFactory, ClientIdentity, ClientListener, DeviceClient, OutgoingMessage } from './client.js';
import type { SharedByClients } from './connection-client.js';
import { Watch } from './watch.js';

export abstract class TargetFactory<T extends Target> implements ClientFactory, SharedByClients {
  address = '';
  readonly watch = new Watch(systemClock);
  readonly connectTimeoutMs: number;
  readonly ackTimeoutMs: number;
  protected readonly target: T;

  constructor(target: T) {
    this.target = target;
    this.connectTimeoutMs = target.connectTimeoutMs;
    this.ackTimeoutMs = target.ackTimeoutMs;
  }

  async prepare(): Promise<void> {
    this.address = await resolveHost(this.target.host);
    await this.load();
  }

  /** Loads and measures what clients need; the address is known. */
  protected abstract load(): Promise<void>;
  abstract create<M extends OutgoingMessage>(identity: ClientIdentity, listener: ClientListener<M>): DeviceClient<M>;

  /** Nothing outlives the clients. */
  async close(): Promise<void> {}
}
