/**
 * @module
 * The hellos of TLS 1.3 (RFC 8446 §4.1), as TLS records and QUIC frames hold them.
 */
import type { Random } from '../../../random.js';
import { ascii, HOST_NAME } from './text.js';

const CLIENT_HELLO = 1;
const SERVER_HELLO = 2;
const LEGACY_VERSION = [0x03, 0x03];
const TLS_1_3 = [0x03, 0x04];
const AES_128_GCM_SHA256 = [0x13, 0x01];
/** TLS_AES_256_GCM_SHA384 and TLS_CHACHA20_POLY1305_SHA256, and those of TLS 1.2 with ECDHE. */
const OTHER_SUITES = [0x13, 0x02, 0x13, 0x03, 0xc0, 0x2b, 0xc0, 0x2f, 0xc0, 0x2c, 0xc0, 0x30];
const X25519 = [0x00, 0x1d];
const SECP256R1 = [0x00, 0x17];
/** ecdsa_secp256r1_sha256, rsa_pss_rsae_sha256, rsa_pkcs1_sha256, ed25519. */
const SIGNATURES = [0x04, 0x03, 0x08, 0x04, 0x04, 0x01, 0x08, 0x07];
const EXTENSION = {
  serverName: 0,
  groups: 10,
  signatures: 13,
  protocols: 16,
  padding: 21,
  versions: 43,
  exchangeModes: 45,
  keyShare: 51,
} as const;
/** Type and length of an extension. */
export const EXTENSION_HEAD_BYTES = 4;

const u16 = (value: number): number[] => [value >>> 8, value & 0xff];
/** A vector with its length before it, in one or two bytes (RFC 8446 §3.4). */
const short = (bytes: readonly number[]): number[] => [bytes.length, ...bytes];
const long = (bytes: readonly number[]): number[] => [...u16(bytes.length), ...bytes];
export const extension = (type: number, body: readonly number[]): number[] => [...u16(type), ...long(body)];
const handshake = (type: number, body: readonly number[]): number[] => [type, 0, ...long(body)];

export const drawBytes = (random: Random, count: number): number[] =>
  Array.from({ length: count }, () => Math.floor(random.next() * 256));

export interface ClientHelloOptions {
  /** 32 bytes for TLS, none for QUIC (RFC 9001 §8.4). */
  readonly sessionId: readonly number[];
  /** Application protocols to choose from (RFC 7301); none are named if it is empty. */
  readonly protocols: readonly string[];
  readonly moreExtensions: readonly number[];
  /** Bytes of an extension of padding (RFC 7685), with its head; 0 for none, else at least 4. */
  readonly paddingBytes: number;
}

/** A ClientHello that names `device.example`, with its handshake header. */
export function clientHello(random: Random, options: ClientHelloOptions): Uint8Array {
  const { sessionId, protocols, moreExtensions, paddingBytes } = options;
  const name = [0, ...long([...ascii(HOST_NAME)])];
  const named = protocols.flatMap((protocol) => short([...ascii(protocol)]));
  const extensions = [
    ...extension(EXTENSION.serverName, long(name)),
    ...extension(EXTENSION.groups, long([...X25519, ...SECP256R1])),
    ...extension(EXTENSION.signatures, long(SIGNATURES)),
    ...(named.length > 0 ? extension(EXTENSION.protocols, long(named)) : []),
    ...extension(EXTENSION.versions, short(TLS_1_3)),
    ...extension(EXTENSION.exchangeModes, short([1])),
    ...extension(EXTENSION.keyShare, long([...X25519, ...long(drawBytes(random, 32))])),
    ...moreExtensions,
    ...(paddingBytes > 0 ? extension(EXTENSION.padding, new Array(paddingBytes - EXTENSION_HEAD_BYTES).fill(0)) : []),
  ];
  const body = [
    ...LEGACY_VERSION,
    ...drawBytes(random, 32),
    ...short(sessionId),
    ...long([...AES_128_GCM_SHA256, ...OTHER_SUITES]),
    ...short([0]), // no compression
    ...long(extensions),
  ];
  return Uint8Array.from(handshake(CLIENT_HELLO, body));
}

/** The ServerHello that takes the first of everything, with its handshake header. */
export function serverHello(random: Random, sessionId: readonly number[]): Uint8Array {
  const extensions = [
    ...extension(EXTENSION.versions, TLS_1_3),
    ...extension(EXTENSION.keyShare, [...X25519, ...long(drawBytes(random, 32))]),
  ];
  const body = [
    ...LEGACY_VERSION,
    ...drawBytes(random, 32),
    ...short(sessionId),
    ...AES_128_GCM_SHA256,
    0,
    ...long(extensions),
  ];
  return Uint8Array.from(handshake(SERVER_HELLO, body));
}
