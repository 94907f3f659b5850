/**
 * @module
 * Checksums computed anew, whatever they were: that of the IPv4 header, and that of the transport where all of the packet was captured.
 */

import { NONE, type Packet } from '../capture/packet.js';
import { SKIP } from '../capture/skip-reason.js';
import { writeU16BE } from '../net/bytes.js';
import { checksumOf, sumOfWords } from '../net/checksum.js';
import { computeTransportChecksum } from '../net/transport-checksum.js';

/**
 * Fixes the checksums in a copy of the frame of a packet.
 *
 * @param at where the copy is
 * @param growth by how much what is behind the link layer's addresses has moved in it
 * @param finalDestinationAt where the pseudo header's destination is
 */
export function fixChecksums(
  packet: Packet,
  bytes: Uint8Array,
  at: number,
  growth: number,
  finalDestinationAt: number,
): void {
  if (packet.skip !== SKIP.decoded) return;
  const { ipVersion: version, protocol, sizeBytes, transportAt } = packet;
  const end = at + packet.capturedLength + growth;
  const shift = at - packet.at + growth;
  const ipAt = packet.contentAt + shift;
  if (version === 4) fixIpv4Header(bytes, ipAt, end);
  if (transportAt === NONE || packet.fragment || ipAt + sizeBytes > end) return;
  const segmentAt = transportAt + shift;
  const length = sizeBytes - (segmentAt - ipAt);
  computeTransportChecksum(bytes, {
    version,
    protocol,
    at: segmentAt,
    length,
    capturedLength: length,
    sourceAt: packet.sourceAt + shift,
    destinationAt: finalDestinationAt,
  });
}

/** If all of the header was captured. */
export function fixIpv4Header(bytes: Uint8Array, at: number, end: number): void {
  const headerBytes = (bytes[at]! & 15) * 4;
  if (at + headerBytes > end) return;
  writeU16BE(bytes, at + 10, 0);
  writeU16BE(bytes, at + 10, checksumOf(sumOfWords(bytes, at, headerBytes)));
}
