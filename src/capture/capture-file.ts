/**
 * @module
 * One capture being read: opened by what it contains, driven record by record, with an account of everything that was odd.
 */
import { SynthError } from '../errors.js';
import { isSupportedLinkType } from '../net/link-type.js';
import { type ByteSource, openByteSource, STDIN_NAME } from './byte-source.js';
import type { ByteWindow } from './byte-window.js';
import { type Compression, type DecompressedSource, openDecompressed } from './compression.js';
import type { Packet } from './packet.js';
import { isPcap, PCAP_HEADER_BYTES, PcapReader } from './pcap.js';
import { isPcapng, PcapngReader } from './pcapng.js';
import { type CaptureFormat, RECORD, type RecordReader } from './record-reader.js';

/** Something that a reader could cope with and the user should know. */
export interface CaptureWarning {
  readonly code:
    | 'SYNTH_CAPTURE_TRUNCATED'
    | 'SYNTH_CAPTURE_DAMAGED'
    | 'SYNTH_CAPTURE_COMPRESSION'
    | 'SYNTH_CAPTURE_TIME_BACKWARDS'
    | 'SYNTH_CAPTURE_TIME_INVALID'
    | 'SYNTH_CAPTURE_TIME_MISSING'
    | 'SYNTH_CAPTURE_EMPTY_FRAMES'
    | 'SYNTH_CAPTURE_LINK_TYPE';
  readonly message: string;
  /** Where in the (decompressed) file, in bytes. */
  readonly offset?: number;
  /** How many packets it concerns. */
  readonly packets?: number;
}

/** The account of one file. */
export interface CaptureFileReport {
  readonly path: string;
  readonly format: CaptureFormat;
  readonly compression: Compression | undefined;
  readonly linkTypes: readonly number[];
  /** Records, whatever they hold: the count of `capinfos -c`. */
  readonly packets: number;
  /** Bytes of all frames on the wire. */
  readonly bytes: number;
  readonly warnings: readonly CaptureWarning[];
}

/** What to read. */
export interface CaptureInput {
  /** The name for messages. */
  readonly name: string;
  open(): Promise<ByteSource>;
}

/** A path, or a path with the name that messages shall have for it. */
export type NamedPath = string | { readonly path: string; readonly name: string };

export function withName(file: NamedPath): { readonly path: string; readonly name: string } {
  return typeof file === 'string' ? { path: file, name: file === '-' ? STDIN_NAME : file } : file;
}

/** The capture at a path; `-` is standard input. */
export function captureInput(file: NamedPath): CaptureInput {
  const { path, name } = withName(file);
  return { name, open: () => openByteSource(path, name) };
}

const FORMAT_HINT =
  'synth reads pcap and pcapng, plain or compressed with gzip or zstd; editcap converts other formats.';

/** Bytes read from a file so far, for a progress bar. */
export interface ReadProgress {
  readonly bytes: number;
  /** Unknown for a pipe. */
  readonly totalBytes: number | undefined;
}

export class CaptureFile {
  readonly name: string;
  readonly #source: MeteredSource;
  readonly #window: ByteWindow;
  readonly #compressed: DecompressedSource | undefined;
  readonly #compression: Compression | undefined;
  readonly #reader: RecordReader;
  #packets = 0;
  #bytes = 0;
  #emptyFrames = 0;
  #backwards = 0;
  #lastSeconds = 0;
  #lastNanoseconds = 0;
  #cut: CaptureWarning | undefined;

  private constructor(
    name: string,
    source: MeteredSource,
    window: ByteWindow,
    reader: RecordReader,
    compressed: DecompressedSource | undefined,
    compression: Compression | undefined,
  ) {
    this.name = name;
    this.#source = source;
    this.#window = window;
    this.#reader = reader;
    this.#compressed = compressed;
    this.#compression = compression;
  }

  /**
   * @param windowBytes memory for the file
   * @param signal closes the file when it is aborted, so that nobody waits for a pipe that is silent
   * @throws SynthError `SYNTH_FILE_UNREADABLE`, `SYNTH_CAPTURE_FORMAT`, `SYNTH_CAPTURE_EMPTY`, `SYNTH_CAPTURE_TRUNCATED`,
   * `SYNTH_CAPTURE_COMPRESSION`, `SYNTH_CAPTURE_LINK_TYPE`
   */
  static async open(input: CaptureInput, windowBytes?: number, signal?: AbortSignal): Promise<CaptureFile> {
    const { name } = input;
    const source = new MeteredSource(await input.open(), signal);
    const { window, compressed, compression } = await openDecompressed(name, source, windowBytes);
    try {
      await window.fill(PCAP_HEADER_BYTES);
      const reader = createReader(name, window);
      return new CaptureFile(name, source, window, reader, compressed, compression);
    } catch (error) {
      await window.close();
      throw error;
    }
  }

