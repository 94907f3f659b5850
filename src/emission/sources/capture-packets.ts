/**
 * @module
 * IP packets, without the link layer and without what it has added behind them.
 */
import type { Packet } from '../../capture/packet.js';
import { SKIP } from '../../capture/skip-reason.js';
import type { PacketPart } from './packet-part.js';
import type { SourceCounts } from './source.js';

export class IpPart implements PacketPart {
  at = 0;
  capturedBytes = 0;
  length = 0;

  find({ skip, contentAt, at, capturedLength, sizeBytes }: Packet, counts: SourceCounts): boolean {
    if (skip !== SKIP.decoded) {
      counts.withoutIp++;
      return false;
    }
    const captured = at + capturedLength - contentAt;
    if (captured < sizeBytes) counts.cut++;
    this.at = contentAt;
    this.capturedBytes = Math.min(captured, sizeBytes);
    this.length = this.capturedBytes;
    return true;
  }
}
