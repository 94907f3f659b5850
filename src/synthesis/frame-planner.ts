/**
 * @module
 * Plans the Ethernet frames of a packet before any is written, since it may take several: what TCP needs beside it
 * (tcp-connection.ts), and what it is cut into where it is longer than the MTU.
 *
 * Sizes are never changed. A size that leaves no room for the transport header of the conversation gets a smaller one: UDP, and
 * below that a bare IP packet (IPv4 protocol 253, RFC 3692; IPv6 next header 59, RFC 8200 §4.7), and IPv4 below the header of IPv6. One
 * that is longer than the length field of UDP can say is a bare IP packet of protocol 253.
 */

import { SynthError } from '../errors.js';
import { ETHERNET_HEADER_BYTES, IP_HEADER_BYTES } from '../net/header-bytes.js';
import { IP_PROTOCOL } from '../net/ip-protocol.js';
import { MAX_PACKET_BYTES } from '../net/sizes.js';
import type { Channel } from './channel.js';
import { type FramePlan, ReusedFramePlan } from './frame-plan.js';
import { fragmentHeaderBytes, JUMBO_HEADER_BYTES } from './ip-headers.js';

/** How packets above the MTU are handled. */
export const OVERSIZE = ['fragment', 'split', 'error'] as const;
export type Oversize = (typeof OVERSIZE)[number];

export interface FramePlannerOptions {
  /** Longest IP packet, in bytes; may be infinite. */
  readonly mtu: number;
  readonly oversize: Oversize;
}

/** A sampled packet. */
export interface PacketToSend {
  /** IP length, at least 20. */
  readonly sizeBytes: number;
  /** 1 if the local end sends it, 0 if its peer does. */
  readonly outbound: number;
  /** Of `ROLE`. A packet that cannot have it gets another one. */
  readonly role: number;
}

/** What every host takes (RFC 791 §3.1). Below it there would be more header than payload. */
export const MIN_MTU = 576;
const MAX_DATAGRAM_BYTES = 0xffff;
/** Frames that a packet can force beside what it is cut into: handshake and window. */
const MAX_FORCED_FRAMES = 4;
/** IPv6 and TCP header, each with all that it can have here. */
const MAX_HEADER_BYTES = 108;
const UNLIMITED = Number.POSITIVE_INFINITY;

export class FramePlanner {
  readonly #mtu: number;
  readonly #oversize: Oversize;
  readonly #plan: ReusedFramePlan;

  /** @throws SynthError `SYNTH_USAGE` for an MTU that is too small */
  constructor({ mtu, oversize }: FramePlannerOptions) {
    if (mtu < MIN_MTU) {
      throw new SynthError('SYNTH_USAGE', `an MTU of ${mtu} bytes`, { hint: `Take ${MIN_MTU} or more.` });
    }
    this.#mtu = mtu;
    this.#oversize = oversize;
    this.#plan = new ReusedFramePlan(this.maxFrames(MAX_PACKET_BYTES));
  }

  /** The most frames that a packet can take. For making room before `plan`. */
  maxFrames(sizeBytes: number): number {
    const mtu = this.#mtu;
    return MAX_FORCED_FRAMES + (sizeBytes > mtu ? Math.ceil(sizeBytes / (mtu - MAX_HEADER_BYTES)) : 1);
  }

  /** The most bytes that they can have altogether. */
  maxBytes(sizeBytes: number): number {
    return sizeBytes + this.maxFrames(sizeBytes) * (ETHERNET_HEADER_BYTES + MAX_HEADER_BYTES);
  }

