import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { captureInput } from '../../src/capture/capture-file.js';
import { CAPTURE_FORMATS, CaptureWriter, type WrittenCaptureFormat } from '../../src/capture/capture-writer.js';
import { NO_LIMITS, RotationAccount, type RotationLimits } from '../../src/output/rotation.js';
import type { Output, SerialOutput } from '../../src/output-file.js';
import { filler, memoryInput } from '../support/frames.js';
import { runPeer, testWithPeers } from '../support/peers.js';
import { readPackets, type SeenRecord } from '../support/read.js';
import { MemoryOutput } from '../synthesis/captures.js';

const folder = mkdtempSync(join(tmpdir(), 'synth-writer-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Keeps each file of a series. */
class MemorySeries implements SerialOutput {
  readonly name = 'memory';
  readonly outputs = [new MemoryOutput()];
  readonly #account: RotationAccount;

  constructor(limits: Partial<RotationLimits>) {
    this.#account = new RotationAccount({ ...NO_LIMITS, ...limits });
  }

  startsFile(seconds: number, nanoseconds: number, fileBytes: number, recordBytes: number): boolean {
    return this.#account.add(seconds, nanoseconds, fileBytes, recordBytes);
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.outputs.at(-1)!.write(bytes);
  }

  async next(): Promise<void> {
    this.outputs.push(new MemoryOutput());
  }

  async finish(): Promise<void> {}

  async discard(): Promise<void> {}

  get contents(): readonly Buffer[] {
    return this.outputs.map(({ content }) => content);
  }
}

interface RawFrame {
  readonly timeNs: number;
  readonly length: number;
  /** Bytes of the frame that the capture does not hold. */
  readonly cut?: number;
}

const START_SECONDS = 1_700_000_000;
const RAW_IP = 101;

async function writeFrames(
  output: Output | SerialOutput,
  format: WrittenCaptureFormat,
  frames: readonly RawFrame[],
  linkType = RAW_IP,
): Promise<void> {
  const writer = new CaptureWriter(output, { format, linkType, application: 'synth test', comment: 'raw' });
  await writer.begin();
  for (const { timeNs, length, cut = 0 } of frames) {
    if (!writer.hasRoom(length)) await writer.flush();
    const at = writer.beginRecord(START_SECONDS + Math.floor(timeNs / 1e9), timeNs % 1e9, length, length + cut);
    writer.bytes.set(filler(length), at);
    writer.endRecord();
  }
  await writer.end();
}

async function recordsOf(contents: readonly Buffer[]): Promise<SeenRecord[]> {
  const files = await Promise.all(contents.map((content) => readPackets(memoryInput(content))));
  return files.flatMap(({ records }) => records);
}

/** pcap: 24 bytes of header (draft-ietf-opsawg-pcap §4), 16 before each frame (§5); pcapng: as long as it comes without records. */
async function overhead(format: WrittenCaptureFormat): Promise<{ header: number; record: (frame: number) => number }> {
  const empty = new MemoryOutput();
  await writeFrames(empty, format, []);
  if (format !== 'pcapng') return { header: 24, record: (frame) => 16 + frame };
  return { header: empty.content.length, record: (frame) => 32 + Math.ceil(frame / 4) * 4 }; // draft-ietf-opsawg-pcapng §4.3
}

const frames = fc.array(
  fc.record({ timeNs: fc.nat(5_000_000_000), length: fc.oneof(fc.nat(80), fc.nat(1500)), cut: fc.nat(9) }),
  { minLength: 1, maxLength: 60 },
);

describe.each(CAPTURE_FORMATS)('a series of %s files', (format) => {
  test('holds the records of the one file, in the same order, in files as full as they can be', async () => {
    const { header, record } = await overhead(format);
    await fc.assert(
      fc.asyncProperty(frames, fc.integer({ min: 1, max: 4000 }), async (given, maxBytes) => {
        const one = new MemoryOutput();
        await writeFrames(one, format, given);
        const series = new MemorySeries({ maxBytes });
        await writeFrames(series, format, given);
        const { contents } = series;
        for (const content of contents)
          expect(content.subarray(0, header).equals(one.content.subarray(0, header))).toBe(true);
        const bodies = contents.map((content) => content.subarray(header));
        expect(Buffer.concat(bodies).equals(one.content.subarray(header))).toBe(true);
        let first = 0;
        for (const [i, content] of contents.entries()) {
          const { length: count } = (await readPackets(memoryInput(content))).records;
          expect(count === 1 || content.length <= maxBytes).toBe(true);
          first += count;
          if (i + 1 < contents.length) expect(content.length + record(given[first]!.length)).toBeGreaterThan(maxBytes);
        }
        expect(first).toBe(given.length);
      }),
      { numRuns: 40, seed: 20_261_125 },
    );
  });

  test('has a file for each interval in which there are packets', async () => {
    await fc.assert(
      fc.asyncProperty(frames, fc.integer({ min: 1e6, max: 2e9 }), async (given, intervalNs) => {
        const sorted = [...given].sort((a, b) => a.timeNs - b.timeNs);
        const series = new MemorySeries({ intervalNs });
        await writeFrames(series, format, sorted);
        const origin = sorted[0]!.timeNs;
        const intervals = sorted.map(({ timeNs }) => Math.floor((timeNs - origin) / intervalNs));
        const expected = [...new Set(intervals)].map((interval) => intervals.filter((one) => one === interval).length);
        const counts = await Promise.all(series.contents.map(async (content) => (await recordsOf([content])).length));
        expect(counts).toEqual(expected);
      }),
      { numRuns: 20, seed: 20_261_125 },
    );
  });

  test('does not care where the buffers end', async () => {
    // 3 MiB of frames go through buffers of 1 MiB; files of 100 kB end before, at and behind these.
    const many = Array.from({ length: 4000 }, (_, i) => ({ timeNs: i * 1e6, length: 40 + (i % 1460) }));
    const one = new MemoryOutput();
    await writeFrames(one, format, many);
    const series = new MemorySeries({ maxBytes: 100_000 });
    await writeFrames(series, format, many);
    expect(series.contents.length).toBeGreaterThan(25);
    expect(Math.max(...series.contents.map(({ length }) => length))).toBeLessThanOrEqual(100_000);
    expect(await recordsOf(series.contents)).toEqual(await recordsOf([one.content]));
  });

  testWithPeers(
    ['capinfos', 'mergecap'],
    'capinfos reads every file, and mergecap makes the one file of them',
    async () => {
      const many = Array.from({ length: 300 }, (_, i) => ({ timeNs: i * 37_000_000, length: 20 + i, cut: i % 3 }));
      const one = new MemoryOutput();
      await writeFrames(one, format, many, 1);
      const series = new MemorySeries({ maxBytes: 10_000, intervalNs: 2e9 });
      await writeFrames(series, format, many, 1);
      const paths = series.contents.map((content, i) => {
        const path = join(folder, `${format}-${i}`);
        writeFileSync(path, content);
        return path;
      });
      const counts = runPeer('capinfos', ['-T', '-r', '-m', '-M', '-c', '-o', ...paths])
        .trim()
        .split('\n');
      expect(counts.every((line) => line.endsWith(',True'))).toBe(true); // strict time order
      expect(counts.reduce((sum, line) => sum + Number(line.split(',')[1]), 0)).toBe(300);
      const merged = join(folder, `${format}-merged`);
      runPeer('mergecap', ['-F', format, '-w', merged, ...paths]);
      const { records } = await readPackets(memoryInput(one.content));
      expect((await readPackets(captureInput(merged))).records).toEqual(records);
    },
  );
});
