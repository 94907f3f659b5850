/** How a process of the command ends: signals, pipes whose other end has gone, full disks. */
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { DEVICE, runProgram, synthBin, synthJson, synthProcess, workFolder } from '../support/cli.js';

const cwd = workFolder();
const read = (name: string) => readFileSync(join(cwd, name));

beforeAll(async () => {
  await synthJson(['train', 'capture.pcap', '--device', DEVICE, '--out', 'model.safetensors'], { cwd });
});

describe('mistakes', () => {
  test('an interrupted run exits with 130 and leaves no file behind', async () => {
    const before = readdirSync(cwd).length;
    const result = await synthProcess(['generate', '--packets', '100000000', '--out', 'endless.pcap'], {
      cwd,
      // The file that will be the output, under its temporary name.
      signalWhen: () => readdirSync(cwd).length > before,
    });
    expect(result.code).toBe(130);
    expect(result.stderr).toContain('SYNTH_INTERRUPTED');
    expect(readdirSync(cwd)).toHaveLength(before);
  });

  describe.each([
    ['train', ['--out', 'idle.safetensors']],
    ['inspect', []],
    ['extract', ['--out', 'idle.csv']],
    ['evaluate', ['capture.pcap', '--report', 'idle.html']],
    ['inspect', ['--report', 'idle.html']],
  ] as const)('%s that waits for standard input', (command, more) => {
    test.each([[['SIGINT']], [['SIGHUP', 'SIGTERM']]] as const)(
      'ends at once with %j, and leaves nothing behind',
      async (signals) => {
        const temporary = mkdtempSync(join(cwd, 'temporary-'));
        const before = readdirSync(cwd);
        const { code, stdout } = await synthProcess([command, '-', ...more], {
          cwd,
          idleStdin: true,
          // More than fits into the pipe, so that the command is in the middle of reading.
          stdin: read('capture.pcap').subarray(0, 500_000),
          environment: { TMPDIR: temporary },
          signalWhen: ({ unreadBytes }) => unreadBytes === 0,
          signals,
        });
        expect([code, stdout.toString()]).toEqual([130, '']);
        // Newer versions of Node.js keep compiled code there.
        expect(readdirSync(temporary).filter((name) => name !== 'node-compile-cache')).toEqual([]);
        expect(readdirSync(cwd)).toEqual(before);
      },
    );
  });

  test('a reader of messages that leaves early stops nothing', async () => {
    writeFileSync(join(cwd, 'cut.pcap'), read('capture.pcap').subarray(0, 100_000));
    const command = `"${process.execPath}" "${synthBin}" extract cut.pcap --out deaf.csv --force`;
    await runProgram('sh', ['-c', `{ ${command}; echo $? >code; } 2>&1 >/dev/null | true`], { cwd });
    expect(read('code').toString()).toBe('0\n');
    expect(read('deaf.csv').length).toBeGreaterThan(10_000);
  });

  test('a reader that leaves early is no mistake', async () => {
    const pipe = await runProgram(
      'sh',
      ['-c', `"${process.execPath}" "${synthBin}" generate -n 200000 --out - | head -c 100 | wc -c`],
      { cwd },
    );
    expect(pipe.stdout.toString().trim()).toBe('100');
    expect(pipe.stderr).not.toMatch(/bug|Error/);
  });

  test('standard output on a full disk is an error with its code', async () => {
    for (const command of [`inspect capture.pcap --json`, `extract capture.pcap --out -`]) {
      const line = `"${process.execPath}" "${synthBin}" ${command} >/dev/full`;
      const { code, stderr } = await runProgram('sh', ['-c', line], { cwd });
      expect([command, code]).toEqual([command, 5]);
      expect(stderr).toContain('SYNTH_OUTPUT_FAILED');
      expect(stderr).not.toMatch(/^ {4}at /m);
    }
  });
});
