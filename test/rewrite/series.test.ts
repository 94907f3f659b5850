import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { captureInput } from '../../src/capture/capture-file.js';
import type { RotationLimits } from '../../src/output/rotation.js';
import { rewriteFormatOf } from '../../src/rewrite/capture-output.js';
import { join, Pcapng, pcap, SECOND, sampleFrames } from '../support/frames.js';
import { expectSynthError, readPackets } from '../support/read.js';
import { jumping, rewriteFile, rewriteSeries, rotation, temporaryFolder } from './rewriting.js';

const file = temporaryFolder();
const packetsOf = async (path: string) => (await readPackets(captureInput(path))).packets;

describe('a series of rewritten files', () => {
  const frames = sampleFrames(100, 250_000_000n);
  const capture = pcap(frames, { kind: 'nano' });

  test('has the packets of the one file, each file as large as it can be', async () => {
    const { files, packets, leftover } = await rewriteSeries(file, capture, 'size.pcap', { maxBytes: 2000 });
    expect([packets, leftover]).toEqual([100, undefined]);
    expect(files.length).toBeGreaterThan(10);
    expect(Math.max(...files.map(({ fileBytes }) => fileBytes))).toBeLessThanOrEqual(2000);
    const contents = files.map(({ path }, i) => readFileSync(path).subarray(i === 0 ? 0 : 24));
    await rewriteFile(file('in'), file('one.pcap'));
    expect(Buffer.concat(contents).equals(readFileSync(file('one.pcap')))).toBe(true);
  });

  test('goes by the new times, and by the packets that are kept', async () => {
    // 25 s at twice the speed are 12.5 s; the first second is left out before.
    const wishes = { time: { speed: { numerator: 2, denominator: 1 } }, range: { skip: 4 } };
    const { files } = await rewriteSeries(file, capture, 'time.pcap', { intervalNs: 5e9 }, wishes);
    expect(files.map(({ packets }) => packets)).toEqual([40, 40, 16]);
    const start = frames[4]!.timeNs;
    expect(files[1]).toMatchObject({ firstNs: start + 5n * SECOND, lastNs: start + 5n * SECOND + 39n * 125_000_000n });
  });

  test('is compressed file by file', async () => {
    const { files } = await rewriteSeries(
      file,
      capture,
      'packed.pcapng.gz',
      { intervalNs: 10e9 },
      { format: 'pcapng' },
    );
    expect(files.map(({ path }) => path)).toEqual([1, 2, 3].map((n) => file(`packed_0000${n}.pcapng.gz`)));
    for (const { path, packets } of files) {
      const content = readFileSync(path);
      expect(content.subarray(0, 2)).toEqual(Buffer.of(0x1f, 0x8b)); // RFC 1952 §2.3.1
      expect(gunzipSync(content).readUInt32BE(0)).toBe(0x0a0d0d0a); // draft-ietf-opsawg-pcapng §4.1
      expect(await packetsOf(path)).toHaveLength(packets);
    }
  });

  test('is gone on with, keeping what is there', async () => {
    await rewriteSeries(file, capture, 'on.pcap.gz', { intervalNs: 5e9 });
    writeFileSync(file('on_00004.pcap.gz'), ''); // not what would be written
    const again = (limits: Partial<RotationLimits>) =>
      rewriteFile(file('in'), file('on.pcap.gz'), { force: false, rotation: rotation(limits, true) });
    const error = await expectSynthError(again({ intervalNs: 5e9 }), 'SYNTH_OUTPUT_EXISTS');
    expect(error.message).toContain('on_00004.pcap.gz: is not what would be written');
    await rewriteSeries(file, capture, 'whole.pcap.gz', { intervalNs: 5e9 });
    writeFileSync(file('on_00004.pcap.gz'), readFileSync(file('whole_00004.pcap.gz')));
    const { files } = await again({ intervalNs: 5e9 });
    expect(files.map(({ kept }) => kept)).toEqual([true, true, true, true, true]);
  });

  test('never replaces a capture that is being read', async () => {
    writeFileSync(file('loop_00002.pcap'), capture);
    const rewriting = rewriteFile(file('loop_00002.pcap'), file('loop.pcap'), {
      rotation: rotation({ intervalNs: 10e9 }),
    });
    expect((await expectSynthError(rewriting, 'SYNTH_OUTPUT_EXISTS')).message).toContain('is the input');
    expect(readFileSync(file('loop_00002.pcap')).equals(capture)).toBe(true);
  });

  test('of which no packet is left is no series', async () => {
    const nothing = rewriteSeries(file, capture, 'none.pcap', { maxBytes: 1000 }, { range: { skip: 1000 } });
    await expectSynthError(nothing, 'SYNTH_CAPTURE_EMPTY');
    expect(readdirSync(file('.')).filter((name) => name.startsWith('none'))).toEqual([]);
  });

  test('of several link types describes in each file what that has, and stays within the size', async () => {
    const ng = new Pcapng();
    const linkTypes = [1, 101, 113, 276];
    const blocks = Array.from({ length: 40 }, (_, i) =>
      ng.enhancedPacket(BigInt(i), new Uint8Array(20 + i), Math.min(Math.floor(i / 3), 3)),
    );
    const mixed = join(ng.section(), ...linkTypes.map((linkType) => ng.interface({ linkType })), ...blocks);
    writeFileSync(file('mixed'), mixed);
    const expected = await packetsOf(file('mixed'));
    for (const maxBytes of [320, 352, 400]) {
      const { files } = await rewriteSeries(file, mixed, 'links.pcapng', { maxBytes }, { format: 'pcapng' });
      for (const { packets, fileBytes } of files) expect(packets === 1 || fileBytes <= maxBytes).toBe(true);
      const packets = await Promise.all(files.map(({ path }) => packetsOf(path)));
      expect(packets.flat().map(({ linkType, frame }) => [linkType, frame])).toEqual(
        expected.map(({ linkType, frame }) => [linkType, frame]),
      );
    }
  });
});

