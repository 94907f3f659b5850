/**
 * @module
 * The frames that one packet takes, as they are to be written. `FramePlanner` fills a plan in; `FrameEncoder` writes its frames.
 */

import type { Channel } from './channel.js';
import { SegmentList } from './tcp-segments.js';

/**
 * The frames of one packet, in their order: a datagram or TCP segments. A datagram or last segment above the MTU is several frames, its
 * fragments. The columns are arrays that are used again, so a plan is valid until the next packet is planned.
 */
export interface FramePlan {
  readonly channel: Channel;
  readonly ipVersion: 4 | 6;
  /** IP protocol number of the packet: that of the conversation, or a plainer one that the packet has room for. */
  readonly protocol: number;
  /** 1 if the local end sends the packet, 0 if its peer does. */
  readonly outbound: number;
  /** Bytes of the packet above the IP header and its extension. */
  readonly transportBytes: number;
  /** Bytes of the extension header between IP header and transport. Forced segments have none. */
  readonly extensionBytes: number;
  /** The packet as TCP segments; empty where it is not TCP. */
  readonly segments: Readonly<SegmentList>;
  /** Transport bytes of every fragment but the last; 0 where nothing is fragmented. */
  readonly fragmentBytes: number;
  /** Index of the first frame that is a fragment; `frames` where nothing is fragmented. */
  readonly firstFragment: number;
  /** Number of frames. The columns below have one entry for each. */
  readonly frames: number;
  /** Length of the frame in bytes, with its Ethernet header. */
  readonly frameBytes: Int32Array;
  /** 1 for a frame that the local end sends, 0 for one of its peer: a forced segment may go the other way than the packet. */
  readonly frameOutbound: Uint8Array;
  /** 1 for a frame beside the one that stands for the sampled packet. */
  readonly frameForced: Uint8Array;
}

/** A plan that is filled in anew for each packet. */
export class ReusedFramePlan implements FramePlan {
  channel!: Channel;
  ipVersion: 4 | 6 = 4;
  protocol = 0;
  outbound = 0;
  transportBytes = 0;
  extensionBytes = 0;
  readonly segments: SegmentList;
  fragmentBytes = 0;
  firstFragment = 0;
  frames = 0;
  readonly frameBytes: Int32Array;
  readonly frameOutbound: Uint8Array;
  readonly frameForced: Uint8Array;

  /** @param capacity the most frames that a packet can take */
  constructor(capacity: number) {
    this.segments = new SegmentList(capacity);
    this.frameBytes = new Int32Array(capacity);
    this.frameOutbound = new Uint8Array(capacity);
    this.frameForced = new Uint8Array(capacity);
  }

  /** Begins the plan of another packet. */
  begin(channel: Channel, outbound: number): void {
    this.channel = channel;
    this.outbound = outbound;
    this.segments.count = 0;
    this.frames = 0;
    this.fragmentBytes = 0;
  }

  addFrame(bytes: number, outbound: number, forced: number): void {
    const index = this.frames++;
    this.frameBytes[index] = bytes;
    this.frameOutbound[index] = outbound;
    this.frameForced[index] = forced;
  }
}
