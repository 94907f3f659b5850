/**
 * @module
 * What follows the IP header of a planned packet: TCP segments, UDP datagrams, ICMP echoes, IGMP reports, and bare packets. Headers,
 * checksums and payload.
 */

import { writeU16BE, writeU32BE } from '../net/bytes.js';
import { checksumOf, wordsOf } from '../net/checksum.js';
import { ICMP_HEADER_BYTES, TCP_HEADER_BYTES, UDP_HEADER_BYTES } from '../net/header-bytes.js';
import { IP_PROTOCOL } from '../net/ip-protocol.js';
import { writeOptions } from '../net/tcp-options.js';
import { type Channel, IGMP_MESSAGE_BYTES, isMulticast } from './channel.js';
import type { FramePlan } from './frame-plan.js';

const ECHO = { icmp: { request: 8, reply: 0 }, icmpv6: { request: 128, reply: 129 } } as const;
const MEMBERSHIP_REPORT = 0x16;
/** Of the block for private use (RFC 2365 §6.2): for reports that go to no group. */
const SOME_GROUP = Uint8Array.of(239, 255, 0, 1);

/** Writes a TCP segment of a plan: RFC 9293 §3.1. */
export function writeSegment(plan: FramePlan, index: number, bytes: Uint8Array, at: number): void {
  const { channel, ipVersion, segments } = plan;
  const outbound = segments.outbound[index]!;
  const headerBytes = segments.headerBytes[index]!;
  const payloadBytes = segments.payloadBytes[index]!;
  const sequence = segments.sequence[index]!;
  const acknowledged = segments.acknowledged[index]!;
  const window = segments.window[index]!;
  const lengthAndFlags = (headerBytes << 10) | segments.flags[index]!;
  const from = channel.ports[outbound]!;
  const to = channel.ports[1 - outbound]!;
  writeU16BE(bytes, at, from);
  writeU16BE(bytes, at + 2, to);
  writeU32BE(bytes, at + 4, sequence);
  writeU32BE(bytes, at + 8, acknowledged);
  writeU16BE(bytes, at + 12, lengthAndFlags);
  writeU16BE(bytes, at + 14, window);
  writeU16BE(bytes, at + 18, 0);
  let sum = pseudoSum(channel, ipVersion, outbound, IP_PROTOCOL.tcp, headerBytes + payloadBytes);
  sum += from + to + wordsOf(sequence) + wordsOf(acknowledged) + lengthAndFlags + window;
  if (headerBytes > TCP_HEADER_BYTES) sum += writeSegmentOptions(plan, index, bytes, at);
  if (payloadBytes > 0) sum += writePayload(channel, outbound, bytes, at + headerBytes, payloadBytes);
  writeU16BE(bytes, at + 16, checksumOf(sum));
}

function writeSegmentOptions({ channel, segments }: FramePlan, index: number, bytes: Uint8Array, at: number): number {
  const { outbound, headerBytes, options, timestamp, echoed } = segments;
  const end = channel.connection!.ends[outbound[index]!]!;
  const to = at + headerBytes[index]!;
  return writeOptions(bytes, at + TCP_HEADER_BYTES, to, options[index]!, end, timestamp[index]!, echoed[index]!);
}

/** Writes the transport of a packet that is not TCP. */
export function writeDatagram(plan: FramePlan, bytes: Uint8Array, at: number): void {
  const { channel, protocol, outbound, transportBytes } = plan;
  if (channel.connection !== null) writeZeros(plan, bytes, at);
  else if (protocol === IP_PROTOCOL.udp) writeUdp(plan, bytes, at);
  else if (protocol === IP_PROTOCOL.icmp) writeEcho(plan, bytes, at, 0, ECHO.icmp);
  else if (protocol === IP_PROTOCOL.icmpv6) writeEcho(plan, bytes, at, pseudoSumOf(plan), ECHO.icmpv6);
  else if (protocol === IP_PROTOCOL.igmp) writeMembershipReport(plan, bytes, at);
  else writePayload(channel, outbound, bytes, at, transportBytes);
}

