/**
 * @module
 * What kind of address an end of a conversation has: some mean everybody or nobody, and are kept; the others are somebody's.
 */
import { type Address, formatAddress } from '../net/address.js';
import type { End } from './records.js';

/** RFC 5771, RFC 4291 §2.7. */
const isGroup = ({ bytes }: Address): boolean => (bytes.length === 4 ? bytes[0]! >> 4 === 14 : bytes[0] === 0xff);
/** RFC 3927, RFC 4291 §2.5.6. */
const isLinkLocal = ({ bytes }: Address): boolean =>
  bytes.length === 4 ? bytes[0] === 169 && bytes[1] === 254 : bytes[0] === 0xfe && bytes[1]! >> 6 === 2;
const isLimitedBroadcast = ({ bytes }: Address): boolean => bytes.length === 4 && bytes.every((byte) => byte === 255);
/** ff02::1:ff00:0/104 ends in three bytes of somebody's address (RFC 4291 §2.7.1). */
const isSolicitedNode = ({ bytes }: Address): boolean =>
  bytes.length === 16 && bytes[0] === 0xff && bytes[1] === 2 && bytes[11] === 1 && bytes[12] === 0xff;

/** Groups that are made of a network's prefix: 234/8 (RFC 6034), and those of IPv6 with the flag P (RFC 3306 §4). */
const isOfNetwork = ({ bytes }: Address): boolean =>
  bytes.length === 4 ? bytes[0] === 234 : bytes[0] === 0xff && (bytes[1]! & 0x20) !== 0;

/** Groups that everybody knows instead of ones that give somebody's address away: all nodes of the link (RFC 1112 §4, RFC 4291 §2.7.1). */
const ALL_NODES = { 4: '224.0.0.1', 6: 'ff02::1' } as const;

export function endOf(ipVersion: 4 | 6, address: Address, broadcast: boolean, keepAddress: boolean): End {
  const text = formatAddress(address);
  if (address.bytes.every((byte) => byte === 0)) return { ipVersion, kind: 'unspecified', address: null };
  if (isGroup(address)) {
    const isTelling = isSolicitedNode(address) || isOfNetwork(address);
    return { ipVersion, kind: 'group', address: isTelling && !keepAddress ? ALL_NODES[ipVersion] : text };
  }
  const kept = keepAddress ? text : null;
  if (broadcast || isLimitedBroadcast(address)) {
    return { ipVersion, kind: 'broadcast', address: isLimitedBroadcast(address) ? text : kept };
  }
  return { ipVersion, kind: isLinkLocal(address) ? 'linkLocal' : 'host', address: kept };
}
