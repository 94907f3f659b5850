import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeModelFile } from '../../models/model-file.js';
import { train } from '../../models/train.js';
import { evaluate, type MetricResult } from '../../src/evaluation/evaluate.js';
import { evaluateFiles } from '../../src/evaluation/evaluate-files.js';
import { directionGapsNs, directionSizes, type PacketSeries, sliceSeries } from '../../src/series/packet-series.js';
import { parseDevice } from '../../src/series/target.js';
import { ksStatistic } from '../../src/statistics/ks.js';
import { blockOf, type Row, requests, rowsBy, seriesOf } from '../models/blocks.js';
import { expectSynthError } from '../support/read.js';
import { captureOf, profileOf } from '../synthesis/captures.js';

const of = (metrics: readonly MetricResult[], quantity: string, direction: string) =>
  metrics.find((one) => one.quantity === quantity && one.direction === direction)!;

/** 300 packets, 100 s: the first two thirds are 200 packets. */
const REAL = seriesOf(requests(300));
const CUT = 200;

describe('evaluate', () => {
  test('the floor is the distance between the first two thirds and the rest of the real series', () => {
    const { metrics, trainingPackets, heldOutPackets } = evaluate(REAL, [blockOf(requests(300, 'other'))]);
    expect([trainingPackets, heldOutPackets]).toEqual([200, 100]);
    const [training, heldOut] = [sliceSeries(REAL, 0, CUT), sliceSeries(REAL, CUT, 300)];
    for (const [direction, outbound] of [
      ['outbound', true],
      ['inbound', false],
    ] as const) {
      const sizes = [training, heldOut].map((part) => directionSizes(part, outbound));
      expect(of(metrics, 'size', direction).floor).toBe(ksStatistic(sizes[0]!, sizes[1]!));
      const gaps = [training, heldOut].map((part) => directionGapsNs(part, outbound));
      expect(of(metrics, 'gap', direction).floor).toBe(ksStatistic(gaps[0]!, gaps[1]!));
    }
    expect(metrics.map(({ quantity, direction }) => `${quantity} ${direction}`)).toEqual([
      'size outbound',
      'size inbound',
      'gap outbound',
      'gap inbound',
      'throughput outbound',
      'throughput inbound',
    ]);
  });

  test('a copy of the held-out part has value 0', () => {
    const { metrics } = evaluate(REAL, [sliceSeries(REAL, CUT, 300)]);
    expect(metrics.map(({ value }) => value)).toEqual([0, 0, 0, 0, 0, 0]);
    for (const { floor, excess } of metrics) expect(excess).toBe(0 - floor!);
  });

  test('the training part itself has excess 0', () => {
    const { metrics, meanExcess } = evaluate(REAL, [sliceSeries(REAL, 0, CUT)]);
    expect(metrics.map(({ excess }) => excess)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(meanExcess).toBe(0);
  });

  test('something else altogether has value 1', () => {
    const strange = blockOf(rowsBy(300, (i) => [9e9, 40, i % 2 === 0 ? 1 : 0]));
    const { metrics } = evaluate(REAL, [strange]);
    for (const quantity of ['size', 'gap']) {
      for (const direction of ['outbound', 'inbound']) expect(of(metrics, quantity, direction).value).toBe(1);
    }
  });

  test('several synthetic series count by their mean', () => {
    const parts = [sliceSeries(REAL, CUT, 300), sliceSeries(REAL, 0, CUT)];
    const { metrics, syntheticPackets } = evaluate(REAL, parts);
    expect(syntheticPackets).toEqual([100, 200]);
    for (const { value, floor } of metrics) expect(value).toBeCloseTo(floor! / 2, 12);
  });

  test('synthetic series are taken one at a time', () => {
    let taken = 0;
    function* series() {
      for (; taken < 3; taken++) yield sliceSeries(REAL, 0, CUT);
    }
    expect(evaluate(REAL, series()).syntheticPackets).toEqual([200, 200, 200]);
    expect(taken).toBe(3);
  });

  test('a direction that the real series does not use counts in no metric', () => {
    const oneWay = seriesOf(rowsBy(90, (i) => [1e9 + (i % 7) * 1e8, 50 + (i % 3), 1]));
    const { metrics, meanExcess } = evaluate(oneWay, [oneWay]);
    expect(of(metrics, 'throughput', 'inbound')).toMatchObject({
      value: null,
      reason: 'not enough data: the training part has no packets',
    });
    const excesses = (['size', 'gap', 'throughput'] as const).map((name) => of(metrics, name, 'outbound').excess!);
    expect(meanExcess).toBeCloseTo((excesses[0]! + excesses[1]! + excesses[2]!) / 3, 12);
  });

  test('a synthetic series that does not use a direction has no throughput there, and is judged by it', () => {
    const silent = blockOf(requests(300).map(([offsetNs, size]) => [offsetNs, size, 1]));
    expect(of(evaluate(REAL, [silent]).metrics, 'throughput', 'inbound').value).toBeGreaterThan(0.2);
  });

  test('a quantity without data says why, and does not count', () => {
    const oneWay = seriesOf(rowsBy(90, (i) => [1e6, 50 + (i % 3), 1]));
    const { metrics, meanExcess } = evaluate(oneWay, [oneWay]);
    expect(of(metrics, 'size', 'inbound')).toEqual({
      metric: 'ks',
      quantity: 'size',
      direction: 'inbound',
      value: null,
      floor: null,
      excess: null,
      reason: 'not enough data: the training part has no packets',
    });
    expect(of(metrics, 'gap', 'inbound').reason).toMatch(/training part has fewer than two packets/);
    // 90 packets a millisecond apart: not a second.
    expect(of(metrics, 'throughput', 'outbound').reason).toMatch(/0 full seconds, fewer than 10/);
    expect(meanExcess).toBeCloseTo(
      (of(metrics, 'size', 'outbound').excess! + of(metrics, 'gap', 'outbound').excess!) / 2,
      12,
    );
  });

  test('names the side that lacks data', () => {
    const short = blockOf(requests(300).slice(0, 1));
    const { metrics, meanExcess } = evaluate(REAL, [short]);
    expect(of(metrics, 'size', 'outbound').value).not.toBeNull();
    expect(of(metrics, 'gap', 'outbound').reason).toMatch(/synthetic series has fewer than two packets/);
    expect(of(metrics, 'size', 'inbound').reason).toMatch(/synthetic series has no packets/);
    expect(meanExcess).toBe(of(metrics, 'size', 'outbound').excess);
    const late: Row[] = [...rowsBy(20, () => [1e9, 50, 1]), [30e9, 60, 0]];
    expect(of(evaluate(seriesOf(late), [REAL]).metrics, 'size', 'inbound').reason).toMatch(/training part/);
    expect(
      of(evaluate(seriesOf([[0, 60, 0], ...late.slice(1, 20)]), [REAL]).metrics, 'size', 'inbound').reason,
    ).toMatch(/held-out part has no packets/);
  });

  test('throughput of more than a year is not cut into seconds', () => {
    const YEAR_NS = 365 * 86_400e9;
    const slow = seriesOf(rowsBy(9, () => [3 * YEAR_NS, 60, 1]));
    expect(of(evaluate(slow, [slow]).metrics, 'throughput', 'outbound').reason).toMatch(/more than a year/);
  });

  test.each([0, 1, 2])('%i real packets are not enough', async (count) => {
    const series = seriesOf(requests(count));
    await expectSynthError(() => evaluate(series, [REAL]), 'SYNTH_EVALUATION_IMPOSSIBLE');
  });

  test('three real packets are enough', () => {
    expect(evaluate(seriesOf(requests(3)), [REAL])).toMatchObject({ trainingPackets: 2, heldOutPackets: 1 });
  });
});

describe('evaluateFiles', () => {
  let folder: string;
  const path = (name: string) => join(folder, name);
  const device = '10.1.1.1';
  const OPTIONS = { target: undefined, seeds: 2, seed: '1' };
  const table = ({ length, offsetsNs, sizes, outbound }: PacketSeries) =>
    [
      'time_s,direction,size_bytes',
      ...Array.from(
        { length },
        (_, i) => `${(offsetsNs[i]! / 1e9).toFixed(9)},${outbound[i] ? 'out' : 'in'},${sizes[i]}`,
      ),
    ].join('\n');

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'synth-evaluate-'));
    const identity = {
      clientIp: device,
      serverIp: '10.1.1.2',
      clientMac: '02:00:00:00:00:01',
      serverMac: '02:00:00:00:00:02',
    };
    await writeFile(path('real.pcap'), await captureOf(REAL, { profile: profileOf(4, 17), identity }));
    await writeFile(path('fake.pcap'), await captureOf(sliceSeries(REAL, 0, CUT), { profile: profileOf(4, 17) }));
    await writeFile(path('fake6.pcapng'), await captureOf(REAL, { profile: profileOf(6, 17), format: 'pcapng' }));
    const other = {
      clientIp: '10.9.9.1',
      serverIp: '10.9.9.2',
      clientMac: '02:00:00:00:09:01',
      serverMac: '02:00:00:00:09:02',
    };
    await writeFile(path('stranger.pcap'), await captureOf(REAL, { profile: profileOf(4, 17), identity: other }));
    await writeFile(path('real.csv'), table(REAL));
    await writeFile(path('fake.csv'), table(sliceSeries(REAL, CUT, 300)));
    const options = { kind: 'markov', holdout: 1 / 3, keepAddresses: false, payloadOnly: false };
    await writeFile(path('model.safetensors'), encodeModelFile(await train([REAL], undefined, options)));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('compares two tables', async () => {
    const result = await evaluateFiles(path('real.csv'), path('fake.csv'), OPTIONS);
    expect(result.metrics.map(({ value }) => value)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(result).toMatchObject({ model: undefined, syntheticTarget: undefined, heldOutPackets: 100 });
  });

  test('finds the device of a generated capture under its documentation address', async () => {
    for (const target of [parseDevice(device), parseDevice('02:00:00:00:00:01')]) {
      const result = await evaluateFiles(path('real.pcap'), path('fake.pcap'), { ...OPTIONS, target });
      expect(result.syntheticTarget).toMatchObject({ found: 'documentation' });
      expect(result.metrics.map(({ excess }) => excess)).toEqual([0, 0, 0, 0, 0, 0]);
    }
  });

  test('finds it whatever the IP version, and where no target was named', async () => {
    const result = await evaluateFiles(path('real.pcap'), path('fake6.pcapng'), OPTIONS);
    expect(result).toMatchObject({ syntheticTarget: { found: 'documentation' }, syntheticPackets: [300] });
    expect(result.real.busiestTaken).toBe(true);
  });

  test('takes the named device where the synthetic capture has it', async () => {
    const target = parseDevice(device);
    const result = await evaluateFiles(path('real.pcap'), path('real.pcap'), { ...OPTIONS, target });
    expect(result).toMatchObject({ syntheticTarget: { target, found: 'same' }, syntheticPackets: [300] });
  });

  test('compares a capture with a table, and a table with a capture', async () => {
    const target = parseDevice(device);
    const forth = await evaluateFiles(path('real.pcap'), path('fake.csv'), { ...OPTIONS, target });
    expect(forth.metrics.map(({ value }) => value)).toEqual([0, 0, 0, 0, 0, 0]);
    const back = await evaluateFiles(path('real.csv'), path('fake.pcap'), OPTIONS);
    expect(back.syntheticPackets).toEqual([200]);
  });

  test('keeps the directions where only the synthetic file is a capture, whoever speaks first in it', async () => {
    const rest = sliceSeries(REAL, 2, CUT + 2); // begins with an answer
    await writeFile(path('answer.pcap'), await captureOf(rest, { profile: profileOf(4, 17) }));
    const result = await evaluateFiles(path('real.csv'), path('answer.pcap'), OPTIONS);
    expect(result.syntheticTarget).toMatchObject({ found: 'documentation' });
    for (const direction of ['outbound', 'inbound'])
      expect(of(result.metrics, 'size', direction).value).toBeLessThan(0.2);
  });

  test('takes the busiest device of a synthetic capture for want of anything else, and says so', async () => {
    const result = await evaluateFiles(path('real.csv'), path('stranger.pcap'), OPTIONS);
    expect(result.syntheticTarget).toEqual({ target: parseDevice('02:00:00:00:09:01'), found: 'busiest' });
  });

  test('refuses a choice of packets for a real table, as train does', async () => {
    for (const choice of [{ target: parseDevice(device) }, { payloadOnly: true }]) {
      const options = { ...OPTIONS, ...choice };
      await expectSynthError(evaluateFiles(path('real.csv'), path('fake.pcap'), options), 'SYNTH_USAGE');
    }
    const options = { ...OPTIONS, target: parseDevice(device), payloadOnly: true };
    expect((await evaluateFiles(path('real.pcap'), path('fake.csv'), options)).syntheticPackets).toEqual([100]);
  });

  test('stops between two blocks when it is interrupted', async () => {
    const interrupt = new AbortController();
    setTimeout(() => interrupt.abort(), 50);
    const options = { ...OPTIONS, seeds: 100_000, signal: interrupt.signal };
    await expectSynthError(evaluateFiles(path('real.csv'), path('model.safetensors'), options), 'SYNTH_INTERRUPTED');
  });

  test('says so where the synthetic capture has neither', async () => {
    const target = parseDevice(device);
    const error = await expectSynthError(
      evaluateFiles(path('real.pcap'), path('stranger.pcap'), { ...OPTIONS, target }),
      'SYNTH_TARGET_NOT_FOUND',
    );
    expect(error.message).toContain(device);
  });

  test('samples a model as often as asked for, always the same for one seed', async () => {
    const result = await evaluateFiles(path('real.csv'), path('model.safetensors'), OPTIONS);
    expect(result.syntheticPackets).toEqual([20_000, 20_000]);
    expect(result.model).toMatchObject({ holdout: 1 / 3, hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    // Learned from the training part, of four sizes and three kinds of gap.
    expect(result.meanExcess).toBeLessThan(0.15);
    const again = await evaluateFiles(path('real.csv'), path('model.safetensors'), OPTIONS);
    expect(again.metrics).toEqual(result.metrics);
    const other = await evaluateFiles(path('real.csv'), path('model.safetensors'), { ...OPTIONS, seed: '2' });
    expect(other.metrics).not.toEqual(result.metrics);
  });

  test('says which file is missing', async () => {
    const error = await expectSynthError(
      evaluateFiles(path('real.csv'), path('none'), OPTIONS),
      'SYNTH_FILE_UNREADABLE',
    );
    expect(error.message).toContain(path('none'));
  });
});
