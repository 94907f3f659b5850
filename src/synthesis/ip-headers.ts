/**
 * @module
 * Ethernet and IP headers of planned packets, and of the fragments that a packet is cut into.
 */

import { readU16BE, writeU16BE, writeU32BE } from '../net/bytes.js';
import { checksumOf } from '../net/checksum.js';
import { ETHERNET_HEADER_BYTES, IP_HEADER_BYTES } from '../net/header-bytes.js';
import type { FramePlan } from './frame-plan.js';

const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;
const FRAGMENT_HEADER_BYTES = 8;
/** IPv6 next header of a fragment (RFC 8200 §4.5). */
const FRAGMENT = 44;
/** Hop-by-hop header with the length of a jumbogram (RFC 2675 §2): the next header comes before it, the length follows. */
const HOP_BY_HOP = 0;
export const JUMBO_HEADER_BYTES = 8;
const JUMBO_OPTION = 0xc204;

/** Length of the headers of a fragment, from the IP header on. */
export const fragmentHeaderBytes = (ipVersion: 4 | 6): number =>
  IP_HEADER_BYTES[ipVersion] + (ipVersion === 6 ? FRAGMENT_HEADER_BYTES : 0);

/**
 * Writes the Ethernet and IP header of a whole packet: RFC 791 §3.1, RFC 8200 §3. An IPv4 size above 65535 is a packet before
 * segmentation offload: its length field is 0.
 *
 * @param index of the segment; ignored for other protocols than TCP
 * @returns position of the transport header
 */
export function writeIpHeader(plan: FramePlan, index: number, bytes: Uint8Array, at: number): number {
  const { channel, ipVersion, segments } = plan;
  const isSegment = segments.count > 0;
  const outbound = isSegment ? segments.outbound[index]! : plan.outbound;
  const transportBytes = isSegment ? segments.headerBytes[index]! + segments.payloadBytes[index]! : plan.transportBytes;
  const { bytes: header, headerSum } = channel.headerOf(ipVersion, outbound);
  bytes.set(header, at);
  const ip = at + ETHERNET_HEADER_BYTES;
  if (ipVersion === 6) {
    const hasExtension = plan.extensionBytes > 0 && !(isSegment && segments.forced[index] === 1);
    return hasExtension
      ? finishJumbogram(bytes, ip, plan.protocol, transportBytes)
      : finishIpv6(bytes, ip, plan.protocol, transportBytes);
  }
  const sizeBytes = IP_HEADER_BYTES[4] + transportBytes;
  const totalLength = sizeBytes > 0xffff ? 0 : sizeBytes;
  const identification = channel.nextIdentification(outbound);
  writeU16BE(bytes, ip + 2, totalLength);
  writeU16BE(bytes, ip + 4, identification);
  writeU16BE(bytes, ip + 6, DONT_FRAGMENT);
  bytes[ip + 9] = plan.protocol;
  writeU16BE(bytes, ip + 10, checksumOf(headerSum + totalLength + identification + DONT_FRAGMENT + plan.protocol));
  return ip + IP_HEADER_BYTES[4];
}

function finishIpv6(bytes: Uint8Array, ip: number, protocol: number, transportBytes: number): number {
  writeU16BE(bytes, ip + 4, transportBytes);
  bytes[ip + 6] = protocol;
  return ip + IP_HEADER_BYTES[6];
}

/** A packet that is longer than the length field can say is a jumbogram (RFC 2675), as Linux hands it to a card that cuts it. */
function finishJumbogram(bytes: Uint8Array, ip: number, protocol: number, transportBytes: number): number {
  const extension = ip + IP_HEADER_BYTES[6];
  bytes[ip + 6] = HOP_BY_HOP;
  writeU16BE(bytes, extension, protocol * 256);
  writeU16BE(bytes, extension + 2, JUMBO_OPTION);
  writeU32BE(bytes, extension + 4, JUMBO_HEADER_BYTES + transportBytes);
  return extension + JUMBO_HEADER_BYTES;
}

/**
 * Makes the IP header of the whole packet at `ip` that of a fragment: RFC 791 §3.1, RFC 8200 §4.5.
 *
 * @param from position of the fragment in the transport bytes
 * @param identification of the packet; IPv4 has its own in the header
 */
export function writeFragmentHeader(
  { channel, ipVersion, outbound, transportBytes, fragmentBytes }: FramePlan,
  from: number,
  identification: number,
  bytes: Uint8Array,
  ip: number,
): void {
  const hasMore = transportBytes - from > fragmentBytes;
  const length = hasMore ? fragmentBytes : transportBytes - from;
  if (ipVersion === 6) {
    const header = ip + IP_HEADER_BYTES[6];
    writeU16BE(bytes, ip + 4, FRAGMENT_HEADER_BYTES + length);
    writeU16BE(bytes, header, bytes[ip + 6]! * 256);
    writeU16BE(bytes, header + 2, from | (hasMore ? 1 : 0));
    writeU32BE(bytes, header + 4, identification);
    bytes[ip + 6] = FRAGMENT;
    return;
  }
  const totalLength = IP_HEADER_BYTES[4] + length;
  const flagsAndOffset = (hasMore ? MORE_FRAGMENTS : 0) | (from / 8);
  const { headerSum } = channel.headerOf(4, outbound);
  const sum = headerSum + totalLength + readU16BE(bytes, ip + 4) + flagsAndOffset + bytes[ip + 9]!;
  writeU16BE(bytes, ip + 2, totalLength);
  writeU16BE(bytes, ip + 6, flagsAndOffset);
  writeU16BE(bytes, ip + 10, checksumOf(sum));
}
