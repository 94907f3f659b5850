/**
 * @module
 * Anonymisation of all addresses of a capture with one key: the same address becomes the same one everywhere, and who shares a network,
 * or a maker, still does. What names nobody stays: unspecified, loopback, broadcast and multicast addresses, and the prefix of link-local ones.
 */
import { createHmac } from 'node:crypto';
import { ADDRESS_LENGTHS, type AddressFamily } from '../net/address.js';
import { readU32BE, writeU32BE } from '../net/bytes.js';
import type { AddressChange } from './address-change.js';
import { CryptoPan } from './crypto-pan.js';

export interface AnonymizerOptions {
  /** Keep the first three bytes of MAC addresses, which name the maker. */
  readonly keepOui: boolean;
}

/** The first bit of each family that is changed by default, and that of an address whose prefix stays. */
const WHOLE = 0;
const KEPT = -1;

/** Entries of the table of addresses that have been seen: a newer one takes the place of an older one. */
const CACHE_ENTRIES = 2 ** 15;
/** Family; the address in four words; what has become of it. */
const ENTRY_WORDS = 9;
const FAMILY_NUMBER = { mac: 1, ipv4: 2, ipv6: 3 } as const satisfies Record<AddressFamily, number>;

export class Anonymizer implements AddressChange {
  readonly families: ReadonlySet<AddressFamily> = new Set(['mac', 'ipv4', 'ipv6']);
  readonly isComplete = true;
  readonly #ip: CryptoPan;
  readonly #mac: CryptoPan;
  readonly #keepOui: boolean;
  readonly #cache = new Uint32Array(CACHE_ENTRIES * ENTRY_WORDS);
  /** An address, and zeros up to the end of its last word. */
  readonly #scratch = new Uint8Array(16);

  /** @param key of 32 bytes, for IP addresses as Crypto-PAn takes it */
  constructor(key: Uint8Array, { keepOui }: AnonymizerOptions) {
    this.#ip = new CryptoPan(key);
    // A key of its own: with the same one a MAC address would tell how an IP address with the same first bytes was changed.
    this.#mac = new CryptoPan(createHmac('sha256', key).update('synth MAC addresses').digest());
    this.#keepOui = keepOui;
  }

  apply(bytes: Uint8Array, at: number, family: AddressFamily): boolean {
    const length = ADDRESS_LENGTHS[family];
    const words = (length + 3) >> 2;
    const scratch = this.#scratch;
    for (let i = 0; i < length; i++) scratch[i] = bytes[at + i]!;
    for (let i = length; i < 4 * words; i++) scratch[i] = 0;
    const number = FAMILY_NUMBER[family];
    const entry = this.#find(number, words);
    const cache = this.#cache;
    if (cache[entry] === number) {
      for (let word = 0; word < words; word++) writeU32BE(scratch, 4 * word, cache[entry + 5 + word]!);
    } else {
      for (let word = 0; word < words; word++) cache[entry + 1 + word] = readU32BE(scratch, 4 * word);
      this.#change(scratch, family);
      for (let word = 0; word < words; word++) cache[entry + 5 + word] = readU32BE(scratch, 4 * word);
      cache[entry] = number;
    }
    for (let i = 0; i < length; i++) bytes[at + i] = scratch[i]!;
    return true;
  }

  /** Where in the cache the address of the scratch belongs; the entry is cleared if another one is there. */
  #find(family: number, words: number): number {
    const scratch = this.#scratch;
    const cache = this.#cache;
    let hash = family;
    for (let word = 0; word < words; word++) {
      hash = Math.imul(hash ^ readU32BE(scratch, 4 * word), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    const entry = (hash & (CACHE_ENTRIES - 1)) * ENTRY_WORDS;
    let same = cache[entry] === family;
    for (let word = 0; same && word < words; word++) same = cache[entry + 1 + word] === readU32BE(scratch, 4 * word);
    if (!same) cache[entry] = 0;
    return entry;
  }

  #change(address: Uint8Array, family: AddressFamily): void {
    if (family === 'mac') this.#changeMac(address);
    else if (family === 'ipv4') this.#changeIp(address, 32, firstChangedBit4);
    else this.#changeIp(address, 128, firstChangedBit6);
  }

  /**
   * What stays must not be what another address becomes: such a one is changed again until it is something else, which keeps the whole
   * a bijection (cycle walking: Black and Rogaway, “Ciphers with arbitrary finite domains”, 2002).
   */
  #changeIp(address: Uint8Array, bits: number, firstChangedBit: (address: Uint8Array) => number): void {
    const first = firstChangedBit(address);
    if (first === KEPT) return;
    do this.#ip.apply(address, 0, bits, first);
    while (first === WHOLE && firstChangedBit(address) !== WHOLE);
  }

  #changeMac(address: Uint8Array): void {
    if ((address[0]! & 1) !== 0) {
      // 33:33:ff and the end of an address: that of its solicited-node group (RFC 2464 §7).
      if (address[0] === 0x33 && address[1] === 0x33 && address[2] === 0xff) this.#changeSolicitedNodeMac(address);
      return;
    }
    const kept = address[0]! & 3; // group or one; global or local (IEEE 802 §8.2)
    if (isZero(address, 0, 6)) return;
    do {
      this.#mac.apply(address, 0, 48, this.#keepOui ? 24 : 0);
      address[0] = (address[0]! & ~3) | kept;
    } while (isZero(address, 0, 6));
  }

  #changeSolicitedNodeMac(address: Uint8Array): void {
    const group = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, address[3]!, address[4]!, address[5]!);
    this.#ip.apply(group, 0, 128, SOLICITED_NODE_BITS);
    address.set(group.subarray(13), 3);
  }
}

/** RFC 6890: 0.0.0.0, 127/8, 169.254/16, 255.255.255.255, and 224/4 (RFC 5771). */
function firstChangedBit4(address: Uint8Array): number {
  const first = address[0]!;
  if (first === 127 || (first >= 224 && first < 240)) return KEPT;
  if (first === 169 && address[1] === 254) return 16;
  const all = readU32BE(address, 0);
  return all === 0 || all === 0xffff_ffff ? KEPT : WHOLE;
}

/** ff02::1:ff00:0/104 (RFC 4291 §2.7.1): the end of it is the end of somebody's address. */
const SOLICITED_NODE_BITS = 104;

/** RFC 4291 §2: ::, ::1, fe80::/10 and ff00::/8. */
function firstChangedBit6(address: Uint8Array): number {
  const first = address[0]!;
  if (first === 0xff) return isSolicitedNode(address) ? SOLICITED_NODE_BITS : KEPT;
  if (first === 0xfe && (address[1]! & 0xc0) === 0x80) return 64;
  return first === 0 && isZero(address, 0, 15) && address[15]! <= 1 ? KEPT : WHOLE;
}

function isSolicitedNode(address: Uint8Array): boolean {
  return address[1] === 2 && isZero(address, 2, 9) && address[11] === 1 && address[12] === 0xff;
}

function isZero(bytes: Uint8Array, at: number, length: number): boolean {
  for (let i = at; i < at + length; i++) {
    if (bytes[i] !== 0) return false;
  }
  return true;
}
