import { describe, expect, test } from 'vitest';
import type { Oversize } from '../../src/synthesis/frame-planner.js';
import { memoryInput } from '../support/frames.js';
import { expectSynthError, readPackets } from '../support/read.js';
import { START_NS } from './captures.js';
import { captureOfScripts, packets, scriptsOf, specOf } from './scripts.js';

describe.each([false, true])('any sequences of packets over TCP, with strict sizes %s', (strictSizes) => {
  test('keep the size and the time of every packet', async () => {
    const capture = await captureOfScripts(scriptsOf(200, 20_252), { strictSizes, firstAlone: true });
    const { packets: seen } = await readPackets(memoryInput(capture.bytes));
    expect(seen.length).toBe(capture.rows.length + capture.forcedFrames);
    const times = new Set(capture.rows.map(([offsetNs]) => START_NS + BigInt(offsetNs)));
    const sampled = seen.filter(({ timeNs }) => times.has(timeNs));
    expect(sampled.map(({ sizeBytes }) => sizeBytes)).toEqual(capture.rows.map(([, sizeBytes]) => sizeBytes));
    if (strictSizes) expect(capture.forcedFrames).toBe(0);
    else expect(capture.forcedFrames).toBeGreaterThan(300); // a handshake of three where nothing of it is sampled
  });
});

describe('forced frames', () => {
  const forcedTimes = async (gapNs: number) => {
    const scripts = [
      { spec: specOf(1, { protocol: 17 }), packets: packets(1, 100, 1) },
      { spec: specOf(2), packets: packets(1, 100, 1) },
    ];
    const { packets: seen } = await readPackets(memoryInput((await captureOfScripts(scripts, { gapNs })).bytes));
    return seen.map(({ timeNs }) => Number(timeNs - START_NS));
  };

  test('share the time since the previous packet', async () => {
    expect(await forcedTimes(4000)).toEqual([0, 1000, 2000, 3000, 4000]);
    expect(await forcedTimes(0)).toEqual([0, 0, 0, 0, 0]);
  });

  test('are at most 20 ms apart', async () => {
    expect(await forcedTimes(3e9)).toEqual([0, 2.94e9, 2.96e9, 2.98e9, 3e9]);
  });
});

describe('packets above the MTU', () => {
  test('are an error unless they may be cut', async () => {
    const one = (protocol: number, sizeBytes: number, mtu: number, oversize: Oversize) =>
      captureOfScripts([{ spec: specOf(0, { protocol }), packets: packets(1, sizeBytes, 1) }], { mtu, oversize });
    const error = await expectSynthError(one(6, 1501, 1500, 'error'), 'SYNTH_USAGE');
    expect(error.message).toContain('1501');
    await expectSynthError(one(17, 65_536, 1500, 'fragment'), 'SYNTH_USAGE');
    await expectSynthError(one(17, 100, 575, 'fragment'), 'SYNTH_USAGE');
    const { forcedFrames } = await one(6, 262_130, 576, 'split');
    // 262130 bytes without headers of 20 + 32, in parts of 576 without them; all but the first, a handshake of 3, and a window that was too small or not.
    expect([502, 503]).toContain(forcedFrames);
  });
});
