/** `synth emit` and `synth sink` on two hosts with a cable between them, with tcpdump beside it as the judge. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { captureInput } from '../../../src/capture/capture-file.js';
import { readCaptures } from '../../../src/capture/read-captures.js';
import { type Finished, synthBin, synthJson, synthProcess, workFolder } from '../../support/cli.js';
import { examplesOf } from '../../support/examples.js';
import { type Host, testWithNetwork } from '../../support/namespaces.js';
import { record } from '../../support/recording.js';
import { type Running, startProgram, startSynth } from '../../support/running.js';

const FLOW = 'UDP 10.77.0.17:40004 10.77.0.1:5004';
const cwd = workFolder();
/** Exit codes of a run whose packets have all arrived: a busy machine may be late. */
const ON_TIME_OR_LATE = [0, 6];

const synthOn = (host: Host, ...args: readonly string[]): Running =>
  startProgram(host.command(process.execPath, synthBin, ...args), cwd);

const outOf = ({ stdout }: Finished): string => stdout.toString();

/** tcpdump on a host while `body` runs; its capture is complete afterwards. */
async function captured(host: Host, beyond: Host, name: string, body: () => Promise<void>): Promise<string> {
  const file = join(cwd, name);
  const recording = await record({ host, interfaceName: host.interfaceName, beyond: beyond.ipv4, file });
  await body();
  expect((await recording.stop()).dropped).toBe(0);
  return file;
}

interface Seen {
  readonly bytes: string;
  readonly sourcePort: number;
  readonly sizeBytes: number;
}

async function packetsOf(path: string): Promise<Seen[]> {
  const seen: Seen[] = [];
  await readCaptures([captureInput(path)], ({ bytes, at, capturedLength, sourcePort, sizeBytes }) => {
    seen.push({ bytes: Buffer.from(bytes.slice(at, at + capturedLength)).toString('hex'), sourcePort, sizeBytes });
  });
  return seen;
}

beforeAll(async () => {
  await synthJson(['train', 'capture.pcap', '--flow', FLOW, '--out', 'call.safetensors'], { cwd });
});

/** Packets that have left through its end of the cable. */
function sentBy({ run, interfaceName }: Host): number {
  const [link] = JSON.parse(run('ip', '-json', '-statistics', 'link', 'show', 'dev', interfaceName)) as [
    { readonly stats64: { readonly tx: { readonly packets: number } } },
  ];
  return link.stats64.tx.packets;
}

describe('frames', () => {
  testWithNetwork('a capture arrives byte for byte, in its order', async ({ here, there }) => {
    const arrived = await captured(there, here, 'replayed.pcap', async () => {
      const run = synthOn(here, 'emit', 'capture.pcap', '-i', here.interfaceName, '--pps', '4000', '--json');
      const { code, stderr, stdout } = await run.finished;
      expect(ON_TIME_OR_LATE, stderr + stdout.toString().slice(0, 500)).toContain(code);
    });
    // What the hosts say to each other of their own accord has addresses of the cable.
    const foreign = ({ bytes }: Seen) => !bytes.includes('0200000077');
    const frames = (await packetsOf(arrived)).filter(foreign).map(({ bytes }) => bytes);
    const sent = (await packetsOf(join(cwd, 'capture.pcap'))).map(({ bytes }) => bytes);
    expect(frames.length).toBe(sent.length);
    expect(frames).toEqual(sent);
  });

  testWithNetwork('the frames of a model arrive as generate writes them', async ({ here, there }) => {
    const limits = ['--seed', '4', '--strict-sizes'];
    const arrived = await captured(there, here, 'model.pcap', async () => {
      const flags = ['-i', here.interfaceName, '--pps', '1000', '--limit', '400', '--wire', join(cwd, 'model.pcap')];
      const { code, stdout } = await synthOn(here, 'emit', 'call.safetensors', ...limits, ...flags, '--json').finished;
      expect(ON_TIME_OR_LATE).toContain(code);
      expect((JSON.parse(stdout.toString()) as { wire: { packets: number } }).wire.packets).toBeGreaterThanOrEqual(400);
    });
    await synthJson(['generate', 'call.safetensors', ...limits, '--packets', '400', '--out', 'same.pcap'], { cwd });
    const frames = (await packetsOf(arrived)).map(({ bytes }) => bytes).filter((bytes) => bytes.startsWith('00005e'));
    expect(frames).toEqual((await packetsOf(join(cwd, 'same.pcap'))).map(({ bytes }) => bytes));
  });

  testWithNetwork('the examples in the help of emit run', async ({ here }) => {
    const examples = examplesOf('emit').filter((example) => example.includes('--interface'));
    expect(examples.length).toBeGreaterThan(1);
    for (const example of examples) {
      const words = example
        .split(' ')
        .slice(2)
        .map((word) => word.replace('veth0', here.interfaceName));
      const { code, stderr } = await synthOn(here, 'emit', ...words, '--limit', '5000', '--duration', '1s').finished;
      expect(ON_TIME_OR_LATE, `${example}: ${stderr}`).toContain(code);
    }
  });

  testWithNetwork('an interface that goes down in the middle: packets fail until it is up again', async ({ here }) => {
    const flags = ['-i', here.interfaceName, '--pps', '1000', '--limit', '6000', '--json'];
    const run = synthOn(here, 'emit', 'capture.pcap', ...flags);
    await expect.poll(() => sentBy(here), { timeout: 120_000 }).toBeGreaterThan(500);
    here.run('ip', 'link', 'set', here.interfaceName, 'down');
    // Long enough for packets to be due in it, on any machine.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    here.run('ip', 'link', 'set', here.interfaceName, 'up');
    const { code, stdout } = await run.finished;
    const { sent, failed, planned, skipped } = JSON.parse(stdout.toString()) as Record<
      string,
      { packets: number; reasons: Record<string, number> }
    >;
    expect(code).toBe(5);
    expect(failed!.packets).toBeGreaterThan(0);
    expect(Object.keys(failed!.reasons)).toEqual(['ENETDOWN']);
    expect(sent!.packets).toBeGreaterThan(500);
    expect(planned!.packets).toBe(sent!.packets + failed!.packets + skipped!.packets);
  });
});

