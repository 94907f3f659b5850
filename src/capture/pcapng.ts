/**
 * @module
 * pcapng: draft-ietf-opsawg-pcapng. Sections of either byte order, any number of interfaces, Enhanced, Simple and the obsolete
 * Packet Blocks; every other block, and every option that does not bear on time, is passed over.
 */
import { readU16BE, readU16LE, readU32BE, readU32LE } from '../net/bytes.js';
import { MAX_PACKET_BYTES } from '../net/sizes.js';
import type { ByteWindow } from './byte-window.js';
import { NONE, type Packet } from './packet.js';
import {
  type CaptureFormat,
  RECORD,
  type RecordReader,
  type RecordStatus,
  type TimestampCounts,
} from './record-reader.js';

/** Block types (draft §11.1); the section header reads the same in both byte orders. */
export const BLOCK = { section: 0x0a0d0d0a, interface: 1, packet: 2, simplePacket: 3, enhancedPacket: 6 } as const;

/** The byte-order magic of a section header (draft §4.1). */
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** Options of an interface description (draft §4.2). */
const OPTION = { end: 0, timeResolution: 9, timeOffset: 14 } as const;

/** Type, length and trailing length: what every block has. */
const BLOCK_FRAME_BYTES = 12;
/** A block that has to be looked into fits in memory; one that is passed over may have any length. */
const MAX_PARSED_BLOCK_BYTES = MAX_PACKET_BYTES + 1024 * 1024;
/** More interfaces than this in a section is damage; each takes memory. */
const MAX_INTERFACES = 65_536;

/** True if a file that begins with these bytes is pcapng. */
export function isPcapng(head: Uint8Array): boolean {
  return head.length >= 4 && readU32LE(head, 0) === BLOCK.section;
}

/** How ticks become nanoseconds in doubles without rounding, where that can be done: every product stays below 2^53. */
function exactScale(ticksPerSecond: bigint): { times: number; over: number } | undefined {
  if (ticksPerSecond <= 2n ** 23n) return { times: 1e9, over: Number(ticksPerSecond) };
  if (ticksPerSecond % 10n !== 0n || ticksPerSecond > 10n ** 15n) return undefined;
  return ticksPerSecond <= 10n ** 9n
    ? { times: Number(10n ** 9n / ticksPerSecond), over: 1 }
    : { times: 1, over: Number(ticksPerSecond / 10n ** 9n) };
}

/** One interface of a section, and the arithmetic of its clock. */
class CaptureInterface {
  readonly linkType: number;
  readonly snapLength: number;
  readonly #ticksPerSecond: number;
  readonly #bigTicksPerSecond: bigint;
  readonly #offsetSeconds: number;
  /** What a rest of ticks is multiplied with, and then divided by, to give ns; undefined where doubles would round. */
  readonly #nanoseconds: { readonly times: number; readonly over: number } | undefined;
  // A 64-bit time is split at 32 bits. The upper half changes every few seconds at most, so its division is kept.
  #high = -1;
  #highSeconds = 0;
  #highTicks = 0;

  constructor(linkType: number, snapLength: number, ticksPerSecond: bigint, offsetSeconds: number) {
    this.linkType = linkType;
    this.snapLength = snapLength;
    this.#ticksPerSecond = Number(ticksPerSecond);
    this.#bigTicksPerSecond = ticksPerSecond;
    this.#offsetSeconds = offsetSeconds;
    this.#nanoseconds = exactScale(ticksPerSecond);
  }

