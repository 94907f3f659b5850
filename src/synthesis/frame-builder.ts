/**
 * @module
 * Ethernet frames with valid lengths and checksums, of exactly the IP length that is asked for. TCP sequence and acknowledgement
 * numbers advance by payload.
 *
 * A size that leaves no room for the transport header of the conversation gets a smaller one: UDP, and below that a bare IP
 * packet (IPv4 protocol 253, RFC 3692; IPv6 next header 59, RFC 8200 §4.7). One that is longer than the length
 * field of UDP can say is a bare IP packet of protocol 253. Sizes are never changed.
 */
import { writeU16BE, writeU32BE } from '../bytes.js';
import { IP_PROTOCOL } from '../capture/packet.js';
import type { Random } from '../random.js';
import type { Identity, Party } from './identity.js';
import type { PayloadSource, PayloadStream } from './payload-stream.js';

export const ETHERNET_HEADER_BYTES = 14;
const IP_HEADER_BYTES = { 4: 20, 6: 40 } as const;
const TCP_HEADER_BYTES = 20;
const UDP_HEADER_BYTES = 8;
const ICMP_HEADER_BYTES = 8;
const EXPERIMENT = 253;
const NO_NEXT_HEADER = 59;
const HOP_LIMIT = 64;
const TCP_ACK = 0x10;
const TCP_PUSH_ACK = 0x18;
/** What Linux offers at first on a path with a 1500-byte MTU. */
const TCP_WINDOW = 64_240;

/** One direction of the conversation: addresses, and the counters of its sender. */
interface Direction {
  readonly from: Party;
  readonly to: Party;
  /** Sums of the words of both addresses, for the pseudo headers. */
  readonly addressSum4: number;
  readonly addressSum6: number;
  identification: number;
  sequence: number;
}

function wordSum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes[i]! * 256 + bytes[i + 1]!;
  return sum;
}

/** The one's complement checksum of a sum of words (RFC 1071). */
function fold(sum: number): number {
  // The payload of a jumbo frame can take the sum above 32 bits, where only arithmetic on doubles is right.
  let folded = sum < 2 ** 31 ? sum : (sum % 0x10000) + Math.floor(sum / 0x10000);
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return ~folded & 0xffff;
}

export class FrameBuilder {
  readonly #identity: Identity;
  readonly #stream: PayloadStream;
  /** Of packets that are too small, or too large, for the protocol of the conversation. */
  readonly #otherStream: PayloadStream;
  /** Inbound, outbound. */
  readonly #directions: readonly [Direction, Direction];

  /** @param random for the initial sequence and identification numbers */
  constructor(identity: Identity, payload: PayloadSource, random: Random) {
    this.#identity = identity;
    const { protocol, ipVersion, server } = identity;
    const conversation = { protocol, ipVersion, servicePort: server.port, multicast: false };
    this.#stream = payload.begin(conversation);
    this.#otherStream = payload.begin({ ...conversation, protocol: EXPERIMENT });
    const direction = (from: Party, to: Party): Direction => ({
      from,
      to,
      addressSum4: wordSum(from.ipv4.bytes) + wordSum(to.ipv4.bytes),
      addressSum6: wordSum(from.ipv6.bytes) + wordSum(to.ipv6.bytes),
      identification: Math.floor(random.next() * 2 ** 16),
      sequence: Math.floor(random.next() * 2 ** 32),
    });
    const { client } = identity;
    this.#directions = [direction(server, client), direction(client, server)];
  }

  /** Length of the frame that `write` makes. */
  frameBytes(sizeBytes: number): number {
    return ETHERNET_HEADER_BYTES + sizeBytes;
  }

  /**
   * Writes a frame. The preamble of the payload source stands at the beginning of `bytes`.
   *
   * @param sizeBytes IP length, at least 20
   */
  write(bytes: Uint8Array, at: number, sizeBytes: number, outbound: number): void {
    const direction = this.#directions[outbound]!;
    const version = this.#identity.ipVersion === 6 && sizeBytes >= IP_HEADER_BYTES[6] ? 6 : 4;
    bytes.set(direction.to.mac.bytes, at);
    bytes.set(direction.from.mac.bytes, at + 6);
    writeU16BE(bytes, at + 12, version === 4 ? 0x0800 : 0x86dd);
    const ip = at + ETHERNET_HEADER_BYTES;
    const transport = ip + IP_HEADER_BYTES[version];
    const room = sizeBytes - IP_HEADER_BYTES[version];
    const protocol = this.#protocolFor(version, room);
    if (version === 4) this.#ipv4(bytes, ip, sizeBytes, protocol, direction);
    else this.#ipv6(bytes, ip, room, protocol, direction);
    const pseudoSum = (version === 4 ? direction.addressSum4 : direction.addressSum6) + protocol + room;
    if (protocol === IP_PROTOCOL.tcp) {
      this.#tcp(bytes, transport, room, pseudoSum, direction, outbound);
    } else if (protocol === IP_PROTOCOL.udp) {
      this.#udp(bytes, transport, room, pseudoSum, direction, outbound);
    } else if (protocol === IP_PROTOCOL.icmp) {
      this.#echo(bytes, transport, room, 0, outbound, direction);
    } else if (protocol === IP_PROTOCOL.icmpv6) {
      this.#echo(bytes, transport, room, pseudoSum, outbound, direction);
    } else {
      this.#payload(bytes, transport, room, protocol, outbound);
    }
  }

