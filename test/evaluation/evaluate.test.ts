import { describe, expect, test } from 'vitest';
import { evaluate, isInMeanExcess, partsOf } from '../../src/evaluation/evaluate.js';
import type { JudgeOptions } from '../../src/evaluation/judge.js';
import { ASPECTS } from '../../src/evaluation/metric.js';
import type { Evaluation, MetricResult } from '../../src/evaluation/result.js';
import { type PacketBlock, sliceSeries } from '../../src/packets/packet-series.js';
import { meanInterval } from '../../src/statistics/confidence.js';
import { blockOf, type Row, requests, rowsBy, seriesOf } from '../models/blocks.js';
import fc from '../support/fast-check.js';
import { expectSynthError } from '../support/read.js';
import { named } from './compare.js';
import { RUNS } from './series.js';

/** 2400 packets, 800 s: of everything enough. */
const REAL = seriesOf(requests(2400));
const CUT = 1600;
const [TRAINING, HELD_OUT] = [sliceSeries(REAL, 0, CUT), sliceSeries(REAL, CUT, 2400)];

const run = (synthetic: Iterable<PacketBlock>, options: Partial<JudgeOptions> = {}, real = REAL) =>
  evaluate(real, synthetic, { seed: '1', bootstrap: 4, ...options });
const counted = ({ metrics }: Evaluation) => metrics.filter(({ value }) => value !== null);
const isMemorisation = ({ metric }: MetricResult) => metric.startsWith('memorisation');

describe('a copy of the held-out part', () => {
  test('has value 0 by every metric but those of memorisation, and scores 100', async () => {
    const evaluation = await run([HELD_OUT]);
    const compared = counted(evaluation).filter((metric) => !isMemorisation(metric));
    expect(compared.length).toBeGreaterThan(60);
    for (const { metric, value, floor, excess, loss } of compared) {
      expect(value).toBe(metric === 'classifier AUC' ? 1 / 2 : 0);
      expect(excess).toBe(value! - floor!);
      expect(loss ?? 0).toBe(0);
    }
    expect(evaluation.score).toBe(100);
    expect(evaluation.aspects).toEqual(Object.fromEntries(ASPECTS.map((aspect) => [aspect, 0])));
  });
});

describe('the training part itself', () => {
  test('has excess 0 by every metric but those of memorisation, and scores 100', async () => {
    const evaluation = await run([TRAINING]);
    for (const metric of counted(evaluation)) {
      if (!isMemorisation(metric)) expect(metric.excess, metric.metric).toBe(0);
    }
    expect(evaluation).toMatchObject({ score: 100, meanExcess: 0, trainingPackets: 1600, heldOutPackets: 800 });
  });

  test('is all copied, which the score does not say', async () => {
    const { metrics } = await run([TRAINING]);
    expect(named(metrics, 'memorisation: copied n-grams', '8 packets').value).toBe(1);
    expect(named(metrics, 'memorisation: longest copied run', 'packets').value).toBe(1599);
    expect(named(metrics, 'memorisation: nearest window', 'packets').value).toBe(0);
    for (const metric of metrics.filter(isMemorisation)) expect(metric).toMatchObject({ aspect: null, loss: null });
  });
});

describe('something else altogether', () => {
  const strange = blockOf(rowsBy(1600, (i) => [9e9, 40, i % 2 === 0 ? 1 : 0]));

  test('has value 1 of sizes and gaps, and a low score', async () => {
    const { metrics, score, meanExcess } = await run([strange]);
    for (const quantity of ['size', 'gap']) {
      for (const direction of ['outbound', 'inbound'] as const) {
        expect(named(metrics, 'ks', quantity, direction).value).toBe(1);
      }
    }
    expect(score).toBeLessThan(30);
    expect(meanExcess).toBeGreaterThan(0.7);
  });
});

describe('several synthetic series', () => {
  const several = [1, 2, 3].map((i) => blockOf(requests(CUT, `series ${i}`)));

  test('count by their mean, with its interval', async () => {
    const all = await run(several);
    const single = [];
    for (const series of several) single.push(await run([series]));
    expect(all.syntheticPackets).toEqual([CUT, CUT, CUT]);
    expect(all.seriesCompared).toBe(3);
    for (const [i, { value, interval, floor, excess, metric }] of all.metrics.entries()) {
      const values = single.map(({ metrics }) => metrics[i]!.value);
      if (values.includes(null)) continue;
      const expected = meanInterval(values as number[]);
      expect(value, metric).toBeCloseTo(expected.mean, 12);
      expect(excess).toBeCloseTo(expected.mean - floor!, 12);
      expect(interval!.low).toBeCloseTo(Math.max(0, expected.interval!.low), 12);
      expect(interval!.high).toBeCloseTo(expected.interval!.high, 12);
    }
    const scores = meanInterval(single.map(({ score }) => score!));
    expect(all.score).toBeCloseTo(scores.mean, 10);
    expect(all.scoreInterval!.low).toBeCloseTo(Math.max(0, scores.interval!.low), 10);
    expect(all.scoreInterval!.high).toBeCloseTo(Math.min(100, scores.interval!.high), 10);
    for (const aspect of ASPECTS) {
      const losses = single.map(({ aspects }) => aspects[aspect]!);
      expect(all.aspects[aspect]).toBeCloseTo(losses.reduce((sum, loss) => sum + loss, 0) / 3, 12);
    }
  });

  test('are taken one at a time, also where they have to be waited for', async () => {
    let taken = 0;
    async function* series() {
      for (; taken < 3; taken++) yield HELD_OUT;
    }
    const { syntheticPackets } = await evaluate(REAL, series(), { bootstrap: 0, seed: '1' });
    expect(syntheticPackets).toEqual([800, 800, 800]);
    expect(taken).toBe(3);
  });

  test('of which one is told apart have no interval alone', async () => {
    const { metrics, scoreInterval } = await run([several[0]!]);
    expect(scoreInterval).toBeNull();
    expect(metrics.every(({ interval }) => interval === null)).toBe(true);
  });
});

