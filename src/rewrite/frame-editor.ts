/**
 * @module
 * New addresses and ports in a frame, wherever it has them: in the link layer, in ARP, in IP with its routing headers, in TCP, UDP and
 * SCTP, in ICMP and the packet that an ICMP error quotes, in neighbour discovery. Checksums follow what has changed (RFC 1624).
 *
 * What is inside a tunnel belongs to the tunnel, as it does everywhere else: only the outermost IP packet is changed.
 */

import { isExtension } from '../capture/decode.js';
import { NONE, type Packet } from '../capture/packet.js';
import { SKIP, skipEtherType } from '../capture/skip-reason.js';
import { ADDRESS_LENGTHS, type AddressFamily } from '../net/address.js';
import { readU16BE, readU16LE, readU32BE, writeU16BE } from '../net/bytes.js';
import { updateChecksum, wordChange } from '../net/checksum.js';
import { ETHERTYPE } from '../net/ethertype.js';
import { ICMP_ERRORS, ICMPV6, icmp6HeaderLength, neighbourOptions } from '../net/icmp.js';
import { IP_PROTOCOL } from '../net/ip-protocol.js';
import { linkAddresses } from '../net/link-type.js';
import {
  checksumField,
  SCTP_HEADER_BYTES,
  updateSctpChecksum,
  updateTransportChecksum,
} from '../net/transport-checksum.js';
import { hasPorts } from '../series/target.js';
import type { AddressChange } from './address-change.js';
import type { NumberMap } from './number-map.js';

export interface FrameEdits {
  /** The first that deals with an address counts. */
  readonly addresses: readonly AddressChange[];
  readonly ports: NumberMap | undefined;
}

/** ARP (RFC 826) and RARP (RFC 903). */
const ARP_REASONS: ReadonlySet<number> = new Set([skipEtherType(ETHERTYPE.arp), skipEtherType(ETHERTYPE.reverseArp)]);
/** Ethernet and IPv4, with addresses of their lengths. */
const ARP_HEAD = [0, 1, 8, 0, 6, 4] as const;

/** True for a packet of ARP between Ethernet and IPv4 addresses. */
export function isArp({ skip, contentAt, bytes, at, capturedLength }: Packet): boolean {
  if (!ARP_REASONS.has(skip) || contentAt + ARP_HEAD.length > at + capturedLength) return false;
  return ARP_HEAD.every((byte, i) => bytes[contentAt + i] === byte);
}

/** Routing headers with whole addresses: of RFC 2460 §4.4, RFC 6275 §6.4 and RFC 8754 §2. */
const ROUTING = { source: 0, mobile: 2, segments: 4 } as const;
const ROUTING_EXTENSION = 43;

export const hasWholeAddresses = (routingType: number): boolean =>
  routingType === ROUTING.source || routingType === ROUTING.mobile || routingType === ROUTING.segments;

export class FrameEditor {
  /** Position of the address that stands as the destination in the pseudo header of the packet edited last. */
  finalDestinationAt = 0;
  readonly #changes: Readonly<Record<AddressFamily, readonly AddressChange[]>>;
  readonly #ports: NumberMap | undefined;
  /** The frame that is being edited. */
  #bytes: Uint8Array = new Uint8Array(0);
  #end = 0;

  constructor({ addresses, ports }: FrameEdits) {
    const of = (family: AddressFamily) => addresses.filter(({ families }) => families.has(family));
    this.#changes = { mac: of('mac'), ipv4: of('ipv4'), ipv6: of('ipv6') };
    this.#ports = ports;
  }

  /**
   * Edits a copy of the frame of a packet.
   *
   * @param at where the copy is
   * @param growth by how much what is behind the link layer's addresses has moved in it
   */
  edit(packet: Packet, bytes: Uint8Array, at: number, growth: number): void {
    const shift = at - packet.at + growth;
    this.#bytes = bytes;
    this.#end = at + packet.capturedLength + growth;
    if (this.#changes.mac.length > 0) this.#link(packet, at);
    if (packet.skip === SKIP.decoded) this.#packet(packet, shift);
    else if (isArp(packet)) this.#arp(packet.contentAt + shift);
  }

  #link(packet: Packet, at: number): void {
    const addresses = linkAddresses(packet.linkType);
    switch (addresses) {
      case 'ethernet':
        if (packet.sourceMacAt === NONE) return;
        this.#address(at, 'mac');
        this.#address(at + 6, 'mac');
        return;
      case 'sender':
        if (packet.sourceMacAt !== NONE) this.#address(packet.sourceMacAt + at - packet.at, 'mac');
        return;
      case 'wlan':
        this.#wlan(at);
        return;
      case 'radiotap':
        if (packet.capturedLength >= 8) this.#wlan(at + readU16LE(this.#bytes, at + 2));
        return;
      case 'none':
      case undefined:
        return;
      default:
        addresses satisfies never;
    }
  }

