/**
 * @module
 * Maps from addresses to addresses as people write them: `10.0.0.0/8=192.168.0.0/16`. The new address has the network bits of the new
 * prefix; every other bit is that of the old address. The first map that names an address counts.
 */

import { SynthError } from '../errors.js';
import { ADDRESS_LENGTHS, type Address, type AddressFamily, parseAddress } from '../net/address.js';
import type { AddressChange } from './address-change.js';

interface Prefix {
  readonly family: AddressFamily;
  /** The bits of the prefix; all others are 0. */
  readonly bits: Uint8Array;
  /** 1 for every bit of the prefix. */
  readonly mask: Uint8Array;
}

interface AddressRule {
  readonly from: Prefix;
  readonly to: Prefix;
}

export class AddressMaps implements AddressChange {
  readonly families: ReadonlySet<AddressFamily>;
  readonly isComplete = false;
  readonly #rules: Readonly<Record<AddressFamily, readonly AddressRule[]>>;

  constructor(rules: readonly AddressRule[]) {
    const of = (family: AddressFamily) => rules.filter(({ from }) => from.family === family);
    this.families = new Set(rules.map(({ from }) => from.family));
    this.#rules = { mac: of('mac'), ipv4: of('ipv4'), ipv6: of('ipv6') };
  }

  /** The address that this one is mapped to: itself where no map names it. */
  map({ family, bytes }: Address): Address {
    const mapped = Uint8Array.from(bytes);
    this.apply(mapped, 0, family);
    return { family, bytes: mapped };
  }

  apply(bytes: Uint8Array, at: number, family: AddressFamily): boolean {
    for (const { from, to } of this.#rules[family]) {
      if (!isWithin(bytes, at, from)) continue;
      for (let i = 0; i < to.bits.length; i++) bytes[at + i] = to.bits[i]! | (bytes[at + i]! & ~to.mask[i]!);
      return true;
    }
    return false;
  }
}

function isWithin(bytes: Uint8Array, at: number, { bits, mask }: Prefix): boolean {
  for (let i = 0; i < bits.length; i++) {
    if ((bytes[at + i]! & mask[i]!) !== bits[i]) return false;
  }
  return true;
}

/** @throws SynthError `SYNTH_USAGE`, `SYNTH_TARGET_INVALID` */
export function parseAddressMaps(texts: readonly string[]): AddressMaps {
  return new AddressMaps(texts.map((text) => parseRule(text, ['ipv4', 'ipv6'])));
}

/** The same for MAC addresses, whose prefixes have up to 48 bits. @throws SynthError `SYNTH_USAGE`, `SYNTH_TARGET_INVALID` */
export function parseMacMaps(texts: readonly string[]): AddressMaps {
  return new AddressMaps(texts.map((text) => parseRule(text, ['mac'])));
}

function parseRule(text: string, families: readonly AddressFamily[]): AddressRule {
  const hint = families.includes('mac')
    ? 'Write it like 44:65:0d:56:cc:d3=02:00:00:00:00:01.'
    : 'Write it like 10.0.0.0/8=192.168.0.0/16, or 10.0.0.7=192.0.2.1.';
  const [fromText, toText, ...more] = text.split('=');
  if (fromText === undefined || toText === undefined || more.length > 0) {
    throw new SynthError('SYNTH_USAGE', `“${text}” is not a map from one address or prefix to another`, { hint });
  }
  const from = parsePrefix(fromText, text, hint);
  const to = parsePrefix(toText, text, hint);
  if (from.family !== to.family || !families.includes(from.family)) {
    const kind = families.includes('mac') ? 'MAC' : 'IPv4 or IPv6';
    throw new SynthError('SYNTH_USAGE', `“${text}” does not map ${kind} addresses to addresses of the same kind`, {
      hint,
    });
  }
  return { from, to };
}

function parsePrefix(text: string, rule: string, hint: string): Prefix {
  const slash = text.indexOf('/');
  const { family, bytes } = parseAddress(slash < 0 ? text : text.slice(0, slash));
  const addressBits = ADDRESS_LENGTHS[family] * 8;
  const lengthText = slash < 0 ? String(addressBits) : text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(lengthText) || Number(lengthText) > addressBits) {
    throw new SynthError(
      'SYNTH_USAGE',
      `“${lengthText}” in “${rule}” is not a prefix length from 0 to ${addressBits}`,
      {
        hint,
      },
    );
  }
  const mask = prefixMask(bytes.length, Number(lengthText));
  return { family, mask, bits: bytes.map((byte, i) => byte & mask[i]!) };
}

/** @param length of the address, in bytes */
function prefixMask(length: number, prefixBits: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => 0xff00 >> Math.min(8, Math.max(0, prefixBits - 8 * i)));
}