describe('a series longer than the training part', () => {
  test('is compared in parts of about its length', async () => {
    const long = blockOf(requests(3 * CUT + 100, 'long'));
    const whole = await run([long], { bootstrap: 0 });
    expect(whole).toMatchObject({ syntheticPackets: [4900], seriesCompared: 3 });
    const parts = await run(partsOf(long, CUT), { bootstrap: 0 });
    expect(whole.metrics).toEqual(parts.metrics);
    expect(whole.score).toBe(parts.score);
  });

  test('has parts that cover it, of nearly the wanted length and without overlap', () => {
    const block = (length: number): PacketBlock => ({
      length,
      offsetsNs: Float64Array.from({ length }, (_, i) => i),
      sizes: new Uint32Array(length),
      outbound: new Uint8Array(length),
    });
    fc.assert(
      fc.property(fc.nat({ max: 3000 }), fc.integer({ min: 2, max: 400 }), (length, wanted) => {
        const parts = partsOf(block(length), wanted);
        expect(parts.length).toBe(Math.min(20, Math.max(1, Math.round(length / wanted))));
        for (const part of parts) {
          expect(part.length).toBe(parts[0]!.length);
          expect(part.offsetsNs.length).toBe(part.length);
          // Half as much more or less, as rounding to whole parts has it.
          if (parts.length > 1) expect(Math.abs(part.length / wanted - 1)).toBeLessThanOrEqual(1 / 2);
        }
        if (length === 0) return;
        let end = 0;
        for (const { offsetsNs } of parts) {
          expect(offsetsNs[0]).toBeGreaterThanOrEqual(end);
          // Where all of it is taken no more than a packet is left between two parts.
          if (length <= 20 * wanted) expect(offsetsNs[0]! - end).toBeLessThanOrEqual(1);
          end = offsetsNs.at(-1)! + 1;
        }
        expect(length - end).toBeLessThanOrEqual(1);
      }),
      RUNS,
    );
  });

  test('is compared in twenty parts at most', async () => {
    const { seriesCompared } = await run([blockOf(requests(5000))], { bootstrap: 0 }, seriesOf(requests(60)));
    expect(seriesCompared).toBe(20);
  });
});

describe('the seed', () => {
  const synthetic = blockOf(requests(CUT, 'other'));

  test('makes an evaluation the same', async () => {
    expect(await run([synthetic])).toEqual(await run([synthetic]));
  });

  test('changes nothing but the resamplings and what is scored by them', async () => {
    const [one, two] = [await run([synthetic]), await run([synthetic], { seed: '2' })];
    expect(two.metrics.map(({ bootstrap }) => bootstrap)).not.toEqual(one.metrics.map(({ bootstrap }) => bootstrap));
    const plain = ({ score, scoreInterval, scores, aspects, metrics, ...rest }: Evaluation) => ({
      ...rest,
      metrics: metrics.map(({ bootstrap, loss, ...metric }) => metric),
    });
    expect(plain(two)).toEqual(plain(one));
  });

  test('is a fresh one where none is given, and twenty resamplings are made', async () => {
    const rounds = new Set<string>();
    const short = seriesOf(requests(60));
    await evaluate(short, [short], { onProgress: (_, what) => rounds.add(what) });
    expect(rounds).toContain('resampled packets, 20 of 20');
  });
});

test('interrupted, it ends', async () => {
  const interrupt = new AbortController();
  const series = function* () {
    yield TRAINING;
    interrupt.abort();
    yield TRAINING;
  };
  await expectSynthError(run(series(), { signal: interrupt.signal, bootstrap: 0 }), 'SYNTH_INTERRUPTED');
});

test('the mean excess is that of KS of size, gap and throughput per second', async () => {
  const { metrics, meanExcess } = await run([blockOf(requests(CUT, 'other'))]);
  const six = metrics.filter(isInMeanExcess);
  expect(six.map(({ metric, quantity, direction }) => `${metric} ${quantity} ${direction}`)).toEqual([
    'ks size outbound',
    'ks size inbound',
    'ks gap outbound',
    'ks gap inbound',
    'ks throughput 1 s outbound',
    'ks throughput 1 s inbound',
  ]);
  expect(meanExcess).toBeCloseTo(six.reduce((sum, { excess }) => sum + excess!, 0) / 6, 12);
});

test('every metric has a name of its own, and every aspect some', async () => {
  const { metrics } = await run([HELD_OUT], { bootstrap: 0 });
  const names = metrics.map(({ metric, quantity, direction }) => `${metric} ${quantity} ${direction}`);
  expect(new Set(names).size).toBe(names.length);
  for (const aspect of ASPECTS) expect(metrics.some((metric) => metric.aspect === aspect)).toBe(true);
});

test('a score falls as more and more packets are wrong', async () => {
  const scores = [];
  for (const wrong of [0, 0.1, 0.3, 0.9]) {
    const rows = requests(CUT).map(
      ([time, size, outbound], i): Row => [time, (i * 7919) % 1000 < 1000 * wrong ? size + 17 : size, outbound],
    );
    scores.push((await run([blockOf(rows)])).score!);
  }
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  expect(new Set(scores).size).toBe(4);
});
