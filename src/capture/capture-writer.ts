/**
 * @module
 * Frames as records of a capture file: pcap with µs or ns timestamps, or pcapng with ns timestamps and a comment. The other direction of
 * `record-reader.ts`: whoever has frames writes them here.
 */

import { SynthError } from '../errors.js';
import { writeU32LE } from '../net/bytes.js';
import { MAX_PACKET_BYTES } from '../net/sizes.js';
import { OutputBuffer } from '../output-buffer.js';
import type { Output, SerialOutput } from '../output-file.js';
import { PCAP_MAGIC } from './pcap.js';
import { BLOCK, BYTE_ORDER_MAGIC } from './pcapng.js';

export const CAPTURE_FORMATS = ['pcap', 'nsecpcap', 'pcapng'] as const;
export type WrittenCaptureFormat = (typeof CAPTURE_FORMATS)[number];

/** The format that the name of a file asks for, if it is that of a capture. */
export function captureFormatOf(path: string): WrittenCaptureFormat | undefined {
  if (/\.(pcap|cap|dmp)$/i.test(path)) return 'pcap';
  return /\.(pcapng|ntar)$/i.test(path) ? 'pcapng' : undefined;
}

const PCAP_RECORD_BYTES = 16;
/** Type, length, interface, time, two lengths before the frame, and the length again behind it. */
const EPB_BYTES = 32;
const EPB_HEADER_BYTES = 28;
/** The length of an option has 16 bits. */
const MAX_OPTION_BYTES = 0xffff;

/** Writes pcapng options: code, length, value padded to four bytes. @throws SynthError `SYNTH_USAGE` */
function option(code: number, value: Uint8Array): number[] {
  if (value.length > MAX_OPTION_BYTES) {
    const message = `a comment of ${value.length} bytes; pcapng holds ${MAX_OPTION_BYTES}`;
    throw new SynthError('SYNTH_USAGE', message, { hint: 'Take a shorter seed.' });
  }
  const padded = Math.ceil(value.length / 4) * 4;
  const bytes = new Uint8Array(4 + padded);
  writeU32LE(bytes, 0, code + value.length * 2 ** 16);
  bytes.set(value, 4);
  return [...bytes];
}

function block(type: number, body: readonly number[]): number[] {
  const length = new Uint8Array(4);
  writeU32LE(length, 0, body.length + 12);
  const kind = new Uint8Array(4);
  writeU32LE(kind, 0, type);
  return [...kind, ...length, ...body, ...length];
}

function pcapHeader(magic: number, linkType: number): Uint8Array {
  const header = new Uint8Array(24);
  writeU32LE(header, 0, magic);
  writeU32LE(header, 4, 2 | (4 << 16)); // version 2.4
  writeU32LE(header, 16, MAX_PACKET_BYTES);
  writeU32LE(header, 20, linkType);
  return header;
}

const NOTHING = new Uint8Array(0);
const END_OF_OPTIONS = [0, 0, 0, 0];

/** Draft-ietf-opsawg-pcapng §4.1. */
function sectionBlock({ application, comment }: CaptureWriterOptions): number[] {
  const text = new TextEncoder();
  const fixed = new Uint8Array(16);
  writeU32LE(fixed, 0, BYTE_ORDER_MAGIC);
  writeU32LE(fixed, 4, 1); // version 1.0
  fixed.fill(0xff, 8); // length of the section not given
  const options = [...option(1, text.encode(comment)), ...option(4, text.encode(application))];
  return block(BLOCK.section, [...fixed, ...options, ...END_OF_OPTIONS]);
}

/** Draft §4.2. */
function interfaceBlock(linkType: number, index: number): number[] {
  const description = new Uint8Array(8);
  writeU32LE(description, 0, linkType);
  writeU32LE(description, 4, MAX_PACKET_BYTES);
  const name = option(2, new TextEncoder().encode(`synth${index}`));
  const nanoseconds = option(9, Uint8Array.of(9));
  return block(BLOCK.interface, [...description, ...name, ...nanoseconds, ...END_OF_OPTIONS]);
}

