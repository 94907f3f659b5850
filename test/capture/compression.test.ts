import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { integer, join, memoryInput, zstdFrame, zstdSkippableFrame } from '../support/frames.js';
import { expectSynthError, outcomeOf, readPackets, warningOf } from '../support/read.js';
import { FILE, LARGE_FILE, LARGE_FRAMES, uncompressed } from './compressible.js';

describe('gzip', () => {
  test('padded with zeros is read to its end, as gzip does', async () => {
    for (const zeros of [1, 512, 100_000]) {
      const { records, report } = await readPackets(memoryInput(join(gzipSync(FILE), new Uint8Array(zeros))));
      expect(records).toEqual(await uncompressed());
      expect(report.warnings).toEqual([]);
    }
  });

  test('with something else behind the padding is read to its end, with a warning', async () => {
    const file = join(gzipSync(FILE), new Uint8Array(40_000), Buffer.from('something else'));
    const { records, report } = await readPackets(memoryInput(file));
    expect(records).toEqual(await uncompressed());
    expect(warningOf(report, 'SYNTH_CAPTURE_COMPRESSION')!.message).toContain('were ignored');
  });

  test('several members after each other are one stream (RFC 1952 §2.2)', async () => {
    const file = join(gzipSync(FILE.subarray(0, 500)), gzipSync(FILE.subarray(500)));
    expect((await readPackets(memoryInput(file, 7))).records).toEqual(await uncompressed());
  });

  test('a stream cut anywhere yields the packets before the cut and a warning', async () => {
    const whole = gzipSync(LARGE_FILE);
    let most = 0;
    for (const share of [0.1, 0.25, 0.5, 0.9, 0.999]) {
      const { packets, report } = await readPackets(memoryInput(whole.subarray(0, Math.floor(whole.length * share))));
      // At least half of what arrived compressed is there: this data does not compress.
      expect(packets.length).toBeGreaterThan(LARGE_FRAMES.length * share * 0.5);
      expect(packets.length).toBeGreaterThanOrEqual(most);
      expect(warningOf(report, 'SYNTH_CAPTURE_COMPRESSION')!.message).toContain('gzip');
      expect(packets.map(({ timeNs }) => timeNs)).toEqual(
        LARGE_FRAMES.slice(0, packets.length).map(({ timeNs }) => timeNs),
      );
      most = packets.length;
    }
  });

  test('a stream that is cut in its trailer yields every packet and a warning', async () => {
    const whole = gzipSync(FILE);
    const { records, report } = await readPackets(memoryInput(whole.subarray(0, whole.length - 3)));
    expect(records).toEqual(await uncompressed());
    expect(warningOf(report, 'SYNTH_CAPTURE_COMPRESSION')).toBeDefined();
  });

  // zlib keeps back what it has not handed out when it fails: at most one output buffer, 16 KiB by default.
  const LOST_BYTES = 16 * 1024;

  test('a wrong checksum is a warning', async () => {
    const damaged = gzipSync(LARGE_FILE);
    damaged[damaged.length - 8]! ^= 1; // RFC 1952 §2.3.1: CRC32, then the size, four bytes each
    for (const chunkBytes of [100, 16_384]) {
      const { packets, report } = await readPackets(memoryInput(damaged, chunkBytes));
      expect(packets.length).toBeGreaterThanOrEqual(Math.floor((LARGE_FILE.length - 24 - LOST_BYTES) / 716));
      expect(warningOf(report, 'SYNTH_CAPTURE_COMPRESSION')!.message).toContain('gzip');
    }
  });

  test('damage in the middle yields the packets before it and a warning', async () => {
    const damaged = gzipSync(LARGE_FILE, { level: 0 }); // stored blocks, so that the place of the damage is known
    damaged.fill(0xff, damaged.length / 2);
    // The packets before it, and those whose content alone was changed within a block of at most 65 535 bytes (RFC 1951 §3.2.4).
    const { report } = await readPackets(memoryInput(damaged));
    expect(report.packets).toBeGreaterThanOrEqual(Math.floor((LARGE_FILE.length / 2 - 24 - LOST_BYTES) / 716));
    expect(report.packets).toBeLessThan(LARGE_FRAMES.length);
    expect(report.warnings.length).toBeGreaterThan(0);
  });

  test('a header with nothing behind it is an error', async () => {
    const whole = gzipSync(FILE);
    for (const length of [4, 10, 11])
      await expectSynthError(readPackets(memoryInput(whole.subarray(0, length))), 'SYNTH_CAPTURE_COMPRESSION');
  });

  test('a header with garbage behind it is an error', async () => {
    const garbage = join(gzipSync(FILE).subarray(0, 10), new Uint8Array(50_000).fill(0xff));
    await expectSynthError(readPackets(memoryInput(garbage)), 'SYNTH_CAPTURE_COMPRESSION');
  });

  test('an empty file inside is an error', async () => {
    await expectSynthError(readPackets(memoryInput(gzipSync(new Uint8Array(0)))), 'SYNTH_CAPTURE_EMPTY');
  });

  test('a file inside that is no capture is an error', async () => {
    await expectSynthError(
      readPackets(memoryInput(gzipSync(Buffer.from('not a capture at all')))),
      'SYNTH_CAPTURE_FORMAT',
    );
  });
});

