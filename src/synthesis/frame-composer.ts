/**
 * @module
 * Ethernet frames with valid lengths and checksums for the packets of any number of conversations. A packet is planned first, since
 * it may take several frames: what TCP needs beside it (tcp-connection.ts), and what it is cut into where it is longer than the MTU.
 * Then each frame is written to where it belongs.
 *
 * Sizes are never changed. A size that leaves no room for the transport header of the conversation gets a smaller one: UDP, and
 * below that a bare IP packet (IPv4 protocol 253, RFC 3692; IPv6 next header 59, RFC 8200 §4.7), and IPv4 below the header of IPv6. One
 * that is longer than the length field of UDP can say is a bare IP packet of protocol 253.
 */

import { SynthError } from '../errors.js';
import { readU16BE, writeU16BE, writeU32BE } from '../net/bytes.js';
import { checksumOf, wordsOf } from '../net/checksum.js';
import {
  ETHERNET_HEADER_BYTES,
  ICMP_HEADER_BYTES,
  IP_HEADER_BYTES,
  TCP_HEADER_BYTES,
  UDP_HEADER_BYTES,
} from '../net/header-bytes.js';
import { IP_PROTOCOL } from '../net/ip-protocol.js';
import { MAX_PACKET_BYTES } from '../net/sizes.js';
import { writeOptions } from '../net/tcp-options.js';
import type { Random } from '../random.js';
import { Channel, IGMP_MESSAGE_BYTES, isMulticast } from './channel.js';
import type { ConversationSpec } from './conversation-spec.js';
import type { PayloadSource } from './payload-stream.js';
import { TcpConnection } from './tcp-connection.js';
import { SegmentList } from './tcp-segments.js';

/** What becomes of packets above the MTU. */
export const OVERSIZE = ['fragment', 'split', 'error'] as const;
export type Oversize = (typeof OVERSIZE)[number];

export interface FrameComposerOptions {
  readonly payload: PayloadSource;
  /** For initial numbers. */
  readonly random: Random;
  /** Whether no frame may be written that was not sampled. */
  readonly strictSizes: boolean;
  /** Longest IP packet, in bytes; may be infinite. */
  readonly mtu: number;
  readonly oversize: Oversize;
}

/** What every host takes (RFC 791 §3.1). Below it there would be more header than payload. */
export const MIN_MTU = 576;
const MAX_DATAGRAM_BYTES = 0xffff;
const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;
const FRAGMENT_HEADER_BYTES = 8;
/** IPv6 next header of a fragment (RFC 8200 §4.5). */
const FRAGMENT = 44;
/** Hop-by-hop header with the length of a jumbogram (RFC 2675 §2): the next header comes before it, the length follows. */
const HOP_BY_HOP = 0;
const JUMBO_BYTES = 8;
const JUMBO_OPTION = 0xc204;
/** Frames that a packet can force beside what it is cut into: handshake and window. */
const MOST_FORCED = 4;
/** IPv6 and TCP header, each with all that it can have here. */
const LONGEST_HEADERS = 108;
const ECHO = { icmp: { request: 8, reply: 0 }, icmpv6: { request: 128, reply: 129 } } as const;
const MEMBERSHIP_REPORT = 0x16;
/** Of the block for private use (RFC 2365 §6.2): for reports that go to no group. */
const SOME_GROUP = Uint8Array.of(239, 255, 0, 1);

export class FrameComposer {
  readonly #options: FrameComposerOptions;
  readonly #segments: SegmentList;
  /** Where a packet is put together that is then cut into fragments; behind the preamble, like the output. */
  #whole = new Uint8Array(0);

  // The packet that is planned.
  #channel!: Channel;
  #version: 4 | 6 = 4;
  /** Bytes between the IP header and the transport. */
  #extensionBytes = 0;
  #sizeBytes = 0;
  #outbound = 0;
  /** Payload of the fragments but the last; 0 where there are none. */
  #fragmentBytes = 0;
  /** Which of the frames before fragmentation is in fragments. */
  #fragmented = 0;
  /** Of the fragments in IPv6. */
  #identification = 0;