  /** The protocol of the conversation if a packet of this room can have it, else the next smaller one. */
  #protocolFor(version: 4 | 6, room: number): number {
    const { protocol } = this.#identity;
    if (protocol === IP_PROTOCOL.tcp && room >= TCP_HEADER_BYTES) return protocol;
    if ((protocol === IP_PROTOCOL.tcp || protocol === IP_PROTOCOL.udp) && room >= UDP_HEADER_BYTES) {
      return room > 0xffff ? EXPERIMENT : IP_PROTOCOL.udp;
    }
    if (protocol === (version === 4 ? IP_PROTOCOL.icmp : IP_PROTOCOL.icmpv6) && room >= ICMP_HEADER_BYTES)
      return protocol;
    return version === 4 ? EXPERIMENT : NO_NEXT_HEADER;
  }

  /** RFC 791 §3.1. A size above 65535 is a packet before segmentation offload: its length field is 0. */
  #ipv4(bytes: Uint8Array, at: number, sizeBytes: number, protocol: number, direction: Direction): void {
    const totalLength = sizeBytes > 0xffff ? 0 : sizeBytes;
    const identification = direction.identification;
    direction.identification = (identification + 1) & 0xffff;
    writeU16BE(bytes, at, 0x4500);
    writeU16BE(bytes, at + 2, totalLength);
    writeU16BE(bytes, at + 4, identification);
    writeU16BE(bytes, at + 6, 0x4000); // don't fragment
    writeU16BE(bytes, at + 8, HOP_LIMIT * 256 + protocol);
    const sum = 0x4500 + totalLength + identification + 0x4000 + HOP_LIMIT * 256 + protocol + direction.addressSum4;
    writeU16BE(bytes, at + 10, fold(sum));
    bytes.set(direction.from.ipv4.bytes, at + 12);
    bytes.set(direction.to.ipv4.bytes, at + 16);
  }

  /** RFC 8200 §3. */
  #ipv6(bytes: Uint8Array, at: number, room: number, nextHeader: number, direction: Direction): void {
    writeU32BE(bytes, at, 0x6000_0000);
    writeU16BE(bytes, at + 4, room > 0xffff ? 0 : room);
    bytes[at + 6] = nextHeader;
    bytes[at + 7] = HOP_LIMIT;
    bytes.set(direction.from.ipv6.bytes, at + 8);
    bytes.set(direction.to.ipv6.bytes, at + 24);
  }

  /** RFC 9293 §3.1. */
  #tcp(bytes: Uint8Array, at: number, room: number, pseudoSum: number, sender: Direction, outbound: number): void {
    const receiver = this.#directions[1 - outbound]!;
    const length = room - TCP_HEADER_BYTES;
    const payload = this.#payload(bytes, at + TCP_HEADER_BYTES, length, IP_PROTOCOL.tcp, outbound);
    const flags = 0x5000 + (length > 0 ? TCP_PUSH_ACK : TCP_ACK);
    writeU16BE(bytes, at, sender.from.port);
    writeU16BE(bytes, at + 2, sender.to.port);
    writeU32BE(bytes, at + 4, sender.sequence);
    writeU32BE(bytes, at + 8, receiver.sequence);
    writeU16BE(bytes, at + 12, flags);
    writeU16BE(bytes, at + 14, TCP_WINDOW);
    writeU32BE(bytes, at + 16, 0);
    const ports = sender.from.port + sender.to.port;
    const numbers = words(sender.sequence) + words(receiver.sequence);
    writeU16BE(bytes, at + 16, fold(pseudoSum + ports + numbers + flags + TCP_WINDOW + payload));
    sender.sequence = (sender.sequence + length) >>> 0;
  }

  /** RFC 768. A computed checksum of zero is sent as all ones. */
  #udp(
    bytes: Uint8Array,
    at: number,
    room: number,
    pseudoSum: number,
    { from, to }: Direction,
    outbound: number,
  ): void {
    const payload = this.#payload(bytes, at + UDP_HEADER_BYTES, room - UDP_HEADER_BYTES, IP_PROTOCOL.udp, outbound);
    const length = room > 0xffff ? 0 : room;
    writeU16BE(bytes, at, from.port);
    writeU16BE(bytes, at + 2, to.port);
    writeU16BE(bytes, at + 4, length);
    writeU16BE(bytes, at + 6, fold(pseudoSum + from.port + to.port + length + payload) || 0xffff);
  }

  /** Echo request or reply: RFC 792, and RFC 4443 §4.1 with a pseudo header. */
  #echo(bytes: Uint8Array, at: number, room: number, pseudoSum: number, outbound: number, direction: Direction): void {
    const { protocol } = this.#identity;
    const [reply, request] = protocol === IP_PROTOCOL.icmp ? [0, 8] : [129, 128];
    const type = outbound === 1 ? request! : reply!;
    const payload = this.#payload(bytes, at + ICMP_HEADER_BYTES, room - ICMP_HEADER_BYTES, protocol, outbound);
    const sequence = direction.sequence & 0xffff;
    direction.sequence = (direction.sequence + 1) >>> 0;
    writeU16BE(bytes, at, type * 256);
    writeU16BE(bytes, at + 4, 1); // identifier
    writeU16BE(bytes, at + 6, sequence);
    writeU16BE(bytes, at + 2, fold(pseudoSum + type * 256 + 1 + sequence + payload));
  }

  /** @returns the sum of the words of what was written */
  #payload(bytes: Uint8Array, at: number, length: number, protocol: number, outbound: number): number {
    const stream = protocol === this.#identity.protocol ? this.#stream : this.#otherStream;
    return stream.write(bytes, at, length, outbound === 1);
  }
}

/** Sum of the two words of a 32-bit number. */
function words(value: number): number {
  return (value >>> 16) + (value & 0xffff);
}
