import { statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { DEVICE, sha256, synth, synthJson, synthProcess } from '../support/cli.js';
import { filesFolder, framesOf, GENERATE, type ListedFile } from './series-files.js';

const { cwd, read, named } = filesFolder();

beforeAll(async () => {
  await synthJson(['train', 'capture.pcap', '--device', DEVICE, '--out', 'model.safetensors'], { cwd });
  await synthJson([...GENERATE, '--out', 'all.pcap'], { cwd });
});

describe('a compressed output', () => {
  test.each(['pcap', 'pcapng', 'csv', 'ndjson'])('of %s holds the bytes of the one that is not', async (format) => {
    await synthJson([...GENERATE, '--out', `plain.${format}`], { cwd });
    const result = await synthJson([...GENERATE, '--out', `packed.${format}.gz`], { cwd });
    const packed = read(`packed.${format}.gz`);
    const frames = framesOf(result);
    expect(result['files']).toMatchObject([{ path: `packed.${format}.gz`, packets: frames, fileBytes: packed.length }]);
    expect(gunzipSync(packed).equals(read(`plain.${format}`))).toBe(true);
    expect(packed.length).toBeLessThan(statSync(join(cwd, `plain.${format}`)).size / 2);
  });

  test('is what extract writes too', async () => {
    for (const format of ['csv', 'ndjson']) {
      for (const out of [`series.${format}`, `series.${format}.gz`]) {
        await synthJson(['extract', 'capture.pcap', '--device', DEVICE, '--out', out], { cwd });
      }
      expect(gunzipSync(read(`series.${format}.gz`)).equals(read(`series.${format}`))).toBe(true);
    }
  });
});

describe('a series of files', () => {
  test('of tables has the rows of the one table, each file with its header', async () => {
    await synthJson([...GENERATE, '--out', 'one.csv'], { cwd });
    const { files } = (await synthJson([...GENERATE, '--rotate', '100KiB', '--out', 'row.csv.gz'], { cwd })) as {
      files: ListedFile[];
    };
    const [header, ...rows] = read('one.csv').toString().trimEnd().split('\n');
    const tables = files.map(({ path }) => gunzipSync(read(path)).toString().trimEnd().split('\n'));
    expect(tables.length).toBeGreaterThan(5);
    expect(tables.every(([first]) => first === header)).toBe(true);
    expect(tables.flatMap((table) => table.slice(1))).toEqual(rows);
    expect(tables.map(({ length }) => length - 1)).toEqual(files.map(({ packets }) => packets));
  });

  test('is summed up in a line, with a warning of what an earlier one has left', async () => {
    const run = (n: string) =>
      synth(['generate', '-n', n, '--rotate', '1kB', '--out', 'sum.pcap', '--strict-sizes', '--force'], { cwd });
    expect((await run('100')).stderr).toMatch(
      / of pcap → sum_00001\.pcap … sum_000\d\d\.pcap \(\d\d files\); seed \d+\n$/,
    );
    expect((await run('1')).stderr).toMatch(
      / of pcap → sum_00001\.pcap; .*\nWarning: sum_00002\.pcap is of an earlier series/,
    );
  });

  test('that was interrupted goes on by the command that it prints, to the same bytes', async () => {
    const args = ['generate', '-n', '400000', '--rotate', '1MiB', '--start-time=now', '--out', 'on.pcap.gz'];
    const { code, stderr } = await synthProcess(args, {
      cwd,
      // As soon as three files are complete.
      signalWhen: () => named(/^on_00003/).length > 0,
    });
    expect([code, named(/^\.on/)]).toEqual([130, []]);
    const complete = named(/^on_\d{5}\.pcap\.gz$/);
    expect(complete.length).toBeGreaterThanOrEqual(3);
    expect(stderr).toContain(`${complete.length} files complete, the last is ${complete.at(-1)},`);
    const command = /Go on with: synth (.*)\n/.exec(stderr)![1]!;
    expect(command).toMatch(/--out on\.pcap\.gz --seed \d+ --start-time \d+\.\d{9} --resume$/);
    const resumed = await synthJson(command.split(' '), { cwd });
    const kept = (resumed as unknown as { files: ListedFile[] }).files.filter((file) => file.kept);
    expect(kept.map(({ path }) => path)).toEqual(complete);
    const whole = command.replace(/ --rotate \S+| --resume/g, '').replace('on.pcap.gz', 'whole.pcap');
    await synthJson(whole.split(' '), { cwd });
    const parts = named(/^on_\d{5}\.pcap\.gz$/).map((name, i) => gunzipSync(read(name)).subarray(i === 0 ? 0 : 24));
    expect(sha256(Buffer.concat(parts))).toBe(sha256(read('whole.pcap')));
  });

  test('is gone on with only by the same seed', async () => {
    await synthJson([...GENERATE, '--rotate', '1MiB', '--out', 'seed.pcapng'], { cwd });
    const other = ['generate', '-n', '20000', '--seed', '43', '--rotate', '1MiB', '--out', 'seed.pcapng', '--resume'];
    const { code, stderr } = await synth(other, { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('seed_00001.pcapng: is not what would be written: it differs from byte');
  });
});

describe('mistakes', () => {
  test.each([
    [['--rotate', '1MB', '--out', '-'], 'standard output: cannot be rotated'],
    [['--rotate', '1MB', '--out', '/dev/null'], '/dev/null: cannot be rotated'],
    [['--rotate', '100', '--out', 'x.pcap'], '100MiB,1h'],
    [['--resume', '--out', 'x.pcap'], '--rotate'],
    [['--rotate', '1MB', '--resume', '--out', 'x.pcap'], '--seed'],
    [['--rotate', '1MB', '--resume', '--seed', '1', '--start-time', 'now', '--out', 'x.pcap'], '--start-time'],
    [['--rotate', '1MB', '--resume', '--seed', '1', '--force', '--out', 'x.pcap'], '--force'],
    [['--out', 'x.pcap.zst'], 'synth compresses by gzip only'],
    [['--format', 'pcap', '--out', 'x.zst'], 'synth compresses by gzip only'],
  ])('%j: exit code 2, and no file', async (flags, text) => {
    const { code, stderr } = await synth(['generate', ...flags], { cwd });
    expect([code, stderr.includes(text), stderr.includes('SYNTH_USAGE')]).toEqual([2, true, true]);
    expect(named(/^\.?x/)).toEqual([]);
  });
});
