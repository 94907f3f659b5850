/**
 * @module
 * What the frames of one conversation have in common and what changes from one to the next: the headers of both directions,
 * written beforehand, the counters, the TCP connection and the stream of payload.
 */

import { ROLE } from '../conversations/role.js';
import { writeU16BE } from '../net/bytes.js';
import { IP_ETHERTYPE } from '../net/ethertype.js';
import { ETHERNET_HEADER_BYTES, ICMP_HEADER_BYTES, IP_HEADER_BYTES, UDP_HEADER_BYTES } from '../net/header-bytes.js';
import { IP_PROTOCOL } from '../net/ip-protocol.js';
import type { Random } from '../random.js';
import type { ConversationEnd, ConversationSpec } from './conversation-spec.js';
import { DOCUMENTATION_CLIENT, DOCUMENTATION_SERVER } from './documentation-addresses.js';
import type { PayloadStream } from './payload-stream.js';
import type { TcpConnection } from './tcp-connection.js';

export const IGMP_MESSAGE_BYTES = 8;
/** For what has no protocol: RFC 3692, and RFC 8200 §4.7. */
export const EXPERIMENT = 253;
export const NO_NEXT_HEADER = 59;

const HOP_LIMIT = 64;
/** RFC 1112 §6.1, RFC 2236 §2: not beyond the local network. */
const MULTICAST_HOP_LIMIT = 1;
/** RFC 6762 §11: shows that it has not come from beyond. */
const MDNS_PORT = 5353;
const MDNS_HOP_LIMIT = 255;

/** One direction of a conversation in one version of IP. */
export interface DirectionHeader {
  /** Ethernet and IP header; what depends on the packet is 0. */
  readonly bytes: Uint8Array;
  /** Sum of the words of both addresses, for the pseudo headers. */
  readonly addressSum: number;
  /** Sum of the words of the IPv4 header. */
  readonly headerSum: number;
}

export function isMulticast(address: Uint8Array): boolean {
  return address.length === 4 ? address[0]! >> 4 === 0xe : address[0] === 0xff;
}

export interface ChannelPayload {
  readonly stream: PayloadStream;
  /** The least payload of a datagram, other than none. */
  readonly minBytes: number;
}

export class Channel {
  readonly spec: ConversationSpec;
  readonly connection: TcpConnection | null;
  readonly stream: PayloadStream;
  readonly #minBytes: number;
  /** Indexed by direction, like everything that has two entries: inbound, outbound. */
  readonly headers: readonly [DirectionHeader, DirectionHeader];
  /** For packets too small for IPv6, made when there are any. */
  #smallHeaders: readonly [DirectionHeader, DirectionHeader] | undefined;
  readonly ports: readonly [number, number];
  /** Whether nobody can answer: to groups, to everybody, or from somebody without an address. */
  readonly isOneWay: boolean;
  /** Of the next packet of each direction. */
  readonly #identification: [number, number];
  /** ICMP echo: of this conversation, and of the latest request and reply. */
  readonly echoIdentifier: number;
  #requested: number;
  #replied: number;

  /** @param connection null for everything but TCP */
  constructor(
    spec: ConversationSpec,
    { stream, minBytes }: ChannelPayload,
    connection: TcpConnection | null,
    random: Random,
  ) {
    const { local, peer } = spec;
    this.spec = spec;
    this.stream = stream;
    this.#minBytes = minBytes;
    this.connection = connection;
    this.ports = [peer.port, local.port];
    this.isOneWay =
      isMulticast(peer.address) || peer.mac.every((byte) => byte === 0xff) || local.address.every((byte) => byte === 0);
    this.headers = [directionHeader(spec, peer, local), directionHeader(spec, local, peer)];
    const draw = () => Math.floor(random.next() * 2 ** 16);
    this.#identification = [draw(), draw()];
    this.echoIdentifier = draw();
    this.#requested = draw();
    this.#replied = this.#requested;
  }

  /**
   * Whether a packet can be what `role` says, now. What cannot be is made nevertheless, as something else: a segment with another role,
   * or a packet of another protocol.
   */
  mayCarry(outbound: number, sizeBytes: number, role: number): boolean {
    const { ipVersion, protocol } = this.spec;
    const room = sizeBytes - IP_HEADER_BYTES[ipVersion];
    if (this.connection !== null) return this.connection.mayCarry(outbound, room, role);
    if (role !== ROLE.data || room < 0 || this.protocolFor(ipVersion, room) !== protocol) return false;
    return protocol !== IP_PROTOCOL.udp || room === UDP_HEADER_BYTES || room - UDP_HEADER_BYTES >= this.#minBytes;
  }

