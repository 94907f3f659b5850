/**
 * @module
 * Initial packets of QUIC version 1 (RFC 9000 §17.2.2), protected as RFC 9001 §5 has it, with keys that whoever looks on can derive.
 */
import { createCipheriv, createHmac } from 'node:crypto';

const VERSION = 1;
/** RFC 9001 §5.2. */
const INITIAL_SALT = Buffer.from('38762cf7f55934b34d179ae6a4c80cadccbb7f0a', 'hex');
export const CONNECTION_ID_BYTES = 8;
const PACKET_NUMBER_BYTES = 4;
const TAG_BYTES = 16;
const SAMPLE_BYTES = 16;
/** Flags, version, two connection identifiers with their lengths, no token, length. */
const HEADER_BYTES = 1 + 4 + 2 * (1 + CONNECTION_ID_BYTES) + 1 + 2;
const CRYPTO_FRAME = 6;
const CRYPTO_HEAD_BYTES = 4;
/** Added to a length that is written in two bytes (RFC 9000 §16). */
const TWO_BYTES = 0x4000;
/** What an Initial packet has beside its hello, without padding. */
export const INITIAL_OVERHEAD_BYTES = HEADER_BYTES + PACKET_NUMBER_BYTES + CRYPTO_HEAD_BYTES + TAG_BYTES;

export interface InitialPacket {
  /** At least what a hello needs, and below 2^14. */
  readonly size: number;
  readonly hello: Uint8Array;
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  /** What the client called the server first. */
  readonly keyId: Uint8Array;
  readonly byClient: boolean;
}

/** The packet, of exactly `size` bytes: a CRYPTO frame, and PADDING frames, which are zeros. */
export function initialPacket({ size, hello, from, to, keyId, byClient }: InitialPacket): Uint8Array {
  const keys = deriveKeys(keyId, byClient);
  const header = initialHeader(size, from, to);
  const frames = Buffer.alloc(size - header.length - TAG_BYTES);
  frames[0] = CRYPTO_FRAME;
  frames.writeUInt16BE(TWO_BYTES + hello.length, 2);
  frames.set(hello, CRYPTO_HEAD_BYTES);
  // The packet number is 0, so the nonce is the vector itself (RFC 9001 §5.3).
  const cipher = createCipheriv('aes-128-gcm', keys.key, keys.vector).setAAD(header);
  const packet = Buffer.concat([header, cipher.update(frames), cipher.final(), cipher.getAuthTag()]);
  protectHeader(packet, keys.headerKey);
  return packet;
}

function initialHeader(size: number, from: Uint8Array, to: Uint8Array): Buffer {
  const header = Buffer.alloc(HEADER_BYTES + PACKET_NUMBER_BYTES);
  header[0] = 0xc0 | (PACKET_NUMBER_BYTES - 1);
  header.writeUInt32BE(VERSION, 1);
  header[5] = to.length;
  header.set(to, 6);
  header[6 + to.length] = from.length;
  header.set(from, 7 + to.length);
  header.writeUInt16BE(TWO_BYTES + size - HEADER_BYTES, HEADER_BYTES - 2);
  return header;
}

/** RFC 9001 §5.4. */
function protectHeader(packet: Buffer, key: Buffer): void {
  const sampleAt = HEADER_BYTES + 4;
  const mask = createCipheriv('aes-128-ecb', key, null).update(packet.subarray(sampleAt, sampleAt + SAMPLE_BYTES));
  packet[0]! ^= mask[0]! & 0x0f;
  for (let i = 0; i < PACKET_NUMBER_BYTES; i++) packet[HEADER_BYTES + i]! ^= mask[1 + i]!;
}

interface Keys {
  readonly key: Buffer;
  readonly vector: Buffer;
  readonly headerKey: Buffer;
}

function deriveKeys(keyId: Uint8Array, byClient: boolean): Keys {
  const initial = hmac(INITIAL_SALT, keyId);
  const secret = expand(initial, byClient ? 'client in' : 'server in', 32);
  return {
    key: expand(secret, 'quic key', 16),
    vector: expand(secret, 'quic iv', 12),
    headerKey: expand(secret, 'quic hp', 16),
  };
}

const hmac = (key: Uint8Array, data: Uint8Array): Buffer => createHmac('sha256', key).update(data).digest();

/** HKDF-Expand-Label of RFC 8446 §7.1 with an empty context, for up to one block of SHA-256. */
function expand(secret: Buffer, label: string, length: number): Buffer {
  const full = Buffer.from(`tls13 ${label}`);
  const info = Buffer.concat([Buffer.from([0, length, full.length]), full, Buffer.from([0, 1])]);
  return hmac(secret, info).subarray(0, length);
}
