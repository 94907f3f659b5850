/**
 * @module
 * Ranges of IP addresses, as CIDR writes them: `192.0.2.0/24`, `2001:db8::/32`, or one address.
 */

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
  const { bytes } = address;
  const isMapped = bytes.length === 16 && bytes[10] === 0xff && bytes[11] === 0xff && !bytes.slice(0, 10).some(Boolean);
  return isMapped ? { family: 'ipv4', bytes: bytes.slice(12) } : address;
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
  const base = bytes.map((byte, i) => byte & maskOfByte(prefixBits, i));
  return { base: { family, bytes: base }, prefixBits };
}

/** Byte `index` of the mask of a prefix. */
const maskOfByte = (prefixBits: number, index: number): number =>
  (0xff00 >> Math.min(8, Math.max(0, prefixBits - 8 * index))) & 0xff;

/** A list with commas. @throws SynthError `SYNTH_USAGE` */
export function parseRanges(text: string): AddressRange[] {
  return text.split(',').map(parseRange);
}

export function isInRange({ base, prefixBits }: AddressRange, { bytes }: Address): boolean {
  return (
    base.bytes.length === bytes.length &&
    base.bytes.every((byte, i) => byte === (bytes[i]! & maskOfByte(prefixBits, i)))
  );
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
