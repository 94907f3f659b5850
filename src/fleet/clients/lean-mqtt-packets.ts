/**
 * @module
 * Packets of MQTT as the lean client writes and reads them: PUBLISH and acknowledgements by hand, since there are so many, and all else by
 * the package mqtt-packet. One of its parsers, which are large, does for all connections, since it is only given complete packets.
 */
import { createRequire } from 'node:module';
import type { Packet, Parser } from 'mqtt-packet';
import { lengthFieldBytes } from '../../net/header-bytes.js';
import type { MqttTarget } from '../scenario/scenario.js';
import type { ClientIdentity, OutgoingMessage } from './client.js';

/** In the upper half of the first byte. */
export const PACKET = { publish: 3, puback: 4, pubrec: 5, pubrel: 6, pubcomp: 7, pingresp: 13 } as const;

export const PINGREQ = Buffer.from([0xc0, 0]);
/** Of both versions: in MQTT 5 a missing reason code is that of a normal end. */
export const DISCONNECT = Buffer.from([0xe0, 0]);
/** MQTT 5, 3.1.2.11.2: the session never ends by itself. */
export const ENDLESS_SESSION = 0xffff_ffff;

/** PUBREL has a flag that the standard reserves. */
export const acknowledgement = (type: number, id: number): Buffer =>
  Buffer.from([(type << 4) | (type === PACKET.pubrel ? 2 : 0), 2, id >> 8, id & 0xff]);

/** A whole PUBLISH in memory of its own, which the socket may keep. @param id 0 for QoS 0 */
export function publishPacket(isVersion5: boolean, message: OutgoingMessage, id: number): Buffer {
  const { topic, payload, qos, retain, isRepeated } = message;
  const topicBytes = Buffer.byteLength(topic);
  const remaining = 2 + topicBytes + (qos > 0 ? 2 : 0) + (isVersion5 ? 1 : 0) + payload.length;
  const packet = Buffer.allocUnsafe(1 + lengthFieldBytes(remaining) + remaining);
  packet[0] = 0x30 | (isRepeated && qos > 0 ? 8 : 0) | (qos << 1) | (retain ? 1 : 0);
  let at = writeLength(packet, 1, remaining);
  packet[at++] = topicBytes >> 8;
  packet[at++] = topicBytes & 0xff;
  at += packet.write(topic, at);
  if (qos > 0) {
    packet[at++] = id >> 8;
    packet[at++] = id & 0xff;
  }
  // No properties.
  if (isVersion5) packet[at++] = 0;
  packet.set(payload, at);
  return packet;
}

function writeLength(packet: Buffer, at: number, length: number): number {
  let left = length;
  let end = at;
  do {
    packet[end++] = (left & 0x7f) | (left > 0x7f ? 0x80 : 0);
    left >>>= 7;
  } while (left > 0);
  return end;
}

/** What the package knows how to write and to read. */
export class MqttCodec {
  readonly isVersion5: boolean;
  readonly #target: MqttTarget;
  readonly #generate: (packet: Packet) => Buffer;
  readonly #parser: Parser;
  #parsed: Packet | undefined;

  constructor(target: MqttTarget) {
    const library = loadLibrary();
    // Else it fills a table with all 65536 packet identifiers, some megabytes a thread.
    library.writeToStream.cacheNumbers = false;
    this.#target = target;
    this.isVersion5 = target.version === '5';
    const options = { protocolVersion: this.isVersion5 ? 5 : 4 };
    this.#generate = (packet) => library.generate(packet, options);
    this.#parser = library.parser(options);
    this.#parser.on('packet', (packet) => {
      this.#parsed = packet;
    });
    this.#parser.on('error', () => {
      this.#parsed = undefined;
    });
  }

  connect({ id, username, password, will }: ClientIdentity): Buffer {
    const { cleanSession, keepAliveS } = this.#target;
    return this.#generate({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: this.isVersion5 ? 5 : 4,
      clean: cleanSession,
      clientId: id,
      keepalive: keepAliveS,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password: Buffer.from(password) }),
      ...(will === undefined ? {} : { will: { ...will, payload: Buffer.from(will.payload) } }),
      ...(this.isVersion5 && !cleanSession ? { properties: { sessionExpiryInterval: ENDLESS_SESSION } } : {}),
    });
  }

  /** With QoS 2, so that messages come with that of whoever publishes them. */
  subscribe(topics: readonly string[], id: number): Buffer {
    const subscriptions = topics.map((topic) => ({ topic, qos: 2 as const }));
    return this.#generate({ cmd: 'subscribe', messageId: id, subscriptions });
  }

  /** @param bytes exactly one packet. @returns undefined for what is malformed */
  parse(bytes: Buffer): Packet | undefined {
    this.#parsed = undefined;
    this.#parser.parse(bytes);
    return this.#parsed;
  }
}

