/**
 * @module
 * Zeros in place of whatever a frame says beyond its headers: transport payload, IP options, padding, the body of frames without IP. Payload
 * is full of names and addresses, and anonymised headers around it hide nothing. Lengths stay; checksums are those of the zeros.
 */

import { isExtension } from '../capture/decode.js';
import { NONE, type Packet } from '../capture/packet.js';
import { SKIP } from '../capture/skip-reason.js';
import { readU16BE } from '../net/bytes.js';
import { ICMP_ERRORS, ICMPV6, icmp6HeaderLength, neighbourOptions } from '../net/icmp.js';
import { IP_PROTOCOL } from '../net/ip-protocol.js';
import { LINK_TYPE, linkAddresses } from '../net/link-type.js';
import { computeTransportChecksum, headerLength } from '../net/transport-checksum.js';
import { fixIpv4Header } from './fix-checksums.js';
import { extensionLength, hasWholeAddresses, isArp } from './frame-editor.js';

/** What of a quoted transport header stays: the eight bytes that are always quoted (RFC 792). */
const QUOTED_TRANSPORT_BYTES = 8;
/** The same in the options of IPv4 and of TCP. */
const END_OF_OPTIONS = 0;
const NO_OPERATION = 1;

/** Neighbour discovery options whose addresses are anonymised, or that have none; others may hold anything (RDNSS, DNSSL …). */
const KEPT_OPTIONS: ReadonlySet<number> = new Set([
  ICMPV6.optionSource,
  ICMPV6.optionTarget,
  ICMPV6.optionPrefix,
  ICMPV6.optionMtu,
]);

/**
 * Erases in a copy of the frame of a packet, whose addresses may have been changed.
 *
 * @param at where the copy is
 * @param growth by how much what is behind the link layer's addresses has moved in it
 * @param finalDestinationAt where the pseudo header's destination is
 */
export function erasePayload(
  packet: Packet,
  bytes: Uint8Array,
  at: number,
  growth: number,
  finalDestinationAt: number,
): void {
  const end = at + packet.capturedLength + growth;
  if (packet.contentAt === NONE) {
    // Not even the link layer is known.
    bytes.fill(0, packet.sourceMacAt === NONE ? at : Math.min(end, at + 14), end);
    return;
  }
  const contentAt = packet.contentAt + at - packet.at + growth;
  if (packet.skip !== SKIP.decoded) {
    eraseFrom(bytes, contentAt + (isArp(packet) ? keptOfArp(end - contentAt) : 0), end);
    return;
  }
  eraseInPacket(packet, bytes, contentAt, end, finalDestinationAt);
}

/** Where cooked headers have the eight bytes of their sender, which of tunnels is an IP address, and of other links no MAC address. */
const SENDER_AT: ReadonlyMap<number, number> = new Map([
  [LINK_TYPE.linuxCooked, 6],
  [LINK_TYPE.linuxCooked2, 12],
]);

/**
 * Erases what may hold addresses that were not found: frames of unknown link types or with a cut link header as a whole, and the content of frames
 * without a readable IP packet, but for ARP. Payload that was read stays.
 *
 * @param at, growth as in `erasePayload`
 */
export function eraseUnread(packet: Packet, bytes: Uint8Array, at: number, growth: number): void {
  const end = at + packet.capturedLength + growth;
  const field = SENDER_AT.get(packet.linkType);
  if (field !== undefined && packet.sourceMacAt === NONE)
    bytes.fill(0, Math.min(end, at + field), Math.min(end, at + field + 8));
  if (linkAddresses(packet.linkType) === undefined || packet.skip === SKIP.linkHeaderCut) bytes.fill(0, at, end);
  else if (packet.skip !== SKIP.decoded && packet.contentAt !== NONE) {
    const contentAt = packet.contentAt + at - packet.at + growth;
    bytes.fill(0, contentAt + (isArp(packet) ? keptOfArp(end - contentAt) : 0), end);
  }
}

/** Of ARP the addresses that are there in full, which have been anonymised (RFC 826). */
const keptOfArp = (captured: number): number => [28, 24, 18, 14, 8].find((end) => end <= captured) ?? 0;