  /**
   * Plans the frames of one sampled packet. All of them have to be written, in order: the payload is drawn when they are.
   *
   * @param timeMs time of the packet since the beginning of the capture
   * @returns the same object each time, valid until the next call
   * @throws SynthError `SYNTH_USAGE` for a packet above the MTU that may not or cannot be cut
   */
  plan(channel: Channel, { sizeBytes, outbound, role }: PacketToSend, timeMs: number): FramePlan {
    const isOversize = sizeBytes > this.#mtu;
    if (isOversize && this.#oversize === 'error') throw tooLong(sizeBytes, this.#mtu);
    const plan = this.#plan;
    plan.begin(channel, outbound);
    this.#planHeaders(sizeBytes, isOversize);
    const isTcp = this.#planSegments(role, timeMs, isOversize);
    plan.protocol = isTcp ? IP_PROTOCOL.tcp : channel.protocolFor(plan.ipVersion, plan.transportBytes);
    const isFragmented = isOversize && !(isTcp && this.#oversize === 'split');
    if (isFragmented) requireFragments(sizeBytes);
    if (isTcp) addSegments(plan, isFragmented ? plan.segments.count - 1 : plan.segments.count);
    else if (!isFragmented) plan.addFrame(ETHERNET_HEADER_BYTES + sizeBytes, outbound, 0);
    plan.firstFragment = plan.frames;
    if (isFragmented) addFragments(plan, this.#mtu);
    return plan;
  }

  #planHeaders(sizeBytes: number, isOversize: boolean): void {
    const plan = this.#plan;
    plan.ipVersion = plan.channel.spec.ipVersion === 6 && sizeBytes >= IP_HEADER_BYTES[6] ? 6 : 4;
    const ipPayloadBytes = sizeBytes - IP_HEADER_BYTES[plan.ipVersion];
    plan.extensionBytes = plan.ipVersion === 6 && ipPayloadBytes > 0xffff && !isOversize ? JUMBO_HEADER_BYTES : 0;
    plan.transportBytes = ipPayloadBytes - plan.extensionBytes;
  }

  /** @returns false for a packet that the channel has no TCP for */
  #planSegments(role: number, timeMs: number, isOversize: boolean): boolean {
    const { channel, ipVersion, outbound, transportBytes, segments } = this.#plan;
    const { spec, connection } = channel;
    if (connection === null || ipVersion !== spec.ipVersion) return false;
    const maxBytes = isOversize && this.#oversize === 'split' ? this.#maxSegmentBytes(ipVersion) : UNLIMITED;
    return connection.plan(outbound, transportBytes, role, timeMs, segments, maxBytes);
  }

  #maxSegmentBytes(ipVersion: 4 | 6): number {
    return Math.min(this.#mtu, MAX_DATAGRAM_BYTES) - IP_HEADER_BYTES[ipVersion];
  }
}

/** Segments that are frames of their own. */
function addSegments(plan: ReusedFramePlan, count: number): void {
  const { forced, outbound, headerBytes, payloadBytes } = plan.segments;
  const ipBytes = ETHERNET_HEADER_BYTES + IP_HEADER_BYTES[plan.ipVersion];
  for (let i = 0; i < count; i++) {
    const extensionBytes = forced[i] === 1 ? 0 : plan.extensionBytes;
    plan.addFrame(ipBytes + extensionBytes + headerBytes[i]! + payloadBytes[i]!, outbound[i]!, forced[i]!);
  }
}

/** IPv4 and IPv6 count the payload of fragments in units of 8 bytes (RFC 791 §3.1, RFC 8200 §4.5). */
function addFragments(plan: ReusedFramePlan, mtu: number): void {
  const { ipVersion, outbound, transportBytes } = plan;
  const headerBytes = fragmentHeaderBytes(ipVersion);
  const fragmentBytes = (mtu - headerBytes) & ~7;
  plan.fragmentBytes = fragmentBytes;
  for (let from = 0; from < transportBytes; from += fragmentBytes) {
    const length = Math.min(transportBytes - from, fragmentBytes);
    plan.addFrame(ETHERNET_HEADER_BYTES + headerBytes + length, outbound, from === 0 ? 0 : 1);
  }
}

function requireFragments(sizeBytes: number): void {
  if (sizeBytes <= MAX_DATAGRAM_BYTES) return;
  throw new SynthError('SYNTH_USAGE', `a packet of ${sizeBytes} bytes is too long for fragments`, {
    hint: 'Leave the MTU out; TCP can also be split into segments.',
  });
}

function tooLong(sizeBytes: number, mtu: number): SynthError {
  return new SynthError('SYNTH_USAGE', `a packet of ${sizeBytes} bytes is longer than the MTU of ${mtu}`, {
    hint: 'Let it be cut into fragments, or TCP split into segments, or take a larger MTU.',
  });
}
