import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect } from 'vitest';
import { filesFolder, framesOf, GENERATE, type ListedFile } from '../../cli/series-files.js';
import { DEVICE, runProgram, sha256, synth, synthJson } from '../../support/cli.js';
import { runPeer, runPeerToExit, testWithPeers } from '../../support/peers.js';
import { testWithSmallDisk } from '../../support/small-disk.js';

const { cwd, read, named } = filesFolder();

beforeAll(async () => {
  await synthJson(['train', 'capture.pcap', '--device', DEVICE, '--out', 'model.safetensors'], { cwd });
  await synthJson([...GENERATE, '--out', 'all.pcap'], { cwd });
});

describe('a compressed output', () => {
  testWithPeers(['gzip', 'zcat', 'tcpdump'], 'is read by gzip, tcpdump and synth', async () => {
    const frames = framesOf(await synthJson([...GENERATE, '--out', 'peer.pcap.gz'], { cwd }));
    expect(runPeerToExit('gzip', ['-t', join(cwd, 'peer.pcap.gz')]).status).toBe(0);
    const { stdout } = await runProgram('sh', ['-c', 'zcat peer.pcap.gz | tcpdump -nr - 2>/dev/null | wc -l'], { cwd });
    expect(Number(stdout.toString())).toBe(frames);
    expect(await synthJson(['inspect', 'peer.pcap.gz'], { cwd })).toMatchObject({ packets: frames });
  });
});

describe('a series of files', () => {
  testWithPeers(
    ['capinfos', 'mergecap', 'tshark'],
    'is merged into the one capture, and each of its files is one',
    async () => {
      const args = [...GENERATE, '--rotate', '300kB,10m', '--out', 'part.pcap'];
      const { packets, files } = (await synthJson(args, { cwd })) as { packets: number; files: ListedFile[] };
      const names = named(/^part_\d{5}\.pcap$/);
      expect(files.map(({ path }) => path)).toEqual(names);
      expect(packets).toBe(20_000);
      const rows = runPeer('capinfos', ['-T', '-r', '-m', '-M', '-c', '-o', ...names.map((name) => join(cwd, name))])
        .trim()
        .split('\n')
        .map((row) => row.split(','));
      expect(rows.map(([, count]) => Number(count))).toEqual(files.map((file) => file.packets));
      expect(rows.every(([, , ordered]) => ordered === 'True')).toBe(true);
      expect(files.map(({ fileBytes }) => fileBytes)).toEqual(names.map((name) => read(name).length));
      expect(Math.max(...files.map(({ fileBytes }) => fileBytes))).toBeLessThanOrEqual(300_000);
      // --start-time, to which the intervals are aligned, is at midnight by default.
      const tenMinutes = (time: string) => Math.floor(Date.parse(time) / 600_000);
      expect(files.every(({ firstTime, lastTime }) => tenMinutes(firstTime) === tenMinutes(lastTime))).toBe(true);
      // -a: one behind the other. By time, packets at the same µs on both sides of a border may change places.
      runPeer('mergecap', [
        '-a',
        '-F',
        'pcap',
        '-w',
        join(cwd, 'merged.pcap'),
        ...names.map((name) => join(cwd, name)),
      ]);
      expect(read('merged.pcap').equals(read('all.pcap'))).toBe(true);
      expect(runPeer('tshark', ['-r', join(cwd, names[1]!), '-Y', '_ws.malformed'])).toBe('');
    },
  );
});

describe('a disk that fills up', () => {
  testWithSmallDisk(
    '2560k',
    'keeps what is complete, and the series goes on when there is room',
    async ({ folder, resize }) => {
      const out = join(folder, 'full.pcap');
      const args = ['generate', '-n', '60000', '--seed', '7', '--rotate', '1MiB', '--out', out];
      const failed = await synth([...args, '--json'], { cwd });
      expect(failed.code).toBe(5);
      const { error } = JSON.parse(failed.stdout.toString()) as {
        error: { code: string; message: string; hint: string };
      };
      expect(error.code).toBe('SYNTH_OUTPUT_FAILED');
      expect(error.message).toMatch(
        /full_00003\.pcap: cannot be written: no space left on the device; 2 files complete, the last is \S+full_00002\.pcap, [\d,]+ packets up to 2025-/,
      );
      expect(error.hint).toContain(
        `go on with: synth generate -n 60000 --rotate 1MiB --out ${out} --json --seed 7 --resume`,
      );
      expect(readdirSync(folder).sort()).toEqual(['full_00001.pcap', 'full_00002.pcap']);
      resize('20m');
      const { files } = (await synthJson([...args, '--resume'], { cwd })) as unknown as { files: ListedFile[] };
      expect(files.map(({ kept }) => kept).slice(0, 3)).toEqual([true, true, false]);
      await synthJson(['generate', '-n', '60000', '--seed', '7', '--out', 'room.pcap'], { cwd });
      const parts = files.map(({ path }, i) => readFileSync(path).subarray(i === 0 ? 0 : 24));
      expect(sha256(Buffer.concat(parts))).toBe(sha256(read('room.pcap')));
      for (const { path } of files) rmSync(path);
    },
  );

  testWithSmallDisk('1m', 'leaves nothing of a single file, compressed or not', async ({ folder }) => {
    for (const name of ['full.pcap', 'full.pcap.gz']) {
      const args = ['generate', '-n', '200000', '--payload', 'random', '--out', join(folder, name)];
      const { code, stderr } = await synth(args, { cwd });
      expect([code, readdirSync(folder)]).toEqual([5, []]);
      expect(stderr).toContain(`${name}: cannot be written: no space left on the device`);
    }
  });
});
