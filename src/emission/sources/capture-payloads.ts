/**
 * @module
 * What packets carry above their transport header, for sockets: the system makes the headers. Packets that carry nothing are the
 * system's own affair too, save for empty datagrams.
 */
import { NONE, type Packet } from '../../capture/packet.js';
import { SKIP } from '../../capture/skip-reason.js';
import { IP_PROTOCOL } from '../../net/ip-protocol.js';
import type { PacketPart } from './packet-part.js';
import type { SourceCounts } from './source.js';

/** What a socket sends: messages of their own, or a stream of bytes. */
export type SocketKind = 'datagrams' | 'stream';

export class PayloadPart implements PacketPart {
  at = 0;
  capturedBytes = 0;
  length = 0;
  readonly #socket: SocketKind;

  constructor(socket: SocketKind) {
    this.#socket = socket;
  }

  find(packet: Packet, counts: SourceCounts): boolean {
    const { skip, payloadLength, contentAt, sizeBytes } = packet;
    if (skip !== SKIP.decoded) {
      counts.withoutIp++;
      return false;
    }
    if (payloadLength === 0 && !this.#isEmptyDatagram(packet)) {
      counts.leftToStack++;
      return false;
    }
    // The payload is the end of the IP packet, whatever stands before it.
    const payloadAt = contentAt + sizeBytes - payloadLength;
    const captured = Math.max(0, packet.at + packet.capturedLength - payloadAt);
    if (captured < payloadLength) counts.cut++;
    this.at = payloadAt;
    this.capturedBytes = Math.min(captured, payloadLength);
    this.length = payloadLength;
    return true;
  }

  #isEmptyDatagram({ protocol, transportAt }: Packet): boolean {
    return this.#socket === 'datagrams' && protocol === IP_PROTOCOL.udp && transportAt !== NONE;
  }
}
