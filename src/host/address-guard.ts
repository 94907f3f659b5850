/**
 * @module
 * Looks at the addresses of packets that carry their own, before they are planned: where a network could carry them on, they must not
 * go to strangers, nor come from addresses that are not ours.
 */

import { SynthError } from '../errors.js';
import { type Address, formatAddress } from '../net/address.js';
import type { AddressRange } from '../net/address-range.js';
import { readU16BE } from '../net/bytes.js';
import { ETHERTYPE, isVlanType } from '../net/ethertype.js';
import { ETHERNET_HEADER_BYTES, VLAN_TAG_BYTES } from '../net/header-bytes.js';
import { option, wording } from '../wording.js';
import { isOwnAddress, requireAllowedTarget } from './safety.js';

export interface AddressGuardOptions {
  /** Whether packets begin with an Ethernet header. */
  readonly linkHeader: boolean;
  readonly allowed: readonly AddressRange[];
  readonly allowSpoofed: boolean;
}

export class AddressGuard {
  readonly #options: AddressGuardOptions;
  /** Addresses that have been found good, by their bytes. */
  readonly #targets = new Set<string>();
  readonly #sources = new Set<string>();

  constructor(options: AddressGuardOptions) {
    this.#options = options;
  }

  /** @throws SynthError `SYNTH_TARGET_NOT_ALLOWED` */
  check(bytes: Uint8Array, at: number, length: number): void {
    const ipAt = this.#options.linkHeader ? ipPosition(bytes, at, length) : at;
    if (ipAt === undefined) return;
    const isIpv4 = bytes[ipAt]! >> 4 === 4;
    const sourceAt = ipAt + (isIpv4 ? 12 : 8);
    const addressBytes = isIpv4 ? 4 : 16;
    if (sourceAt + 2 * addressBytes > at + length) return;
    this.#checkSource(bytes, sourceAt, addressBytes);
    this.#checkTarget(bytes, sourceAt + addressBytes, addressBytes);
  }

  #checkTarget(bytes: Uint8Array, at: number, length: number): void {
    const key = keyOf(bytes, at, length);
    if (this.#targets.has(key)) return;
    requireAllowedTarget(textOf(bytes, at, length), this.#options.allowed);
    this.#targets.add(key);
  }

  #checkSource(bytes: Uint8Array, at: number, length: number): void {
    if (this.#options.allowSpoofed) return;
    const key = keyOf(bytes, at, length);
    if (this.#sources.has(key)) return;
    const text = textOf(bytes, at, length);
    if (!isOwnAddress(text)) {
      throw new SynthError(
        'SYNTH_TARGET_NOT_ALLOWED',
        `a packet comes from ${text}, which is no address of this host`,
        {
          hint: wording`Answers would go to somebody else. If that is what you want, add: ${option('allowSpoofed', true)}`,
        },
      );
    }
    this.#sources.add(key);
  }
}

/** Where the IP header of a frame begins; undefined for frames of other protocols. */
function ipPosition(bytes: Uint8Array, at: number, length: number): number | undefined {
  let position = at + ETHERNET_HEADER_BYTES - 2;
  while (position + 2 < at + length && isVlanType(readU16BE(bytes, position))) position += VLAN_TAG_BYTES;
  if (position + 2 >= at + length) return undefined;
  const type = readU16BE(bytes, position);
  return type === ETHERTYPE.ipv4 || type === ETHERTYPE.ipv6 ? position + 2 : undefined;
}

const keyOf = (bytes: Uint8Array, at: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(at, at + length));

function textOf(bytes: Uint8Array, at: number, length: number): string {
  const address: Address = { family: length === 4 ? 'ipv4' : 'ipv6', bytes: bytes.slice(at, at + length) };
  return formatAddress(address);
}
