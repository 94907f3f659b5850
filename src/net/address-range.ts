/**
 * @module
 * Ranges of IP addresses, as CIDR writes them: `192.0.2.0/24`, `2001:db8::/32`, or one address.
 */
import ipaddr from 'ipaddr.js';
import { SynthError } from '../errors.js';
import { type Address, formatAddress, parseAddress } from './address.js';

export interface AddressRange {
  /** The first address. */
  readonly base: Address;
  readonly prefixBits: number;
}

const HINT = 'Write it like 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32.';

/**
 * An address, without the zone of an IPv6 one; an IPv4 address that is written as an IPv6 one (RFC 4291, 2.5.5.2) becomes what it is.
 *
 * @throws SynthError `SYNTH_USAGE`
 */
export function parseIpAddress(text: string): Address {
  const address = tryAddress(text);
  if (address !== undefined) return address;
  throw new SynthError('SYNTH_USAGE', `“${text}” is not an IPv4 or IPv6 address`, { hint: HINT });
}

function tryAddress(text: string): Address | undefined {
  try {
    const address = parseAddress(text);
    return address.family === 'mac' ? undefined : withoutMapping(address);
  } catch (error) {
    if (error instanceof SynthError) return undefined;
    throw error;
  }
}

function withoutMapping(address: Address): Address {
  const ip = ipOf(address);
  return ip instanceof ipaddr.IPv6 && ip.isIPv4MappedAddress() ? addressOf(ip.toIPv4Address()) : address;
}

/** @throws SynthError `SYNTH_USAGE` */
export function parseRange(text: string): AddressRange {
  const [addressText = '', lengthText, ...more] = text.trim().split('/');
  const { family, bytes } = parseIpAddress(addressText);
  const bits = bytes.length * 8;
  const prefixBits = lengthText === undefined ? bits : Number(lengthText);
  if (more.length > 0 || (lengthText !== undefined && !/^\d{1,3}$/.test(lengthText)) || prefixBits > bits) {
    throw new SynthError('SYNTH_USAGE', `“${text}” is not a range of addresses: its prefix has 0 to ${bits} bits`, {
      hint: HINT,
    });
  }
  const cidr = `${formatAddress({ family, bytes })}/${prefixBits}`;
  const network = family === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
  return { base: addressOf(network.networkAddressFromCIDR(cidr)), prefixBits };
}

const ipOf = ({ bytes }: Address): ipaddr.IPv4 | ipaddr.IPv6 => ipaddr.fromByteArray(Array.from(bytes));

const addressOf = (ip: ipaddr.IPv4 | ipaddr.IPv6): Address => ({
  family: ip.kind(),
  bytes: Uint8Array.from(ip.toByteArray()),
});

/** A list with commas. @throws SynthError `SYNTH_USAGE` */
export function parseRanges(text: string): AddressRange[] {
  return text.split(',').map(parseRange);
}

export function isInRange({ base, prefixBits }: AddressRange, address: Address): boolean {
  return base.family === address.family && ipOf(address).match([ipOf(base), prefixBits]);
}

/** Up to how many addresses there are in it. */
export function addressesIn({ base, prefixBits }: AddressRange): number {
  return 2 ** (base.bytes.length * 8 - prefixBits);
}

/**
 * The addresses that a host can have: without that of the network and, in IPv4, broadcast (RFC 4291, 2.6.1; RFC 3021 for the links of two).
 *
 * @param range of at most 2^32 addresses
 */
export function hostAddresses(range: AddressRange): string[] {
  const count = addressesIn(range);
  const { family, bytes } = range.base;
  const first = count > 2 ? 1 : 0;
  const end = count > 2 && family === 'ipv4' ? count - 1 : count;
  return Array.from({ length: end - first }, (_, i) => formatAddress({ family, bytes: added(bytes, first + i) }));
}

/** @param offset below 2^32 */
function added(bytes: Uint8Array, offset: number): Uint8Array {
  const result = Uint8Array.from(bytes);
  const view = new DataView(result.buffer);
  const at = bytes.length - 4;
  view.setUint32(at, view.getUint32(at) + offset);
  return result;
}
