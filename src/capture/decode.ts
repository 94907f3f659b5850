/**
 * @module
 * From a frame to its outermost IP packet: the link layer first, then IPv4 or IPv6, then the ports. Straight-line code over
 * the capture's own bytes; nothing is allocated and nothing is copied.
 *
 * What is inside a tunnel (IP in IP, GRE, VXLAN …) belongs to the tunnel: the outermost IP header decides.
 */

import { ETHERTYPE } from '../net/ethertype.js';
import { IP_PROTOCOL } from '../net/ip-protocol.js';
import { LINK_TYPE, type LinkType } from '../net/link-type.js';
import { MAX_SIZE_BYTES } from '../net/sizes.js';
import { NONE, type Packet } from './packet.js';
import { SKIP, skipEtherType, skipLinkType, skipPppProtocol } from './skip-reason.js';

/** Below this the field after the addresses is a length and an LLC header follows (IEEE 802.3). */
const FIRST_ETHERTYPE = 0x0600;

/** Fills in everything of `packet` that its frame tells. Afterwards `packet.skip` says whether there is an IP packet. */
export function decode(packet: Packet): void {
  packet.sourceMacAt = NONE;
  packet.destinationMacAt = NONE;
  packet.contentAt = NONE;
  packet.skip = decodeLink(packet, packet.at, packet.at + packet.capturedLength);
}

function decodeLink(packet: Packet, at: number, end: number): number {
  if (packet.linkType === LINK_TYPE.ethernet) return ethernet(packet, at, end);
  if (end === at) return packet.linkType === NONE ? SKIP.unknownInterface : SKIP.empty;
  const linkType = packet.linkType as Exclude<LinkType, typeof LINK_TYPE.ethernet> | typeof NONE; // or one that is unknown
  switch (linkType) {
    case LINK_TYPE.rawBsd:
    case LINK_TYPE.rawOpenBsd:
    case LINK_TYPE.raw:
    case LINK_TYPE.ipv4:
    case LINK_TYPE.ipv6:
      return ip(packet, at, end);
    case LINK_TYPE.null:
    case LINK_TYPE.loop:
      return loopback(packet, at, end);
    case LINK_TYPE.linuxCooked:
      return linuxCooked(packet, at, end);
    case LINK_TYPE.linuxCooked2:
      return linuxCooked2(packet, at, end);
    case LINK_TYPE.ppp:
    case LINK_TYPE.pppHdlc:
      return pppFrame(packet, at, end);
    case LINK_TYPE.pppoe:
      return pppoe(packet, at, end);
    case LINK_TYPE.wlan:
      return wlan(packet, at, end);
    case LINK_TYPE.wlanRadiotap:
      return radiotap(packet, at, end);
    case NONE:
      return SKIP.unknownInterface;
    default:
      return skipLinkType(linkType satisfies never);
  }
}

function ethernet(packet: Packet, at: number, end: number): number {
  if (end - at < 14) return end === at ? SKIP.empty : SKIP.linkHeaderCut;
  packet.destinationMacAt = at;
  packet.sourceMacAt = at + 6;
  const type = packet.view.getUint16(at + 12);
  // Nearly all frames of nearly all captures: straight on.
  return type === ETHERTYPE.ipv4 ? ip(packet, at + 14, end) : etherType(packet, type, at + 14, end);
}

/** What stands behind an ethertype; `at` is the byte after it. */
function etherType(packet: Packet, type: number, at: number, end: number): number {
  let next = type;
  let cursor = at;
  for (;;) {
    switch (next) {
      case ETHERTYPE.ipv4:
      case ETHERTYPE.ipv6:
        return ip(packet, cursor, end);
      case ETHERTYPE.vlan:
      case ETHERTYPE.serviceVlan:
      case ETHERTYPE.oldServiceVlan:
        if (end - cursor < 4) return SKIP.linkHeaderCut;
        next = packet.view.getUint16(cursor + 2);
        cursor += 4;
        continue;
      case ETHERTYPE.mpls:
      case ETHERTYPE.mplsMulticast:
        return mpls(packet, cursor, end);
      case ETHERTYPE.pppoeSession:
        return pppoe(packet, cursor, end);
      default:
        packet.contentAt = cursor;
        return next < FIRST_ETHERTYPE ? llc(packet, cursor, end) : skipEtherType(next);
    }
  }
}