  setTime(packet: Packet, high: number, low: number): void {
    const scale = this.#nanoseconds;
    if (scale === undefined) {
      const ticks = (BigInt(high) << 32n) | BigInt(low);
      packet.seconds = Number(ticks / this.#bigTicksPerSecond) + this.#offsetSeconds;
      packet.nanoseconds = Number(((ticks % this.#bigTicksPerSecond) * 1_000_000_000n) / this.#bigTicksPerSecond);
      return;
    }
    const perSecond = this.#ticksPerSecond;
    if (high !== this.#high) {
      const ticks = BigInt(high) << 32n;
      this.#high = high;
      this.#highSeconds = Number(ticks / this.#bigTicksPerSecond);
      this.#highTicks = Number(ticks % this.#bigTicksPerSecond);
    }
    const ticks = this.#highTicks + low;
    const seconds = Math.floor(ticks / perSecond);
    const rest = ticks - seconds * perSecond;
    packet.seconds = this.#highSeconds + seconds + this.#offsetSeconds;
    packet.nanoseconds = Math.floor((rest * scale.times) / scale.over);
  }
}

export class PcapngReader implements RecordReader {
  readonly format: CaptureFormat = 'pcapng';
  readonly timestamps: TimestampCounts = { fractionInvalid: 0, missing: 0 };
  readonly linkTypes: number[] = [];
  needed = 0;
  damage = '';
  readonly #window: ByteWindow;
  #littleEndian = true;
  #interfaces: CaptureInterface[] = [];
  #seconds = 0;
  #nanoseconds = 0;

  constructor(window: ByteWindow) {
    this.#window = window;
  }

  next(packet: Packet): RecordStatus {
    const window = this.#window;
    for (;;) {
      const at = window.start;
      const available = window.end - at;
      if (available < BLOCK_FRAME_BYTES) return this.#incomplete(BLOCK_FRAME_BYTES);
      const bytes = window.bytes;
      let type = this.#u32(bytes, at);
      if (type === BLOCK.section) {
        const magic = readU32LE(bytes, at + 8);
        if (magic !== BYTE_ORDER_MAGIC && readU32BE(bytes, at + 8) !== BYTE_ORDER_MAGIC) {
          return this.#damaged(`a section header without the byte-order magic`);
        }
        this.#littleEndian = magic === BYTE_ORDER_MAGIC;
        type = BLOCK.section;
      }
      // Some writers leave the padding out of the length; it is there all the same.
      const length = Math.ceil(this.#u32(bytes, at + 4) / 4) * 4;
      if (length < BLOCK_FRAME_BYTES) return this.#damaged(`a block of ${length} bytes, below the minimum of 12`);
      const parsed =
        type === BLOCK.enhancedPacket ||
        type === BLOCK.interface ||
        type === BLOCK.simplePacket ||
        type === BLOCK.packet ||
        type === BLOCK.section;
      if (!parsed && length > MAX_PARSED_BLOCK_BYTES) {
        window.skip(length);
        return this.#incomplete(0);
      }
      if (length > MAX_PARSED_BLOCK_BYTES) return this.#damaged(`a block of type ${type} with ${length} bytes`);
      if (available < length) return this.#incomplete(length);
      const trailer = Math.ceil(this.#u32(bytes, at + length - 4) / 4) * 4;
      if (trailer !== length) return this.#damaged(`a block whose two lengths differ (${length} and ${trailer})`);
      window.start = at + length;
      if (type === BLOCK.enhancedPacket) {
        const status = this.#enhancedPacket(packet, bytes, at, length);
        return status === RECORD.damaged ? this.#rewind(at) : status;
      }
      if (parsed && type !== BLOCK.section) {
        const status = this.#otherBlock(type, packet, bytes, at, length);
        if (status === RECORD.damaged) return this.#rewind(at);
        if (status !== undefined) return status;
      } else if (type === BLOCK.section) {
        this.#interfaces = [];
      }
    }
  }

  /** A damaged block is not consumed, so that the window's offset names its first byte. */
  #rewind(at: number): RecordStatus {
    this.#window.start = at;
    return RECORD.damaged;
  }

  #u16(bytes: Uint8Array, at: number): number {
    return this.#littleEndian ? readU16LE(bytes, at) : readU16BE(bytes, at);
  }

  #u32(bytes: Uint8Array, at: number): number {
    return this.#littleEndian ? readU32LE(bytes, at) : readU32BE(bytes, at);
  }

  #incomplete(needed: number): RecordStatus {
    this.needed = needed;
    return RECORD.incomplete;
  }

  #damaged(damage: string): RecordStatus {
    this.damage = damage;
    return RECORD.damaged;
  }

  #otherBlock(type: number, packet: Packet, bytes: Uint8Array, at: number, length: number): RecordStatus | undefined {
    if (type === BLOCK.interface) return this.#interfaceDescription(bytes, at, length);
    if (type === BLOCK.simplePacket) return this.#simplePacket(packet, bytes, at, length);
    return this.#obsoletePacket(packet, bytes, at, length);
  }