describe('zstd', () => {
  test('frames and skippable frames after each other are one stream (RFC 8878 §3)', async () => {
    const file = join(
      zstdSkippableFrame([1, 2, 3]),
      zstdFrame(FILE.subarray(0, 700)),
      zstdSkippableFrame([]),
      zstdFrame(FILE.subarray(700)),
    );
    for (const chunkBytes of [1, 5, 1000]) {
      expect((await readPackets(memoryInput(file, chunkBytes))).records).toEqual(await uncompressed());
    }
  });

  test('a stream cut at any block yields the packets before the cut and a warning', async () => {
    const whole = zstdFrame(LARGE_FILE, 1000);
    for (const share of [0.01, 0.25, 0.5, 0.999]) {
      const { packets, report } = await readPackets(memoryInput(whole.subarray(0, Math.floor(whole.length * share))));
      // A block (1000 bytes) and a record (716 bytes) may be lost at the cut.
      const arrived = Math.floor((whole.length * share) / 716);
      expect(packets.length).toBeGreaterThanOrEqual(arrived - 4);
      expect(packets.length).toBeLessThanOrEqual(arrived);
      expect(warningOf(report, 'SYNTH_CAPTURE_COMPRESSION')!.message).toContain('zstd');
    }
  });

  test('damage in the middle yields the packets before it and a warning', async () => {
    const damaged = zstdFrame(LARGE_FILE, 1000);
    const header = 9 + 1003 * 100; // frame header, then blocks of three bytes of header and 1000 of content
    damaged[header]! |= 6; // block type 3 is reserved (RFC 8878 §3.1.1.2.2)
    const { packets, report } = await readPackets(memoryInput(damaged));
    expect(packets.length).toBe(Math.floor((100_000 - 24) / 716)); // records of 16 + 700 bytes behind a header of 24
    expect(warningOf(report, 'SYNTH_CAPTURE_COMPRESSION')).toBeDefined();
  });

  test('a magic number with nothing behind it is an error', async () => {
    for (const length of [4, 6, 9]) {
      const outcome = await outcomeOf(memoryInput(zstdFrame(FILE).subarray(0, length)));
      expect('error' in outcome && outcome.error.code).toBe('SYNTH_CAPTURE_COMPRESSION');
    }
  });

  test.each([
    ['at the start', []],
    ['behind a skippable frame', zstdSkippableFrame([1])],
    ['behind another frame', zstdFrame(FILE)],
  ])('a window of 1 GiB %s is refused before it is allocated', async (_, before) => {
    // RFC 8878 §3.1.1.1.2: window descriptor 20 << 3 is 2^(10+20) bytes; then one raw block of one byte.
    const huge = join([0x28, 0xb5, 0x2f, 0xfd, 0x00, 20 << 3], integer((1 << 3) | 1, 3, false), new Uint8Array(20));
    for (const chunkBytes of [1, 7, 1000]) {
      const outcome = await outcomeOf(memoryInput(join(before, huge), chunkBytes));
      const told = 'error' in outcome ? outcome.error : warningOf(outcome.report, 'SYNTH_CAPTURE_COMPRESSION');
      expect(told?.code).toBe('SYNTH_CAPTURE_COMPRESSION');
      expect(told?.message).toContain('8 MiB'); // what RFC 8878 §3.1.1.1.2 asks of every decoder
    }
  });
});
