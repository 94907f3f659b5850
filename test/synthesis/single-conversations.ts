/** Captures of one conversation each: of which protocols, with packets of which sizes. */
import type { Row } from '../models/blocks.js';

// IANA protocol numbers; 47 is GRE, whose header is not made up.
export const CONVERSATIONS = [
  { name: 'TCP over IPv4', ipVersion: 4, protocol: 6 },
  { name: 'UDP over IPv4', ipVersion: 4, protocol: 17 },
  { name: 'ICMP', ipVersion: 4, protocol: 1 },
  { name: 'GRE over IPv4', ipVersion: 4, protocol: 47 },
  { name: 'TCP over IPv6', ipVersion: 6, protocol: 6 },
  { name: 'UDP over IPv6', ipVersion: 6, protocol: 17 },
  { name: 'ICMPv6', ipVersion: 6, protocol: 58 },
  { name: 'GRE over IPv6', ipVersion: 6, protocol: 47 },
] as const;

/** Segments before offload: the length field of IPv4 cannot hold them. */
export const LARGE_SIZES = [65_536, 65_575, 65_576, 70_001, 131_072, 262_130];
export const rowsOf = (sizes: readonly number[]): Row[] =>
  sizes.map((size, i) => [i * 1_000_000_007 + (i % 3), size, i % 5 < 2 ? 1 : 0]);

/** What a packet of this size of this conversation has to be. */
export function expectedProtocol(
  ipVersion: 4 | 6,
  protocol: number,
  size: number,
): { version: 4 | 6; protocol: number } {
  const version = ipVersion === 6 && size >= 40 ? 6 : 4;
  const room = size - (version === 6 ? 40 : 20);
  const bare = version === 6 ? 59 : 253; // RFC 8200 §4.7: no next header; RFC 3692: for experiments
  if (protocol === 6) return { version, protocol: room >= 20 ? 6 : room >= 8 ? 17 : bare };
  // RFC 768: 16 bits of length. What has no header at all (59) could not say its length either.
  if (protocol === 17) return { version, protocol: room > 0xffff ? 253 : room >= 8 ? 17 : bare };
  if (protocol === (version === 6 ? 58 : 1)) return { version, protocol: room >= 8 ? protocol : bare };
  return { version, protocol: bare };
}
