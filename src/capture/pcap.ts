/**
 * @module
 * The classic capture file: draft-ietf-opsawg-pcap, in both byte orders, with µs or ns timestamps, and Alexey Kuznetzov's
 * modified record header.
 */
import { readU16BE, readU16LE, readU32BE, readU32LE } from '../net/bytes.js';
import { MAX_PACKET_BYTES } from '../net/sizes.js';
import type { ByteWindow } from './byte-window.js';
import type { Packet } from './packet.js';
import {
  type CaptureFormat,
  RECORD,
  type RecordReader,
  type RecordStatus,
  type TimestampCounts,
} from './record-reader.js';

export const PCAP_HEADER_BYTES = 24;

/** The magic numbers, as a file of the reader's own byte order has them. */
export const PCAP_MAGIC = { micro: 0xa1b2c3d4, nano: 0xa1b23c4d, modified: 0xa1b2cd34 } as const;

/** The low 26 bits of the network field; above them stand the length of a frame check sequence and its flag (draft §4). */
const LINK_TYPE_MASK = 0x03ff_ffff;

/** True if a file that begins with these four bytes is a classic pcap. */
export function isPcap(head: Uint8Array): boolean {
  const magics: readonly number[] = Object.values(PCAP_MAGIC);
  return head.length >= 4 && (magics.includes(readU32LE(head, 0)) || magics.includes(readU32BE(head, 0)));
}

export class PcapReader implements RecordReader {
  readonly format: CaptureFormat;
  readonly linkTypes: readonly number[];
  readonly timestamps: TimestampCounts = { fractionInvalid: 0, missing: 0 };
  needed = 0;
  damage = '';
  readonly #window: ByteWindow;
  readonly #littleEndian: boolean;
  readonly #linkType: number;
  readonly #recordHeaderBytes: number;
  readonly #fractionUnitNs: number;
  /** Files before version 2.3 have the two lengths of a record the other way round, and some of version 2.3 do (libpcap sf-pcap.c). */
  readonly #swapped: 'never' | 'perhaps' | 'always';

  /** @param window holds at least the file header, which the reader consumes */
  constructor(window: ByteWindow) {
    const { bytes, start } = window;
    this.#window = window;
    this.#littleEndian = bytes[start] !== 0xa1;
    const read = this.#littleEndian ? readU32LE : readU32BE;
    const magic = read(bytes, start);
    this.format = magic === PCAP_MAGIC.nano ? 'nsecpcap' : magic === PCAP_MAGIC.modified ? 'modpcap' : 'pcap';
    this.#fractionUnitNs = magic === PCAP_MAGIC.nano ? 1 : 1000;
    // Modified: interface index (4), protocol (2), packet type (1), padding (1) follow the usual 16 bytes.
    this.#recordHeaderBytes = magic === PCAP_MAGIC.modified ? 24 : 16;
    this.#linkType = read(bytes, start + 20) & LINK_TYPE_MASK;
    this.linkTypes = [this.#linkType];
    const readU16 = this.#littleEndian ? readU16LE : readU16BE;
    const version = readU16(bytes, start + 4) * 0x10000 + readU16(bytes, start + 6);
    this.#swapped = version < 0x2_0003 ? 'always' : version === 0x2_0003 ? 'perhaps' : 'never';
    window.skip(PCAP_HEADER_BYTES);
  }

  next(packet: Packet): RecordStatus {
    const window = this.#window;
    const at = window.start;
    const available = window.end - at;
    const headerBytes = this.#recordHeaderBytes;
    if (available < headerBytes) {
      this.needed = headerBytes;
      return RECORD.incomplete;
    }
    const view = window.view;
    const littleEndian = this.#littleEndian;
    let capturedLength = view.getUint32(at + 8, littleEndian);
    let wireLength = view.getUint32(at + 12, littleEndian);
    if (this.#swapped === 'always' || (this.#swapped === 'perhaps' && capturedLength > wireLength)) {
      [capturedLength, wireLength] = [wireLength, capturedLength];
    }
    if (capturedLength > MAX_PACKET_BYTES) {
      this.damage = `a packet of ${capturedLength} captured bytes, above the maximum of ${MAX_PACKET_BYTES}`;
      return RECORD.damaged;
    }
    if (available < headerBytes + capturedLength) {
      this.needed = headerBytes + capturedLength;
      return RECORD.incomplete;
    }
    let seconds = view.getUint32(at, littleEndian);
    let nanoseconds = view.getUint32(at + 4, littleEndian) * this.#fractionUnitNs;
    if (nanoseconds >= 1e9) {
      this.timestamps.fractionInvalid++;
      seconds += Math.floor(nanoseconds / 1e9);
      nanoseconds %= 1e9;
    }
    packet.bytes = window.bytes;
    packet.view = view;
    packet.at = at + headerBytes;
    packet.capturedLength = capturedLength;
    packet.wireLength = wireLength;
    packet.seconds = seconds;
    packet.nanoseconds = nanoseconds;
    packet.linkType = this.#linkType;
    window.start = at + headerBytes + capturedLength;
    return RECORD.packet;
  }
}
