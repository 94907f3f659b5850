/**
 * Builders of frames and capture files, byte by byte after the RFCs and drafts, and a capture in memory that arrives in chunks
 * of any size. They share no code with the sources under test.
 */
import type { ByteSource } from '../../src/capture/byte-source.js';
import type { CaptureInput } from '../../src/capture/capture-file.js';

export type Part = Uint8Array | readonly number[];

export function join(...parts: readonly Part[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Big-endian integers, as the network has them. */
export const u16 = (value: number): number[] => [(value >>> 8) & 0xff, value & 0xff];
export const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value & 0xffff)];

/** An integer of `length` bytes in either byte order. */
export function integer(value: number | bigint, length: number, bigEndian: boolean): number[] {
  const bytes = Array.from({ length }, (_, i) =>
    Number((BigInt.asUintN(8 * length, BigInt(value)) >> BigInt(8 * i)) & 0xffn),
  );
  return bigEndian ? bytes.reverse() : bytes;
}

/** `count` bytes that are all different from their neighbours. */
export const filler = (count: number): number[] => Array.from({ length: count }, (_, i) => (i * 37 + 11) & 0xff);

export const mac = (text: string): number[] => text.split(':').map((part) => Number.parseInt(part, 16));
export const ip4 = (text: string): number[] => text.split('.').map(Number);
/** All eight groups written out, or one `::`. */
export function ip6(text: string): number[] {
  const [head = '', tail] = text.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const front = groups(head);
  const back = groups(tail ?? '');
  return [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back].flatMap(u16);
}

/** RFC 768. */
export const udp = (source: number, destination: number, payload: Part = []): Uint8Array =>
  join(u16(source), u16(destination), u16(8 + payload.length), u16(0), payload);

/** RFC 9293 §3.1; the options are padded to four bytes by the caller. */
export const tcp = (source: number, destination: number, payload: Part = [], options: Part = []): Uint8Array =>
  join(
    [
      ...u16(source),
      ...u16(destination),
      ...u32(1),
      ...u32(2),
      ((20 + options.length) / 4) << 4,
      0x10,
      ...u16(8192),
      0,
      0,
      0,
      0,
    ],
    options,
    payload,
  );

export interface Ipv4Fields {
  readonly source?: string;
  readonly destination?: string;
  readonly protocol?: number;
  readonly options?: Part;
  readonly totalLength?: number;
  /** Header length in 4-byte words. */
  readonly headerWords?: number;
  readonly identification?: number;
  /** In 8-byte units. */
  readonly fragmentOffset?: number;
  readonly moreFragments?: boolean;
}

/** RFC 791 §3.1. The checksum is left 0: no reader of captures may depend on it. */
export function ipv4(payload: Part, fields: Ipv4Fields = {}): Uint8Array {
  const options = fields.options ?? [];
  const words = fields.headerWords ?? (20 + options.length) / 4;
  const fragment = (fields.moreFragments ? 0x2000 : 0) | (fields.fragmentOffset ?? 0);
  return join(
    [0x40 | words, 0, ...u16(fields.totalLength ?? 20 + options.length + payload.length)],
    [...u16(fields.identification ?? 7), ...u16(fragment), 64, fields.protocol ?? 17, 0, 0],
    ip4(fields.source ?? '192.0.2.1'),
    ip4(fields.destination ?? '198.51.100.2'),
    options,
    payload,
  );
}

export interface Ipv6Fields {
  readonly source?: string;
  readonly destination?: string;
  readonly nextHeader?: number;
  readonly payloadLength?: number;
}

/** RFC 8200 §3. */
export const ipv6 = (payload: Part, fields: Ipv6Fields = {}): Uint8Array =>
  join(
    [0x60, 0, 0, 0, ...u16(fields.payloadLength ?? payload.length), fields.nextHeader ?? 17, 64],
    ip6(fields.source ?? '2001:db8::1'),
    ip6(fields.destination ?? '2001:db8::2'),
    payload,
  );

export const SOURCE_MAC = '02:00:00:00:00:01';
export const DESTINATION_MAC = '02:00:00:00:00:02';

