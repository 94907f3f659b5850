import { access, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SynthError } from '../../src/errors.js';
import { type Rotation, type SeriesOptions, writeSeries } from '../../src/output/output-series.js';
import { OutputBuffer } from '../../src/output-buffer.js';
import type { SerialOutput } from '../../src/output-file.js';
import { expectSynthError } from '../support/read.js';

let folder: string;
const at = (name: string) => join(folder, name);
const names = async () => (await readdir(folder)).sort();
const bytes = (text: string) => new TextEncoder().encode(text);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'synth-series-'));
});
afterEach(() => rm(folder, { recursive: true }));

const PER_RECORD: Rotation = {
  maxBytes: 1,
  intervalNs: Number.POSITIVE_INFINITY,
  resume: false,
  resumeCommand: 'synth generate --resume',
};
const options = (rotation: Partial<Rotation> = {}, more: Partial<SeriesOptions> = {}): SeriesOptions => ({
  force: false,
  inputs: [],
  rotation: { ...PER_RECORD, ...rotation },
  ...more,
});

/** Writes words as records, one second apart; `between` is called before each, when those before have been taken. */
const records =
  (words: readonly string[], between: (i: number) => Promise<void> | void = () => {}) =>
  async (output: SerialOutput): Promise<string> => {
    const buffer = new OutputBuffer(output);
    for (const [i, word] of words.entries()) {
      await between(i);
      buffer.beginRecord(1000 + i, i, word.length);
      buffer.put(bytes(word));
      await buffer.end();
    }
    return 'done';
  };

describe('a series of files', () => {
  test('has a file for each part, and tells what each holds', async () => {
    const { result, files, leftover } = await writeSeries(
      at('out.txt'),
      options({ maxBytes: 6 }),
      records(['one', 'two', 'three', 'seventeen', '4']),
    );
    expect([result, leftover]).toEqual(['done', undefined]);
    expect(files.map(({ path, packets, fileBytes }) => [path, packets, fileBytes])).toEqual([
      [at('out_00001.txt'), 2, 6],
      [at('out_00002.txt'), 1, 5],
      [at('out_00003.txt'), 1, 9], // longer than the limit, and whole
      [at('out_00004.txt'), 1, 1],
    ]);
    expect(files[0]).toMatchObject({ firstNs: 1000_000_000_000n, lastNs: 1001_000_000_001n, kept: false });
    expect(await names()).toEqual(['out_00001.txt', 'out_00002.txt', 'out_00003.txt', 'out_00004.txt']);
    expect(await readFile(at('out_00001.txt'), 'utf8')).toBe('onetwo');
    expect(await readFile(at('out_00003.txt'), 'utf8')).toBe('seventeen');
  });

  test('shows each file when it is complete', async () => {
    const seen: string[][] = [];
    await writeSeries(
      at('out'),
      options(),
      records(['a', 'b', 'c'], async () => void seen.push((await names()).filter((name) => !name.startsWith('.')))),
    );
    expect(seen).toEqual([[], [], ['out_00001']]);
  });

  test('is the same whether its parts come one by one or many in a buffer', async () => {
    const words = Array.from({ length: 500 }, (_, i) => 'x'.repeat(i % 17));
    await writeSeries(at('slow'), options({ maxBytes: 40 }), records(words));
    await writeSeries(at('fast'), options({ maxBytes: 40 }), async (output) => {
      const buffer = new OutputBuffer(output);
      for (const [i, word] of words.entries()) {
        buffer.beginRecord(i, 0, word.length);
        buffer.put(bytes(word));
      }
      await buffer.end();
    });
    const contents = async (prefix: string) =>
      Promise.all((await names()).filter((name) => name.startsWith(prefix)).map((name) => readFile(at(name), 'utf8')));
    const fast = await contents('fast');
    expect(fast).toEqual(await contents('slow'));
    expect(fast.join('')).toBe(words.join(''));
    expect(Math.max(...fast.map(({ length }) => length))).toBeLessThanOrEqual(40);
  });

  test('is compressed file by file, with limits for what is not compressed', async () => {
    const { files } = await writeSeries(
      at('out.gz'),
      options({ maxBytes: 1000 }),
      records(['a'.repeat(900), 'b'.repeat(900)]),
    );
    expect(files.map(({ path }) => path)).toEqual([at('out_00001.gz'), at('out_00002.gz')]);
    expect(gunzipSync(await readFile(at('out_00002.gz'))).toString()).toBe('b'.repeat(900));
    expect(files[1]!.fileBytes).toBe((await stat(at('out_00002.gz'))).size);
  });

  test('does not begin when the first name is taken', async () => {
    await writeFile(at('out_00001'), 'old');
    let begun = false;
    const writing = writeSeries(at('out'), options(), async () => {
      begun = true;
    });
    const error = await expectSynthError(writing, 'SYNTH_OUTPUT_EXISTS');
    expect(error.message).toBe(`${at('out_00001')}: already exists`);
    expect(begun).toBe(false);
  });

  test('ends before a later name that is taken, and replaces it only with force', async () => {
    await writeFile(at('out_00002'), 'old');
    const error = await expectSynthError(
      writeSeries(at('out'), options(), records(['a', 'b', 'c'])),
      'SYNTH_OUTPUT_EXISTS',
    );
    expect(error.message).toContain(`${at('out_00002')}: already exists; 1 file complete`);
    expect(error.hint).toContain('`force: true`');
    expect(await names()).toEqual(['out_00001', 'out_00002']);
    expect(await readFile(at('out_00002'), 'utf8')).toBe('old');
    await writeSeries(at('out'), options({}, { force: true }), records(['a', 'b', 'c']));
    expect(await readFile(at('out_00002'), 'utf8')).toBe('b');
  });

  test('never replaces an input, with force or to resume', async () => {
    await writeFile(at('out_00002'), 'b');
    for (const more of [options({}, { force: true }), options({ resume: true })]) {
      const error = await expectSynthError(
        writeSeries(at('out'), { ...more, force: true, inputs: [at('out_00002')] }, records(['a', 'b'])),
        'SYNTH_OUTPUT_EXISTS',
      );
      expect(error.message).toContain('is the input');
    }
    expect(await readFile(at('out_00002'), 'utf8')).toBe('b');
  });

  test('tells of a file that a longer series has left behind', async () => {
    await writeSeries(at('out'), options(), records(['a', 'b', 'c']));
    const { leftover } = await writeSeries(at('out'), options({}, { force: true }), records(['a', 'b']));
    expect(leftover).toBe(at('out_00003'));
  });

  test('cannot be a stream, a device or a folder', async () => {
    for (const path of ['-', '/dev/null', '/dev/fd/1', folder]) {
      await expectSynthError(writeSeries(path, options(), records(['a'])), 'SYNTH_USAGE');
    }
  });
});

