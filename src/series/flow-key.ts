/**
 * @module
 * Keys of devices and flows for a KeyedTable, read straight from a packet's bytes.
 *
 * Flow, 11 words: IP version and protocol; ports of both ends; address of one end (4 words); address of the other. A port
 * that does not exist is `NO_PORT`. Device, 5 words: family; address (4 words).
 */

import type { Packet } from '../capture/packet.js';
import { ADDRESS_LENGTHS, type Address, type AddressFamily } from '../net/address.js';
import { readU32BE } from '../net/bytes.js';
import type { Endpoint } from './target.js';

export const FLOW_KEY_WORDS = 11;
export const DEVICE_KEY_WORDS = 5;
const NO_PORT = 0x1_0000;
const FAMILIES = ['mac', 'ipv4', 'ipv6'] as const satisfies AddressFamily[];

function writeIpAddress(key: Uint32Array, word: number, packet: Packet, at: number): void {
  const { bytes } = packet;
  key[word] = readU32BE(bytes, at);
  if (packet.ipVersion === 4) {
    key[word + 1] = key[word + 2] = key[word + 3] = 0;
  } else {
    key[word + 1] = readU32BE(bytes, at + 4);
    key[word + 2] = readU32BE(bytes, at + 8);
    key[word + 3] = readU32BE(bytes, at + 12);
  }
}

/**
 * Writes the key of the packet's flow, seen from its source or, if `swapped`, from its destination.
 *
 * @param sourcePort, destinationPort the ports that count for the packet: those of its first fragment, where it is a later one
 */
export function writeFlowKey(
  key: Uint32Array,
  packet: Packet,
  sourcePort: number,
  destinationPort: number,
  swapped: boolean,
): void {
  const near = sourcePort < 0 ? NO_PORT : sourcePort;
  const far = destinationPort < 0 ? NO_PORT : destinationPort;
  key[0] = (packet.ipVersion << 8) | packet.protocol;
  key[1] = swapped ? far : near;
  key[2] = swapped ? near : far;
  writeIpAddress(key, swapped ? 7 : 3, packet, packet.sourceAt);
  writeIpAddress(key, swapped ? 3 : 7, packet, packet.destinationAt);
}

function readAddress(key: Uint32Array, word: number, family: AddressFamily): Address {
  const bytes = new Uint8Array(ADDRESS_LENGTHS[family]);
  for (let i = 0; i < bytes.length; i++) bytes[i] = key[word + (i >> 2)]! >>> (24 - 8 * (i & 3));
  return { family, bytes };
}

/** The two ends of a flow key, in its order. */
export function readFlowKey(key: Uint32Array): {
  ipVersion: 4 | 6;
  protocol: number;
  first: Endpoint;
  second: Endpoint;
} {
  const ipVersion = key[0]! >> 8 === 4 ? 4 : 6;
  const family = ipVersion === 4 ? 'ipv4' : 'ipv6';
  const port = (word: number) => (key[word] === NO_PORT ? undefined : key[word]!);
  return {
    ipVersion,
    protocol: key[0]! & 0xff,
    first: { address: readAddress(key, 3, family), port: port(1) },
    second: { address: readAddress(key, 7, family), port: port(2) },
  };
}

export function writeMacKey(key: Uint32Array, bytes: Uint8Array, at: number): void {
  key[0] = FAMILIES.indexOf('mac');
  key[1] = readU32BE(bytes, at);
  key[2] = ((bytes[at + 4]! << 24) | (bytes[at + 5]! << 16)) >>> 0;
  key[3] = key[4] = 0;
}

export function writeIpKey(key: Uint32Array, packet: Packet, at: number): void {
  key[0] = packet.ipVersion === 4 ? 1 : 2;
  writeIpAddress(key, 1, packet, at);
}

export function readDeviceKey(key: Uint32Array): Address {
  return readAddress(key, 1, FAMILIES[key[0]!]!);
}
