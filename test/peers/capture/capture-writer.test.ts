import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { captureInput } from '../../../src/capture/capture-file.js';
import { CAPTURE_FORMATS } from '../../../src/capture/capture-writer.js';
import { MemorySeries, writeFrames } from '../../capture/writing.js';
import { memoryInput } from '../../support/frames.js';
import { runPeer, testWithPeers } from '../../support/peers.js';
import { readPackets } from '../../support/read.js';
import { MemoryOutput } from '../../synthesis/captures.js';

const folder = mkdtempSync(join(tmpdir(), 'synth-writer-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(CAPTURE_FORMATS)('a series of %s files', (format) => {
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
