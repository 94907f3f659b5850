/**
 * @module
 * Packets as frames in a capture file: pcap with µs or ns timestamps, or pcapng with ns timestamps and a comment.
 */
import { writeU32LE } from '../bytes.js';
import { LINK_TYPE } from '../capture/link-type.js';
import { PCAP_MAGIC } from '../capture/pcap.js';
import { BLOCK, BYTE_ORDER_MAGIC } from '../capture/pcapng.js';
import { MAX_PACKET_BYTES } from '../capture/record-reader.js';
import { SynthError } from '../errors.js';
import { OutputBuffer } from '../output-buffer.js';
import type { Output } from '../output-file.js';
import type { PacketWriter } from '../series/packet-writer.js';
import { ETHERNET_HEADER_BYTES, type FrameBuilder } from './frame-builder.js';
import type { PayloadPool } from './payload.js';

export const CAPTURE_FORMATS = ['pcap', 'nsecpcap', 'pcapng'] as const;
export type WrittenCaptureFormat = (typeof CAPTURE_FORMATS)[number];

const PCAP_RECORD_BYTES = 16;
/** Type, length, interface, time, two lengths before the frame, and the length again behind it. */
const EPB_BYTES = 32;
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

function pcapHeader(magic: number): Uint8Array {
  const header = new Uint8Array(24);
  writeU32LE(header, 0, magic);
  writeU32LE(header, 4, 2 | (4 << 16)); // version 2.4
  writeU32LE(header, 16, MAX_PACKET_BYTES);
  writeU32LE(header, 20, LINK_TYPE.ethernet);
  return header;
}

/** Section and interface: draft-ietf-opsawg-pcapng §4.1, §4.2. */
function pcapngHeader(application: string, comment: string): Uint8Array {
  const text = new TextEncoder();
  const fixed = new Uint8Array(16);
  writeU32LE(fixed, 0, BYTE_ORDER_MAGIC);
  writeU32LE(fixed, 4, 1); // version 1.0
  fixed.fill(0xff, 8); // length of the section not given
  const end = [0, 0, 0, 0];
  const section = [...fixed, ...option(1, text.encode(comment)), ...option(4, text.encode(application)), ...end];
  const description = new Uint8Array(8);
  writeU32LE(description, 0, LINK_TYPE.ethernet);
  writeU32LE(description, 4, MAX_PACKET_BYTES);
  const nanoseconds = Uint8Array.of(9);
  const interfaceBody = [...description, ...option(2, text.encode('synth0')), ...option(9, nanoseconds), ...end];
  return Uint8Array.from([...block(BLOCK.section, section), ...block(BLOCK.interface, interfaceBody)]);
}

export interface CaptureWriterOptions {
  readonly format: WrittenCaptureFormat;
  /** Goes into pcapng files. */
  readonly application: string;
  readonly comment: string;
}

export class CaptureWriter implements PacketWriter {
  readonly #buffer: OutputBuffer;
  readonly #frames: FrameBuilder;
  readonly #options: CaptureWriterOptions;

  constructor(output: Output, frames: FrameBuilder, pool: PayloadPool, options: CaptureWriterOptions) {
    this.#buffer = new OutputBuffer(output, pool.bytes);
    this.#frames = frames;
    this.#options = options;
  }

  begin(): Promise<void> {
    const { format, application, comment } = this.#options;
    if (format === 'pcapng') return this.#buffer.append(pcapngHeader(application, comment));
    return this.#buffer.append(pcapHeader(format === 'pcap' ? PCAP_MAGIC.micro : PCAP_MAGIC.nano));
  }

  hasRoom(sizeBytes: number): boolean {
    return this.#buffer.hasRoom(sizeBytes + ETHERNET_HEADER_BYTES + EPB_BYTES + 4);
  }

  flush(): Promise<void> {
    return this.#buffer.flush();
  }

  end(): Promise<void> {
    return this.#buffer.end();
  }

  write(seconds: number, nanoseconds: number, sizeBytes: number, outbound: number): void {
    if (this.#options.format === 'pcapng') this.#enhancedPacket(seconds, nanoseconds, sizeBytes, outbound);
    else this.#record(seconds, nanoseconds, sizeBytes, outbound);
  }

  #record(seconds: number, nanoseconds: number, sizeBytes: number, outbound: number): void {
    if (seconds > 0xffff_ffff) {
      throw new SynthError('SYNTH_USAGE', 'the packets reach beyond the year 2106, which a pcap file cannot say', {
        hint: 'Write pcapng, or let them start earlier.',
      });
    }
    const buffer = this.#buffer;
    const { bytes, position } = buffer;
    const frameBytes = this.#frames.frameBytes(sizeBytes);
    writeU32LE(bytes, position, seconds);
    writeU32LE(bytes, position + 4, this.#options.format === 'pcap' ? Math.floor(nanoseconds / 1000) : nanoseconds);
    writeU32LE(bytes, position + 8, frameBytes);
    writeU32LE(bytes, position + 12, frameBytes);
    this.#frames.write(bytes, position + PCAP_RECORD_BYTES, sizeBytes, outbound);
    buffer.position = position + PCAP_RECORD_BYTES + frameBytes;
  }

  /** Draft §4.3. */
  #enhancedPacket(seconds: number, nanoseconds: number, sizeBytes: number, outbound: number): void {
    const buffer = this.#buffer;
    const { bytes, position } = buffer;
    const frameBytes = this.#frames.frameBytes(sizeBytes);
    const padding = (4 - (frameBytes & 3)) & 3;
    const length = EPB_BYTES + frameBytes + padding;
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
    writeU32LE(bytes, position + 4, length);
    writeU32LE(bytes, position + 8, 0);
    writeU32LE(bytes, position + 12, highWord);
    writeU32LE(bytes, position + 16, lowWord);
    writeU32LE(bytes, position + 20, frameBytes);
    writeU32LE(bytes, position + 24, frameBytes);
    this.#frames.write(bytes, position + 28, sizeBytes, outbound);
    const end = position + 28 + frameBytes;
    for (let i = 0; i < padding; i++) bytes[end + i] = 0;
    writeU32LE(bytes, end + padding, length);
    buffer.position = position + length;
  }
}