interface MqttPacketLibrary {
  generate(packet: Packet, options: object): Buffer;
  parser(options: object): Parser;
  readonly writeToStream: { cacheNumbers: boolean };
}

/** Its types declare `cacheNumbers` in a namespace, where it cannot be set. */
const loadLibrary = (): MqttPacketLibrary => createRequire(import.meta.url)('mqtt-packet') as MqttPacketLibrary;

/** First bytes of packets that brokers send: the types have flags that are fixed, but for PUBLISH. */
const FIRST_BYTES: ReadonlySet<number> = new Set([0x20, 0x40, 0x50, 0x62, 0x70, 0x90, 0xb0, 0xd0, 0xe0, 0xf0]);
const isFirstByte = (byte: number): boolean => byte >> 4 === PACKET.publish || FIRST_BYTES.has(byte);

/** Takes a packet. @param at where its content begins. @returns false to be given no more */
export type TakePacket = (packet: Buffer, at: number) => boolean;

/** Finds packets in the chunks of a stream; nothing is kept but what is incomplete. */
export class PacketSplitter {
  #held: Buffer[] | undefined;
  #heldBytes = 0;
  /** At least so many bytes make the packet that is held complete. */
  #neededBytes = 0;

  /** @param chunk memory that may be used again afterwards. @returns false for what cannot be the beginning of a packet */
  push(chunk: Buffer, take: TakePacket): boolean {
    const bytes = this.#joined(chunk);
    if (bytes === undefined) return true;
    let at = 0;
    while (at < bytes.length) {
      if (!isFirstByte(bytes[at]!)) return false;
      const contentAt = endOfLength(bytes, at + 1);
      if (contentAt === MALFORMED) return false;
      const end = contentAt === INCOMPLETE ? Number.POSITIVE_INFINITY : contentAt + lengthAt(bytes, at + 1);
      if (end > bytes.length) {
        this.#hold(bytes.subarray(at), Number.isFinite(end) ? end - at : bytes.length - at + 1);
        return true;
      }
      const packet = at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end);
      if (!take(packet, contentAt - at)) return true;
      at = end;
    }
    return true;
  }

  /** What is held and a chunk, or undefined while that is too little. */
  #joined(chunk: Buffer): Buffer | undefined {
    if (this.#held === undefined) return chunk;
    if (this.#heldBytes + chunk.length < this.#neededBytes) {
      this.#hold(chunk, this.#neededBytes);
      return undefined;
    }
    const bytes = Buffer.concat([...this.#held, chunk]);
    this.#held = undefined;
    this.#heldBytes = 0;
    return bytes;
  }

  #hold(bytes: Buffer, neededBytes: number): void {
    this.#held ??= [];
    this.#held.push(Buffer.from(bytes));
    this.#heldBytes += bytes.length;
    this.#neededBytes = neededBytes;
  }
}

const INCOMPLETE = -1;
const MALFORMED = -2;

/** Behind a remaining length, which has four bytes at most. */
function endOfLength(bytes: Buffer, from: number): number {
  for (let at = from; at < from + 4; at++) {
    if (at >= bytes.length) return INCOMPLETE;
    if (bytes[at]! < 0x80) return at + 1;
  }
  return MALFORMED;
}

function lengthAt(bytes: Buffer, from: number): number {
  let length = 0;
  for (let at = from, shift = 0; ; at++, shift += 7) {
    length |= (bytes[at]! & 0x7f) << shift;
    if (bytes[at]! < 0x80) return length;
  }
}
