/**
 * @module
 * Writes the frames of a plan: Ethernet frames with valid lengths and checksums. The payload is drawn from the channel while they are
 * written, and the counters of the channel move on.
 */

import { ETHERNET_HEADER_BYTES, IP_HEADER_BYTES } from '../net/header-bytes.js';
import type { FramePlan } from './frame-plan.js';
import { fragmentHeaderBytes, writeFragmentHeader, writeIpHeader } from './ip-headers.js';
import { writeDatagram, writeSegment } from './transports.js';

const MAX_PACKET_BYTES = 0xffff;

export class FrameEncoder {
  readonly #preamble: Uint8Array;
  /** A packet before it is cut into fragments; behind the preamble, like the output. Made when there is one. */
  #whole: Uint8Array | undefined;
  /** IPv6: identification of the packet that is cut into fragments. */
  #identification = 0;

  /** @param preamble of the payload: the beginning of every array that frames are written to */
  constructor(preamble: Uint8Array) {
    this.#preamble = preamble;
  }

  /** Writes a frame. The frames of a plan have to be written in order, each once. */
  write(plan: FramePlan, index: number, bytes: Uint8Array, at: number): void {
    if (index < plan.firstFragment) writePacket(plan, index, bytes, at);
    else this.#writeFragment(plan, index - plan.firstFragment, bytes, at);
  }

  /** The checksum of the transport is over all fragments, so all are put together before the first is written. */
  #writeFragment(plan: FramePlan, fragment: number, bytes: Uint8Array, at: number): void {
    const { channel, ipVersion, outbound, transportBytes, fragmentBytes } = plan;
    const wholeAt = this.#preamble.length;
    const whole = this.#wholePacket();
    if (fragment === 0) {
      writePacket(plan, plan.firstFragment, whole, wholeAt);
      if (ipVersion === 6) this.#identification = channel.nextIdentification(outbound);
    }
    const headersEnd = wholeAt + ETHERNET_HEADER_BYTES + IP_HEADER_BYTES[ipVersion];
    const from = fragment * fragmentBytes;
    const to = Math.min(from + fragmentBytes, transportBytes);
    const ip = at + ETHERNET_HEADER_BYTES;
    bytes.set(whole.subarray(wholeAt, headersEnd), at);
    bytes.set(whole.subarray(headersEnd + from, headersEnd + to), ip + fragmentHeaderBytes(ipVersion));
    writeFragmentHeader(plan, from, this.#identification, bytes, ip);
  }

  #wholePacket(): Uint8Array {
    if (this.#whole === undefined) {
      this.#whole = new Uint8Array(this.#preamble.length + ETHERNET_HEADER_BYTES + MAX_PACKET_BYTES);
      this.#whole.set(this.#preamble);
    }
    return this.#whole;
  }
}

function writePacket(plan: FramePlan, index: number, bytes: Uint8Array, at: number): void {
  const transport = writeIpHeader(plan, index, bytes, at);
  if (plan.segments.count > 0) writeSegment(plan, index, bytes, transport);
  else writeDatagram(plan, bytes, transport);
}