/** pcapng pads to four bytes. */
const paddingBytes = (frameBytes: number): number => (4 - (frameBytes & 3)) & 3;

/** Length of an enhanced packet block. */
const epbBytes = (frameBytes: number): number => EPB_BYTES + frameBytes + paddingBytes(frameBytes);

export interface CaptureWriterOptions {
  readonly format: WrittenCaptureFormat;
  /** LINKTYPE_ value of the frames; undefined where `useLinkType` says it before the first of them. */
  readonly linkType: number | undefined;
  /** Go into pcapng files. */
  readonly application: string;
  readonly comment: string;
}

export class CaptureWriter {
  readonly #buffer: OutputBuffer;
  /** What stands before the records of a file. */
  #header: Uint8Array;
  readonly #options: CaptureWriterOptions;
  /** Those that the file has been told of: one, or in pcapng as many as it has interfaces. */
  readonly #linkTypes: number[];
  /** What the file has yet to be told of the last of them. */
  #undescribed: Uint8Array = NOTHING;
  /** Index of the link type of the records. */
  #interface = 0;
  /** Of the record that is being written. */
  #frameAt = 0;
  #frameBytes = 0;

  /**
   * @param output a series gets a header in each of its files
   * @param preamble bytes that stand at the beginning of `bytes`, for copying from
   * @throws SynthError `SYNTH_USAGE` for a comment that is too long
   */
  constructor(output: Output | SerialOutput, options: CaptureWriterOptions, preamble?: Uint8Array) {
    this.#buffer = new OutputBuffer(output, preamble);
    this.#options = options;
    this.#linkTypes = options.linkType === undefined ? [] : [options.linkType];
    this.#header = this.#describeFile();
  }

  /** Where frames are written to. Another array after every `flush`. */
  get bytes(): Uint8Array {
    return this.#buffer.bytes;
  }

  /** Writes what stands before the records. */
  begin(): Promise<void> {
    return this.#buffer.append(this.#header);
  }

  #describeFile(): Uint8Array {
    const section = this.#options.format === 'pcapng' ? sectionBlock(this.#options) : [];
    return Uint8Array.from([...section, ...this.#linkTypes.flatMap(this.#describe)]);
  }

  /** What a file says of a link type: an interface, or the whole header of a pcap. */
  readonly #describe = (linkType: number, index: number): number[] => {
    const { format } = this.#options;
    if (format === 'pcapng') return interfaceBlock(linkType, index);
    return [...pcapHeader(format === 'pcap' ? PCAP_MAGIC.micro : PCAP_MAGIC.nano, linkType)];
  };

  /**
   * Says of which link type the following records are.
   *
   * @throws SynthError `SYNTH_USAGE` for a second one in a pcap file, which has only one
   */
  useLinkType(linkType: number): void {
    const known = this.#linkTypes.indexOf(linkType);
    if (known >= 0) {
      this.#interface = known;
      return;
    }
    if (this.#options.format !== 'pcapng' && this.#linkTypes.length > 0) {
      const message = `frames of link types ${this.#linkTypes[0]} and ${linkType}; a pcap file has one`;
      throw new SynthError('SYNTH_USAGE', message, { hint: 'Write pcapng.' });
    }
    this.#interface = this.#linkTypes.push(linkType) - 1;
    this.#undescribed = Uint8Array.of(...this.#undescribed, ...this.#describe(linkType, this.#interface));
    this.#header = this.#describeFile();
  }

  /** False if `flush` has to be called before frames of this length altogether. */
  hasRoom(frameBytes: number, frames = 1): boolean {
    return this.#buffer.hasRoom(frameBytes + frames * (this.#header.length + EPB_BYTES + 4));
  }

  /** Makes room for a frame of this length where there can be no flush now. */
  reserve(frameBytes: number): void {
    this.#buffer.reserve(this.#header.length + frameBytes + EPB_BYTES + 4);
  }

  flush(): Promise<void> {
    return this.#buffer.flush();
  }

