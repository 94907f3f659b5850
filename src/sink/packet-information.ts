/**
 * @module
 * What the kernel tells beside a datagram, as ancillary data (cmsg(3), ip(7), ipv6(7)): when it came, and to which address of this host.
 */

import { BATCH_PACKETS } from '../emission/batch.js';
import { LINUX } from '../host/native/linux.js';
import { endpointOf, type InternetEndpoint } from '../host/native/socket-address.js';
import { parseAddress } from '../net/address.js';

/** struct cmsghdr: length (8 bytes), level (4), type (4); data and the next header are aligned to 8. */
const HEADER_BYTES = 16;
/** struct in_pktinfo: interface, local address, and that of the header; struct in6_pktinfo: address, interface. */
const INFORMATION_BYTES = { 4: 12, 6: 20 } as const;
const REPLY_CONTROL_BYTES = { 4: 32, 6: 40 } as const;
const REPLY_STRIDE_BYTES = 64;

/** Where the kernel tells no time. */
export const NO_SECONDS = -1;

const alignedBytes = (bytes: number): number => (bytes + 7) & ~7;

const readU32 = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;

export class PacketInformation {
  seconds = NO_SECONDS;
  nanoseconds = 0;
  /** Where the address lies that the datagram was sent to; made into text only when it is asked for. */
  addressBytes: Uint8Array | undefined;
  addressAt = 0;
  addressLength = 0;

  readonly #controls = new Uint8Array(BATCH_PACKETS * REPLY_STRIDE_BYTES);
  #version: 4 | 6 = 4;

  get localAddress(): string | undefined {
    if (this.addressBytes === undefined) return undefined;
    // As a socket address has it, for the one function that makes text of them.
    const isIpv4 = this.addressLength === 4;
    const name = new Uint8Array(28);
    name[0] = isIpv4 ? LINUX.AF_INET : LINUX.AF_INET6;
    name.set(this.addressBytes.subarray(this.addressAt, this.addressAt + this.addressLength), isIpv4 ? 4 : 8);
    return endpointOf(name).address;
  }

  /** Ancillary data that says from which address replies go: that to which the packets came. @param version of the socket */
  prepareReplies(version: 4 | 6): void {
    this.#version = version;
    const view = new DataView(this.#controls.buffer);
    for (let i = 0; i < BATCH_PACKETS; i++) {
      const at = i * REPLY_STRIDE_BYTES;
      view.setUint32(at, HEADER_BYTES + INFORMATION_BYTES[version], true);
      view.setUint32(at + 8, version === 4 ? LINUX.SOL_IP : LINUX.SOL_IPV6, true);
      view.setUint32(at + 12, version === 4 ? LINUX.IP_PKTINFO : LINUX.IPV6_PKTINFO, true);
    }
  }

  replyControl(index: number): Uint8Array {
    const at = index * REPLY_STRIDE_BYTES;
    return this.#controls.subarray(at, at + REPLY_CONTROL_BYTES[this.#version]);
  }

  setReplySource(index: number, { address }: InternetEndpoint): void {
    const at = index * REPLY_STRIDE_BYTES + HEADER_BYTES;
    const { bytes } = parseAddress(address);
    if (this.#version === 4) {
      this.#controls.set(bytes, at + 4);
    } else if (bytes.length === 4) {
      // IPv4 by a socket for both (RFC 4291 §2.5.5.2).
      this.#controls.fill(0, at, at + 10).fill(0xff, at + 10, at + 12);
      this.#controls.set(bytes, at + 12);
    } else {
      this.#controls.set(bytes, at);
    }
  }
}

/** @param length bytes of ancillary data at `at` */
export function readAncillary(controls: Uint8Array, at: number, length: number, into: PacketInformation): void {
  into.seconds = NO_SECONDS;
  into.addressBytes = undefined;
  const end = at + length;
  let cursor = at;
  while (cursor + HEADER_BYTES <= end) {
    const messageBytes = readU32(controls, cursor);
    if (messageBytes < HEADER_BYTES) return;
    const level = readU32(controls, cursor + 8);
    const type = readU32(controls, cursor + 12);
    const data = cursor + HEADER_BYTES;
    if (level === LINUX.SOL_SOCKET && type === LINUX.SO_TIMESTAMPNS) {
      into.seconds = readU32(controls, data + 4) * 2 ** 32 + readU32(controls, data);
      into.nanoseconds = readU32(controls, data + 8);
    } else if (level === LINUX.SOL_IP && type === LINUX.IP_PKTINFO) {
      setAddress(into, controls, data + 8, 4);
    } else if (level === LINUX.SOL_IPV6 && type === LINUX.IPV6_PKTINFO) {
      setAddress(into, controls, data, 16);
    }
    cursor += alignedBytes(messageBytes);
  }
}

function setAddress(into: PacketInformation, bytes: Uint8Array, at: number, length: number): void {
  into.addressBytes = bytes;
  into.addressAt = at;
  into.addressLength = length;
}
