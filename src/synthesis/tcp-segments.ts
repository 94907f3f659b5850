/**
 * @module
 * Planned TCP segments, as columns that are used over and over: `TcpConnection` decides on them, `FrameEncoder` writes them.
 */

export class SegmentList {
  count = 0;
  /** 1 = sent by the local end. */
  readonly outbound: Uint8Array;
  /** 1 = not the packet that was sampled, but one that is needed beside it. */
  readonly forced: Uint8Array;
  readonly flags: Uint8Array;
  readonly headerBytes: Uint8Array;
  /** Set of `TCP_OPTION`. */
  readonly options: Uint8Array;
  readonly payloadBytes: Int32Array;
  /** Field of the header, not scaled. */
  readonly window: Uint16Array;
  readonly sequence: Int32Array;
  readonly acknowledged: Int32Array;
  /** TSval and TSecr, where the options have them. */
  readonly timestamp: Int32Array;
  readonly echoed: Int32Array;

  /** @param capacity the most segments that a packet can take */
  constructor(capacity: number) {
    this.outbound = new Uint8Array(capacity);
    this.forced = new Uint8Array(capacity);
    this.flags = new Uint8Array(capacity);
    this.headerBytes = new Uint8Array(capacity);
    this.options = new Uint8Array(capacity);
    this.payloadBytes = new Int32Array(capacity);
    this.window = new Uint16Array(capacity);
    this.sequence = new Int32Array(capacity);
    this.acknowledged = new Int32Array(capacity);
    this.timestamp = new Int32Array(capacity);
    this.echoed = new Int32Array(capacity);
  }
}