  /** IEEE 802.11-2020 §9.3: up to four addresses, and in control frames one or two. */
  #wlan(at: number): void {
    if (at + 2 > this.#end) return;
    const control = this.#bytes[at]!;
    const flags = this.#bytes[at + 1]!;
    const isControl = (control & 0x0c) === 0x04;
    // Clear-to-send and acknowledgement have a receiver only.
    const count = isControl ? ((control & 0xe0) === 0xc0 ? 1 : 2) : 3;
    for (let i = 0; i < count; i++) this.#address(at + 4 + 6 * i, 'mac');
    if (!isControl && (flags & 3) === 3) this.#address(at + 24, 'mac');
  }

  #arp(at: number): void {
    this.#address(at + 8, 'mac');
    this.#address(at + 14, 'ipv4');
    this.#address(at + 18, 'mac');
    this.#address(at + 24, 'ipv4');
  }

  #packet(packet: Packet, shift: number): void {
    const at = packet.contentAt + shift;
    this.finalDestinationAt = packet.destinationAt + shift;
    const addresses = packet.ipVersion === 4 ? this.#ipv4Addresses(at) : this.#ipv6Addresses(at);
    if (packet.ipVersion === 4) updateChecksum(this.#bytes, at + 10, addresses);
    if (packet.transportAt === NONE) return;
    const transportAt = packet.transportAt + shift;
    const length = packet.fragment ? 0 : packet.sizeBytes - (transportAt - at);
    const end = Math.min(this.#end, at + packet.sizeBytes);
    if (this.#isIcmp(packet)) this.#icmp(packet.ipVersion, transportAt, end, addresses);
    else this.#transport(packet.ipVersion, packet.protocol, transportAt, end, length, addresses);
  }

  #isIcmp({ ipVersion, protocol }: Packet): boolean {
    return protocol === (ipVersion === 4 ? IP_PROTOCOL.icmp : IP_PROTOCOL.icmpv6);
  }

  /** @returns the change of both */
  #ipv4Addresses(at: number): number {
    return this.#address(at + 12, 'ipv4') + this.#address(at + 16, 'ipv4');
  }

  /** @returns the change of the two addresses that the pseudo header has (RFC 8200 §8.1) */
  #ipv6Addresses(at: number): number {
    const source = this.#address(at + 8, 'ipv6');
    const destination = this.#address(at + 24, 'ipv6');
    return source + (isExtension(this.#bytes[at + 6]!) ? this.#routingHeaders(at, destination) : destination);
  }

  /** @returns the change of the final destination, which is that of the IP header unless a routing header has it */
  #routingHeaders(ip: number, destination: number): number {
    const bytes = this.#bytes;
    let final = destination;
    let next = bytes[ip + 6]!;
    for (let at = ip + 40; isExtension(next) && at + 8 <= this.#end; ) {
      const length = extensionLength(bytes, at, next);
      if (next === ROUTING_EXTENSION) final = this.#routingHeader(at, length, final);
      next = bytes[at]!;
      at += length;
    }
    return final;
  }

  #routingHeader(at: number, length: number, destination: number): number {
    const bytes = this.#bytes;
    const type = bytes[at + 2]!;
    if (!hasWholeAddresses(type)) return destination;
    const isSegments = type === ROUTING.segments;
    const room = Math.floor((length - 8) / 16);
    const count = isSegments ? Math.min(room, bytes[at + 4]! + 1) : room;
    // Segment lists stand in reverse order (RFC 8754 §2).
    const last = isSegments ? 0 : count - 1;
    let final = destination;
    for (let i = 0; i < count && at + 24 + 16 * i <= this.#end; i++) {
      const change = this.#address(at + 8 + 16 * i, 'ipv6');
      if (i !== last || bytes[at + 3] === 0) continue;
      final = change;
      this.finalDestinationAt = at + 8 + 16 * i;
    }
    return final;
  }

  /**
   * Ports, and the checksum for them and the addresses.
   *
   * @param end where the packet ends, or what was captured of it
   * @param length by the account of the IP header, or 0 for a part of it
   * @param addresses change of the pseudo header
   * @returns the change of all words, for a checksum that covers them
   */
  #transport(version: 4 | 6, protocol: number, at: number, end: number, length: number, addresses: number): number {
    const bytes = this.#bytes;
    let ports = 0;
    if (this.#ports && hasPorts(protocol) && at + 4 <= end) {
      const before = readU32BE(bytes, at);
      ports = this.#port(at, this.#ports) + this.#port(at + 2, this.#ports);
      if (protocol === IP_PROTOCOL.sctp && length > 0 && at + SCTP_HEADER_BYTES <= end) {
        updateSctpChecksum(bytes, at, before, length);
      }
    }
    const field = checksumField(version, protocol);
    if (field === undefined || at + field.offset + 2 > end) return ports;
    const change = field.pseudoHeader ? addresses + ports : ports;
    return ports + updateTransportChecksum(bytes, at + field.offset, protocol, change);
  }

  #icmp(version: 4 | 6, at: number, end: number, addresses: number): void {
    if (at + 8 > end) return;
    const body = version === 4 ? this.#icmp4Body(at, end) : this.#icmp6Body(at, end);
    updateChecksum(this.#bytes, at + 2, version === 4 ? body : addresses + body);
  }

  /** RFC 792. */
  #icmp4Body(at: number, end: number): number {
    const type = this.#bytes[at]!;
    if (!ICMP_ERRORS.has(type)) return 0;
    const gateway = type === 5 ? this.#address(at + 4, 'ipv4') : 0;
    return gateway + this.#quoted(at + 8, end);
  }

  /** RFC 4443, RFC 4861, RFC 2710 and RFC 3810. */
  #icmp6Body(at: number, end: number): number {
    const type = this.#bytes[at]!;
    if (type <= ICMPV6.lastError) return this.#quoted(at + 8, end);
    const options = () => this.#neighbourOptions(at + icmp6HeaderLength(type), end);
    switch (type) {
      case ICMPV6.listenerQuery:
      case ICMPV6.listenerReport:
      case ICMPV6.listenerDone:
        return this.#within(at + 8, end, 'ipv6');
      case ICMPV6.listenerReport2:
        return this.#listenerRecords(at, end);
      case ICMPV6.routerSolicitation:
      case ICMPV6.routerAdvertisement:
        return options();
      case ICMPV6.neighbourSolicitation:
      case ICMPV6.neighbourAdvertisement:
        return this.#within(at + 8, end, 'ipv6') + options();
      case ICMPV6.redirect:
        return this.#within(at + 8, end, 'ipv6') + this.#within(at + 24, end, 'ipv6') + options();
      default:
        return 0;
    }
  }

  /** RFC 3810 §5.2: groups, each with its sources. */
  #listenerRecords(at: number, end: number): number {
    const bytes = this.#bytes;
    let change = 0;
    let record = at + 8;
    for (let left = readU16BE(bytes, at + 6); left > 0 && record + 20 <= end; left--) {
      const sources = readU16BE(bytes, record + 2);
      const auxiliaryBytes = bytes[record + 1]! * 4;
      for (let i = 0; i <= sources; i++) change += this.#within(record + 4 + 16 * i, end, 'ipv6');
      record += 20 + 16 * sources + auxiliaryBytes;
    }
    return change;
  }

  /** RFC 4861 §4.6: link-layer addresses and prefixes. */
  #neighbourOptions(at: number, end: number): number {
    let change = 0;
    for (const { kind, at: option, length } of neighbourOptions(this.#bytes, at, end)) {
      if (kind === ICMPV6.optionSource || kind === ICMPV6.optionTarget) {
        if (length === 8) change += this.#address(option + 2, 'mac');
      } else if (kind === ICMPV6.optionPrefix && length === 32) {
        change += this.#prefix(option + 16, this.#bytes[option + 2]!);
      } else if (kind === ICMPV6.optionRedirected) {
        change += this.#quoted(option + 8, option + length);
      }
    }
    return change;
  }

  /** The bits behind a prefix are and stay zero. */
  #prefix(at: number, prefixBits: number): number {
    const bytes = this.#bytes;
    const before = bytes.slice(at, at + 16);
    this.#address(at, 'ipv6');
    let change = 0;
    for (let i = 0; i < 16; i++) {
      bytes[at + i] = bytes[at + i]! & (0xff00 >> Math.min(8, Math.max(0, prefixBits - 8 * i)));
      if ((i & 1) === 1) change += wordChange(readU16BE(before, i - 1), readU16BE(bytes, at + i - 1));
    }
    return change;
  }

  /** The packet that an error is about, as much of it as there is. */
  #quoted(at: number, end: number): number {
    const bytes = this.#bytes;
    const version = at < end ? bytes[at]! >> 4 : 0;
    if (version === 4 && at + 20 <= end) {
      const addresses = this.#ipv4Addresses(at);
      const header = addresses + updateChecksum(bytes, at + 10, addresses);
      const isLaterFragment = (readU16BE(bytes, at + 6) & 0x1fff) !== 0;
      if (isLaterFragment) return header;
      const headerBytes = (bytes[at]! & 15) * 4;
      const length = Math.max(0, readU16BE(bytes, at + 2) - headerBytes);
      return header + this.#quotedTransport(4, bytes[at + 9]!, at + headerBytes, end, length, addresses);
    }
    if (version === 6 && at + 40 <= end) {
      const addresses = this.#address(at + 8, 'ipv6') + this.#address(at + 24, 'ipv6');
      const length = readU16BE(bytes, at + 4);
      return addresses + this.#quotedTransport(6, bytes[at + 6]!, at + 40, end, length, addresses);
    }
    return 0;
  }

  #quotedTransport(
    version: 4 | 6,
    protocol: number,
    at: number,
    end: number,
    length: number,
    addresses: number,
  ): number {
    return at + 4 <= end ? this.#transport(version, protocol, at, end, length, addresses) : 0;
  }

  #port(at: number, ports: NumberMap): number {
    const before = readU16BE(this.#bytes, at);
    const after = ports[before]!;
    writeU16BE(this.#bytes, at, after);
    return wordChange(before, after);
  }

  #within(at: number, end: number, family: AddressFamily): number {
    return at + ADDRESS_LENGTHS[family] <= end ? this.#address(at, family) : 0;
  }

  /** Changes an address, if the frame has all of it. @returns the change of its words */
  #address(at: number, family: AddressFamily): number {
    const bytes = this.#bytes;
    const length = ADDRESS_LENGTHS[family];
    if (this.#changes[family].length === 0 || at + length > this.#end) return 0;
    if (family !== 'ipv6') return this.#shortAddress(at, family);
    const before0 = readU32BE(bytes, at);
    const before1 = readU32BE(bytes, at + 4);
    const before2 = readU32BE(bytes, at + 8);
    const before3 = readU32BE(bytes, at + 12);
    if (!this.#apply(at, family)) return 0;
    return (
      doubleChange(before0, readU32BE(bytes, at)) +
      doubleChange(before1, readU32BE(bytes, at + 4)) +
      doubleChange(before2, readU32BE(bytes, at + 8)) +
      doubleChange(before3, readU32BE(bytes, at + 12))
    );
  }

  #shortAddress(at: number, family: AddressFamily): number {
    const bytes = this.#bytes;
    const before = readU32BE(bytes, at);
    const tail = family === 'mac' ? readU16BE(bytes, at + 4) : 0;
    if (!this.#apply(at, family)) return 0;
    const change = doubleChange(before, readU32BE(bytes, at));
    return family === 'mac' ? change + wordChange(tail, readU16BE(bytes, at + 4)) : change;
  }

  #apply(at: number, family: AddressFamily): boolean {
    const changes = this.#changes[family];
    for (let i = 0; i < changes.length; i++) {
      if (changes[i]!.apply(this.#bytes, at, family)) return true;
    }
    return false;
  }
}

/** The change of two words. */
const doubleChange = (before: number, after: number): number =>
  before === after ? 0 : wordChange(before >>> 16, after >>> 16) + wordChange(before & 0xffff, after & 0xffff);

/** The authentication header counts in 4-byte units less 2 (RFC 4302 §2.2), the others in 8-byte units less 1. */
export function extensionLength(bytes: Uint8Array, at: number, kind: number): number {
  return kind === 44 ? 8 : kind === 51 ? (bytes[at + 1]! + 2) * 4 : (bytes[at + 1]! + 1) * 8;
}