/** A packet that a connection cannot take carries zeros: the bytes of its stream belong into segments. */
function writeZeros(plan: FramePlan, bytes: Uint8Array, at: number): void {
  bytes.fill(0, at, at + plan.transportBytes);
  if (plan.protocol === IP_PROTOCOL.udp) writeUdpHeader(plan, bytes, at, 0);
}

function writeUdp(plan: FramePlan, bytes: Uint8Array, at: number): void {
  const { channel, outbound, transportBytes } = plan;
  const payloadBytes = transportBytes - UDP_HEADER_BYTES;
  writeUdpHeader(plan, bytes, at, writePayload(channel, outbound, bytes, at + UDP_HEADER_BYTES, payloadBytes));
}

/** RFC 768. A computed checksum of zero is sent as all ones. @param payloadSum sum of the words of the payload */
function writeUdpHeader(plan: FramePlan, bytes: Uint8Array, at: number, payloadSum: number): void {
  const { channel, outbound, transportBytes } = plan;
  const from = channel.ports[outbound]!;
  const to = channel.ports[1 - outbound]!;
  writeU16BE(bytes, at, from);
  writeU16BE(bytes, at + 2, to);
  writeU16BE(bytes, at + 4, transportBytes);
  writeU16BE(bytes, at + 6, checksumOf(pseudoSumOf(plan) + payloadSum + from + to + transportBytes) || 0xffff);
}

/** Request of the opener, or reply to it: RFC 792, and RFC 4443 §4.1 with a pseudo header. */
function writeEcho(
  { channel, outbound, transportBytes }: FramePlan,
  bytes: Uint8Array,
  at: number,
  pseudoHeaderSum: number,
  { request, reply }: { readonly request: number; readonly reply: number },
): void {
  const payloadBytes = transportBytes - ICMP_HEADER_BYTES;
  const payloadSum = writePayload(channel, outbound, bytes, at + ICMP_HEADER_BYTES, payloadBytes);
  const isRequest = isOpener(channel, outbound);
  const type = isRequest ? request : reply;
  const identifier = channel.echoIdentifier;
  const sequence = channel.nextEchoSequence(isRequest);
  writeU16BE(bytes, at, type * 256);
  writeU16BE(bytes, at + 2, checksumOf(pseudoHeaderSum + type * 256 + identifier + sequence + payloadSum));
  writeU16BE(bytes, at + 4, identifier);
  writeU16BE(bytes, at + 6, sequence);
}

/**
 * RFC 2236 §2. What follows the message is zero, so that the checksum is right over the whole packet, as §2.3 has it, and over the
 * message alone, as some compute it.
 */
function writeMembershipReport({ channel, outbound, transportBytes }: FramePlan, bytes: Uint8Array, at: number): void {
  const { local, peer } = channel.spec;
  const destination = outbound === 1 ? peer.address : local.address;
  const group = isMulticast(destination) ? destination : SOME_GROUP;
  bytes.fill(0, at + IGMP_MESSAGE_BYTES, at + transportBytes);
  bytes.set(group, at + 4);
  writeU16BE(bytes, at, MEMBERSHIP_REPORT * 256);
  const groupSum = group[0]! * 256 + group[1]! + group[2]! * 256 + group[3]!;
  writeU16BE(bytes, at + 2, checksumOf(MEMBERSHIP_REPORT * 256 + groupSum));
}

/** @returns the sum of the words of the payload */
function writePayload(channel: Channel, outbound: number, bytes: Uint8Array, at: number, length: number): number {
  return channel.stream.write(bytes, at, length, isOpener(channel, outbound));
}

const isOpener = ({ spec }: Channel, outbound: number): boolean => spec.openedByLocal === (outbound === 1);

const pseudoSumOf = ({ channel, ipVersion, outbound, protocol, transportBytes }: FramePlan): number =>
  pseudoSum(channel, ipVersion, outbound, protocol, transportBytes);

/** Sum of the words of the pseudo header: RFC 9293 §3.1, RFC 768, RFC 8200 §8.1. */
const pseudoSum = (
  channel: Channel,
  ipVersion: 4 | 6,
  outbound: number,
  protocol: number,
  transportBytes: number,
): number => channel.headerOf(ipVersion, outbound).addressSum + protocol + transportBytes;
