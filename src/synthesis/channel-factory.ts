/**
 * @module
 * Makes channels of the conversations of one device: gives their ends addresses and asks what they can carry. Between what assigns packets to
 * conversations and what makes frames of them.
 */

import type { ConversationFactory, Opening } from '../conversations/assigner.js';
import { type Conversations, type End, RECORD_FLAG } from '../conversations/records.js';
import { ICMP_HEADER_BYTES, IP_HEADER_BYTES, TCP_HEADER_BYTES, UDP_HEADER_BYTES } from '../net/header-bytes.js';
import { IP_PROTOCOL } from '../net/ip-protocol.js';
import { type Channel, EXPERIMENT, IGMP_MESSAGE_BYTES, NO_NEXT_HEADER } from './channel.js';
import { type ConversationSpec, NO_SYN_OPTIONS } from './conversation-spec.js';
import type { DeviceAddresses } from './device-addresses.js';
import { type ChannelOptions, openChannel } from './open-channel.js';

/** The protocols that are spoken, and the least that a packet of each needs above its IP header. */
const MIN_ROOM: ReadonlyMap<number, number> = new Map([
  [IP_PROTOCOL.tcp, TCP_HEADER_BYTES],
  [IP_PROTOCOL.udp, UDP_HEADER_BYTES],
  [IP_PROTOCOL.icmp, ICMP_HEADER_BYTES],
  [IP_PROTOCOL.icmpv6, ICMP_HEADER_BYTES],
  [IP_PROTOCOL.igmp, IGMP_MESSAGE_BYTES],
]);

export class ChannelFactory implements ConversationFactory<Channel> {
  /** Opened so far. */
  conversations = 0;
  readonly #options: ChannelOptions;
  readonly #data: Conversations;
  readonly #addresses: DeviceAddresses;
  #stray: Channel | undefined;

  constructor(options: ChannelOptions, data: Conversations, addresses: DeviceAddresses) {
    this.#options = options;
    this.#data = data;
    this.#addresses = addresses;
  }

  open({ record, localPort, peerPort }: Opening): Channel {
    const { services, records, syns } = this.#data;
    const { ipVersion, protocol, openedByLocal } = services[records.service[record]!]!;
    this.conversations++;
    return this.#open({
      ipVersion,
      protocol: MIN_ROOM.has(protocol) ? protocol : ipVersion === 4 ? EXPERIMENT : NO_NEXT_HEADER,
      local: { ...this.#addresses.local(records.local[record]!), port: localPort ?? 0 },
      peer: { ...this.#addresses.peer(records.peer[record]!), port: peerPort ?? 0 },
      openedByLocal,
      midstream: (records.flags[record]! & RECORD_FLAG.midstream) !== 0,
      syn: syns[records.syn[record]!]!,
    });
  }

  mayCarry(channel: Channel, outbound: number, sizeBytes: number, role: number): boolean {
    return (outbound === 1 || !channel.isOneWay) && channel.mayCarry(outbound, sizeBytes, role);
  }

  mayOpen(record: number, outbound: number, sizeBytes: number): boolean {
    const { services, records, ends } = this.#data;
    const { ipVersion, protocol, openedByLocal } = services[records.service[record]!]!;
    const isSomebody = ({ kind }: End) => kind === 'host' || kind === 'linkLocal';
    if (outbound === 0 && !isSomebody(ends[records.peer[record]!]!)) return false;
    const room = sizeBytes - IP_HEADER_BYTES[ipVersion];
    const servicePort = openedByLocal ? records.peerPort[record]! : records.localPort[record]!;
    return room >= (MIN_ROOM.get(protocol) ?? 0) + this.#options.payload.minBytes(protocol, servicePort);
  }

  isOver(channel: Channel): boolean {
    return channel.isClosed;
  }

  /** A bare IPv4 packet, between the device and some peer. */
  stray(): Channel {
    this.#stray ??= this.#open({
      ipVersion: 4,
      protocol: EXPERIMENT,
      local: { ...this.#addresses.someLocal, port: 0 },
      peer: { ...this.#addresses.somePeer, port: 0 },
      openedByLocal: true,
      midstream: true,
      syn: { local: NO_SYN_OPTIONS, peer: NO_SYN_OPTIONS },
    });
    return this.#stray;
  }

  #open(spec: ConversationSpec): Channel {
    return openChannel(spec, this.#options);
  }
}