function eraseInPacket(
  packet: Packet,
  bytes: Uint8Array,
  at: number,
  frameEnd: number,
  finalDestinationAt: number,
): void {
  const { ipVersion: version, protocol, sizeBytes, transportAt } = packet;
  const end = Math.min(frameEnd, at + sizeBytes);
  eraseFrom(bytes, end, frameEnd); // padding, and a frame check sequence that would tell the original
  if (version === 4) {
    eraseIpv4Options(bytes, at, end);
    fixIpv4Header(bytes, at, end);
  } else {
    eraseExtensions(bytes, at, end);
  }
  if (transportAt === NONE) {
    bytes.fill(0, Math.min(end, at + sizeBytes - packet.payloadLength), end);
    return;
  }
  const segmentAt = transportAt - packet.contentAt + at;
  if (segmentAt >= end) return;
  if (version === 4 && protocol === IP_PROTOCOL.icmp) eraseInIcmp4(bytes, segmentAt, end);
  else if (version === 6 && protocol === IP_PROTOCOL.icmpv6) eraseInIcmp6(bytes, segmentAt, end, end < at + sizeBytes);
  else if (protocol === IP_PROTOCOL.tcp) eraseInTcp(bytes, segmentAt, end);
  else eraseFrom(bytes, segmentAt + headerLength(bytes, segmentAt, end, protocol), end);
  // The length that the pseudo header of other protocols needs is not known of a fragment.
  const canCompute = !packet.fragment || protocol === IP_PROTOCOL.udp || protocol === IP_PROTOCOL.icmp;
  if (!canCompute) return;
  computeTransportChecksum(bytes, {
    version,
    protocol,
    at: segmentAt,
    length: sizeBytes - (segmentAt - at),
    capturedLength: end - segmentAt,
    sourceAt: packet.sourceAt - packet.contentAt + at,
    destinationAt: finalDestinationAt,
  });
}

function eraseFrom(bytes: Uint8Array, from: number, end: number): void {
  if (from < end) bytes.fill(0, from, end);
}

/** Options such as record route hold addresses (RFC 791 §3.1). */
function eraseIpv4Options(bytes: Uint8Array, at: number, end: number): void {
  const from = at + 20;
  const to = Math.min(end, at + (bytes[at]! & 15) * 4);
  if (from < to) bytes.fill(NO_OPERATION, from, to);
}

/** IPv6 extension headers (IANA). */
const EXTENSION = { routing: 43, fragment: 44, destinationOptions: 60, mobility: 135, hip: 139, shim6: 140 } as const;

/** Extension headers hold addresses too: home addresses (RFC 6275 §6.3), those of mobility, HIP and Shim6, and compressed routes. */
function eraseExtensions(bytes: Uint8Array, ip: number, end: number): void {
  let kind = bytes[ip + 6]!;
  for (let at = ip + 40; isExtension(kind) && at + 8 <= end; ) {
    const length = extensionLength(bytes, at, kind);
    const to = Math.min(end, at + length);
    if (kind === EXTENSION.fragment && readU16BE(bytes, at + 2) >= 8) return; // behind it is the middle of something
    if (kind === EXTENSION.destinationOptions) padOptions(bytes, at + 2, length - 2, to);
    else if (kind === EXTENSION.mobility || kind === EXTENSION.hip || kind === EXTENSION.shim6)
      bytes.fill(0, at + 2, to);
    // An address of which only a part was captured has not been anonymised.
    else if (kind === EXTENSION.routing && (to < at + length || !hasWholeAddresses(bytes[at + 2]!)))
      bytes.fill(0, at + 4, to);
    kind = bytes[at]!;
    at += length;
  }
}

/** Makes padding of options: PadN; a single byte that is left is Pad1, which is zero (RFC 8200 §4.2). */
function padOptions(bytes: Uint8Array, at: number, length: number, end: number): void {
  eraseFrom(bytes, at, end);
  for (let option = at, left = length; left > 1 && option + 2 <= end; ) {
    const padding = Math.min(left, 257);
    bytes[option] = 1;
    bytes[option + 1] = padding - 2;
    option += padding;
    left -= padding;
  }
}