describe('times that go backwards', () => {
  // Late packets, a clock that is set back by 40 s, and one that is ahead for two packets.
  const seconds = [0, 3, 1, 9.5, 12, 8, 13, 25, 24, 31, 2, 4, 11, 29, 33, 45, 200, 201, 46, 47, 205, 212];

  test('stay in the file of the time that has been reached', async () => {
    const frames = jumping(seconds);
    const { files } = await rewriteSeries(file, pcap(frames), 'back.pcap', { intervalNs: 10e9 });
    expect(files.map(({ packets }) => packets)).toEqual([4, 3, 2, 6, 1, 5, 1]);
    const start = frames[0]!.timeNs;
    // The fourth file: 31, 2, 4, 11, 29, 33.
    expect(files[3]).toMatchObject({ firstNs: start + 2n * SECOND, lastNs: start + 33n * SECOND });
    const packets = await Promise.all(files.map(({ path }) => packetsOf(path)));
    expect(packets.flat().map(({ timeNs }) => timeNs)).toEqual(frames.map(({ timeNs }) => timeNs));
  });

  test('before the first packet belong to the first file', async () => {
    const { files } = await rewriteSeries(file, pcap(jumping([50, 0, 20, 55, 61])), 'early.pcap', { intervalNs: 10e9 });
    expect(files.map(({ packets }) => packets)).toEqual([4, 1]);
  });
});

test('the format is found in front of .gz', async () => {
  expect(['a.pcap', 'a.PCAP.GZ', 'b.cap.gz', 'c.pcapng.gz', '-', '/dev/null'].map(rewriteFormatOf)).toEqual([
    'pcap',
    'pcap',
    'pcap',
    'pcapng',
    'pcap',
    'pcap',
  ]);
  for (const path of ['a.gz', 'a.csv.gz', 'a.pcap.zst', 'pcap']) {
    expect((await expectSynthError(() => rewriteFormatOf(path), 'SYNTH_USAGE')).hint).toContain('.gz');
  }
});