/** IEEE 802.2, with an ethertype behind a SNAP header (RFC 1042). */
function llc(packet: Packet, at: number, end: number): number {
  const bytes = packet.bytes;
  if (end - at < 3) return SKIP.linkHeaderCut;
  if (bytes[at] !== 0xaa || bytes[at + 1] !== 0xaa || bytes[at + 2] !== 3) return SKIP.llc;
  if (end - at < 8) return SKIP.linkHeaderCut;
  // Organisation 00:00:00 is RFC 1042; the others number their protocols themselves (CDP …).
  if (bytes[at + 3] !== 0 || bytes[at + 4] !== 0 || bytes[at + 5] !== 0) return SKIP.llc;
  const type = packet.view.getUint16(at + 6);
  packet.contentAt = at + 8;
  return type < FIRST_ETHERTYPE ? skipEtherType(type) : etherType(packet, type, at + 8, end);
}

/** RFC 3032: labels down to the bottom of the stack, then whatever the first four bits say. */
function mpls(packet: Packet, at: number, end: number): number {
  const bytes = packet.bytes;
  let cursor = at;
  for (;;) {
    if (end - cursor < 4) return SKIP.linkHeaderCut;
    const bottom = (bytes[cursor + 2]! & 1) !== 0;
    cursor += 4;
    if (bottom) break;
  }
  packet.contentAt = cursor;
  if (end === cursor) return SKIP.mplsPayload;
  const version = bytes[cursor]! >> 4;
  return version === 4 || version === 6 ? ip(packet, cursor, end) : SKIP.mplsPayload;
}

/** RFC 2516 §4: six bytes, then PPP. */
function pppoe(packet: Packet, at: number, end: number): number {
  if (end - at < 8) return SKIP.linkHeaderCut;
  return ppp(packet, at + 6, end);
}

/** PPP with or without the HDLC-like address and control bytes (RFC 1662 §3.1). */
function pppFrame(packet: Packet, at: number, end: number): number {
  const framed = end - at >= 2 && packet.bytes[at] === 0xff && packet.bytes[at + 1] === 3;
  return ppp(packet, framed ? at + 2 : at, end);
}

function ppp(packet: Packet, at: number, end: number): number {
  const bytes = packet.bytes;
  if (end - at < 1) return SKIP.linkHeaderCut;
  // Protocol field compression (RFC 1661 §6.5): an odd first byte is the whole protocol number.
  const short = (bytes[at]! & 1) === 1;
  if (!short && end - at < 2) return SKIP.linkHeaderCut;
  const protocol = short ? bytes[at]! : packet.view.getUint16(at);
  const cursor = at + (short ? 1 : 2);
  packet.contentAt = cursor;
  if (protocol === 0x0021 || protocol === 0x0057) return ip(packet, cursor, end);
  if (protocol === 0x0281 || protocol === 0x0283) return mpls(packet, cursor, end);
  return skipPppProtocol(protocol);
}

/** AF_INET is 2 everywhere; AF_INET6 is 10 (Linux), 23 (Windows), 24 (NetBSD, OpenBSD), 28 (FreeBSD) or 30 (macOS). */
const IP_FAMILIES: ReadonlySet<number> = new Set([2, 10, 23, 24, 28, 30]);

/** LINKTYPE_NULL has the address family in the byte order of the capturing host, LINKTYPE_LOOP in network order. */
function loopback(packet: Packet, at: number, end: number): number {
  if (end - at < 4) return SKIP.linkHeaderCut;
  packet.contentAt = at + 4;
  const little = packet.view.getUint32(at, true);
  const family = little <= 0xffff ? little : packet.view.getUint32(at);
  if (IP_FAMILIES.has(family)) return ip(packet, at + 4, end);
  // Some writers put an ethertype where the family belongs.
  return family >= FIRST_ETHERTYPE && family <= 0xffff ? etherType(packet, family, at + 4, end) : SKIP.addressFamily;
}

/** LINKTYPE_LINUX_SLL: the sender's address only. */
function linuxCooked(packet: Packet, at: number, end: number): number {
  if (end - at < 16) return SKIP.linkHeaderCut;
  if (packet.view.getUint16(at + 4) === 6) packet.sourceMacAt = at + 6;
  return etherType(packet, packet.view.getUint16(at + 14), at + 16, end);
}