  get progress(): ReadProgress {
    return { bytes: this.#source.bytesRead, totalBytes: this.#source.size };
  }

  /**
   * Takes the next packet if it is in memory already.
   *
   * @returns true when `packet` is filled in; false when `advance` has to be called first
   */
  next(packet: Packet): boolean {
    if (this.#cut !== undefined || this.#reader.next(packet) !== RECORD.packet) return false;
    this.#note(packet);
    return true;
  }

  /** Takes all packets that are in memory. One loop, because a call for each packet would be felt. */
  takeAll(packet: Packet, take: (packet: Packet) => void): void {
    if (this.#cut !== undefined) return;
    const reader = this.#reader;
    while (reader.next(packet) === RECORD.packet) {
      this.#note(packet);
      take(packet);
    }
  }

  #note(packet: Packet): void {
    const { seconds, nanoseconds } = packet;
    if (seconds < this.#lastSeconds || (seconds === this.#lastSeconds && nanoseconds < this.#lastNanoseconds)) {
      if (this.#packets > 0) this.#backwards++;
    }
    this.#packets++;
    this.#bytes += packet.wireLength;
    if (packet.capturedLength === 0) this.#emptyFrames++;
    this.#lastSeconds = seconds;
    this.#lastNanoseconds = nanoseconds;
  }

  /** Reads more of the file. Resolves with false when nothing more is to be had. */
  async advance(): Promise<boolean> {
    const window = this.#window;
    const reader = this.#reader;
    if (this.#cut !== undefined) return false;
    if (reader.damage !== '') {
      return this.#stop({
        code: 'SYNTH_CAPTURE_DAMAGED',
        message: `damaged at byte ${window.offset}: ${reader.damage}; the ${this.#packets} packets before it were read`,
        offset: window.offset,
      });
    }
    await window.fill(reader.needed);
    if (!window.skipping && window.available >= reader.needed) return true;
    if (window.available > 0 || window.skipping) {
      return this.#stop({
        code: 'SYNTH_CAPTURE_TRUNCATED',
        message: `cut short in the middle of a packet at byte ${window.offset}; the ${this.#packets} packets before it were read`,
        offset: window.offset,
      });
    }
    return false;
  }

  #stop(warning: CaptureWarning): false {
    this.#cut = warning;
    return false;
  }

  close(): Promise<void> {
    return this.#window.close();
  }

  get report(): CaptureFileReport {
    return {
      path: this.name,
      format: this.#reader.format,
      compression: this.#compression,
      linkTypes: this.#reader.linkTypes,
      packets: this.#packets,
      bytes: this.#bytes,
      warnings: this.#warnings(),
    };
  }

  #warnings(): CaptureWarning[] {
    const warnings: CaptureWarning[] = [];
    const count = (packets: number, code: CaptureWarning['code'], message: string) => {
      if (packets > 0) warnings.push({ code, message: `${packets} ${message}`, packets });
    };
    const { fractionInvalid, missing } = this.#reader.timestamps;
    count(this.#backwards, 'SYNTH_CAPTURE_TIME_BACKWARDS', 'timestamps go backwards');
    count(
      fractionInvalid,
      'SYNTH_CAPTURE_TIME_INVALID',
      'timestamps have a fraction of a second or more; carried over',
    );
    count(
      missing,
      'SYNTH_CAPTURE_TIME_MISSING',
      'packets have no timestamp (Simple Packet Blocks); they take that of the packet before',
    );
    count(this.#emptyFrames, 'SYNTH_CAPTURE_EMPTY_FRAMES', 'frames are empty');
    const problem = this.#compressed?.problem;
    if (problem) warnings.push({ code: 'SYNTH_CAPTURE_COMPRESSION', message: problem });
    if (this.#cut) warnings.push(this.#cut);
    return warnings;
  }
}

function createReader(name: string, window: ByteWindow): RecordReader {
  const head = window.bytes.subarray(window.start, window.end);
  if (head.length === 0) {
    throw new SynthError('SYNTH_CAPTURE_EMPTY', `${name}: is empty (0 bytes)`, {
      hint: 'Capture again, for example with: tcpdump -w capture.pcap',
    });
  }
  if (isPcapng(head)) return new PcapngReader(window);
  if (!isPcap(head)) {
    const magic = Array.from(head.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw new SynthError('SYNTH_CAPTURE_FORMAT', `${name}: is not a capture (it begins with the bytes ${magic})`, {
      hint: FORMAT_HINT,
    });
  }
  if (head.length < PCAP_HEADER_BYTES) {
    const message = `${name}: cut short after ${head.length} of the ${PCAP_HEADER_BYTES} bytes of the file header`;
    throw new SynthError('SYNTH_CAPTURE_TRUNCATED', message);
  }
  const reader = new PcapReader(window);
  const unsupported = reader.linkTypes.find((linkType) => !isSupportedLinkType(linkType));
  if (unsupported !== undefined) throw unsupportedLinkType(name, [unsupported]);
  return reader;
}

/** The error of a capture in which no frame can be decoded. */
export function unsupportedLinkType(name: string, linkTypes: readonly number[]): SynthError {
  return new SynthError('SYNTH_CAPTURE_LINK_TYPE', `${name}: link type ${linkTypes.join(', ')} is not supported`, {
    hint: 'Supported are Ethernet, raw IP, BSD loopback, Linux cooked, PPP, PPPoE and IEEE 802.11.',
  });
}

/** A source that counts what was read from it, and is closed by a signal. */
class MeteredSource implements ByteSource {
  readonly #inner: ByteSource;
  readonly #signal: AbortSignal | undefined;
  readonly #stop = () => {
    this.#inner.close().catch(() => {});
  };
  bytesRead = 0;

  constructor(inner: ByteSource, signal: AbortSignal | undefined) {
    this.#inner = inner;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#stop, { once: true });
  }

  get size(): number | undefined {
    return this.#inner.size;
  }

  async read(target: Uint8Array, at: number, length: number): Promise<number> {
    const count = await this.#inner.read(target, at, length);
    this.bytesRead += count;
    return count;
  }

  close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#stop);
    return this.#inner.close();
  }
}
