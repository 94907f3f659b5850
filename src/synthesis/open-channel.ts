/**
 * @module
 * Opens channels: gives a conversation its stream of payload and, for TCP, its connection.
 */

import { IP_PROTOCOL } from '../net/ip-protocol.js';
import type { Random } from '../random.js';
import { Channel, isMulticast } from './channel.js';
import type { ConversationSpec } from './conversation-spec.js';
import type { PayloadSource } from './payload-stream.js';
import { TcpConnection } from './tcp-connection.js';

export interface ChannelOptions {
  readonly payload: PayloadSource;
  /** For initial numbers. All channels of a capture share it. */
  readonly random: Random;
  /** True to write no frame that was not sampled. */
  readonly strictSizes: boolean;
}

export function openChannel(spec: ConversationSpec, { payload, random, strictSizes }: ChannelOptions): Channel {
  const { protocol, ipVersion, openedByLocal, local, peer } = spec;
  const service = openedByLocal ? peer : local;
  const multicast = isMulticast(peer.address);
  const stream = payload.begin({ protocol, ipVersion, servicePort: service.port, multicast });
  const connection = protocol === IP_PROTOCOL.tcp ? new TcpConnection(spec, strictSizes, random) : null;
  return new Channel(spec, { stream, minBytes: payload.minBytes(protocol, service.port) }, connection, random);
}
