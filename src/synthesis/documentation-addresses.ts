/**
 * @module
 * Addresses reserved for documentation, for generated ends without captured or chosen ones: RFC 7042 (MAC), RFC 5737 (IPv4), RFC 3849
 * (IPv6).
 */

import { type Address, parseAddress } from '../net/address.js';
import type { Target } from '../series/target.js';

/** One end of a generated conversation; both IP addresses, since a device may use both versions. */
export interface Party {
  readonly mac: Address;
  readonly ipv4: Address;
  readonly ipv6: Address;
  /** Ignored by protocols without ports. */
  readonly port: number;
}

export const DOCUMENTATION_CLIENT: Omit<Party, 'port'> = {
  mac: parseAddress('00:00:5e:00:53:01'),
  ipv4: parseAddress('192.0.2.1'),
  ipv6: parseAddress('2001:db8::1'),
};

export const DOCUMENTATION_SERVER: Omit<Party, 'port'> = {
  mac: parseAddress('00:00:5e:00:53:02'),
  ipv4: parseAddress('198.51.100.1'),
  ipv6: parseAddress('2001:db8:1::1'),
};

/** How a generated device can be found in a capture: by its MAC address, or, where that was changed, by its IP addresses. */
export const DOCUMENTATION_TARGETS: readonly Target[] = [
  { kind: 'device', address: DOCUMENTATION_CLIENT.mac },
  { kind: 'device', address: DOCUMENTATION_CLIENT.ipv4 },
  { kind: 'device', address: DOCUMENTATION_CLIENT.ipv6 },
];