  /** @throws SynthError `SYNTH_USAGE` for an MTU that is too small */
  constructor(options: FrameComposerOptions) {
    if (options.mtu < MIN_MTU) {
      throw new SynthError('SYNTH_USAGE', `an MTU of ${options.mtu} bytes`, { hint: `Take ${MIN_MTU} or more.` });
    }
    this.#options = options;
    this.#segments = new SegmentList(this.mostFrames(MAX_PACKET_BYTES));
  }

  /** Begins a conversation. */
  open(spec: ConversationSpec): Channel {
    const { payload, random, strictSizes } = this.#options;
    const { protocol, ipVersion, openedByLocal, local, peer } = spec;
    const service = openedByLocal ? peer : local;
    const multicast = isMulticast(peer.address);
    const stream = payload.begin({ protocol, ipVersion, servicePort: service.port, multicast });
    const connection = protocol === IP_PROTOCOL.tcp ? new TcpConnection(spec, strictSizes, random) : null;
    return new Channel(spec, { stream, leastBytes: payload.leastBytes(protocol, service.port) }, connection, random);
  }

  /** The least payload of a datagram that decoders do not take for broken. */
  leastBytes(protocol: number, servicePort: number): number {
    return this.#options.payload.leastBytes(protocol, servicePort);
  }

  /** The most frames that a packet can take. For making room before `plan`. */
  mostFrames(sizeBytes: number): number {
    const { mtu } = this.#options;
    return MOST_FORCED + (sizeBytes > mtu ? Math.ceil(sizeBytes / (mtu - LONGEST_HEADERS)) : 1);
  }

  /** The most bytes that they can have altogether. */
  mostBytes(sizeBytes: number): number {
    return sizeBytes + this.mostFrames(sizeBytes) * (ETHERNET_HEADER_BYTES + LONGEST_HEADERS);
  }

  /**
   * Plans the frames of one sampled packet. The payload is drawn when they are written, so all have to be, in order.
   *
   * @param sizeBytes IP length, at least 20
   * @param role of `ROLE`; what a packet cannot be it is not
   * @param timeMs time of the packet since the beginning of the capture
   * @returns number of frames
   * @throws SynthError `SYNTH_USAGE` for a packet above the MTU that may not or cannot be cut
   */
  plan(channel: Channel, sizeBytes: number, outbound: number, role: number, timeMs: number): number {
    const { mtu, oversize } = this.#options;
    const segments = this.#segments;
    segments.count = 0;
    this.#channel = channel;
    this.#sizeBytes = sizeBytes;
    this.#outbound = outbound;
    this.#version = channel.spec.ipVersion === 6 && sizeBytes >= IP_HEADER_BYTES[6] ? 6 : 4;
    this.#fragmentBytes = 0;
    if (sizeBytes > mtu && oversize === 'error') throw tooLong(sizeBytes, mtu);
    const headerBytes = IP_HEADER_BYTES[this.#version];
    this.#extensionBytes =
      this.#version === 6 && sizeBytes - headerBytes > 0xffff && sizeBytes <= mtu ? JUMBO_BYTES : 0;
    const isTcp =
      this.#version === channel.spec.ipVersion &&
      channel.connection !== null &&
      channel.connection.plan(outbound, this.#room(), role, timeMs, segments, this.#maxRoom());
    const frames = isTcp ? segments.count : 1;
    return sizeBytes <= mtu || (isTcp && oversize === 'split') ? frames : this.#planFragments(frames);
  }

  /** Bytes of the packet for the transport. */
  #room(): number {
    return this.#sizeBytes - IP_HEADER_BYTES[this.#version] - this.#extensionBytes;
  }

  /** The most that a segment may have of them. */
  #maxRoom(): number {
    const { mtu, oversize } = this.#options;
    if (oversize !== 'split' || this.#sizeBytes <= mtu) return Number.POSITIVE_INFINITY;
    return Math.min(mtu, MAX_DATAGRAM_BYTES) - IP_HEADER_BYTES[this.#version];
  }

  /** IPv4 and IPv6 count the payload of fragments in units of 8 bytes (RFC 791 §3.1, RFC 8200 §4.5). */
  #planFragments(frames: number): number {
    const { mtu } = this.#options;
    if (this.#sizeBytes > MAX_DATAGRAM_BYTES) {
      throw new SynthError('SYNTH_USAGE', `a packet of ${this.#sizeBytes} bytes is too long for fragments`, {
        hint: 'Leave the MTU out; TCP can also be split into segments.',
      });
    }
    this.#fragmentBytes = (mtu - this.#fragmentHeaderBytes()) & ~7;
    this.#fragmented = frames - 1;
    return this.#fragmented + Math.ceil(this.#room() / this.#fragmentBytes);
  }

  #fragmentHeaderBytes(): number {
    return IP_HEADER_BYTES[this.#version] + (this.#version === 6 ? FRAGMENT_HEADER_BYTES : 0);
  }

  #isFragment(index: number): boolean {
    return this.#fragmentBytes > 0 && index >= this.#fragmented;
  }