describe('a series that ends early', () => {
  const failing = (error: Error) => (i: number) => {
    if (i === 2) throw error;
  };

  test('keeps what is complete, removes the rest, and says how to go on', async () => {
    const stop = new SynthError('SYNTH_INTERRUPTED', 'interrupted while writing');
    const writing = writeSeries(at('out'), options(), records(['a', 'b', 'c'], failing(stop)));
    const error = await expectSynthError(writing, 'SYNTH_INTERRUPTED');
    expect(error.message).toBe(
      `interrupted while writing; 1 file complete, the last is ${at('out_00001')}, 1 packet up to 1970-01-01T00:16:40.000Z`,
    );
    expect(error.hint).toBe('Go on with: synth generate --resume');
    expect(await names()).toEqual(['out_00001']);
  });

  test('says so if nothing is complete', async () => {
    const stop = new SynthError('SYNTH_INTERRUPTED', 'interrupted while writing');
    const none = () => Promise.reject(stop);
    const series = await expectSynthError(writeSeries(at('out'), options(), none), 'SYNTH_INTERRUPTED');
    expect([series.message, series.hint]).toEqual(['interrupted while writing; no file is complete', undefined]);
    const single = writeSeries(at('out'), { force: false, inputs: [], rotation: undefined }, none);
    expect((await expectSynthError(single, 'SYNTH_INTERRUPTED')).message).toBe(
      'interrupted while writing; no file was left',
    );
    expect(await names()).toEqual([]);
  });

  test('leaves nothing behind while files are still being changed', async () => {
    const words = Array.from({ length: 300 }, (_, i) => String(i));
    const writing = writeSeries(at('out'), options(), async (output) => {
      const buffer = new OutputBuffer(output);
      for (const [i, word] of words.entries()) {
        buffer.beginRecord(i, 0, word.length);
        buffer.put(bytes(word));
      }
      await buffer.flush(); // under way, in the background
      throw new SynthError('SYNTH_INTERRUPTED', 'interrupted');
    });
    await expectSynthError(writing, 'SYNTH_INTERRUPTED');
    const left = await names();
    expect(left.filter((name) => name.startsWith('.'))).toEqual([]);
    for (const [i, name] of left.entries()) expect(await readFile(at(name), 'utf8')).toBe(String(i));
    expect(left.length).toBeLessThan(300);
  });

  test('is told by a fault of synth as that fault', async () => {
    const bug = new TypeError('a bug');
    await expect(writeSeries(at('out'), options(), () => Promise.reject(bug))).rejects.toBe(bug);
    expect(await names()).toEqual([]);
  });
});