export const ethernet = (type: number, payload: Part, source = SOURCE_MAC, destination = DESTINATION_MAC): Uint8Array =>
  join(mac(destination), mac(source), u16(type), payload);

/** A frame in a capture file. */
export interface Frame {
  readonly timeNs: bigint;
  readonly bytes: Uint8Array;
  /** Where it differs from the captured length. */
  readonly wireLength?: number;
}

export const SECOND = 1_000_000_000n;

export interface PcapOptions {
  readonly bigEndian?: boolean;
  readonly kind?: 'micro' | 'nano' | 'modified';
  readonly linkType?: number;
  readonly version?: readonly [number, number];
  /** Before version 2.3 the length on the wire stands first. */
  readonly swapLengths?: boolean;
}

// draft-ietf-opsawg-pcap §4; the third is that of Alexey Kuznetzov's patch, as in Wireshark's wiretap/libpcap.h.
const PCAP_MAGIC = { micro: 0xa1b2c3d4, nano: 0xa1b23c4d, modified: 0xa1b2cd34 };

/** draft-ietf-opsawg-pcap §4. */
export function pcapHeader(options: PcapOptions = {}): Uint8Array {
  const { bigEndian = false, kind = 'micro', linkType = 1, version = [2, 4] } = options;
  const n = (value: number, length: number) => integer(value, length, bigEndian);
  return join(n(PCAP_MAGIC[kind], 4), n(version[0], 2), n(version[1], 2), n(0, 8), n(262_144, 4), n(linkType, 4));
}

/** draft-ietf-opsawg-pcap §5. */
export function pcapRecord({ timeNs, bytes, wireLength = bytes.length }: Frame, options: PcapOptions = {}): Uint8Array {
  const { bigEndian = false, kind = 'micro', swapLengths = false } = options;
  const n = (value: number | bigint) => integer(value, 4, bigEndian);
  const fraction = timeNs % SECOND;
  const lengths = swapLengths ? [wireLength, bytes.length] : [bytes.length, wireLength];
  return join(
    n(timeNs / SECOND),
    n(kind === 'nano' ? fraction : fraction / 1000n),
    lengths.flatMap(n),
    kind === 'modified' ? filler(8) : [],
    bytes,
  );
}

export const pcap = (frames: readonly Frame[], options: PcapOptions = {}): Uint8Array =>
  join(pcapHeader(options), ...frames.map((frame) => pcapRecord(frame, options)));

/** The blocks of a pcapng section of one byte order (draft-ietf-opsawg-pcapng §3 and §4). */
export class Pcapng {
  readonly #bigEndian: boolean;

  constructor(bigEndian = false) {
    this.#bigEndian = bigEndian;
  }

  #n(value: number | bigint, length: number): number[] {
    return integer(value, length, this.#bigEndian);
  }

