/**
 * @module
 * What a rewriter has to know of the protocols above IP: where their checksums stand, what these cover, and how long their headers are.
 */

import { readU16BE, readU32BE, writeU16BE, writeU32BE } from './bytes.js';
import { checksumOf, crc32c, crc32cOfZeros, sumOfWords, updateChecksum, wordsOf } from './checksum.js';
import { IP_PROTOCOL } from './ip-protocol.js';

/** Where a protocol has its Internet checksum. */
interface ChecksumField {
  readonly offset: number;
  /** Whether the addresses are covered, by the pseudo header of RFC 9293 §3.1 or RFC 8200 §8.1. */
  readonly pseudoHeader: boolean;
}

const PLAIN = (offset: number): ChecksumField => ({ offset, pseudoHeader: false });
const WITH_ADDRESSES = (offset: number): ChecksumField => ({ offset, pseudoHeader: true });

const FIELDS: Readonly<Record<4 | 6, ReadonlyMap<number, ChecksumField>>> = {
  4: new Map([
    [IP_PROTOCOL.tcp, WITH_ADDRESSES(16)],
    [IP_PROTOCOL.udp, WITH_ADDRESSES(6)],
    [IP_PROTOCOL.udpLite, WITH_ADDRESSES(6)],
    [IP_PROTOCOL.dccp, WITH_ADDRESSES(6)],
    [IP_PROTOCOL.icmp, PLAIN(2)],
    [IP_PROTOCOL.igmp, PLAIN(2)],
  ]),
  6: new Map([
    [IP_PROTOCOL.tcp, WITH_ADDRESSES(16)],
    [IP_PROTOCOL.udp, WITH_ADDRESSES(6)],
    [IP_PROTOCOL.udpLite, WITH_ADDRESSES(6)],
    [IP_PROTOCOL.dccp, WITH_ADDRESSES(6)],
    [IP_PROTOCOL.icmpv6, WITH_ADDRESSES(2)],
    [IP_PROTOCOL.ospf, WITH_ADDRESSES(12)],
    [IP_PROTOCOL.pim, WITH_ADDRESSES(2)],
  ]),
};

/** RFC 9260 §3.1. */
export const SCTP_HEADER_BYTES = 12;
const SCTP_CRC_OFFSET = 8;

export const checksumField = (version: 4 | 6, protocol: number): ChecksumField | undefined =>
  FIELDS[version].get(protocol);

/**
 * Updates a checksum of a transport header. The zero of a UDP datagram, which has no checksum, stays.
 *
 * @returns the change of the checksum itself
 */
export function updateTransportChecksum(bytes: Uint8Array, at: number, protocol: number, change: number): number {
  const isUdp = protocol === IP_PROTOCOL.udp;
  if (isUdp && readU16BE(bytes, at) === 0) return 0;
  const changed = updateChecksum(bytes, at, change);
  // RFC 768: a computed zero is sent as all ones, which is the same number in one's complement.
  if (isUdp && readU16BE(bytes, at) === 0) writeU16BE(bytes, at, 0xffff);
  return changed;
}

/** A transport header and what is behind it, in the bytes of a frame. */
export interface Segment {
  readonly version: 4 | 6;
  readonly protocol: number;
  readonly at: number;
  /** Bytes by the account of the IP header. */
  readonly length: number;
  /** Of these in the frame; the others count as zeros. */
  readonly capturedLength: number;
  /** Positions of the addresses that the pseudo header has. */
  readonly sourceAt: number;
  readonly destinationAt: number;
}

/** Computes the checksum anew, if the protocol has one and its place was captured. A UDP datagram without one stays so. */
export function computeTransportChecksum(bytes: Uint8Array, segment: Segment): void {
  const { version, protocol, at, length, capturedLength } = segment;
  if (protocol === IP_PROTOCOL.sctp) {
    if (capturedLength >= SCTP_HEADER_BYTES) computeSctpChecksum(bytes, segment);
    return;
  }
  const field = checksumField(version, protocol);
  if (field === undefined || capturedLength < field.offset + 2) return;
  const fieldAt = at + field.offset;
  const isUdp = protocol === IP_PROTOCOL.udp;
  if (isUdp && readU16BE(bytes, fieldAt) === 0) return;
  writeU16BE(bytes, fieldAt, 0);
  // UDP says itself how long it is, also in the first of several fragments.
  const udpLength = isUdp ? readU16BE(bytes, at + 4) : 0;
  const covered = udpLength >= 8 ? udpLength : length;
  let sum = 0;
  if (field.pseudoHeader) {
    const addressBytes = version === 4 ? 4 : 16;
    sum = sumOfWords(bytes, segment.sourceAt, addressBytes, protocol + wordsOf(covered));
    sum = sumOfWords(bytes, segment.destinationAt, addressBytes, sum);
  }
  const checksum = checksumOf(sumOfWords(bytes, at, Math.min(covered, capturedLength), sum));
  writeU16BE(bytes, fieldAt, isUdp && checksum === 0 ? 0xffff : checksum);
}

/** RFC 9260 appendix A: the CRC32c of the packet with zeros in place of it, least significant byte first. */
function computeSctpChecksum(bytes: Uint8Array, { at, length, capturedLength }: Segment): void {
  writeU32BE(bytes, at + SCTP_CRC_OFFSET, 0);
  const captured = Math.min(length, capturedLength);
  const crc = ~crc32cOfZeros(length - captured, crc32c(bytes, at, captured, -1));
  writeU32BE(bytes, at + SCTP_CRC_OFFSET, swapBytes(crc));
}

/**
 * Updates the checksum of an SCTP packet whose first word, the ports, has changed: a CRC is linear, so that of the difference is added,
 * whatever the rest of the packet holds.
 */
export function updateSctpChecksum(bytes: Uint8Array, at: number, portsBefore: number, length: number): void {
  let crc = portsBefore ^ readU32BE(bytes, at);
  if (crc === 0) return;
  crc = crc32cOfZeros(length, swapBytes(crc));
  const crcAt = at + SCTP_CRC_OFFSET;
  writeU32BE(bytes, crcAt, readU32BE(bytes, crcAt) ^ swapBytes(crc));
}

const swapBytes = (word: number): number =>
  ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);

/** Bytes of a header that hold no payload, or 0 where all of it is payload to us. */
export function headerLength(bytes: Uint8Array, at: number, end: number, protocol: number): number {
  switch (protocol) {
    case IP_PROTOCOL.tcp:
      return at + 12 < end ? Math.max(20, (bytes[at + 12]! >> 4) * 4) : 20;
    case IP_PROTOCOL.udp:
    case IP_PROTOCOL.udpLite:
    case IP_PROTOCOL.icmp:
    case IP_PROTOCOL.icmpv6:
    case IP_PROTOCOL.igmp:
      return 8;
    case IP_PROTOCOL.dccp:
    case IP_PROTOCOL.sctp:
      return SCTP_HEADER_BYTES;
    default:
      return 0;
  }
}
