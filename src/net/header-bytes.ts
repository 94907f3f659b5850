/**
 * @module
 * Bytes of headers: of the link, of IP and of transports, and what else an IP packet that carries a message has beside it.
 */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { platform } from 'node:process';

export const ETHERNET_HEADER_BYTES = 14;
/** A VLAN tag between the addresses and the ethertype. */
export const VLAN_TAG_BYTES = 4;
/** By IP version, without options and extension headers. */
export const IP_HEADER_BYTES = { 4: 20, 6: 40 } as const;
/** Without options. */
export const TCP_HEADER_BYTES = 20;
export const UDP_HEADER_BYTES = 8;
export const ICMP_HEADER_BYTES = 8;
/** The timestamps option (RFC 7323), aligned to four bytes. */
const TIMESTAMPS_BYTES = 12;
/** RFC 8446, 5.1, and before. */
const MAX_RECORD_BYTES = 2 ** 14;

const ipBytes = (address: string): number => IP_HEADER_BYTES[isIP(address) === 6 ? 6 : 4];

/** Headers of IP and UDP. */
export const datagramHeaderBytes = (address: string): number => ipBytes(address) + UDP_HEADER_BYTES;

/** Headers of IP and TCP, which has timestamps (RFC 7323) in every segment where the system of this host uses them. */
export const segmentHeaderBytes = (address: string): number =>
  ipBytes(address) + TCP_HEADER_BYTES + (hasTimestamps() ? TIMESTAMPS_BYTES : 0);

function hasTimestamps(): boolean {
  if (platform !== 'linux') return false;
  try {
    return readFileSync('/proc/sys/net/ipv4/tcp_timestamps', 'utf8').trim() !== '0';
  } catch {
    return true;
  }
}

/** What TLS adds to so many bytes. */
export const tlsBytes = (recordBytes: number, contentBytes: number): number =>
  Math.max(1, Math.ceil(contentBytes / MAX_RECORD_BYTES)) * recordBytes;

/** Header of a frame that a WebSocket client sends, with its mask: RFC 6455, 5.2. */
export function webSocketHeaderBytes(payloadBytes: number): number {
  if (payloadBytes < 126) return 2 + 4;
  return (payloadBytes < 65_536 ? 4 : 10) + 4;
}

/** All of an MQTT PUBLISH but its payload. */
export function publishHeaderBytes(isVersion5: boolean, topic: string, qos: 0 | 1 | 2, payloadBytes: number): number {
  const variable = 2 + Buffer.byteLength(topic) + (qos > 0 ? 2 : 0) + (isVersion5 ? 1 : 0);
  return 1 + lengthFieldBytes(variable + payloadBytes) + variable;
}

/** Of the remaining length of an MQTT packet: 7 bits a byte. */
export function lengthFieldBytes(remaining: number): number {
  if (remaining < 2 ** 7) return 1;
  if (remaining < 2 ** 14) return 2;
  return remaining < 2 ** 21 ? 3 : 4;
}

/** A CoAP request but its payload, with a token of 8 bytes: RFC 7252, 3. */
export function coapHeaderBytes(topic: string, payloadBytes: number): number {
  const [path = '', query] = splitQuery(topic);
  const segments = path.split('/').filter((part) => part !== '');
  const queries = query === undefined ? [] : query.split('&').filter((part) => part !== '');
  // Uri-Path is 11, Uri-Query 15; the deltas between them fit the first byte of an option.
  const options = [...segments, ...queries].reduce((bytes, text) => bytes + coapOptionBytes(text), 0);
  return 4 + 8 + options + (payloadBytes > 0 ? 1 : 0);
}

/** Path and query of what is a path to people. */
export function splitQuery(topic: string): [string] | [string, string] {
  const at = topic.indexOf('?');
  return at < 0 ? [topic] : [topic.slice(0, at), topic.slice(at + 1)];
}

function coapOptionBytes(text: string): number {
  const length = Buffer.byteLength(text.normalize('NFC'));
  return 1 + (length < 13 ? 0 : length < 269 ? 1 : 2) + length;
}
