import { mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SynthError } from '../../src/errors.js';
import { GzipOutput, openNamedOutput } from '../../src/output/gzip-output.js';
import type { Output } from '../../src/output-file.js';
import { expectSynthError } from '../support/read.js';
import { CHUNKS, noise, writeAll } from './chunks.js';

let folder: string;
const at = (name: string) => join(folder, name);
const NEW = { force: false, inputs: [] };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'synth-gzip-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('an output whose name ends in .gz', () => {
  test('is one gzip file of the bytes that were written', async () => {
    await writeAll(await openNamedOutput(at('out.gz'), NEW), CHUNKS);
    expect(gunzipSync(await readFile(at('out.gz'))).equals(Buffer.concat(CHUNKS))).toBe(true);
  });

  test('has a header without time, name and system', async () => {
    await writeAll(await openNamedOutput(at('out.gz'), NEW), CHUNKS);
    // RFC 1952 §2.3: magic, deflate, no flags, MTIME 0, XFL 0, OS 255 (unknown).
    expect([...(await readFile(at('out.gz'))).subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
  });

  test('of nothing is a gzip file of nothing', async () => {
    await writeAll(await openNamedOutput(at('out.gz'), NEW), []);
    expect(gunzipSync(await readFile(at('out.gz')))).toHaveLength(0);
  });

  test('leaves nothing when it is discarded, at whatever point', async () => {
    for (const written of [0, 1, 3]) {
      const output = await openNamedOutput(at('out.gz'), NEW);
      for (const chunk of CHUNKS.slice(0, written)) await output.write(chunk);
      await output.discard();
      await output.discard();
    }
    const cut = await openNamedOutput(at('out.gz'), NEW);
    const writing = cut.write(noise(3_000_000)).catch(() => {});
    await cut.discard();
    await writing;
    expect(await readdir(folder)).toEqual([]);
  });

  test.runIf(process.platform === 'linux')('tells why it cannot be written', async () => {
    await symlink('/dev/full', at('full.gz'));
    const output = await openNamedOutput(at('full.gz'), NEW);
    const error = await expectSynthError(writeAll(output, CHUNKS), 'SYNTH_OUTPUT_FAILED');
    expect(error.message).toContain('no space left on the device');
    await expectSynthError(output.write(CHUNKS[0]!), 'SYNTH_OUTPUT_FAILED');
    await output.discard();
  });
});

test('bytes are held back until those before have been taken', async () => {
  let accepted = 0;
  let taken = 0;
  let ahead = 0;
  const slow: Output = {
    name: 'slow',
    async write(bytes) {
      for (let turns = 0; turns < 20; turns++) await setImmediate();
      taken += bytes.length;
      ahead = Math.max(ahead, accepted - taken);
    },
    async finish() {},
    async discard() {},
  };
  const gzip = new GzipOutput(slow);
  const chunk = noise(2 ** 18);
  for (let i = 0; i < 32; i++) {
    await gzip.write(chunk);
    accepted += chunk.length;
  }
  await gzip.finish();
  expect(taken).toBeGreaterThan(32 * 2 ** 18); // noise does not get smaller
  expect(ahead).toBeLessThan(5 * 2 ** 18); // a buffer on each side of zlib, and one that is being taken
});

test('an error of the output behind ends a write that waits for it', async () => {
  const failing: Output = {
    name: 'failing',
    write: () => Promise.reject(new SynthError('SYNTH_OUTPUT_FAILED', 'no more')),
    async finish() {},
    async discard() {},
  };
  const gzip = new GzipOutput(failing);
  const chunk = noise(3_000_000);
  const error = await expectSynthError(writeAll(gzip, [chunk, chunk]), 'SYNTH_OUTPUT_FAILED');
  expect(error.message).toBe('no more');
  await gzip.discard();
});
