import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { message, payloadsOf, sendDatagrams, sendStream } from '../sink/sinking.js';
import { DEVICE, type Finished, synth, synthBin, synthJson, workFolder } from '../support/cli.js';

const cwd = workFolder();

interface StartedSink {
  readonly ports: readonly number[];
  readonly finished: Promise<Finished>;
  interrupt(signal: NodeJS.Signals): void;
}

/** Runs the built command; resolves when it has told so many addresses. */
function startSink(args: readonly string[], addresses = 1): Promise<StartedSink> {
  const child = spawn(process.execPath, [synthBin, 'sink', ...args], { cwd });
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  const finished = new Promise<Finished>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout: Buffer.concat(stdout), stderr }));
  });
  return new Promise((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      const ports = [...stderr.matchAll(/^Listening on .*:(\d+)$/gm)].map(([, port]) => Number(port));
      if (ports.length === addresses) resolve({ ports, finished, interrupt: (signal) => child.kill(signal) });
    });
    finished.then(({ code }) => reject(new Error(`ended with ${code}: ${stderr}`)));
  });
}

describe('sink', () => {
  test('prints where it listens, what has arrived, and the same as JSON', async () => {
    const args = [
      '--listen',
      'udp://127.0.0.1:0,tcp://127.0.0.1:0',
      '--packets',
      '5',
      '--summary',
      'sum.json',
      '--json',
    ];
    const { ports, finished } = await startSink(args, 2);
    await sendDatagrams(ports[0]!, payloadsOf([1, 2, 3]));
    await sendStream({ port: ports[1]!, host: '127.0.0.1' }, payloadsOf([4, 5]).map(message));
    const { code, stdout, stderr } = await finished;
    expect(code).toBe(0);
    const result = JSON.parse(stdout.toString());
    expect(result).toMatchObject({ schemaVersion: 1, packets: 5, payloadBytes: 15, endedBy: 'packets', dropped: 0 });
    expect(JSON.parse(readFileSync(join(cwd, 'sum.json'), 'utf8'))).toEqual(result);
    expect(stderr).toContain('5 packets, 187 B from 2 sources');
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('%s is its normal end where there is no limit', async (signal) => {
    const { ports, finished, interrupt } = await startSink(['-l', 'udp://127.0.0.1:0', '-o', `${signal}.pcap`]);
    await sendDatagrams(ports[0]!, payloadsOf([100, 200]));
    interrupt(signal);
    expect((await finished).code).toBe(0);
    expect(await synthJson(['inspect', `${signal}.pcap`], { cwd })).toMatchObject({ packets: 2 });
  });

  test('with a limit that was not reached it is an interruption, and what has arrived is kept', async () => {
    const args = ['-l', 'udp://127.0.0.1:0', '-n', '9', '-o', 'some.csv'];
    const { ports, finished, interrupt } = await startSink(args);
    await sendDatagrams(ports[0]!, payloadsOf([100, 200]));
    interrupt('SIGINT');
    const { code, stderr } = await finished;
    expect(code).toBe(130);
    expect(stderr).toContain('SYNTH_INTERRUPTED');
    expect(readFileSync(join(cwd, 'some.csv'), 'utf8').split('\n')).toHaveLength(4);
  });

  test('nothing received ends with 5, and writes nothing', async () => {
    const args = ['sink', '-l', 'udp://127.0.0.1:0', '--duration', '100ms', '-o', 'none.csv'];
    const { code, stderr } = await synth(args, { cwd });
    expect(code).toBe(5);
    expect(stderr).toContain('SYNTH_NOTHING_RECEIVED');
    expect(existsSync(join(cwd, 'none.csv'))).toBe(false);
  });

  test.each([
    [['-l', 'http://127.0.0.1:80'], 2],
    [['-l', 'udp://127.0.0.1:0', '--reply'], 2],
    [['-l', 'udp://127.0.0.1:0', '--per-source'], 2],
    [['-l', 'tls://127.0.0.1:0'], 2],
    [['-l', 'tls://127.0.0.1:0', '--cert', 'absent.pem', '--key', 'absent.pem'], 3],
    [['-l', 'udp://192.0.2.1:0'], 5],
    // Mistakes come before what the machine lacks.
    [['-l', 'udp://192.0.2.1:0,tls://127.0.0.1:0'], 2],
    [['-l', 'udp://192.0.2.1:0', '--out', 'x.xyz'], 2],
  ])('%j ends with %i', async (args, expected) => {
    expect((await synth(['sink', ...args], { cwd })).code).toBe(expected);
  });

  test('what arrived can be evaluated', async () => {
    const { ports, finished } = await startSink(['-l', 'udp://127.0.0.1:0', '-n', '300', '-o', 'arrived.csv']);
    await sendDatagrams(ports[0]!, payloadsOf(Array.from({ length: 300 }, (_, i) => (i * 37) % 900)));
    expect((await finished).code).toBe(0);
    const evaluation = await synthJson(['evaluate', 'arrived.csv', 'arrived.csv'], { cwd });
    expect(evaluation).toHaveProperty('schemaVersion', 1);
  });
});

describe('the dialogue', () => {
  beforeAll(async () => {
    await synthJson(['train', 'capture.pcap', '--device', DEVICE, '--out', 'model.safetensors'], { cwd });
  });

  test('answers with the inbound packets that the seed draws, as a table shows them', async () => {
    const drawn = ['--packets', '40', '--seed', '7'];
    await synthJson(['generate', 'model.safetensors', ...drawn, '--out', 'drawn.csv'], { cwd });
    const rows = (name: string) => readFileSync(join(cwd, name), 'utf8').trim().split('\n').slice(1);
    const sizesOf = (name: string) =>
      rows(name)
        .filter((row) => row.includes(',in,'))
        .map((row) => row.split(',')[2]);
    const listen = ['-l', 'udp://127.0.0.1:0', '--idle', '3s', '--out', 'heard.csv', '--json'];
    const dialogue = ['--model', 'model.safetensors', '--reply', '--seed', '7', '--model-packets', '40'];
    const { ports, finished } = await startSink([...listen, ...dialogue]);
    await sendDatagrams(ports[0]!, payloadsOf([100]));
    const { code, stdout } = await finished;
    expect(code).toBe(0);
    const { replies } = JSON.parse(stdout.toString());
    expect(replies.devices).toBe(1);
    expect(replies.sent).toBeGreaterThan(0);
    // Those that were due before the sink ended.
    expect(sizesOf('heard.csv')).toEqual(sizesOf('drawn.csv').slice(0, replies.sent));
  });
});
