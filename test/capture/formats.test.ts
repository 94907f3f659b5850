import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import fc from '../support/fast-check.js';
import {
  ethernet,
  type Frame,
  filler,
  integer,
  ipv4,
  join,
  memoryInput,
  Pcapng,
  type PcapOptions,
  pcap,
  SECOND,
  sampleFrames,
  udp,
  zstdFrame,
} from '../support/frames.js';
import { expectSynthError, readPackets, type SeenRecord, warningOf } from '../support/read.js';

const CHUNK_SIZES = [1, 2, 3, 7, 1000];

const expected = (frames: readonly Frame[], precisionNs = 1n, linkType = 1): SeenRecord[] =>
  frames.map(({ timeNs, bytes, wireLength = bytes.length }) => ({
    timeNs: timeNs - (timeNs % precisionNs),
    frame: Buffer.from(bytes).toString('hex'),
    wireLength,
    linkType,
  }));

const FRAMES = sampleFrames(9);

/** Every way to write FRAMES down, and how far apart its timestamps can be told. */
const FILES: readonly { name: string; format: string; bytes: Uint8Array; precisionNs: bigint }[] = [
  ...[false, true].flatMap((bigEndian) => {
    const order = bigEndian ? 'big-endian' : 'little-endian';
    const classic = (kind: NonNullable<PcapOptions['kind']>, options: PcapOptions = {}) =>
      pcap(FRAMES, { bigEndian, kind, ...options });
    return [
      { name: `${order} pcap in µs`, format: 'pcap', bytes: classic('micro'), precisionNs: 1000n },
      { name: `${order} pcap in ns`, format: 'nsecpcap', bytes: classic('nano'), precisionNs: 1n },
      { name: `${order} modified pcap`, format: 'modpcap', bytes: classic('modified'), precisionNs: 1000n },
      {
        name: `${order} pcap of version 2.2, lengths swapped`,
        format: 'pcap',
        bytes: classic('micro', { version: [2, 2], swapLengths: true }),
        precisionNs: 1000n,
      },
      {
        name: `${order} pcap of version 2.3, lengths swapped`,
        format: 'pcap',
        bytes: classic('micro', { version: [2, 3], swapLengths: true }),
        precisionNs: 1000n,
      },
      {
        name: `${order} pcap of version 2.3, lengths as today`,
        format: 'pcap',
        bytes: classic('micro', { version: [2, 3] }),
        precisionNs: 1000n,
      },
      { name: `${order} pcapng`, format: 'pcapng', bytes: new Pcapng(bigEndian).file(FRAMES), precisionNs: 1000n },
    ];
  }),
];

describe.each(FILES)('$name', ({ bytes, format, precisionNs }) => {
  test.each(CHUNK_SIZES)('reads the same packets in chunks of %i bytes', async (chunkBytes) => {
    const { records, report } = await readPackets(memoryInput(bytes, chunkBytes));
    expect(records).toEqual(expected(FRAMES, precisionNs));
    expect(report.files[0]).toMatchObject({ format, packets: FRAMES.length, compression: undefined, warnings: [] });
    // The sum of the wire lengths, by sampleFrames' formula.
    expect(report.bytes).toBe(FRAMES.reduce((sum, { wireLength }) => sum + wireLength!, 0));
  });

  test.each(CHUNK_SIZES)('reads the same packets through gzip in chunks of %i bytes', async (chunkBytes) => {
    const { records, report } = await readPackets(memoryInput(gzipSync(bytes), chunkBytes));
    expect(records).toEqual(expected(FRAMES, precisionNs));
    expect(report.files[0]).toMatchObject({ format, compression: 'gzip', warnings: [] });
  });

  test.each(CHUNK_SIZES)('reads the same packets through zstd in chunks of %i bytes', async (chunkBytes) => {
    const { records, report } = await readPackets(memoryInput(zstdFrame(bytes, 100), chunkBytes));
    expect(records).toEqual(expected(FRAMES, precisionNs));
    expect(report.files[0]).toMatchObject({ format, compression: 'zstd', warnings: [] });
  });
});