  /** Resolves when everything has been taken. */
  end(): Promise<void> {
    return this.#buffer.end();
  }

  /**
   * Begins a record; `endRecord` ends it when the frame has been written.
   *
   * @param seconds, nanoseconds time since the Unix epoch
   * @param frameBytes bytes of the frame in the file
   * @param wireBytes bytes of the frame on the wire
   * @returns where in `bytes` the frame goes
   * @throws SynthError `SYNTH_USAGE` for a time that the format cannot say
   */
  beginRecord(seconds: number, nanoseconds: number, frameBytes: number, wireBytes: number): number {
    this.#frameBytes = frameBytes;
    const recordBytes = this.#options.format === 'pcapng' ? epbBytes(frameBytes) : PCAP_RECORD_BYTES + frameBytes;
    const undescribed = this.#undescribed;
    const beginsFile = this.#buffer.beginRecord(seconds, nanoseconds, undescribed.length + recordBytes);
    if (beginsFile) this.#buffer.put(this.#header);
    else if (undescribed.length > 0) this.#buffer.put(undescribed);
    this.#undescribed = NOTHING;
    this.#frameAt =
      this.#options.format === 'pcapng'
        ? this.#enhancedPacket(seconds, nanoseconds, frameBytes, wireBytes)
        : this.#record(seconds, nanoseconds, frameBytes, wireBytes);
    return this.#frameAt;
  }

  endRecord(): void {
    const buffer = this.#buffer;
    const end = this.#frameAt + this.#frameBytes;
    if (this.#options.format !== 'pcapng') {
      buffer.position = end;
      return;
    }
    const padding = paddingBytes(this.#frameBytes);
    for (let i = 0; i < padding; i++) buffer.bytes[end + i] = 0;
    writeU32LE(buffer.bytes, end + padding, epbBytes(this.#frameBytes));
    buffer.position = end + padding + 4;
  }

  #record(seconds: number, nanoseconds: number, frameBytes: number, wireBytes: number): number {
    if (seconds > 0xffff_ffff) {
      throw new SynthError('SYNTH_USAGE', 'the packets reach beyond the year 2106, which a pcap file cannot say', {
        hint: 'Write pcapng, or let them start earlier.',
      });
    }
    const { bytes, position } = this.#buffer;
    writeU32LE(bytes, position, seconds);
    writeU32LE(bytes, position + 4, this.#options.format === 'pcap' ? Math.floor(nanoseconds / 1000) : nanoseconds);
    writeU32LE(bytes, position + 8, frameBytes);
    writeU32LE(bytes, position + 12, wireBytes);
    return position + PCAP_RECORD_BYTES;
  }

  /** Draft §4.3. */
  #enhancedPacket(seconds: number, nanoseconds: number, frameBytes: number, wireBytes: number): number {
    const { bytes, position } = this.#buffer;
    // seconds × 10^9 does not fit a double, so it is computed in two parts that do, and cut again at 32 bits.
    const low = (seconds % 2 ** 20) * 1e9 + nanoseconds;
    const high = Math.floor(seconds / 2 ** 20) * 1e9; // in units of 2^20 ns
    const carried = high + Math.floor(low / 2 ** 20);
    const highWord = Math.floor(carried / 2 ** 12);
    if (highWord > 0xffff_ffff) {
      throw new SynthError('SYNTH_USAGE', 'the packets reach beyond the year 2554, which a pcapng file cannot say', {
        hint: 'Write a table, or fewer packets.',
      });
    }
    const lowWord = (carried % 2 ** 12) * 2 ** 20 + (low % 2 ** 20);
    writeU32LE(bytes, position, BLOCK.enhancedPacket);
    writeU32LE(bytes, position + 4, epbBytes(frameBytes));
    writeU32LE(bytes, position + 8, this.#interface);
    writeU32LE(bytes, position + 12, highWord);
    writeU32LE(bytes, position + 16, lowWord);
    writeU32LE(bytes, position + 20, frameBytes);
    writeU32LE(bytes, position + 24, wireBytes);
    return position + EPB_HEADER_BYTES;
  }
}
