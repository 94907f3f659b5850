import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Packet } from '../../src/capture/packet.js';
import fc from '../support/fast-check.js';
import {
  integer,
  join,
  memoryInput,
  Pcapng,
  pcap,
  pcapHeader,
  SECOND,
  sampleFrames,
  zstdFrame,
} from '../support/frames.js';
import { expectSynthError, outcomeOf, readPackets, warningOf } from '../support/read.js';

const FRAMES = sampleFrames(3);
const section = new Pcapng(true);
const BLOCKS = [
  section.section(),
  section.interface(),
  section.enhancedPacket(1n, FRAMES[0]!.bytes),
  section.block(0x0bad_beef, new Uint8Array(40)),
  section.obsoletePacket(2n, FRAMES[1]!.bytes),
  section.simplePacket(FRAMES[2]!.bytes),
];

/** Where the parts of a file begin, and which of them are packets. */
const FILES = [
  {
    name: 'pcap',
    parts: [pcapHeader(), ...FRAMES.map((frame) => pcap([frame]).subarray(24))],
    isPacket: [false, true, true, true],
  },
  { name: 'pcapng', parts: BLOCKS, isPacket: [false, false, true, false, true, true] },
];

describe.each(FILES)('a $name cut at any byte', ({ name, parts, isPacket }) => {
  const whole = join(...parts);
  const ends = parts.map((_, i) => parts.slice(0, i + 1).reduce((sum, part) => sum + part.length, 0));

  test.each([5, Number.POSITIVE_INFINITY])(
    'yields the packets before the cut, and says where it is (chunks of %d)',
    async (chunkBytes) => {
      for (let length = 0; length <= whole.length; length++) {
        const packets = isPacket.filter((is, i) => is && ends[i]! <= length).length;
        const outcome = await outcomeOf(memoryInput(whole.subarray(0, length), chunkBytes));
        const isBoundary = ends.includes(length);
        if (length === 0) expect(outcome).toMatchObject({ error: { code: 'SYNTH_CAPTURE_EMPTY' } });
        else if (length < 4) expect(outcome).toMatchObject({ error: { code: 'SYNTH_CAPTURE_FORMAT' } });
        else if (packets === 0) {
          const code = isBoundary ? 'SYNTH_CAPTURE_EMPTY' : 'SYNTH_CAPTURE_TRUNCATED';
          expect(outcome, `${name} of ${length} bytes`).toMatchObject({ error: { code } });
        } else {
          if ('error' in outcome) throw outcome.error;
          expect(outcome.report.packets).toBe(packets);
          const offset = Math.max(...ends.filter((end) => end <= length)); // the record that is not whole begins there
          const warning = warningOf(outcome.report, 'SYNTH_CAPTURE_TRUNCATED');
          if (isBoundary) expect(warning).toBeUndefined();
          else {
            expect(warning).toMatchObject({ offset });
            expect(warning!.message).toContain(`byte ${offset}`);
          }
        }
      }
    },
  );
});

describe('damage in a pcap', () => {
  const [good] = FRAMES;

  test('a record above 262144 bytes ends the reading', async () => {
    const record = (length: number) => join(new Uint8Array(8), integer(length, 4, false), integer(length, 4, false));
    for (const length of [262_145, 0xffff_ffff]) {
      const file = join(pcap([good!]), record(length), new Uint8Array(100));
      const { report } = await readPackets(memoryInput(file));
      expect(report.packets).toBe(1);
      const offset = 24 + 16 + good!.bytes.length;
      expect(warningOf(report, 'SYNTH_CAPTURE_DAMAGED')).toMatchObject({ offset });
      await expectSynthError(readPackets(memoryInput(join(pcapHeader(), record(length)))), 'SYNTH_CAPTURE_DAMAGED');
    }
  });

  test('a record of 262144 bytes, the most there can be, is a packet', async () => {
    const bytes = new Uint8Array(262_144);
    bytes.set(good!.bytes);
    const { packets } = await readPackets(memoryInput(pcap([{ timeNs: 0n, bytes }, good!])));
    expect(packets.map(({ frame }) => frame.length / 2)).toEqual([262_144, good!.bytes.length]);
  });

  test('packets without a byte are counted and told', async () => {
    const empty = { timeNs: 2000n * SECOND, bytes: new Uint8Array(0), wireLength: 0 };
    const { packets, report } = await readPackets(memoryInput(pcap([empty, good!, empty])));
    expect(packets.map(({ skip }) => skip)).toEqual(['empty frame', 'decoded', 'empty frame']);
    expect(warningOf(report, 'SYNTH_CAPTURE_EMPTY_FRAMES')).toMatchObject({ packets: 2 });
    expect(report).toMatchObject({ packets: 3, ipPackets: 1, skipped: [{ reason: 'empty frame', packets: 2 }] });
  });

  test('timestamps that go backwards are counted, equal ones are not', async () => {
    const frames = [5n, 5n, 4n, 9n, 8n, 8n, 1n].map((second) => ({ ...good!, timeNs: second * SECOND + 7000n }));
    const { report } = await readPackets(memoryInput(pcap(frames)));
    expect(warningOf(report, 'SYNTH_CAPTURE_TIME_BACKWARDS')).toMatchObject({ packets: 3 }); // 5→4, 9→8, 8→1
    const within = [700_000n, 600_000n].map((ns) => ({ ...good!, timeNs: SECOND + ns }));
    expect(
      warningOf((await readPackets(memoryInput(pcap(within)))).report, 'SYNTH_CAPTURE_TIME_BACKWARDS'),
    ).toMatchObject({ packets: 1 });
  });

  test('a length on the wire below the captured length is taken as it stands', async () => {
    const { records } = await readPackets(memoryInput(pcap([{ ...good!, wireLength: 3 }])));
    expect(records[0]).toMatchObject({ wireLength: 3 });
  });
});