describe('classic pcap', () => {
  test('bits for a frame check sequence above the link type do not count', async () => {
    // draft-ietf-opsawg-pcap §4: FCS length 2 (in 16-bit words) in the upper four bits, the flag below it.
    const { packets } = await readPackets(memoryInput(pcap(FRAMES, { linkType: 0x2400_0001 })));
    expect(packets.map(({ linkType }) => linkType)).toEqual(FRAMES.map(() => 1));
  });

  test('a fraction of a second or more is carried over and counted', async () => {
    const file = pcap([{ timeNs: 5n * SECOND, bytes: FRAMES[0]!.bytes }]);
    file.set(integer(2_345_678, 4, false), 24 + 4);
    const { records, report } = await readPackets(memoryInput(file));
    expect(records[0]!.timeNs).toBe(7_345_678_000n); // 5 s + 2 345 678 µs
    expect(warningOf(report, 'SYNTH_CAPTURE_TIME_INVALID')).toMatchObject({ packets: 1 });
  });

  test('seconds are unsigned: the last one is in 2106', async () => {
    const timeNs = 0xffff_ffffn * SECOND + 999_999_000n;
    const { records } = await readPackets(memoryInput(pcap([{ timeNs, bytes: FRAMES[0]!.bytes }])));
    expect(records[0]!.timeNs).toBe(timeNs);
  });
});

/** Draft §4.2: if_tsresol, the highest bit says power of two. */
function ticksPerSecond(resolution: number): bigint {
  return resolution >= 0x80 ? 2n ** BigInt(resolution & 0x7f) : 10n ** BigInt(resolution);
}

const RESOLUTIONS = [
  { name: '10^-6', resolution: 6 },
  { name: '10^-9', resolution: 9 },
  { name: '2^-20', resolution: 0x80 | 20 },
  { name: '10^-3', resolution: 3 },
  { name: '10^-12', resolution: 12 },
  { name: '2^-32', resolution: 0x80 | 32 },
];

async function timeOf(
  ticks: bigint,
  resolution: number | undefined,
  offsetSeconds: bigint,
  bigEndian: boolean,
): Promise<bigint> {
  const section = new Pcapng(bigEndian);
  const fields = resolution === undefined ? { offsetSeconds } : { resolution, offsetSeconds };
  const file = join(section.section(), section.interface(fields), section.enhancedPacket(ticks, FRAMES[0]!.bytes));
  const { records } = await readPackets(memoryInput(file));
  return records[0]!.timeNs;
}

describe('pcapng time', () => {
  describe.each(RESOLUTIONS)('in units of $name s', ({ resolution }) => {
    test.each([false, true])('is exact to the ns (big-endian: %s)', async (bigEndian) => {
      const perSecond = ticksPerSecond(resolution);
      const offsetSeconds = 1_000_000n;
      // Just below and at a full second, and an odd fraction; small enough for 64 bits of 10^-12 s.
      for (const ticks of [0n, 1n, perSecond - 1n, perSecond, 12_345_678n * perSecond + (perSecond * 617n) / 1000n]) {
        const timeNs = (ticks * SECOND) / perSecond + offsetSeconds * SECOND;
        expect(await timeOf(ticks, resolution, offsetSeconds, bigEndian)).toBe(timeNs);
      }
    });
  });

  test('is in µs where the interface does not say', async () => {
    expect(await timeOf(1_700_000_000_123_456n, undefined, 0n, false)).toBe(1_700_000_000_123_456_000n);
  });

  test('may be moved back by if_tsoffset', async () => {
    expect(await timeOf(5_000_001n, 6, -2n, true)).toBe(3_000_001_000n);
  });

  test('is exact for any resolution and any number of ticks', async () => {
    const resolutions = fc.oneof(fc.integer({ min: 0, max: 19 }), fc.integer({ min: 0x80, max: 0x80 + 64 }));
    await fc.assert(
      fc.asyncProperty(resolutions, fc.bigInt(0n, 2n ** 64n - 1n), fc.boolean(), async (resolution, any, bigEndian) => {
        const perSecond = ticksPerSecond(resolution);
        const ticks = any % (perSecond * 2n ** 32n); // up to the year 2106, as far as a double goes with certainty
        expect(await timeOf(ticks, resolution, 0n, bigEndian)).toBe((ticks * SECOND) / perSecond);
      }),
      { numRuns: 300 },
    );
  });

  test('follows the upper half of the ticks up and down again', async () => {
    const section = new Pcapng();
    const ticks = [2n ** 32n - 1n, 2n ** 32n, 2n ** 32n - 1n, 5n * 2n ** 32n + 17n, 3n];
    const file = join(
      section.section(),
      section.interface({ resolution: 6 }),
      ...ticks.map((tick) => section.enhancedPacket(tick, FRAMES[0]!.bytes)),
    );
    const { records } = await readPackets(memoryInput(file));
    expect(records.map(({ timeNs }) => timeNs)).toEqual(ticks.map((tick) => tick * 1000n));
  });
});