  /** Whether a frame is another than the one that stands for the sampled packet. */
  isForced(index: number): boolean {
    if (this.#isFragment(index)) return index > this.#fragmented;
    return this.#segments.count > 0 && this.#segments.forced[index] === 1;
  }

  /** 1 for a frame that the local end sends, 0 for one of its peer: what TCP needs beside a packet may go the other way. */
  outboundOf(index: number): number {
    const { count, outbound } = this.#segments;
    return count === 0 || this.#isFragment(index) ? this.#outbound : outbound[index]!;
  }

  /** Length of a frame. */
  frameBytes(index: number): number {
    if (this.#isFragment(index)) {
      const from = (index - this.#fragmented) * this.#fragmentBytes;
      const left = this.#room() - from;
      return ETHERNET_HEADER_BYTES + this.#fragmentHeaderBytes() + Math.min(left, this.#fragmentBytes);
    }
    return ETHERNET_HEADER_BYTES + this.#packetBytes(index);
  }

  /** IP length of a frame that is not a fragment. */
  #packetBytes(index: number): number {
    const { count, headerBytes, payloadBytes } = this.#segments;
    const headers = IP_HEADER_BYTES[this.#version] + this.#extensionOf(index);
    return count === 0 ? this.#sizeBytes : headers + headerBytes[index]! + payloadBytes[index]!;
  }

  /** Bytes between IP header and transport: in the sampled packet, not in what it forces. */
  #extensionOf(index: number): number {
    return this.#segments.count > 0 && this.#segments.forced[index] === 1 ? 0 : this.#extensionBytes;
  }

  /** Writes a frame. The preamble of the payload stands at the beginning of `bytes`. */
  write(index: number, bytes: Uint8Array, at: number): void {
    if (this.#isFragment(index)) this.#writeFragment(index - this.#fragmented, bytes, at);
    else this.#writePacket(index, bytes, at);
  }

  #writePacket(index: number, bytes: Uint8Array, at: number): void {
    const { count, outbound, headerBytes, payloadBytes } = this.#segments;
    if (count > 0) {
      const room = headerBytes[index]! + payloadBytes[index]!;
      const sender = outbound[index]!;
      const transport = this.#ip(bytes, at, room, IP_PROTOCOL.tcp, sender, this.#extensionOf(index));
      this.#tcp(bytes, transport, index, this.#pseudoSum(IP_PROTOCOL.tcp, room, sender), sender);
      return;
    }
    const room = this.#room();
    const protocol = this.#channel.protocolFor(this.#version, room);
    const transport = this.#ip(bytes, at, room, protocol, this.#outbound, this.#extensionBytes);
    this.#datagram(bytes, transport, room, protocol, this.#pseudoSum(protocol, room, this.#outbound));
  }

  /** RFC 9293 §3.1, RFC 768, RFC 8200 §8.1. */
  #pseudoSum(protocol: number, room: number, outbound: number): number {
    return this.#channel.headerOf(this.#version, outbound).addressSum + protocol + room;
  }