describe('damage in a pcapng', () => {
  const little = new Pcapng();
  const before = little.file([FRAMES[0]!]);
  const after = little.enhancedPacket(9n, FRAMES[1]!.bytes);
  const damaged = (block: Uint8Array, change: (block: Uint8Array) => void): Uint8Array => {
    change(block);
    return block;
  };
  const put = (at: number, value: number) => (block: Uint8Array) => block.set(integer(value, 4, false), at);

  test.each<[string, Uint8Array]>([
    ['a block length below 12', damaged(little.enhancedPacket(1n, FRAMES[1]!.bytes), put(4, 8))],
    ['a block length of zero', damaged(little.enhancedPacket(1n, FRAMES[1]!.bytes), put(4, 0))],
    ['two block lengths that differ', damaged(little.block(5, new Uint8Array(16)), put(24, 32))],
    ['a captured length beyond the block', damaged(little.enhancedPacket(1n, FRAMES[1]!.bytes), put(20, 5000))],
    ['a captured length of 4 GiB', damaged(little.enhancedPacket(1n, FRAMES[1]!.bytes), put(20, 0xffff_ffff))],
    ['an enhanced packet block below 32 bytes', little.block(6, new Uint8Array(16))],
    ['an obsolete packet block below 32 bytes', little.block(2, new Uint8Array(16))],
    ['a simple packet block below 16 bytes', little.block(3, new Uint8Array(0))],
    ['an interface description below 20 bytes', little.block(1, new Uint8Array(4))],
    ['an enhanced packet block of 100 MB', damaged(little.enhancedPacket(1n, FRAMES[1]!.bytes), put(4, 100_000_000))],
    ['a section header without its magic', damaged(little.section(), put(8, 0x1234_5678))],
  ])('%s ends the reading and is told with its place', async (_, block) => {
    const { report } = await readPackets(memoryInput(join(before, block, after)));
    expect(report.packets).toBe(1);
    expect(warningOf(report, 'SYNTH_CAPTURE_DAMAGED')).toMatchObject({ offset: before.length });
  });

  test('an unknown block that says it has 4 GB is a cut file', async () => {
    const block = damaged(little.block(0x0bad_beef, new Uint8Array(16)), put(4, 0xffff_fffc));
    const { report } = await readPackets(memoryInput(join(before, block, after)));
    expect(report.packets).toBe(1);
    expect(warningOf(report, 'SYNTH_CAPTURE_TRUNCATED')).toBeDefined();
  });

  test('more interfaces than memory should hold end the reading', async () => {
    const many = Array.from({ length: 65_537 }, () => little.block(1, new Uint8Array(8)));
    const bytes = Buffer.concat([before, ...many, after]);
    const { report } = await readPackets(memoryInput(bytes));
    expect(report.packets).toBe(1);
    expect(warningOf(report, 'SYNTH_CAPTURE_DAMAGED')).toBeDefined();
  });
});

