import { link, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SynthError } from '../src/errors.js';
import { OutputBuffer } from '../src/output-buffer.js';
import { isBrokenPipe, type Output, openOutput, writeOutput } from '../src/output-file.js';
import fc from './support/fast-check.js';
import { expectSynthError } from './support/read.js';

let folder: string;
const at = (name: string) => join(folder, name);
const names = async () => (await readdir(folder)).sort();
const bytes = (text: string) => new TextEncoder().encode(text);
const NEW = { force: false, inputs: [] };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'synth-output-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('an output file', () => {
  test('appears under its name only when it is finished', async () => {
    const output = await openOutput(at('out.pcap'), NEW);
    await output.write(bytes('one '));
    await output.write(bytes('two'));
    expect(await names()).not.toContain('out.pcap');
    expect((await names()).length).toBe(1); // in the same folder, so that a rename is enough
    await output.finish();
    expect(await names()).toEqual(['out.pcap']);
    expect(await readFile(at('out.pcap'), 'utf8')).toBe('one two');
  });

  test('leaves nothing when it is discarded, and keeps what was there', async () => {
    await writeFile(at('out'), 'old');
    const output = await openOutput(at('out'), { force: true, inputs: [] });
    await output.write(bytes('new'));
    await output.discard();
    await output.discard();
    expect(await names()).toEqual(['out']);
    expect(await readFile(at('out'), 'utf8')).toBe('old');
  });

  test('stays when it is discarded after the end', async () => {
    const output = await openOutput(at('out'), NEW);
    await output.finish();
    await output.discard();
    expect(await names()).toEqual(['out']);
  });

  test('may be empty', async () => {
    await writeOutput(at('out'), new Uint8Array(0), NEW);
    expect((await stat(at('out'))).size).toBe(0);
  });

  test('does not replace a file unless it is told to', async () => {
    await writeFile(at('out'), 'old');
    const error = await expectSynthError(writeOutput(at('out'), bytes('new'), NEW), 'SYNTH_OUTPUT_EXISTS');
    expect(error.hint).toContain('`force: true`');
    expect(await readFile(at('out'), 'utf8')).toBe('old');
    await writeOutput(at('out'), bytes('new'), { force: true, inputs: [] });
    expect(await readFile(at('out'), 'utf8')).toBe('new');
    expect(await names()).toEqual(['out']);
  });

  test.runIf(process.platform !== 'win32')('behind a symbolic link is replaced, and the link stays', async () => {
    await mkdir(at('folder'));
    await writeFile(at('folder/target'), 'old');
    await symlink('folder/target', at('link'));
    await expectSynthError(openOutput(at('link'), NEW), 'SYNTH_OUTPUT_EXISTS');
    await writeOutput(at('link'), bytes('new'), { force: true, inputs: [] });
    expect((await lstat(at('link'))).isSymbolicLink()).toBe(true);
    expect(await readFile(at('folder/target'), 'utf8')).toBe('new');
    expect(await readdir(at('folder'))).toEqual(['target']);
  });

  test('never replaces an input, under whatever name', async () => {
    await writeFile(at('in'), 'captured');
    await symlink('in', at('symbolic'));
    await link(at('in'), at('hard'));
    await mkdir(at('folder'));
    for (const name of ['in', 'symbolic', 'hard', 'folder/../in']) {
      for (const input of ['in', 'symbolic', 'hard']) {
        const options = { force: true, inputs: [at('none'), at(input)] };
        await expectSynthError(openOutput(`${folder}/${name}`, options), 'SYNTH_OUTPUT_EXISTS');
      }
    }
    expect(await readFile(at('in'), 'utf8')).toBe('captured');
    expect(await names()).toEqual(['folder', 'hard', 'in', 'symbolic']);
  });

  test('cannot be a folder', async () => {
    await expectSynthError(openOutput(folder, { force: true, inputs: [] }), 'SYNTH_OUTPUT_FAILED');
  });

  test('cannot be in a folder that does not exist, or in a file', async () => {
    const missing = await expectSynthError(openOutput(at('none/out'), NEW), 'SYNTH_OUTPUT_FAILED');
    expect(missing.message).toContain('no such file or directory');
    await writeFile(at('file'), '');
    await expectSynthError(openOutput(at('file/out'), NEW), 'SYNTH_OUTPUT_FAILED');
  });

  test('that cannot be renamed in the end leaves nothing', async () => {
    const output = await openOutput(at('out'), NEW);
    await mkdir(at('out/in'), { recursive: true });
    await expectSynthError(output.finish(), 'SYNTH_OUTPUT_FAILED');
    expect(await names()).toEqual(['out']);
  });
});