  /**
   * Ethernet and IP header: RFC 791 §3.1, RFC 8200 §3. An IPv4 size above 65535 is a packet before segmentation offload: its length
   * field is 0.
   *
   * @returns where the transport begins
   */
  #ip(bytes: Uint8Array, at: number, room: number, protocol: number, outbound: number, extensionBytes: number): number {
    const { bytes: header, headerSum } = this.#channel.headerOf(this.#version, outbound);
    bytes.set(header, at);
    const ip = at + ETHERNET_HEADER_BYTES;
    if (this.#version === 6) return this.#ip6(bytes, ip, room, protocol, extensionBytes);
    const sizeBytes = IP_HEADER_BYTES[4] + room;
    const totalLength = sizeBytes > 0xffff ? 0 : sizeBytes;
    const identification = this.#channel.nextIdentification(outbound);
    writeU16BE(bytes, ip + 2, totalLength);
    writeU16BE(bytes, ip + 4, identification);
    writeU16BE(bytes, ip + 6, DONT_FRAGMENT);
    bytes[ip + 9] = protocol;
    writeU16BE(bytes, ip + 10, checksumOf(headerSum + totalLength + identification + DONT_FRAGMENT + protocol));
    return ip + IP_HEADER_BYTES[4];
  }

  /** What is longer than the length field can say is a jumbogram (RFC 2675), as Linux hands it to a card that cuts it. */
  #ip6(bytes: Uint8Array, ip: number, room: number, protocol: number, extensionBytes: number): number {
    const extension = ip + IP_HEADER_BYTES[6];
    if (extensionBytes === 0) {
      writeU16BE(bytes, ip + 4, room);
      bytes[ip + 6] = protocol;
      return extension;
    }
    bytes[ip + 6] = HOP_BY_HOP;
    writeU16BE(bytes, extension, protocol * 256);
    writeU16BE(bytes, extension + 2, JUMBO_OPTION);
    writeU32BE(bytes, extension + 4, JUMBO_BYTES + room);
    return extension + JUMBO_BYTES;
  }

  /** RFC 9293 §3.1. */
  #tcp(bytes: Uint8Array, at: number, index: number, pseudoSum: number, outbound: number): void {
    const segments = this.#segments;
    const headerBytes = segments.headerBytes[index]!;
    const payloadBytes = segments.payloadBytes[index]!;
    const sequence = segments.sequence[index]!;
    const acknowledged = segments.acknowledged[index]!;
    const window = segments.window[index]!;
    const lengthAndFlags = (headerBytes << 10) | segments.flags[index]!;
    const from = this.#channel.ports[outbound]!;
    const to = this.#channel.ports[1 - outbound]!;
    writeU16BE(bytes, at, from);
    writeU16BE(bytes, at + 2, to);
    writeU32BE(bytes, at + 4, sequence);
    writeU32BE(bytes, at + 8, acknowledged);
    writeU16BE(bytes, at + 12, lengthAndFlags);
    writeU16BE(bytes, at + 14, window);
    writeU16BE(bytes, at + 18, 0);
    let sum = pseudoSum + from + to + wordsOf(sequence) + wordsOf(acknowledged) + lengthAndFlags + window;
    if (headerBytes > TCP_HEADER_BYTES) sum += this.#tcpOptions(bytes, at, index, outbound);
    if (payloadBytes > 0) sum += this.#payload(bytes, at + headerBytes, payloadBytes, outbound);
    writeU16BE(bytes, at + 16, checksumOf(sum));
  }

  #tcpOptions(bytes: Uint8Array, at: number, index: number, outbound: number): number {
    const { headerBytes, options, timestamp, echoed } = this.#segments;
    const end = this.#channel.connection!.ends[outbound]!;
    const to = at + headerBytes[index]!;
    return writeOptions(bytes, at + TCP_HEADER_BYTES, to, options[index]!, end, timestamp[index]!, echoed[index]!);
  }

  #datagram(bytes: Uint8Array, at: number, room: number, protocol: number, pseudoSum: number): void {
    if (this.#channel.connection !== null) this.#besideTcp(bytes, at, room, protocol, pseudoSum);
    else if (protocol === IP_PROTOCOL.udp) this.#udp(bytes, at, room, pseudoSum);
    else if (protocol === IP_PROTOCOL.icmp) this.#echo(bytes, at, room, 0, ECHO.icmp);
    else if (protocol === IP_PROTOCOL.icmpv6) this.#echo(bytes, at, room, pseudoSum, ECHO.icmpv6);
    else if (protocol === IP_PROTOCOL.igmp) this.#membershipReport(bytes, at, room);
    else this.#payload(bytes, at, room, this.#outbound);
  }

  /** What a connection cannot take carries zeros: the bytes of its stream belong into segments. */
  #besideTcp(bytes: Uint8Array, at: number, room: number, protocol: number, pseudoSum: number): void {
    bytes.fill(0, at, at + room);
    if (protocol === IP_PROTOCOL.udp) this.#udpHeader(bytes, at, room, pseudoSum);
  }

  #udp(bytes: Uint8Array, at: number, room: number, pseudoSum: number): void {
    const payload = this.#payload(bytes, at + UDP_HEADER_BYTES, room - UDP_HEADER_BYTES, this.#outbound);
    this.#udpHeader(bytes, at, room, pseudoSum + payload);
  }

  /** RFC 768. A computed checksum of zero is sent as all ones. */
  #udpHeader(bytes: Uint8Array, at: number, room: number, sum: number): void {
    const from = this.#channel.ports[this.#outbound]!;
    const to = this.#channel.ports[1 - this.#outbound]!;
    writeU16BE(bytes, at, from);
    writeU16BE(bytes, at + 2, to);
    writeU16BE(bytes, at + 4, room);
    writeU16BE(bytes, at + 6, checksumOf(sum + from + to + room) || 0xffff);
  }

  /** Request of the opener, or reply to it: RFC 792, and RFC 4443 §4.1 with a pseudo header. */
  #echo(
    bytes: Uint8Array,
    at: number,
    room: number,
    pseudoSum: number,
    { request, reply }: { readonly request: number; readonly reply: number },
  ): void {
    const payload = this.#payload(bytes, at + ICMP_HEADER_BYTES, room - ICMP_HEADER_BYTES, this.#outbound);
    const isRequest = this.#isOpener(this.#outbound);
    const type = isRequest ? request : reply;
    const identifier = this.#channel.echoIdentifier;
    const sequence = this.#channel.nextEchoSequence(isRequest);
    writeU16BE(bytes, at, type * 256);
    writeU16BE(bytes, at + 2, checksumOf(pseudoSum + type * 256 + identifier + sequence + payload));
    writeU16BE(bytes, at + 4, identifier);
    writeU16BE(bytes, at + 6, sequence);
  }

  /**
   * RFC 2236 §2. What follows the message is zero, so that the checksum is right over the whole packet, as §2.3 has it, and over the
   * message alone, as some compute it.
   */
  #membershipReport(bytes: Uint8Array, at: number, room: number): void {
    const { local, peer } = this.#channel.spec;
    const destination = this.#outbound === 1 ? peer.address : local.address;
    const group = isMulticast(destination) ? destination : SOME_GROUP;
    bytes.fill(0, at + IGMP_MESSAGE_BYTES, at + room);
    bytes.set(group, at + 4);
    writeU16BE(bytes, at, MEMBERSHIP_REPORT * 256);
    const groupSum = group[0]! * 256 + group[1]! + group[2]! * 256 + group[3]!;
    writeU16BE(bytes, at + 2, checksumOf(MEMBERSHIP_REPORT * 256 + groupSum));
  }

  /** @returns the sum of the words of what was written */
  #payload(bytes: Uint8Array, at: number, length: number, outbound: number): number {
    return this.#channel.stream.write(bytes, at, length, this.#isOpener(outbound));
  }

  #isOpener(outbound: number): boolean {
    return this.#channel.spec.openedByLocal === (outbound === 1);
  }

  /** The checksum of the transport is over all fragments, so all are put together before the first is written. */
  #writeFragment(fragment: number, bytes: Uint8Array, at: number): void {
    const { preamble } = this.#options.payload;
    if (this.#whole.length === 0) {
      this.#whole = new Uint8Array(preamble.length + ETHERNET_HEADER_BYTES + MAX_DATAGRAM_BYTES);
      this.#whole.set(preamble);
    }
    if (fragment === 0) {
      this.#writePacket(this.#fragmented, this.#whole, preamble.length);
      if (this.#version === 6) this.#identification = this.#channel.nextIdentification(this.#outbound);
    }
    const headerBytes = IP_HEADER_BYTES[this.#version];
    const from = fragment * this.#fragmentBytes;
    const left = this.#room() - from;
    const length = Math.min(left, this.#fragmentBytes);
    const header = at + ETHERNET_HEADER_BYTES;
    const payload = preamble.length + ETHERNET_HEADER_BYTES + headerBytes + from;
    bytes.set(this.#whole.subarray(preamble.length, preamble.length + ETHERNET_HEADER_BYTES + headerBytes), at);
    bytes.set(this.#whole.subarray(payload, payload + length), header + this.#fragmentHeaderBytes());
    if (this.#version === 4) this.#fragment4(bytes, header, from, length, left > length);
    else this.#fragment6(bytes, header, from, length, left > length);
  }

  /** RFC 791 §3.1. */
  #fragment4(bytes: Uint8Array, ip: number, from: number, length: number, hasMore: boolean): void {
    const totalLength = IP_HEADER_BYTES[4] + length;
    const flagsAndOffset = (hasMore ? MORE_FRAGMENTS : 0) | (from / 8);
    const { headerSum } = this.#channel.headerOf(4, this.#outbound);
    const sum = headerSum + totalLength + readU16BE(bytes, ip + 4) + flagsAndOffset + bytes[ip + 9]!;
    writeU16BE(bytes, ip + 2, totalLength);
    writeU16BE(bytes, ip + 6, flagsAndOffset);
    writeU16BE(bytes, ip + 10, checksumOf(sum));
  }

  /** RFC 8200 §4.5. */
  #fragment6(bytes: Uint8Array, ip: number, from: number, length: number, hasMore: boolean): void {
    const header = ip + IP_HEADER_BYTES[6];
    writeU16BE(bytes, ip + 4, FRAGMENT_HEADER_BYTES + length);
    writeU16BE(bytes, header, bytes[ip + 6]! * 256);
    writeU16BE(bytes, header + 2, from | (hasMore ? 1 : 0));
    writeU32BE(bytes, header + 4, this.#identification);
    bytes[ip + 6] = FRAGMENT;
  }
}

function tooLong(sizeBytes: number, mtu: number): SynthError {
  return new SynthError('SYNTH_USAGE', `a packet of ${sizeBytes} bytes is longer than the MTU of ${mtu}`, {
    hint: 'Let it be cut into fragments, or TCP split into segments, or take a larger MTU.',
  });
}