describe('pcapng blocks', () => {
  const [a, b, c] = FRAMES.map(({ bytes }) => bytes) as [Uint8Array, Uint8Array, Uint8Array];

  test.each([false, true])('simple, enhanced and obsolete packets all count (big-endian: %s)', async (bigEndian) => {
    const section = new Pcapng(bigEndian);
    const file = join(
      section.section(),
      section.interface(),
      section.enhancedPacket(1_000_000n, a),
      section.simplePacket(b),
      section.obsoletePacket(2_000_000n, c),
    );
    for (const chunkBytes of CHUNK_SIZES) {
      const { records, report } = await readPackets(memoryInput(file, chunkBytes));
      // A Simple Packet Block has no time; it takes that of the packet before.
      expect(records).toEqual(
        expected([
          { timeNs: SECOND, bytes: a },
          { timeNs: SECOND, bytes: b },
          { timeNs: 2n * SECOND, bytes: c },
        ]),
      );
      expect(warningOf(report, 'SYNTH_CAPTURE_TIME_MISSING')).toMatchObject({ packets: 1 });
    }
  });

  test('a simple packet is cut at the snap length of the first interface', async () => {
    const section = new Pcapng();
    // Draft §4.4: captured length = min(wire length, snap length); 30 bytes are padded to 32 in the block.
    const file = join(
      section.section(),
      section.interface({ snapLength: 30 }),
      section.interface({ snapLength: 5 }),
      section.simplePacket(a.subarray(0, 30), a.length),
    );
    const { records } = await readPackets(memoryInput(file));
    expect(records).toEqual(expected([{ timeNs: 0n, bytes: a.subarray(0, 30), wireLength: a.length }]));
  });

  test.each([12, 13, 16, 4096, 3_000_000])(
    'an unknown block of %i bytes between packets is passed over',
    async (size) => {
      const section = new Pcapng();
      const file = join(
        section.section(),
        section.interface(),
        section.enhancedPacket(1_000_000n, a),
        section.block(0x0bad_beef, new Uint8Array(size - 12)),
        section.enhancedPacket(2_000_000n, b),
      );
      for (const chunkBytes of [999, Number.POSITIVE_INFINITY]) {
        const { records, report } = await readPackets(memoryInput(file, chunkBytes));
        expect(records).toEqual(
          expected([
            { timeNs: SECOND, bytes: a },
            { timeNs: 2n * SECOND, bytes: b },
          ]),
        );
        expect(report.warnings).toEqual([]);
      }
    },
  );

  test('sections of different byte orders follow each other, each with its own interfaces', async () => {
    const little = new Pcapng(false);
    const big = new Pcapng(true);
    const raw = ipv4(udp(1, 2, filler(9)));
    const file = join(
      little.file([{ timeNs: SECOND, bytes: a }]),
      big.file([{ timeNs: 2n * SECOND, bytes: raw }], 101),
    );
    for (const chunkBytes of CHUNK_SIZES) {
      const { records, report } = await readPackets(memoryInput(file, chunkBytes));
      expect(records).toEqual([
        ...expected([{ timeNs: SECOND, bytes: a }]),
        ...expected([{ timeNs: 2n * SECOND, bytes: raw }], 1n, 101),
      ]);
      expect(report.files[0]!.linkTypes).toEqual([1, 101]);
    }
  });

  test('each packet has the link type and the clock of its own interface', async () => {
    const section = new Pcapng();
    const raw = ipv4(udp(1, 2));
    const file = join(
      section.section(),
      section.interface({ linkType: 1, resolution: 6 }),
      section.enhancedPacket(1_000_000n, a, 0),
      section.interface({ linkType: 101, resolution: 9 }),
      section.enhancedPacket(2_000_000_001n, raw, 1),
      section.enhancedPacket(3_000_000n, b, 0),
    );
    const { packets } = await readPackets(memoryInput(file));
    expect(packets.map(({ linkType, timeNs, skip }) => [linkType, timeNs, skip])).toEqual([
      [1, SECOND, 'decoded'],
      [101, 2n * SECOND + 1n, 'decoded'],
      [1, 3n * SECOND, 'decoded'],
    ]);
  });

  test('a packet of an interface that is not described is counted and skipped', async () => {
    const section = new Pcapng();
    const file = join(
      section.section(),
      section.interface(),
      section.enhancedPacket(1_000_000n, a, 7),
      section.enhancedPacket(2_000_000n, b, 0),
    );
    const { packets, report } = await readPackets(memoryInput(file));
    expect(packets.map(({ skip }) => skip)).toEqual(['interface not described in the file', 'decoded']);
    expect(report.skipped).toEqual([{ reason: 'interface not described in the file', packets: 1 }]);
  });

  test('a block length without its padding is understood', async () => {
    const section = new Pcapng();
    const simple = section.simplePacket(a.subarray(0, 30), 30);
    const length = integer(12 + 4 + 30, 4, false); // two bytes of padding are left out
    simple.set(length, 4);
    simple.set(length, simple.length - 4);
    const file = join(section.section(), section.interface({ snapLength: 30 }), simple, section.enhancedPacket(1n, b));
    const { records } = await readPackets(memoryInput(file));
    expect(records.map(({ frame }) => frame.length / 2)).toEqual([30, b.length]);
  });
});