describe('the dialogue', () => {
  testWithNetwork('device and peer play what one seed draws, each its own side', async ({ here, there }) => {
    const seed = ['--seed', '1']; // draws no long pause among the first packets
    const address = `${there.ipv4}:5004`;
    const arrived = await captured(there, here, 'dialogue.pcap', async () => {
      const model = ['--model', 'call.safetensors', '--reply', ...seed];
      const sink = synthOn(there, 'sink', '--listen', `udp://${address}`, ...model, '--idle', '5s', '--json');
      await sink.said(/Listening/);
      const flags = ['--to', `udp://${address}`, '--bind', `${here.ipv4}:40004`, '--limit', '150', ...seed, '--json'];
      const device = await synthOn(here, 'emit', 'call.safetensors', ...flags).finished;
      expect(ON_TIME_OR_LATE, device.stderr).toContain(device.code);
      const { code, stdout } = await sink.finished;
      expect([code, (JSON.parse(stdout.toString()) as { packets: number }).packets]).toEqual([0, 150]);
      const { received } = JSON.parse(outOf(device)) as { received: { packets: number } };
      expect(received.packets).toBeGreaterThan(50);
    });
    await synthJson(['generate', 'call.safetensors', ...seed, '--packets', '2000', '--out', 'drawn.csv'], { cwd });
    const rows = readFileSync(join(cwd, 'drawn.csv'), 'utf8').trim().split('\n').slice(1);
    const drawn = (direction: string) =>
      rows
        .map((row) => row.split(','))
        .filter(([, one]) => one === direction)
        .map(([, , size]) => Number(size));
    const packets = await packetsOf(arrived);
    const from = (port: number) =>
      packets.filter(({ sourcePort }) => sourcePort === port).map(({ sizeBytes }) => sizeBytes);
    expect(from(40004)).toEqual(drawn('out').slice(0, 150));
    expect(from(5004)).toEqual(drawn('in').slice(0, from(5004).length));
    expect(from(5004).length).toBeGreaterThan(100);
  });
});

test('a thousand devices at their own pace: every packet arrives once, in order for each', async () => {
  const sink = startSynth(['sink', '--listen', 'udp://127.0.0.1:0', '--stamp', '--idle', '5s', '--json'], cwd);
  const [, url] = await sink.said(/Listening on (udp:\S+)\n/);
  const flags = ['--devices', '1000', '--spread', '1s', '--duration', '4s', '--stamp', '--to', url!, '--json'];
  const { code, stdout, stderr } = await synthProcess(['emit', 'call.safetensors', ...flags], { cwd });
  expect(ON_TIME_OR_LATE, stderr).toContain(code);
  const { sent } = JSON.parse(stdout.toString()) as { sent: { packets: number } };
  const report = JSON.parse(outOf(await sink.finished)) as {
    readonly packets: number;
    readonly dropped: number;
    readonly sources: readonly unknown[];
    readonly stamp: Readonly<Record<'lost' | 'duplicates' | 'outOfOrder' | 'received', number>>;
  };
  expect(sent.packets).toBeGreaterThan(20_000);
  // What finds no room at a sink that gets no processor is counted by the kernel, and missed by its stamp.
  expect(report.packets + report.dropped).toBe(sent.packets);
  expect(report.stamp).toMatchObject({ duplicates: 0, outOfOrder: 0, received: report.packets });
  expect(report.stamp.lost).toBeLessThanOrEqual(report.dropped);
  // One that draws a pause at first may come after the end.
  expect(report.sources.length).toBeGreaterThan(950);
});
