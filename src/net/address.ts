/**
 * @module
 * MAC, IPv4 and IPv6 addresses: from text in any usual spelling, to the canonical text, and which of them can be one device.
 */
import ipaddr from 'ipaddr.js';
import { SynthError } from '../errors.js';

export type AddressFamily = 'mac' | 'ipv4' | 'ipv6';

export interface Address {
  readonly family: AddressFamily;
  /** 6, 4 or 16 bytes in network order. */
  readonly bytes: Uint8Array;
}

export const ADDRESS_LENGTHS = { mac: 6, ipv4: 4, ipv6: 16 } as const satisfies Record<AddressFamily, number>;

// 44:65:0d:56:cc:d3, 44-65-0D-56-CC-D3, 4465.0d56.ccd3, 44650d56ccd3, and single digits as BSD prints them (0:1b:2:…).
const MAC_PATTERNS = [
  /^([0-9a-f]{1,2})([:-])([0-9a-f]{1,2})\2([0-9a-f]{1,2})\2([0-9a-f]{1,2})\2([0-9a-f]{1,2})\2([0-9a-f]{1,2})$/i,
  /^[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}$/i,
  /^[0-9a-f]{12}$/i,
];

function parseMac(text: string): Uint8Array | undefined {
  if (!MAC_PATTERNS.some((pattern) => pattern.test(text))) return undefined;
  const parts = /[:-]/.test(text) ? text.split(/[:-]/) : (text.replaceAll('.', '').match(/../g) ?? []);
  return Uint8Array.from(parts, (part) => Number.parseInt(part, 16));
}

/**
 * Reads an address in any usual spelling; an IPv6 zone (`%eth0`) is dropped.
 *
 * @throws SynthError `SYNTH_TARGET_INVALID`
 */
export function parseAddress(text: string): Address {
  const trimmed = text.trim();
  const mac = parseMac(trimmed);
  if (mac) return { family: 'mac', bytes: mac };
  const plain = trimmed.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '');
  // isValidFourPartDecimal: ipaddr.js also takes 10.1 and 0x7f000001, which nobody means here.
  if (ipaddr.IPv4.isValidFourPartDecimal(plain)) {
    return { family: 'ipv4', bytes: Uint8Array.from(ipaddr.IPv4.parse(plain).toByteArray()) };
  }
  if (ipaddr.IPv6.isValid(plain)) {
    return { family: 'ipv6', bytes: Uint8Array.from(ipaddr.IPv6.parse(plain).toByteArray()) };
  }
  throw new SynthError('SYNTH_TARGET_INVALID', `“${text}” is not a MAC, IPv4 or IPv6 address`, {
    hint: 'Write it like 44:65:0d:56:cc:d3, 192.168.0.102 or 2001:db8::1.',
  });
}

/** The canonical text of an address; IPv6 as in RFC 5952. */
export function formatAddress({ family, bytes }: Address): string {
  if (family === 'mac') return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
  return ipaddr.fromByteArray(Array.from(bytes)).toString();
}

/** An endpoint as people write it: `192.0.2.1:53`, `[2001:db8::1]:53`; without the port where there is none. */
export function formatEndpoint(address: Address, port: number | undefined): string {
  const text = formatAddress(address);
  if (port === undefined) return text;
  return address.family === 'ipv6' ? `[${text}]:${port}` : `${text}:${port}`;
}

/** False for broadcast, multicast and unspecified addresses: they name no single device. */
export function isUnicast(family: AddressFamily, bytes: Uint8Array, at: number): boolean {
  const first = bytes[at]!;
  if (family === 'mac') return (first & 1) === 0 && !isZero(bytes, at, 6);
  if (family === 'ipv4') return first < 224 && !isZero(bytes, at, 4);
  return first !== 0xff && !isZero(bytes, at, 16);
}

function isZero(bytes: Uint8Array, at: number, length: number): boolean {
  for (let i = 0; i < length; i++) {
    if (bytes[at + i] !== 0) return false;
  }
  return true;
}