/** Maximum segment size, window scale, SACK permitted, SACK, timestamps: options without addresses (IANA). */
const KEPT_TCP_OPTIONS: ReadonlySet<number> = new Set([NO_OPERATION, 2, 3, 4, 5, 8]);

/** Multipath TCP, for one, tells addresses in its options (RFC 8684 §3.4.1). */
function eraseInTcp(bytes: Uint8Array, at: number, end: number): void {
  const headerEnd = at + headerLength(bytes, at, end, IP_PROTOCOL.tcp);
  const optionsEnd = Math.min(headerEnd, end);
  eraseFrom(bytes, optionsEnd, end);
  for (let option = at + 20; option < optionsEnd; ) {
    const kind = bytes[option]!;
    if (kind === END_OF_OPTIONS) {
      eraseFrom(bytes, option, optionsEnd);
      return;
    }
    const length = kind === NO_OPERATION ? 1 : option + 1 < optionsEnd ? Math.max(2, bytes[option + 1]!) : 2;
    if (!KEPT_TCP_OPTIONS.has(kind)) bytes.fill(NO_OPERATION, option, Math.min(optionsEnd, option + length));
    option += length;
  }
}

function eraseInIcmp4(bytes: Uint8Array, at: number, end: number): void {
  const quoted = at + 8;
  if (quoted > end) eraseFrom(bytes, at + 4, end);
  else if (!ICMP_ERRORS.has(bytes[at]!)) eraseFrom(bytes, quoted, end);
  else eraseInQuoted(bytes, quoted, end);
}

/** The checksum of the message that quotes is computed afterwards. */
function eraseInQuoted(bytes: Uint8Array, at: number, end: number): void {
  const version = at < end ? bytes[at]! >> 4 : 0;
  const headerBytes = version === 6 ? 40 : (bytes[at]! & 15) * 4;
  if ((version !== 4 && version !== 6) || headerBytes < 20 || at + headerBytes > end) {
    eraseFrom(bytes, at, end);
    return;
  }
  if (version === 4) {
    eraseIpv4Options(bytes, at, end);
    fixIpv4Header(bytes, at, end);
  }
  const protocol = bytes[at + (version === 4 ? 9 : 6)]!;
  const isLaterFragment = version === 4 && (readU16BE(bytes, at + 6) & 0x1fff) !== 0;
  const segmentAt = at + headerBytes;
  if (isLaterFragment || headerLength(bytes, segmentAt, end, protocol) === 0) {
    eraseFrom(bytes, segmentAt, end);
    return;
  }
  eraseFrom(bytes, segmentAt + QUOTED_TRANSPORT_BYTES, end);
  // Of all transports only UDP has its checksum and its length within these bytes.
  if (protocol !== IP_PROTOCOL.udp) return;
  computeTransportChecksum(bytes, {
    version,
    protocol,
    at: segmentAt,
    length: 0,
    capturedLength: end - segmentAt,
    sourceAt: at + (version === 4 ? 12 : 8),
    destinationAt: at + (version === 4 ? 16 : 24),
  });
}

/** @param isCut not all of it was captured; a part of an address has not been anonymised */
function eraseInIcmp6(bytes: Uint8Array, at: number, end: number, isCut: boolean): void {
  const type = bytes[at]!;
  const bodyAt = at + icmp6HeaderLength(type);
  if (type === ICMPV6.listenerReport2 && !isCut) return; // groups only, and their sources
  if (bodyAt > end) eraseFrom(bytes, at + 8, end);
  else if (type <= ICMPV6.lastError) eraseInQuoted(bytes, bodyAt, end);
  else if (type >= ICMPV6.routerSolicitation && type <= ICMPV6.redirect) eraseNeighbourOptions(bytes, bodyAt, end);
  else eraseFrom(bytes, bodyAt, end);
}

function eraseNeighbourOptions(bytes: Uint8Array, at: number, end: number): void {
  let rest = at;
  for (const { kind, at: option, length } of neighbourOptions(bytes, at, end)) {
    if (!KEPT_OPTIONS.has(kind)) bytes.fill(0, option + 2, option + length);
    rest = option + length;
  }
  eraseFrom(bytes, rest, end);
}
