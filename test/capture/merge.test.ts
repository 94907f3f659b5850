import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { CaptureInput } from '../../src/capture/capture-file.js';
import { readCaptures } from '../../src/capture/read-captures.js';
import fc from '../support/fast-check.js';
import { type Frame, memoryInput, Pcapng, pcap, SECOND, sampleFrames } from '../support/frames.js';
import { expectSynthError, readPackets } from '../support/read.js';

/** One frame a second at the times given; the length of the frame tells which one it is. */
const framesAt = (seconds: readonly number[], length: number): Frame[] =>
  seconds.map((second, i) => ({ timeNs: BigInt(second) * SECOND, bytes: new Uint8Array(length + i) }));

describe('several captures', () => {
  test('are merged by time, of whatever format', async () => {
    const { packets, report } = await readPackets(
      memoryInput(pcap(framesAt([1, 4, 9], 100)), 3, 'a'),
      memoryInput(new Pcapng(true).file(framesAt([2, 3, 8], 200)), 7, 'b'),
      memoryInput(gzipSync(pcap(framesAt([5, 6, 7], 300))), 1, 'c'),
    );
    expect(packets.map(({ timeNs }) => Number(timeNs / SECOND))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(packets.map(({ wireLength }) => wireLength)).toEqual([100, 200, 201, 101, 300, 301, 302, 202, 102]);
    expect(report.files.map(({ path, packets, format, compression }) => [path, packets, format, compression])).toEqual([
      ['a', 3, 'pcap', undefined],
      ['b', 3, 'pcapng', undefined],
      ['c', 3, 'pcap', 'gzip'],
    ]);
    expect(report).toMatchObject({ packets: 9, bytes: packets.reduce((sum, { wireLength }) => sum + wireLength, 0) });
  });

  test('at equal times the capture named first goes first', async () => {
    const { packets } = await readPackets(
      memoryInput(pcap(framesAt([1, 1, 2], 100))),
      memoryInput(pcap(framesAt([1, 2, 2], 200))),
    );
    expect(packets.map(({ wireLength }) => wireLength)).toEqual([100, 101, 200, 102, 201, 202]);
  });

  test('merge any ordered captures into one ordered sequence, and lose nothing', async () => {
    const times = fc.array(fc.array(fc.nat(50), { minLength: 1, maxLength: 20 }), { minLength: 2, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(times, async (files) => {
        const inputs = files.map((seconds, i) =>
          memoryInput(
            pcap(
              framesAt(
                seconds.toSorted((a, b) => a - b),
                60 * i,
              ),
            ),
            11,
          ),
        );
        const { packets } = await readPackets(...inputs);
        expect(packets.map(({ timeNs }) => Number(timeNs / SECOND))).toEqual(files.flat().sort((a, b) => a - b));
      }),
      { numRuns: 100 },
    );
  });

  test('a warning names the file that it is about', async () => {
    const whole = pcap(sampleFrames(3));
    const { report } = await readPackets(
      memoryInput(whole, 99, 'good.pcap'),
      memoryInput(whole.subarray(0, -1), 99, 'cut.pcap'),
    );
    expect(report.warnings).toHaveLength(1);
    expect(report.warnings[0]!.message).toMatch(/^cut\.pcap: /);
    expect(report.packets).toBe(5); // three and two
  });

  test('one of them may be empty, as the last of a rotation often is', async () => {
    const { packets, report } = await readPackets(
      memoryInput(pcap(sampleFrames(1)), 99, 'good.pcap'),
      memoryInput(pcap([]), 99, 'empty.pcap'),
    );
    expect(packets).toHaveLength(1);
    expect(report.files.map((file) => file.packets)).toEqual([1, 0]);
  });

  test('all of them empty is an error that names the first', async () => {
    const reading = readPackets(memoryInput(pcap([]), 99, 'empty.pcap'), memoryInput(pcap([]), 99, 'also.pcap'));
    expect((await expectSynthError(reading, 'SYNTH_CAPTURE_EMPTY')).message).toContain('empty.pcap');
  });
});

describe('reading', () => {
  test('closes every source, whatever happens', async () => {
    let opened = 0;
    let closed = 0;
    const counted = ({ name, open }: CaptureInput): CaptureInput => ({
      name,
      open: async () => {
        const source = await open();
        opened++;
        return {
          size: source.size,
          read: (target, at, length) => source.read(target, at, length),
          close: async () => {
            closed++;
            await source.close();
          },
        };
      },
    });
    const whole = pcap(sampleFrames(3));
    const contents = [
      whole,
      gzipSync(whole),
      whole.subarray(0, 50),
      new Uint8Array(9),
      gzipSync(new Uint8Array(9)),
      new Uint8Array(0),
    ];
    for (const bytes of contents) {
      await readPackets(counted(memoryInput(whole)), counted(memoryInput(bytes))).catch(() => {});
      expect(closed).toBe(opened);
    }
    const failing = readCaptures([counted(memoryInput(gzipSync(whole)))], () => {
      throw new Error('no more');
    });
    await expect(failing).rejects.toThrow('no more');
    expect(closed).toBe(opened);
  });

  test('stops when it is told to', async () => {
    const controller = new AbortController();
    let seen = 0;
    const reading = readCaptures(
      [memoryInput(pcap(sampleFrames(50)), 10)],
      () => {
        if (++seen === 5) controller.abort();
      },
      { signal: controller.signal },
    );
    await expectSynthError(reading, 'SYNTH_INTERRUPTED');
    expect(seen).toBe(5);
  });

  test('reports progress up to the last byte', async () => {
    const whole = pcap(sampleFrames(20));
    for (const inputs of [[memoryInput(whole, 100)], [memoryInput(whole, 100), memoryInput(whole, 30)]]) {
      const seen: number[] = [];
      const totals = new Set<number | undefined>();
      await readCaptures(inputs, () => {}, {
        onProgress: ({ bytes, totalBytes }) => {
          seen.push(bytes);
          totals.add(totalBytes);
        },
      });
      expect(seen).toEqual(seen.toSorted((a, b) => a - b));
      expect(seen.at(-1)).toBe(whole.length * inputs.length);
      expect([...totals]).toEqual([whole.length * inputs.length]);
    }
  });
});