/** LINKTYPE_LINUX_SLL2. */
function linuxCooked2(packet: Packet, at: number, end: number): number {
  if (end - at < 20) return SKIP.linkHeaderCut;
  if (packet.bytes[at + 11] === 6) packet.sourceMacAt = at + 12;
  return etherType(packet, packet.view.getUint16(at), at + 20, end);
}

/** IEEE 802.11-2020 §9.2.3, §9.3.2: data frames. `padded` where the header is padded to four bytes (radiotap flag 0x20). */
function wlan(packet: Packet, at: number, end: number, padded = false): number {
  const bytes = packet.bytes;
  if (end - at < 2) return SKIP.linkHeaderCut;
  const control = bytes[at]!;
  const flags = bytes[at + 1]!;
  const isData = (control & 0x0f) === 0x08;
  const noPayload = (control & 0x40) !== 0;
  if (!isData || noPayload) {
    packet.contentAt = Math.min(end, at + 24);
    return SKIP.wlanNoData;
  }
  const toDistribution = (flags & 1) !== 0;
  const fromDistribution = (flags & 2) !== 0;
  const qos = (control & 0x80) !== 0;
  let headerBytes = toDistribution && fromDistribution ? 30 : 24;
  const qosAt = at + headerBytes;
  if (qos) headerBytes += (flags & 0x80) !== 0 ? 6 : 2; // with the HT control field where the order bit is set
  if (end - at < headerBytes) return SKIP.linkHeaderCut;
  // Table 9-30: which of the four addresses are the real source and destination.
  packet.destinationMacAt = at + (toDistribution ? 16 : 4);
  packet.sourceMacAt = at + (fromDistribution ? (toDistribution ? 24 : 16) : 10);
  packet.contentAt = at + headerBytes;
  if ((flags & 0x40) !== 0) return SKIP.wlanEncrypted;
  if (qos && (bytes[qosAt]! & 0x80) !== 0) return SKIP.wlanAggregate;
  if (padded) headerBytes = Math.ceil(headerBytes / 4) * 4;
  return llc(packet, at + headerBytes, end);
}

/** The radiotap header: its length, and one flag of its second field. */
function radiotap(packet: Packet, at: number, end: number): number {
  const bytes = packet.bytes;
  if (end - at < 8) return SKIP.linkHeaderCut;
  const headerBytes = packet.view.getUint16(at + 2, true);
  if (headerBytes < 8 || end - at < headerBytes) return SKIP.linkHeaderCut;
  const present = packet.view.getUint32(at + 4, true);
  let field = at + 4;
  while (field + 4 <= at + headerBytes && packet.view.getUint32(field, true) >>> 31 === 1) field += 4;
  field += 4;
  // Field 0 is the 8-byte TSFT, aligned to 8 from the start of the header; field 1 is the flags byte.
  if ((present & 1) !== 0) field = at + Math.ceil((field - at) / 8) * 8 + 8;
  const padded = (present & 2) !== 0 && field < at + headerBytes && (bytes[field]! & 0x20) !== 0;
  return wlan(packet, at + headerBytes, end, padded);
}

/** The version nibble decides, as it does for every receiver; the ethertype has only led here. */
function ip(packet: Packet, at: number, end: number): number {
  packet.contentAt = at;
  if (at >= end) return SKIP.ipHeaderCut;
  const version = packet.bytes[at]! >> 4;
  if (version === 4) return ipv4(packet, at, end);
  if (version === 6) return ipv6(packet, at, end);
  return SKIP.ipVersion;
}

/** Bytes on the wire from `at` to the end of the frame, within reason: the field may hold anything. */
function wireBytes(packet: Packet, at: number): number {
  return Math.min(MAX_SIZE_BYTES, Math.max(packet.wireLength, packet.capturedLength) - (at - packet.at));
}

/** RFC 791 §3.1. */
function ipv4(packet: Packet, at: number, end: number): number {
  if (end - at < 20) return SKIP.ipHeaderCut;
  const bytes = packet.bytes;
  const headerBytes = (bytes[at]! & 15) * 4;
  if (headerBytes < 20) return SKIP.ipv4HeaderLength;
  const totalLength = packet.view.getUint16(at + 2);
  // Total length 0 is segmentation offload: the card would have filled it in.
  const sizeBytes = totalLength === 0 ? wireBytes(packet, at) : totalLength;
  if (sizeBytes < headerBytes) return SKIP.ipv4TotalLength;
  const fragmentField = packet.view.getUint16(at + 6);
  const fragmentOffset = fragmentField & 0x1fff;
  packet.ipVersion = 4;
  packet.sourceAt = at + 12;
  packet.destinationAt = at + 16;
  packet.sizeBytes = sizeBytes;
  packet.fragment = (fragmentField & 0x3fff) !== 0; // more fragments, or an offset
  packet.firstFragment = packet.fragment && fragmentOffset === 0;
  packet.identification = packet.view.getUint16(at + 4);
  return transport(packet, bytes[at + 9]!, at + headerBytes, end, sizeBytes - headerBytes, fragmentOffset);
}

