/**
 * @module
 * What a packet tells beside its size and time: whether it opens or closes a connection, carries payload, and what a TCP handshake offers.
 */

import type { Packet } from '../capture/packet.js';
import { readU16BE, readU32BE } from '../net/bytes.js';
import { IP_PROTOCOL, TCP_FLAG } from '../net/ip-protocol.js';
import type { SynOptions } from '../net/syn-options.js';
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

/** TCP options (IANA): maximum segment size, window scale, SACK permitted, timestamps. */
const OPTION = { end: 0, noOperation: 1, mss: 2, windowScale: 3, sackPermitted: 4, timestamps: 8 } as const;
/** Larger shifts are taken for this one (RFC 7323 §2.3). */
const MAX_WINDOW_SCALE = 14;

/** The options of a SYN, or undefined where they were not captured whole. */
export function synOptions({ bytes, at, capturedLength, transportAt }: Packet): SynOptions | undefined {
  const end = transportAt + (bytes[transportAt + 12]! >> 4) * 4;
  if (end > at + capturedLength) return undefined;
  let mss: number | null = null;
  let windowScale: number | null = null;
  let sackPermitted = false;
  let timestamps = false;
  for (let cursor = transportAt + 20; cursor < end; ) {
    const kind = bytes[cursor]!;
    if (kind === OPTION.end) break;
    if (kind === OPTION.noOperation) {
      cursor++;
      continue;
    }
    const length = cursor + 1 < end ? bytes[cursor + 1]! : 0;
    if (length < 2 || cursor + length > end) break;
    if (kind === OPTION.mss && length === 4) mss = readU16BE(bytes, cursor + 2);
    else if (kind === OPTION.windowScale && length === 3) windowScale = Math.min(MAX_WINDOW_SCALE, bytes[cursor + 2]!);
    else if (kind === OPTION.sackPermitted) sackPermitted = true;
    else if (kind === OPTION.timestamps) timestamps = true;
    cursor += length;
  }
  return { mss, windowScale, sackPermitted, timestamps };
}

/** The first SYN of either end of each conversation. */
export class Handshakes {
  readonly #seen = new Map<number, { local?: SynOptions; peer?: SynOptions }>();

  /** @param packet a TCP SYN */
  take(packet: Packet, outbound: boolean, conversation: number): void {
    const seen = this.#seen.get(conversation) ?? {};
    const end = outbound ? 'local' : 'peer';
    if (seen[end] !== undefined) return;
    const options = synOptions(packet);
    if (options === undefined) return;
    seen[end] = options;
    this.#seen.set(conversation, seen);
  }

  of(conversation: number): Conversation['syn'] {
    return this.#seen.get(conversation);
  }
}
