import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { memoryInput } from '../support/frames.js';
import { runPeer, testWithPeers } from '../support/peers.js';
import { readPackets } from '../support/read.js';
import { START_NS } from './captures.js';
import { anyScript, captureOfScripts, type Script, specOf } from './scripts.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'synth-conversations-'));
});
afterAll(() => rm(folder, { recursive: true }));

const FAULTS = [
  '_ws.malformed',
  'tcp.analysis.flags',
  'ip.checksum.status==0',
  'tcp.checksum.status==0',
  'udp.checksum.status==0',
].join(' || ');

/** Fields of the frames that tshark finds at fault. */
const faultsOf = (path: string): string[] =>
  runPeer('tshark', [
    ...['-r', path, '-Y', FAULTS],
    ...['-o', 'ip.check_checksum:TRUE', '-o', 'tcp.check_checksum:TRUE', '-o', 'udp.check_checksum:TRUE'],
    ...['-T', 'fields', '-e', 'frame.number', '-e', 'tcp.stream', '-e', '_ws.col.Info'],
  ])
    .split('\n')
    .filter((line) => line !== '');

const scriptsOf = (count: number, seed: number): Script[] =>
  fc
    .sample(anyScript, { numRuns: count, seed })
    .map(({ partial, packets }, i) => ({ spec: specOf(i, partial), packets }));

describe.each([false, true])('any sequences of packets, strict sizes %s', (strictSizes) => {
  testWithPeers(['tshark'], 'are without fault to tshark', async () => {
    const path = join(folder, `strict-${strictSizes}.pcap`);
    const { bytes } = await captureOfScripts(scriptsOf(400, 1), { strictSizes });
    await writeFile(path, bytes);
    expect(faultsOf(path)).toEqual([]);
  });

  test('keep the size and time of every packet', async () => {
    const { bytes, rows, forcedFrames } = await captureOfScripts(scriptsOf(200, 2), { strictSizes });
    const { packets } = await readPackets(memoryInput(bytes));
    expect(packets.length).toBe(rows.length + forcedFrames);
    const times = new Set(rows.map(([offsetNs]) => START_NS + BigInt(offsetNs)));
    const sampled = packets.slice(1).filter(({ timeNs }) => times.has(timeNs));
    expect(sampled.map(({ sizeBytes }) => sizeBytes).slice(-rows.length + 1)).toEqual(
      rows.slice(1).map(([, size]) => size),
    );
    if (strictSizes) expect(forcedFrames).toBe(0);
    else expect(forcedFrames).toBeGreaterThan(0);
  });
});