describe('a device', () => {
  test.runIf(process.platform === 'linux')('that is full is named, with the reason', async () => {
    const error = await expectSynthError(writeOutput('/dev/full', bytes('x'), NEW), 'SYNTH_OUTPUT_FAILED');
    expect(error.message).toBe('/dev/full: cannot be written: no space left on the device');
  });

  test.runIf(process.platform !== 'win32')('is written as it is, and is a device afterwards', async () => {
    await writeOutput('/dev/null', bytes('x'), NEW);
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
  });
});

test('a broken pipe is told from other errors, also inside a SynthError', () => {
  const pipe = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
  expect(isBrokenPipe(pipe)).toBe(true);
  expect(isBrokenPipe(new SynthError('SYNTH_OUTPUT_FAILED', 'x', { cause: pipe }))).toBe(true);
  expect(isBrokenPipe(new SynthError('SYNTH_OUTPUT_FAILED', 'x'))).toBe(false);
  expect(isBrokenPipe(undefined)).toBe(false);
});

/** Keeps what it is given. */
class MemoryOutput implements Output {
  readonly name = 'memory';
  readonly chunks: Uint8Array[] = [];
  async write(chunk: Uint8Array) {
    this.chunks.push(chunk.slice());
  }
  async finish() {}
  async discard() {}
  get content(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

/** Bytes that differ from their neighbours, and from those a power of two away. */
const CONTENT = new Uint8Array(3_000_100).map((_, at) => at * 7 + (at >>> 8) * 3);

describe('an output buffer', () => {
  test('hands on all bytes in order, whatever the sizes of the chunks', async () => {
    const size = fc.oneof(fc.nat(20), fc.nat(3_000_000), fc.constantFrom(2 ** 20 - 1, 2 ** 20, 2 ** 20 + 1));
    await fc.assert(
      fc.asyncProperty(fc.array(size, { maxLength: 5 }), fc.nat(9), async (sizes, preamble) => {
        const output = new MemoryOutput();
        const buffer = new OutputBuffer(output, new Uint8Array(preamble).fill(0xee));
        const chunks = sizes.map((count, i) => CONTENT.subarray(i, i + count));
        for (const chunk of chunks) await buffer.append(chunk);
        await buffer.flush();
        await buffer.flush();
        expect(output.content.equals(Buffer.concat(chunks))).toBe(true);
        expect(buffer.bytes.subarray(0, preamble).every((byte) => byte === 0xee)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test('has room for a mebibyte, and for more when it grows', async () => {
    const output = new MemoryOutput();
    const buffer = new OutputBuffer(output, Uint8Array.of(1, 2, 3));
    expect(buffer.hasRoom(2 ** 20)).toBe(true);
    expect(buffer.hasRoom(2 ** 20 + 1)).toBe(false);
    await buffer.append(bytes('before'));
    buffer.grow();
    expect(buffer.hasRoom(2 ** 20)).toBe(true);
    await buffer.append(bytes(' and after'));
    await buffer.flush();
    expect(output.content.toString()).toBe('before and after');
    expect([...buffer.bytes.subarray(0, 3)]).toEqual([1, 2, 3]);
  });

  test('writes nothing where there is nothing', async () => {
    const output = new MemoryOutput();
    await new OutputBuffer(output).flush();
    expect(output.chunks).toEqual([]);
  });
});