  /** Draft §4.2. */
  #interfaceDescription(bytes: Uint8Array, at: number, length: number): RecordStatus | undefined {
    if (length < 20) return this.#damaged(`an interface description of ${length} bytes, below the minimum of 20`);
    if (this.#interfaces.length >= MAX_INTERFACES) return this.#damaged(`more than ${MAX_INTERFACES} interfaces`);
    const linkType = this.#u16(bytes, at + 8);
    let ticksPerSecond = 1_000_000n;
    let offsetSeconds = 0;
    const end = at + length - 4;
    for (let option = at + 16; option + 4 <= end; ) {
      const code = this.#u16(bytes, option);
      const size = this.#u16(bytes, option + 2);
      const value = option + 4;
      if (code === OPTION.end || value + size > end) break;
      if (code === OPTION.timeResolution && size >= 1) {
        const exponent = bytes[value]!;
        ticksPerSecond = (exponent & 0x80) === 0 ? 10n ** BigInt(exponent) : 2n ** BigInt(exponent & 0x7f);
      } else if (code === OPTION.timeOffset && size >= 8) {
        const high = this.#u32(bytes, this.#littleEndian ? value + 4 : value);
        const low = this.#u32(bytes, this.#littleEndian ? value : value + 4);
        offsetSeconds = Number(BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low)));
      }
      option = value + Math.ceil(size / 4) * 4;
    }
    this.#interfaces.push(new CaptureInterface(linkType, this.#u32(bytes, at + 12), ticksPerSecond, offsetSeconds));
    if (!this.linkTypes.includes(linkType)) this.linkTypes.push(linkType);
    return undefined;
  }

  /** Draft §4.3. */
  #enhancedPacket(packet: Packet, bytes: Uint8Array, at: number, length: number): RecordStatus {
    if (length < 32) return this.#damaged(`an enhanced packet block of ${length} bytes, below the minimum of 32`);
    const capturedLength = this.#u32(bytes, at + 20);
    packet.wireLength = this.#u32(bytes, at + 24);
    const high = this.#u32(bytes, at + 12);
    const low = this.#u32(bytes, at + 16);
    return this.#fill(packet, bytes, at + 28, capturedLength, length - 32, this.#u32(bytes, at + 8), high, low);
  }

  /** Draft appendix A: the Packet Block of the first drafts, with a 16-bit interface and a drop count. */
  #obsoletePacket(packet: Packet, bytes: Uint8Array, at: number, length: number): RecordStatus {
    if (length < 32) return this.#damaged(`a packet block of ${length} bytes, below the minimum of 32`);
    const capturedLength = this.#u32(bytes, at + 20);
    packet.wireLength = this.#u32(bytes, at + 24);
    const high = this.#u32(bytes, at + 12);
    const low = this.#u32(bytes, at + 16);
    return this.#fill(packet, bytes, at + 28, capturedLength, length - 32, this.#u16(bytes, at + 8), high, low);
  }

  #fill(
    packet: Packet,
    bytes: Uint8Array,
    at: number,
    capturedLength: number,
    room: number,
    interfaceIndex: number,
    high: number,
    low: number,
  ): RecordStatus {
    if (capturedLength > room || capturedLength > MAX_PACKET_BYTES) {
      return this.#damaged(`a packet of ${capturedLength} captured bytes in a block with room for ${room}`);
    }
    packet.bytes = bytes;
    packet.view = this.#window.view;
    packet.at = at;
    packet.capturedLength = capturedLength;
    const source = this.#interfaces[interfaceIndex];
    if (source === undefined) return this.#withoutInterface(packet);
    packet.linkType = source.linkType;
    source.setTime(packet, high, low);
    this.#seconds = packet.seconds;
    this.#nanoseconds = packet.nanoseconds;
    return RECORD.packet;
  }

  /** Draft §4.4: no time, no captured length, the first interface of the section. */
  #simplePacket(packet: Packet, bytes: Uint8Array, at: number, length: number): RecordStatus {
    if (length < 16) return this.#damaged(`a simple packet block of ${length} bytes, below the minimum of 16`);
    const source = this.#interfaces[0];
    const wireLength = this.#u32(bytes, at + 8);
    const snapLength = source && source.snapLength > 0 ? source.snapLength : MAX_PACKET_BYTES;
    packet.bytes = bytes;
    packet.view = this.#window.view;
    packet.at = at + 12;
    packet.wireLength = wireLength;
    packet.capturedLength = Math.min(wireLength, snapLength, length - 16);
    this.timestamps.missing++;
    if (source === undefined) return this.#withoutInterface(packet);
    packet.linkType = source.linkType;
    packet.seconds = this.#seconds;
    packet.nanoseconds = this.#nanoseconds;
    return RECORD.packet;
  }

  /** The packet exists and is counted, but neither its link type nor its clock is known. */
  #withoutInterface(packet: Packet): RecordStatus {
    packet.linkType = NONE;
    packet.seconds = this.#seconds;
    packet.nanoseconds = this.#nanoseconds;
    return RECORD.packet;
  }
}