describe('link types', () => {
  const raw = ethernet(0x0800, ipv4(udp(1, 2)));

  test.each([104, 147, 253])('pcap: %i is not supported, and the error says so', async (linkType) => {
    const reading = readPackets(memoryInput(pcap([{ timeNs: 0n, bytes: raw }], { linkType })));
    const error = await expectSynthError(reading, 'SYNTH_CAPTURE_LINK_TYPE');
    expect(error.message).toContain(String(linkType));
    expect(error.exitCode).toBe(3); // DESIGN.md: input unreadable or nothing selected
  });

  test('pcapng with nothing but unsupported interfaces is an error that names them all', async () => {
    const section = new Pcapng();
    const file = join(
      section.section(),
      section.interface({ linkType: 147 }),
      section.interface({ linkType: 253 }),
      section.enhancedPacket(1n, raw, 0),
      section.enhancedPacket(2n, raw, 1),
    );
    const error = await expectSynthError(readPackets(memoryInput(file)), 'SYNTH_CAPTURE_LINK_TYPE');
    expect(error.message).toContain('147');
    expect(error.message).toContain('253');
  });

  test('pcapng with some unsupported interfaces is read, with a warning', async () => {
    const section = new Pcapng();
    const file = join(
      section.section(),
      section.interface({ linkType: 1 }),
      section.interface({ linkType: 147 }),
      section.enhancedPacket(1n, raw, 0),
      section.enhancedPacket(2n, raw, 1),
    );
    const { report } = await readPackets(memoryInput(file));
    expect(report).toMatchObject({ packets: 2, ipPackets: 1, skipped: [{ reason: 'link type 147', packets: 1 }] });
    expect(warningOf(report, 'SYNTH_CAPTURE_LINK_TYPE')).toMatchObject({ packets: 1 });
  });
});
