/**
 * @module
 * Packets that a TCP stack sends by itself: SYN, ACK, keep-alives. Senders through stream sockets leave them to the stack of this host.
 * A model knows sizes and times only, so the size decides.
 */
import { IP_HEADER_BYTES, TCP_HEADER_BYTES, UDP_HEADER_BYTES } from '../net/header-bytes.js';
import { IP_PROTOCOL } from '../net/ip-protocol.js';

/** A SYN of Linux: maximum segment size, timestamps, selective acknowledgements and window scaling are 20 bytes of options. */
const SYN_BYTES = TCP_HEADER_BYTES + 20;

/** What a model file says about its packets. */
export interface ModelledPackets {
  /** IP protocol number; undefined where there are several. */
  readonly profile: { readonly ipVersion: 4 | 6; readonly protocol: number | undefined };
  /** Whether all of them carry something. */
  readonly training: { readonly payloadOnly: boolean };
}

/**
 * The longest IP packet of a model that counts as one of the stack: one of TCP that may be a SYN, an ACK or a keep-alive. Of other protocols
 * only packets that carry nothing count, and of a model of packets with payload none.
 */
export function stackPacketBytes({ profile, training }: ModelledPackets): number {
  if (training.payloadOnly) return 0;
  return IP_HEADER_BYTES[profile.ipVersion] + (profile.protocol === IP_PROTOCOL.tcp ? SYN_BYTES : UDP_HEADER_BYTES);
}

/**
 * The longest IP packet of a model that a stream leaves to the stack: as `stackPacketBytes`, and packets that would be headers alone.
 *
 * @param ipVersion of the stream
 */
export const streamStackBytes = (packets: ModelledPackets, ipVersion: 4 | 6): number =>
  Math.max(stackPacketBytes(packets), IP_HEADER_BYTES[ipVersion] + TCP_HEADER_BYTES);