  block(type: number, body: Part): Uint8Array {
    const padded = join(body, new Array<number>(-body.length & 3).fill(0));
    const length = this.#n(12 + padded.length, 4);
    return join(this.#n(type, 4), length, padded, length);
  }

  option(code: number, value: Part): number[] {
    return [
      ...this.#n(code, 2),
      ...this.#n(value.length, 2),
      ...value,
      ...new Array<number>(-value.length & 3).fill(0),
    ];
  }

  section(): Uint8Array {
    return this.block(0x0a0d0d0a, join(this.#n(0x1a2b3c4d, 4), this.#n(1, 2), this.#n(0, 2), this.#n(-1, 8)));
  }

  interface(
    fields: { linkType?: number; snapLength?: number; resolution?: number; offsetSeconds?: bigint } = {},
  ): Uint8Array {
    const { linkType = 1, snapLength = 0, resolution, offsetSeconds } = fields;
    const options = [
      ...this.option(2, [0x65, 0x74, 0x68, 0x30, 0x31]), // if_name, five bytes: padded
      ...(resolution === undefined ? [] : this.option(9, [resolution])),
      ...(offsetSeconds === undefined ? [] : this.option(14, this.#n(offsetSeconds, 8))),
      ...this.option(0, []),
    ];
    return this.block(1, join(this.#n(linkType, 2), this.#n(0, 2), this.#n(snapLength, 4), options));
  }

  enhancedPacket(ticks: bigint, bytes: Uint8Array, interfaceIndex = 0, wireLength = bytes.length): Uint8Array {
    const padding = new Array<number>(-bytes.length & 3).fill(0);
    const fields = [interfaceIndex, ticks >> 32n, ticks & 0xffff_ffffn, bytes.length, wireLength];
    return this.block(
      6,
      join(
        fields.flatMap((field) => this.#n(field, 4)),
        bytes,
        padding,
        this.option(0, []),
      ),
    );
  }

  simplePacket(bytes: Uint8Array, wireLength = bytes.length): Uint8Array {
    return this.block(3, join(this.#n(wireLength, 4), bytes));
  }

  /** The Packet Block of the first drafts: 16 bits of interface, 16 bits of drop count. */
  obsoletePacket(ticks: bigint, bytes: Uint8Array, interfaceIndex = 0): Uint8Array {
    const fields = [ticks >> 32n, ticks & 0xffff_ffffn, bytes.length, bytes.length];
    const head = [...this.#n(interfaceIndex, 2), ...this.#n(3, 2), ...fields.flatMap((field) => this.#n(field, 4))];
    return this.block(2, join(head, bytes));
  }

  /** A whole section with one interface, one tick a microsecond. */
  file(frames: readonly Frame[], linkType = 1): Uint8Array {
    const packets = frames.map(({ timeNs, bytes, wireLength }) =>
      this.enhancedPacket(timeNs / 1000n, bytes, 0, wireLength),
    );
    return join(this.section(), this.interface({ linkType }), ...packets);
  }
}

/** A zstd frame of raw blocks (RFC 8878 §3.1.1): single segment, content size in four bytes, no checksum. */
export function zstdFrame(content: Uint8Array, blockBytes = 1000): Uint8Array {
  const blocks: Part[] = [];
  for (let at = 0; at === 0 || at < content.length; at += blockBytes) {
    const block = content.subarray(at, at + blockBytes);
    const isLast = at + blockBytes >= content.length;
    blocks.push(integer((block.length << 3) | (isLast ? 1 : 0), 3, false), block);
  }
  return join([0x28, 0xb5, 0x2f, 0xfd, 0xa0], integer(content.length, 4, false), ...blocks);
}

/** RFC 8878 §3.1.2. */
export const zstdSkippableFrame = (content: Part): Uint8Array =>
  join(integer(0x184d2a53, 4, false), integer(content.length, 4, false), content);

/** A capture in memory. No read yields more than `chunkBytes`. */
export function memoryInput(
  bytes: Uint8Array,
  chunkBytes = Number.POSITIVE_INFINITY,
  name = 'memory.pcap',
): CaptureInput {
  return {
    name,
    open: async (): Promise<ByteSource> => {
      let position = 0;
      return {
        size: bytes.length,
        read: async (target, at, length) => {
          const count = Math.min(length, chunkBytes, bytes.length - position);
          target.set(bytes.subarray(position, position + count), at);
          position += count;
          return count;
        },
        close: async () => {},
      };
    },
  };
}

/** Datagrams of different sizes, 10.001001001 s apart and on whole microseconds only where asked for. */
export function sampleFrames(count: number, stepNs = 10_001_001_001n): Frame[] {
  return Array.from({ length: count }, (_, i) => ({
    timeNs: 1_700_000_000n * SECOND + BigInt(i) * stepNs,
    bytes: ethernet(0x0800, ipv4(udp(1000 + i, 53, filler(3 + 7 * i)))),
    wireLength: 45 + 7 * i + (i % 3),
  }));
}

/** One ARP frame (RFC 826) in a pcap file: a capture without IP. */
export const arpCapture = (): Uint8Array => pcap([{ timeNs: SECOND, bytes: ethernet(0x0806, new Uint8Array(28)) }]);