  /** TCP: nothing can be sent any more. */
  get isClosed(): boolean {
    return this.connection?.isClosed ?? false;
  }

  /** TCP: whether this end has received something that it has not acknowledged. */
  owesAck(outbound: number): boolean {
    return this.connection?.owesAck(outbound) ?? false;
  }

  /** The protocol of the conversation if a packet of this room can have it, else the next smaller one. Never TCP. */
  protocolFor(version: 4 | 6, room: number): number {
    const { protocol } = this.spec;
    const bare = version === 4 ? EXPERIMENT : NO_NEXT_HEADER;
    if (protocol === IP_PROTOCOL.tcp || protocol === IP_PROTOCOL.udp) {
      // What has no header at all could not say its length where the length field cannot.
      if (room > 0xffff) return EXPERIMENT;
      return room >= UDP_HEADER_BYTES ? IP_PROTOCOL.udp : bare;
    }
    if (protocol === (version === 4 ? IP_PROTOCOL.icmp : IP_PROTOCOL.icmpv6) && room >= ICMP_HEADER_BYTES)
      return protocol;
    if (protocol === IP_PROTOCOL.igmp && version === 4 && room >= IGMP_MESSAGE_BYTES) return protocol;
    return bare;
  }

  headerOf(version: 4 | 6, outbound: number): DirectionHeader {
    if (version === this.spec.ipVersion) return this.headers[outbound]!;
    this.#smallHeaders ??= smallHeaders(this.spec);
    return this.#smallHeaders[outbound]!;
  }

  nextIdentification(outbound: number): number {
    const identification = this.#identification[outbound]!;
    this.#identification[outbound] = (identification + 1) & 0xffff;
    return identification;
  }

  /** The sequence number of the next echo request, or of the reply to the oldest request without one. */
  nextEchoSequence(isRequest: boolean): number {
    if (isRequest) {
      this.#requested = (this.#requested + 1) & 0xffff;
      return this.#requested;
    }
    if (this.#replied !== this.#requested) this.#replied = (this.#replied + 1) & 0xffff;
    return this.#replied;
  }
}

/** IPv4 between the addresses reserved for documentation: a conversation in IPv6 has no others. */
function smallHeaders(spec: ConversationSpec): readonly [DirectionHeader, DirectionHeader] {
  const small: ConversationSpec = {
    ...spec,
    ipVersion: 4,
    local: { ...spec.local, address: DOCUMENTATION_CLIENT.ipv4.bytes },
    peer: { ...spec.peer, address: DOCUMENTATION_SERVER.ipv4.bytes },
  };
  return [directionHeader(small, small.peer, small.local), directionHeader(small, small.local, small.peer)];
}

function directionHeader(spec: ConversationSpec, from: ConversationEnd, to: ConversationEnd): DirectionHeader {
  const { ipVersion } = spec;
  const bytes = new Uint8Array(ETHERNET_HEADER_BYTES + IP_HEADER_BYTES[ipVersion]);
  bytes.set(to.mac);
  bytes.set(from.mac, 6);
  writeU16BE(bytes, 12, IP_ETHERTYPE[ipVersion]);
  const ip = bytes.subarray(ETHERNET_HEADER_BYTES);
  const hopLimit = hopLimitOf(spec, to);
  if (ipVersion === 4) {
    ip[0] = 0x45; // RFC 791 §3.1: version, and five words of header
    ip[8] = hopLimit;
    ip.set(from.address, 12);
    ip.set(to.address, 16);
  } else {
    ip[0] = 0x60; // RFC 8200 §3
    ip[7] = hopLimit;
    ip.set(from.address, 8);
    ip.set(to.address, 24);
  }
  return { bytes, addressSum: wordSum(from.address) + wordSum(to.address), headerSum: wordSum(ip) };
}

function hopLimitOf({ protocol }: ConversationSpec, to: ConversationEnd): number {
  if (protocol === IP_PROTOCOL.igmp) return MULTICAST_HOP_LIMIT;
  if (!isMulticast(to.address)) return HOP_LIMIT;
  return protocol === IP_PROTOCOL.udp && to.port === MDNS_PORT ? MDNS_HOP_LIMIT : MULTICAST_HOP_LIMIT;
}

function wordSum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes[i]! * 256 + bytes[i + 1]!;
  return sum;
}