describe('a series that is resumed', () => {
  const words = ['first', 'second'.repeat(20_000), 'third'];
  const resume = (name: string, ...more: readonly string[]) =>
    writeSeries(at(name), options({ resume: true }), records([...words, ...more]));

  test.each(['out.txt', 'out.txt.gz'])('keeps the files of %s that are there, and writes the others', async (name) => {
    const { files } = await writeSeries(at(name), options(), records(words));
    const [first, second, third] = files.map(({ path }) => path);
    const before = await readFile(second!);
    await rm(second!);
    const times = await Promise.all([first!, third!].map(async (path) => (await stat(path)).mtimeMs));
    const resumed = await resume(name);
    expect(resumed.files.map(({ kept }) => kept)).toEqual([true, false, true]);
    expect(resumed.files.map(({ kept, ...file }) => file)).toEqual(files.map(({ kept, ...file }) => file));
    expect((await readFile(second!)).equals(before)).toBe(true);
    expect(await Promise.all([first!, third!].map(async (path) => (await stat(path)).mtimeMs))).toEqual(times);
  });

  test('of gzip is recognised by its content, however that was compressed', async () => {
    await writeFile(at('out_00002.gz'), gzipSync(words[1]!, { level: 9 }));
    const { files } = await resume('out.gz');
    expect(files.map(({ kept }) => kept)).toEqual([false, true, false]);
  });

  test.each<[string, (path: string) => Promise<void>, string]>([
    ['was cut', (path) => truncate(path, 70_000), 'it ends at byte 70000'],
    ['is longer', (path) => writeFile(path, `${words[1]}!`), 'it goes on after byte 120000'],
    ['is empty', (path) => truncate(path, 0), 'it ends at byte 0'],
    [
      'has another byte',
      (path) => writeFile(path, words[1]!.replace(/cond$/, 'conT')),
      'it differs from byte 119999 on',
    ],
    ['is compressed', (path) => writeFile(path, gzipSync(words[1]!)), 'is compressed otherwise'],
  ])('is refused at a file that %s', async (_, change, problem) => {
    await writeSeries(at('out'), options(), records(words));
    await change(at('out_00002'));
    const found = await readFile(at('out_00002'));
    const error = await expectSynthError(resume('out'), 'SYNTH_OUTPUT_EXISTS');
    expect(error.message).toContain(`${at('out_00002')}: is not what would be written: ${problem}`);
    expect(error.hint).toContain('remove the file');
    expect((await readFile(at('out_00002'))).equals(found)).toBe(true);
  });

  test.each<[string, (path: string) => Promise<void>, string]>([
    ['was cut', (path) => truncate(path, 100), 'it ends at byte'],
    ['is not compressed', (path) => writeFile(path, words[1]!), 'is compressed otherwise'],
    [
      'is gzip in its first bytes only',
      (path) => writeFile(path, '\u001f\u008bxxxxxxxxx', 'latin1'),
      'cannot be decompressed',
    ],
  ])('is refused at a compressed file that %s', async (_, change, problem) => {
    await writeSeries(at('out.gz'), options(), records(words));
    await change(at('out_00002.gz'));
    expect((await expectSynthError(resume('out.gz'), 'SYNTH_OUTPUT_EXISTS')).message).toContain(problem);
  });

  test('may go on further than the first time, but only behind whole files', async () => {
    await writeSeries(at('out'), options(), records(words));
    expect((await resume('out', 'fourth')).files.map(({ kept }) => kept)).toEqual([true, true, true, false]);
    await writeSeries(at('two'), options({ maxBytes: 11 }), records(['first']));
    const more = writeSeries(at('two'), options({ maxBytes: 11, resume: true }), records(['first', 'second']));
    expect((await expectSynthError(more, 'SYNTH_OUTPUT_EXISTS')).message).toContain('it ends at byte 5');
  });
});

test('without rotation there is one file under its own name', async () => {
  const single = { force: false, inputs: [], rotation: undefined };
  const { files } = await writeSeries(at('out.txt'), single, records(['a', 'b']));
  expect(files).toEqual([
    {
      path: at('out.txt'),
      packets: 2,
      firstNs: 1000_000_000_000n,
      lastNs: 1001_000_000_001n,
      fileBytes: 2,
      kept: false,
    },
  ]);
  await access(at('out.txt'));
});

test.runIf(process.platform === 'linux')('a device counts the bytes that it was given', async () => {
  await symlink('/dev/null', at('null'));
  const { files } = await writeSeries(at('null'), { force: false, inputs: [], rotation: undefined }, records(['abc']));
  expect(files[0]!.fileBytes).toBe(3);
});
