/**
 * @module
 * Series as tables: CSV with a header, or one JSON object per line. The columns are time in seconds since the epoch, direction,
 * size in bytes, and gap in seconds since the previous packet of the same direction (empty or null for the first).
 */

import { OutputBuffer } from '../output-buffer.js';
import type { Output, SerialOutput } from '../output-file.js';
import type { PacketWriter } from '../packets/packet-writer.js';

export const TABLE_COLUMNS = ['time_s', 'direction', 'size_bytes', 'gap_s'] as const;

/** Longer than any line of either kind. */
const MAX_LINE_BYTES = 160;

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The fixed parts of a line. */
interface Style {
  readonly header: Uint8Array;
  readonly beforeTime: Uint8Array;
  /** Between time and size, by direction. */
  readonly directions: readonly [inbound: Uint8Array, outbound: Uint8Array];
  readonly beforeGap: Uint8Array;
  readonly noGap: Uint8Array;
  readonly end: Uint8Array;
}

const STYLES: Readonly<Record<'csv' | 'ndjson', Style>> = {
  csv: {
    header: ascii(`${TABLE_COLUMNS.join(',')}\n`),
    beforeTime: ascii(''),
    directions: [ascii(',in,'), ascii(',out,')],
    beforeGap: ascii(','),
    noGap: ascii(''),
    end: ascii('\n'),
  },
  ndjson: {
    header: ascii(''),
    beforeTime: ascii('{"time_s":'),
    directions: [ascii(',"direction":"in","size_bytes":'), ascii(',"direction":"out","size_bytes":')],
    beforeGap: ascii(',"gap_s":'),
    noGap: ascii('null'),
    end: ascii('}\n'),
  },
};

export class TableWriter implements PacketWriter {
  readonly #buffer: OutputBuffer;
  readonly #style: Style;
  /** Per direction: time of the packet before. */
  readonly #lastSeconds = [Number.NaN, Number.NaN];
  readonly #lastNanoseconds = [0, 0];

  /** @param output a series gets a header in each of its files; gaps reach across them */
  constructor(output: Output | SerialOutput, format: 'csv' | 'ndjson') {
    this.#buffer = new OutputBuffer(output);
    this.#style = STYLES[format];
  }

  begin(): Promise<void> {
    return this.#buffer.append(this.#style.header);
  }

  hasRoom(): boolean {
    return this.#buffer.hasRoom(this.#style.header.length + MAX_LINE_BYTES);
  }

  /** For packets that come faster than they can be flushed. */
  grow(): void {
    this.#buffer.grow();
  }

  flush(): Promise<void> {
    return this.#buffer.flush();
  }

  end(): Promise<void> {
    return this.#buffer.end();
  }

  write(seconds: number, nanoseconds: number, sizeBytes: number, outbound: number): void {
    const style = this.#style;
    if (this.#buffer.beginRecord(seconds, nanoseconds, MAX_LINE_BYTES)) this.#buffer.put(style.header);
    this.#text(style.beforeTime);
    this.#time(seconds, nanoseconds);
    this.#text(style.directions[outbound]!);
    this.#integer(sizeBytes);
    this.#text(style.beforeGap);
    const last = this.#lastSeconds[outbound]!;
    if (Number.isNaN(last)) {
      this.#text(style.noGap);
    } else {
      // A whole number of ns below 2^53, so its seconds and rest are exact.
      const gapNs = (seconds - last) * 1e9 + (nanoseconds - this.#lastNanoseconds[outbound]!);
      if (gapNs < 0) this.#buffer.bytes[this.#buffer.position++] = 0x2d;
      const size = Math.abs(gapNs);
      const whole = Math.floor(size / 1e9);
      this.#time(whole, size - whole * 1e9);
    }
    this.#text(style.end);
    this.#lastSeconds[outbound] = seconds;
    this.#lastNanoseconds[outbound] = nanoseconds;
  }

  #text(text: Uint8Array): void {
    const { bytes } = this.#buffer;
    for (let i = 0; i < text.length; i++) bytes[this.#buffer.position++] = text[i]!;
  }

  #time(seconds: number, nanoseconds: number): void {
    this.#integer(seconds);
    const { bytes, position } = this.#buffer;
    bytes[position] = 0x2e;
    writeDigits(bytes, position + 1, 9, nanoseconds);
    this.#buffer.position = position + 10;
  }

  #integer(value: number): void {
    const { bytes } = this.#buffer;
    const size = Math.abs(value);
    if (value < 0) bytes[this.#buffer.position++] = 0x2d;
    let digits = 1;
    for (let limit = 10; size >= limit; limit *= 10) digits++;
    const { position } = this.#buffer;
    if (size < 2 ** 31) {
      writeDigits(bytes, position, digits, size);
    } else {
      const high = Math.floor(size / 1e9);
      writeDigits(bytes, position, digits - 9, high);
      writeDigits(bytes, position + digits - 9, 9, size - high * 1e9);
    }
    this.#buffer.position = position + digits;
  }
}

/** The lowest digits of a whole number below 2^31. */
function writeDigits(bytes: Uint8Array, position: number, digits: number, value: number): void {
  let rest = value | 0;
  for (let at = position + digits - 1; at >= position; at--) {
    const tenth = (rest / 10) | 0;
    bytes[at] = 0x30 + rest - tenth * 10;
    rest = tenth;
  }
}