/** RFC 8200 §3, and the extension headers of §4. */
function ipv6(packet: Packet, at: number, end: number): number {
  if (end - at < 40) return SKIP.ipHeaderCut;
  const bytes = packet.bytes;
  const payloadLength = packet.view.getUint16(at + 4);
  // Payload length 0 with something behind it is a jumbogram (RFC 2675) or segmentation offload.
  const sizeBytes = payloadLength === 0 && bytes[at + 6] !== 59 ? wireBytes(packet, at) : payloadLength + 40;
  packet.ipVersion = 6;
  packet.sourceAt = at + 8;
  packet.destinationAt = at + 24;
  packet.sizeBytes = sizeBytes;
  packet.fragment = false;
  packet.firstFragment = false;
  let protocol = bytes[at + 6]!;
  let cursor = at + 40;
  let fragmentOffset = 0;
  while (isExtension(protocol) && end - cursor >= 8) {
    if (protocol === 44) {
      const fragmentField = packet.view.getUint16(cursor + 2);
      fragmentOffset = fragmentField >> 3;
      packet.fragment = (fragmentField & 0xfff9) !== 0;
      packet.firstFragment = packet.fragment && fragmentOffset === 0;
      packet.identification = packet.view.getUint32(cursor + 4);
      protocol = bytes[cursor]!;
      cursor += 8;
      if (fragmentOffset > 0) break; // what follows is the middle of something
      continue;
    }
    // The authentication header counts in 4-byte units less 2 (RFC 4302 §2.2), the others in 8-byte units less 1.
    const headerBytes = protocol === 51 ? (bytes[cursor + 1]! + 2) * 4 : (bytes[cursor + 1]! + 1) * 8;
    protocol = bytes[cursor]!;
    cursor += headerBytes;
  }
  return transport(packet, protocol, cursor, end, sizeBytes - (cursor - at), fragmentOffset);
}

/** Hop-by-hop, routing, fragment, authentication, destination options, mobility, HIP, shim6 (IANA). */
export function isExtension(protocol: number): boolean {
  return (
    protocol === 0 ||
    protocol === 43 ||
    protocol === 44 ||
    protocol === 51 ||
    protocol === 60 ||
    protocol === 135 ||
    protocol === 139 ||
    protocol === 140
  );
}

/** @param room bytes of the IP packet from the transport header on, by the IP header's own account */
function transport(
  packet: Packet,
  protocol: number,
  at: number,
  end: number,
  room: number,
  fragmentOffset: number,
): number {
  const bytes = packet.bytes;
  packet.protocol = protocol;
  packet.sourcePort = NONE;
  packet.destinationPort = NONE;
  packet.transportAt = NONE;
  packet.tcpFlags = 0;
  if (fragmentOffset > 0) {
    packet.payloadLength = Math.max(0, room);
    return SKIP.decoded;
  }
  packet.transportAt = at;
  let headerBytes = 0;
  if (protocol === IP_PROTOCOL.tcp || protocol === IP_PROTOCOL.udp || protocol === IP_PROTOCOL.sctp) {
    if (end - at >= 4 && room >= 4) {
      packet.sourcePort = packet.view.getUint16(at);
      packet.destinationPort = packet.view.getUint16(at + 2);
    }
    headerBytes = protocol === IP_PROTOCOL.udp ? 8 : protocol === IP_PROTOCOL.sctp ? 12 : 20;
    if (protocol === IP_PROTOCOL.tcp && end - at >= 14) {
      headerBytes = Math.max(20, (bytes[at + 12]! >> 4) * 4);
      packet.tcpFlags = bytes[at + 13]!;
    }
  } else if (protocol === IP_PROTOCOL.icmp || protocol === IP_PROTOCOL.icmpv6) {
    headerBytes = 8;
  }
  packet.payloadLength = Math.max(0, room - headerBytes);
  return SKIP.decoded;
}
