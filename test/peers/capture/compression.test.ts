import { execFileSync } from 'node:child_process';
import { describe, expect } from 'vitest';
import { FILE, LARGE_FILE, LARGE_FRAMES, uncompressed } from '../../capture/compressible.js';
import { join, memoryInput } from '../../support/frames.js';
import { testWithPeers } from '../../support/peers.js';
import { readPackets, warningOf } from '../../support/read.js';

describe('zstd', () => {
  testWithPeers(['zstd'], 'reads what the zstd program writes, at any level, with and without checksum', async () => {
    for (const options of [['-1'], ['-19'], ['--no-check'], ['--fast=5'], ['--single-thread', '-9']]) {
      const file = execFileSync('zstd', ['-q', '-c', ...options], { input: LARGE_FILE, maxBuffer: 1 << 26 });
      const { packets, report } = await readPackets(memoryInput(file, 10_000));
      expect(packets.map(({ frame }) => frame)).toEqual(
        LARGE_FRAMES.map(({ bytes }) => Buffer.from(bytes).toString('hex')),
      );
      expect(report.warnings).toEqual([]);
    }
  });

  testWithPeers(['zstd'], 'reads several frames of the zstd program after each other', async () => {
    const compress = (bytes: Uint8Array) => execFileSync('zstd', ['-q', '-c'], { input: bytes });
    const file = join(compress(FILE.subarray(0, 333)), compress(FILE.subarray(333, 900)), compress(FILE.subarray(900)));
    for (const chunkBytes of [1, 3, 1000]) {
      expect((await readPackets(memoryInput(file, chunkBytes))).records).toEqual(await uncompressed());
    }
  });

  testWithPeers(
    ['zstd'],
    'a file of the zstd program that is cut yields the packets before the cut and a warning',
    async () => {
      const whole = execFileSync('zstd', ['-q', '-c'], { input: LARGE_FILE, maxBuffer: 1 << 26 });
      const { packets, report } = await readPackets(memoryInput(whole.subarray(0, whole.length - 10_000)));
      expect(packets.length).toBeGreaterThan(0);
      expect(packets.length).toBeLessThan(LARGE_FRAMES.length);
      expect(warningOf(report, 'SYNTH_CAPTURE_COMPRESSION')).toBeDefined();
    },
  );
});
