/**
 * @module
 * One packet as the readers and decoders fill it in: a single object for a whole capture, so that nothing is allocated per
 * packet. Addresses stay where they are, as positions in the capture's bytes.
 */

/** Value of a position or a port that the packet does not have. */
export const NONE = -1;

/** Valid until the reader moves on. */
export class Packet {
  /** The bytes that hold the frame; more than the frame. */
  bytes: Uint8Array = new Uint8Array(0);
  /** The same bytes, for numbers of several bytes. */
  view: DataView = new DataView(new ArrayBuffer(0));
  /** Position of the frame in `bytes`. */
  at = 0;
  /** Bytes of the frame that were captured. */
  capturedLength = 0;
  /** Bytes of the frame on the wire. */
  wireLength = 0;
  /** Time since the Unix epoch: whole seconds, and nanoseconds below 1e9. */
  seconds = 0;
  nanoseconds = 0;
  /** LINKTYPE_ value of the frame. */
  linkType = 0;

  /** `SKIP.decoded`, or why there is no IP packet in the frame (skip-reason.ts). */
  skip = 0;
  /** Position of the link-layer source and destination addresses (6 bytes each), or NONE. */
  sourceMacAt = NONE;
  destinationMacAt = NONE;
  /** Position of what the link layer carries, the IP header in most frames; NONE where the frame does not get that far. */
  contentAt = NONE;
  /** 4 or 6. */
  ipVersion: 4 | 6 = 4;
  /** Position of the IP source and destination addresses (4 or 16 bytes). */
  sourceAt = NONE;
  destinationAt = NONE;
  /** The *size*: IP total length in bytes. */
  sizeBytes = 0;
  /** IP protocol number of the transport. */
  protocol = 0;
  /** Ports of TCP, UDP and SCTP when they are in the captured bytes, else NONE. */
  sourcePort = NONE;
  destinationPort = NONE;
  /** Position of the transport header, or NONE where none was captured. */
  transportAt = NONE;
  /** Flags of TCP (RFC 9293 §3.1), or 0 where they were not captured. */
  tcpFlags = 0;
  /** Bytes above the transport header. */
  payloadLength = 0;
  /** True for any part of a fragmented IP packet. */
  fragment = false;
  /** True for the part that holds the transport header. */
  firstFragment = false;
  /** IP identification, where `fragment` is true. */
  identification = 0;

  /** A packet of its own, with the bytes of its frame, that stays valid. */
  copy(): Packet {
    const bytes = this.bytes.slice(this.at, this.at + this.capturedLength);
    const moved = (position: number) => (position === NONE ? NONE : position - this.at);
    return Object.assign(new Packet(), this, {
      bytes,
      view: new DataView(bytes.buffer),
      at: 0,
      sourceMacAt: moved(this.sourceMacAt),
      destinationMacAt: moved(this.destinationMacAt),
      contentAt: moved(this.contentAt),
      sourceAt: moved(this.sourceAt),
      destinationAt: moved(this.destinationAt),
      transportAt: moved(this.transportAt),
    });
  }
}
