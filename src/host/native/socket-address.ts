/**
 * @module
 * Addresses as system calls take them: struct sockaddr_in, sockaddr_in6 and sockaddr_ll.
 */

import { formatAddress, parseAddress } from '../../net/address.js';
import { writeU16BE } from '../../net/bytes.js';
import { LINUX } from './linux.js';

const IPV4_BYTES = 16;
const IPV6_BYTES = 28;
const LINK_BYTES = 20;
const ETH_P_ALL = 0x0003;

/** An IP address, and a port where there is one. */
export interface InternetEndpoint {
  readonly address: string;
  readonly port: number;
}

/** ip(7), ipv6(7). An IPv6 address may have a scope: `fe80::1%eth0`. @param scope index of the interface that it names */
export function internetAddress({ address, port }: InternetEndpoint, scope = 0): Uint8Array {
  const { bytes } = parseAddress(address.replace(/%.*$/, ''));
  const isIpv4 = bytes.length === 4;
  const result = new Uint8Array(isIpv4 ? IPV4_BYTES : IPV6_BYTES);
  result[0] = isIpv4 ? LINUX.AF_INET : LINUX.AF_INET6;
  writeU16BE(result, 2, port);
  result.set(bytes, isIpv4 ? 4 : 8);
  if (!isIpv4) new DataView(result.buffer).setUint32(24, scope, true);
  return result;
}

/** packet(7). @param receives false for a socket that only sends */
export function linkAddress(interfaceIndex: number, receives: boolean): Uint8Array {
  const result = new Uint8Array(LINK_BYTES);
  const view = new DataView(result.buffer);
  view.setUint16(0, LINUX.AF_PACKET, true);
  view.setUint16(2, receives ? ETH_P_ALL : 0); // network byte order
  view.setInt32(4, interfaceIndex, true);
  return result;
}

/** The other way. */
export function endpointOf(bytes: Uint8Array, at = 0): InternetEndpoint {
  const port = bytes[at + 2]! * 256 + bytes[at + 3]!;
  if (bytes[at] === LINUX.AF_INET) return { address: bytes.subarray(at + 4, at + 8).join('.'), port };
  const words = Array.from({ length: 8 }, (_, i) => bytes[at + 8 + 2 * i]! * 256 + bytes[at + 9 + 2 * i]!);
  return { address: formatAddress(parseAddress(words.map((word) => word.toString(16)).join(':'))), port };
}
