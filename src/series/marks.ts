/**
 * @module
 * What a packet tells beside its size and time: whether it opens or closes a connection, carries payload, and what a TCP handshake offers.
 */

import type { Packet } from '../capture/packet.js';
import { readU16BE, readU32BE } from '../net/bytes.js';
import { IP_PROTOCOL, TCP_FLAG } from '../net/ip-protocol.js';
import type { SynOptions } from '../net/syn-options.js';
import { readSynOptions } from '../net/tcp-options.js';
import { type Conversation, MARK } from '../packets/packet-series.js';

/** Bits of `MARK`. */
export function marksOf({ payloadLength, fragment, firstFragment, protocol, tcpFlags }: Packet): number {
  if (fragment && !firstFragment) return MARK.payload | MARK.laterFragment;
  const payload = payloadLength > 0 ? MARK.payload : 0;
  if (protocol !== IP_PROTOCOL.tcp) return payload;
  return (
    payload |
    ((tcpFlags & TCP_FLAG.syn) !== 0 ? MARK.syn : 0) |
    ((tcpFlags & TCP_FLAG.fin) !== 0 ? MARK.fin : 0) |
    ((tcpFlags & TCP_FLAG.rst) !== 0 ? MARK.rst : 0) |
    ((tcpFlags & TCP_FLAG.ack) !== 0 ? MARK.ack : 0)
  );
}

/** Whether the frame goes to ff:ff:ff:ff:ff:ff. */
export function isBroadcast({ bytes, destinationMacAt }: Packet): boolean {
  return readU32BE(bytes, destinationMacAt) === 0xffff_ffff && readU16BE(bytes, destinationMacAt + 4) === 0xffff;
}

/** The first SYN of either end of each conversation. */
export class Handshakes {
  readonly #seen = new Map<number, { local?: SynOptions; peer?: SynOptions }>();

  /** @param packet a TCP SYN */
  take({ bytes, at, capturedLength, transportAt }: Packet, outbound: boolean, conversation: number): void {
    const seen = this.#seen.get(conversation) ?? {};
    const end = outbound ? 'local' : 'peer';
    if (seen[end] !== undefined) return;
    const options = readSynOptions(bytes, transportAt, at + capturedLength);
    if (options === undefined) return;
    seen[end] = options;
    this.#seen.set(conversation, seen);
  }

  of(conversation: number): Conversation['syn'] {
    return this.#seen.get(conversation);
  }
}
