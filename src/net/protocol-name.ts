/**
 * @module
 * Names of IP protocols, as they stand in `--flow` and in tables.
 */

// IANA “Assigned Internet Protocol Numbers”.
const NAMES: Readonly<Record<number, string>> = {
  1: 'ICMP',
  2: 'IGMP',
  4: 'IPIP',
  6: 'TCP',
  17: 'UDP',
  33: 'DCCP',
  41: 'IPV6',
  46: 'RSVP',
  47: 'GRE',
  50: 'ESP',
  51: 'AH',
  58: 'ICMPV6',
  88: 'EIGRP',
  89: 'OSPF',
  103: 'PIM',
  112: 'VRRP',
  115: 'L2TP',
  132: 'SCTP',
  136: 'UDPLITE',
};

const NUMBERS: ReadonlyMap<string, number> = new Map(
  Object.entries(NAMES).map(([number, name]) => [name, Number(number)]),
);

/** The name of a protocol, or its number in decimal. */
export const protocolName = (protocol: number): string => NAMES[protocol] ?? String(protocol);

/** The number of a protocol given by name (any case, `ICMPv6` or `ICMP6` too) or by number. */
export function parseProtocol(text: string): number | undefined {
  const name = text.toUpperCase().replace(/^ICMP6$/, 'ICMPV6');
  const number = NUMBERS.get(name) ?? (/^\d{1,3}$/.test(name) ? Number(name) : undefined);
  return number !== undefined && number <= 255 ? number : undefined;
}
