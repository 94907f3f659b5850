/**
 * @module
 * What one generated device sends and receives: the packets of a model, each in the channel of its conversation.
 */
import { AssignedPackets } from '../conversations/assigned-packets.js';
import type { Likelihoods } from '../conversations/likelihoods.js';
import type { Conversations } from '../conversations/records.js';
import type { PacketBlock } from '../packets/packet-series.js';
import type { Random } from '../random.js';
import type { Channel } from './channel.js';
import type { ChannelFactory } from './channel-factory.js';

export interface DeviceTrafficOptions {
  readonly conversations: Conversations;
  readonly likelihoods: Likelihoods;
  readonly factory: ChannelFactory;
  readonly random: Random;
  /** Whether all packets are of one conversation. */
  readonly isSingle: boolean;
}

export class DeviceTraffic extends AssignedPackets<Channel> {
  readonly #factory: ChannelFactory;

  constructor(blocks: Iterable<PacketBlock>, options: DeviceTrafficOptions) {
    super(blocks, options);
    this.#factory = options.factory;
  }

  /** How many have begun. */
  get conversations(): number {
    return this.#factory.conversations;
  }
}