describe('what is no capture', () => {
  test.each<[string, Uint8Array]>([
    ['text', Buffer.from('version https://git-lfs.github.com/spec/v1\n')],
    ['zeros', new Uint8Array(1000)],
    ['three bytes of a magic number', Uint8Array.from([0xd4, 0xc3, 0xb2])],
    ['another compression', Uint8Array.from([0x42, 0x5a, 0x68, 0x39, ...new Uint8Array(30)])], // bzip2
  ])('%s is an error that names the file and hints at what is read', async (_, bytes) => {
    const error = await expectSynthError(readPackets(memoryInput(bytes, 2, 'a/name.pcap')), 'SYNTH_CAPTURE_FORMAT');
    expect(error.message).toContain('a/name.pcap');
    expect(error.hint).toContain('pcapng');
  });

  test('no byte at all is an error of its own', async () => {
    await expectSynthError(readPackets(memoryInput(new Uint8Array(0))), 'SYNTH_CAPTURE_EMPTY');
  });
});

describe('any bytes', () => {
  const wholes: readonly (readonly [string, Uint8Array])[] = [
    ['pcap', pcap(FRAMES, { kind: 'nano' })],
    ['modified pcap', pcap(FRAMES, { kind: 'modified', bigEndian: true })],
    ['pcapng', join(...BLOCKS, new Pcapng(false).file(FRAMES, 113))],
    ['gzip', gzipSync(pcap(FRAMES))],
    ['zstd', zstdFrame(pcap(FRAMES), 100)],
    ['802.11', pcap(FRAMES, { linkType: 105 })],
    ['radiotap', pcap(FRAMES, { linkType: 127 })],
    [
      'raw IP',
      pcap(
        FRAMES.map((frame) => ({ ...frame, bytes: frame.bytes.subarray(14) })),
        { linkType: 101 },
      ),
    ],
  ];

  /** Every number of the packet is one that a packet can have, and lies within the bytes. */
  function isSound(packet: Packet): boolean {
    const { at, capturedLength, bytes, seconds, nanoseconds, sizeBytes, payloadLength } = packet;
    const end = at + capturedLength;
    const isRecord = end <= bytes.length && nanoseconds >= 0 && nanoseconds < SECOND && Number.isInteger(seconds);
    if (packet.skip !== 0) return isRecord;
    return (
      isRecord &&
      packet.destinationAt + (packet.ipVersion === 4 ? 4 : 16) <= end &&
      sizeBytes >= 20 &&
      sizeBytes <= 262_144 &&
      payloadLength >= 0 &&
      payloadLength < sizeBytes
    );
  }

  test.each(wholes)('a %s with any bytes changed, cut or put in ends in a result or a SynthError', async (_, whole) => {
    const change = fc.record({
      at: fc.nat(whole.length - 1),
      bytes: fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 8 }),
        fc.constantFrom(
          new Uint8Array(4),
          new Uint8Array(4).fill(0xff),
          Uint8Array.of(0x7f, 0xff),
          Uint8Array.of(0xff, 0x7f),
        ),
      ),
      kind: fc.constantFrom('replace', 'replace', 'replace', 'insert', 'cut'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 200 }),
        async (changes, chunkBytes) => {
          let bytes: Uint8Array = whole;
          for (const { at, bytes: put, kind } of changes) {
            const rest = kind === 'insert' ? at : at + put.length;
            const middle = kind === 'cut' ? new Uint8Array(0) : put;
            bytes = Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(rest)]);
          }
          let seen = 0;
          const unsound: Packet[] = [];
          const outcome = await outcomeOf(memoryInput(bytes, chunkBytes), (packet) => {
            seen++;
            if (!isSound(packet)) unsound.push(packet.copy());
          });
          expect(unsound).toEqual([]);
          if ('report' in outcome) expect(outcome.report.packets).toBe(seen);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('random bytes, also behind a valid magic number, end in a result or a SynthError', async () => {
    const heads = fc.constantFrom(
      new Uint8Array(0),
      pcapHeader(),
      pcapHeader({ bigEndian: true, kind: 'nano' }),
      pcapHeader({ version: [2, 3], linkType: 0 }),
      new Pcapng().section(),
      join(new Pcapng(true).section(), new Pcapng(true).interface()),
      Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3),
      Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd),
    );
    await fc.assert(
      fc.asyncProperty(
        heads,
        fc.uint8Array({ maxLength: 400 }),
        fc.integer({ min: 1, max: 64 }),
        async (head, bytes, chunkBytes) => {
          await outcomeOf(memoryInput(join(head, bytes), chunkBytes));
        },
      ),
      { numRuns: 600 },
    );
  });
});
