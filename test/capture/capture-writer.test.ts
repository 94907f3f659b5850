import { describe, expect, test } from 'vitest';
import { CAPTURE_FORMATS, type WrittenCaptureFormat } from '../../src/capture/capture-writer.js';
import fc from '../support/fast-check.js';
import { memoryInput } from '../support/frames.js';
import { readPackets, type SeenRecord } from '../support/read.js';
import { MemoryOutput } from '../synthesis/captures.js';
import { MemorySeries, writeFrames } from './writing.js';

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
      { numRuns: 40 },
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
      { numRuns: 20 },
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
});
