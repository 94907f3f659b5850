import { describe, expect, test } from 'vitest';
import { Judge, type JudgeOptions, lackReason } from '../../src/evaluation/judge.js';
import { directionGapsNs, directionSizes, sliceSeries } from '../../src/packets/packet-series.js';
import { ksStatistic } from '../../src/statistics/ks.js';
import { blockOf, type Row, requests, rowsBy, seriesOf } from '../models/blocks.js';
import { expectSynthError } from '../support/read.js';
import { named } from './compare.js';

/** 2400 packets, 800 s. */
const REAL = seriesOf(requests(2400));
const CUT = 1600;
const [TRAINING, HELD_OUT] = [sliceSeries(REAL, 0, CUT), sliceSeries(REAL, CUT, 2400)];

const judgeOf = (options: Partial<JudgeOptions> = {}, real = REAL) =>
  Judge.of(real, { bootstrap: 5, seed: '1', ...options });

/** Results of `judge` with the names of their metrics. */
async function judged(judge: Judge, ...[synthetic]: Parameters<Judge['judge']>) {
  const judgements = await judge.judge(synthetic);
  return judge.metrics.map(({ metric }, i) => ({ ...metric, judgement: judgements[i] }));
}

describe('the floors', () => {
  test('are between the first two thirds and the rest of the real series', async () => {
    const judge = await judgeOf();
    expect([judge.trainingPackets, judge.heldOutPackets]).toEqual([CUT, 800]);
    const floors = judge.metrics.map(({ metric, floor }) => ({ ...metric, floor }));
    for (const outbound of [true, false]) {
      const direction = outbound ? 'outbound' : 'inbound';
      const [sizes, gaps] = [directionSizes, directionGapsNs].map((of) =>
        ksStatistic(of(TRAINING, outbound), of(HELD_OUT, outbound)),
      );
      expect(named(floors, 'ks', 'size', direction).floor).toBe(sizes);
      expect(named(floors, 'ks', 'gap', direction).floor).toBe(gaps);
    }
  });

  test('of memorisation are what the held-out part shares with the training part', async () => {
    // The held-out part begins with a copy of 400 packets of the training part, whose first gap is another.
    const copied = [...requests(2400)].map((row, i, rows): Row => {
      if (i < CUT || i >= CUT + 400) return row;
      return [rows[CUT]![0] + rows[i - CUT]![0] - rows[0]![0], rows[i - CUT]![1], rows[i - CUT]![2]];
    });
    const rows = copied.map(([time, ...rest], i): Row => [i < CUT + 400 ? time : time + 1e12, ...rest]);
    const judge = await judgeOf({ bootstrap: 0 }, seriesOf(rows));
    const floors = judge.metrics.map(({ metric, floor }) => ({ ...metric, floor }));
    expect(named(floors, 'memorisation: longest copied run', 'packets').floor).toBe(399);
  });

  test('say which part lacks what, of the real ones', async () => {
    const oneWay = rowsBy(300, (i) => [1e9, 50 + (i % 3), 1]);
    const reasons = async (rows: readonly Row[]) => {
      const { metrics } = await judgeOf({ bootstrap: 0 }, seriesOf(rows));
      return metrics.map(({ metric, floor, reason }) => ({ ...metric, floor, reason }));
    };
    expect(named(await reasons(oneWay), 'ks', 'size', 'inbound')).toMatchObject({
      floor: null,
      reason: 'not enough data: the held-out part has no packets',
    });
    const late = oneWay.map(([time, size], i): Row => [time, size, i === 299 ? 0 : 1]);
    expect(named(await reasons(late), 'ks', 'size', 'inbound').reason).toBe(
      'not enough data: the training part has no packets',
    );
    expect(named(await reasons(oneWay.slice(0, 30)), 'memorisation: nearest window', 'packets').reason).toBe(
      'not enough data: the held-out part has fewer packets than a window',
    );
  });

  test.each([0, 1, 2])('do not exist for %i packets', async (count) => {
    await expectSynthError(judgeOf({}, seriesOf(requests(count))), 'SYNTH_EVALUATION_IMPOSSIBLE');
  });
});

describe('the floors by resampling', () => {
  test('have a mean within a range that does not go below 0', async () => {
    const all = await judged(await judgeOf(), TRAINING);
    const ranges = all.flatMap(({ judgement }) => judgement?.bootstrap ?? []);
    expect(ranges.length).toBeGreaterThan(40);
    for (const { low, mean, high } of ranges) {
      expect(low).toBeGreaterThanOrEqual(0);
      expect(low).toBeLessThanOrEqual(mean);
      expect(mean).toBeLessThanOrEqual(high);
    }
  });

  test('do not exist of memorisation, nor without two resamplings', async () => {
    const all = await judged(await judgeOf(), TRAINING);
    expect(named(all, 'memorisation: longest copied run', 'packets').judgement!.bootstrap).toBeNull();
    for (const bootstrap of [0, 1]) {
      const few = await judged(await judgeOf({ bootstrap }), TRAINING);
      expect(named(few, 'ks', 'size', 'outbound').judgement!.bootstrap).toBeNull();
    }
  });

  test('are wider for shorter series', async () => {
    const judge = await judgeOf({ bootstrap: 20 });
    const width = async (packets: number) => {
      const { low, high } = named(await judged(judge, sliceSeries(TRAINING, 0, packets)), 'ks', 'gap', 'inbound')
        .judgement!.bootstrap!;
      return high - low;
    };
    expect(await width(100)).toBeGreaterThan(2 * (await width(1600)));
  });

  test('are the folds of the classifier, which resampled packets would mislead', async () => {
    const judge = await judgeOf();
    const { floor, interval } = judge.metrics.find(({ metric }) => metric.metric === 'classifier AUC')!;
    const { judgement } = named(await judged(judge, TRAINING), 'classifier AUC', 'windows');
    expect(judgement!.bootstrap).toEqual({ mean: floor, ...interval });
  });

  test('are measured once for all series of one length', async () => {
    const told: string[] = [];
    const judge = await judgeOf({ onProgress: (_, what) => told.push(what) });
    const resamplings = () => told.filter((what) => what.startsWith('resampled')).length;
    expect(resamplings()).toBe(0);
    await judge.judge(TRAINING);
    const first = resamplings();
    expect(first).toBeGreaterThan(5 * 40);
    await judge.judge(sliceSeries(REAL, 100, 100 + CUT));
    expect(resamplings()).toBe(first);
    await judge.judge(sliceSeries(REAL, 0, 900));
    expect(resamplings()).toBeGreaterThan(first);
    // A longer series than the training part is held against resamplings of its length.
    const before = resamplings();
    await judge.judge(REAL);
    expect(resamplings()).toBe(before);
    expect(new Set(told)).toContain('resampled packets, 5 of 5');
  });
});

describe('a judgement', () => {
  test('loses what the value is above the floor and the resamplings', async () => {
    const judge = await judgeOf();
    const slow = blockOf(requests(CUT).map(([time, ...rest]): Row => [2 * time, ...rest]));
    const all = await judged(judge, slow);
    const gap = named(all, 'ks', 'gap', 'outbound');
    const { floor } = judge.metrics.find(({ metric }) => metric.metric === 'ks' && metric.quantity === 'gap')!;
    const chance = Math.max(floor!, gap.judgement!.bootstrap!.high);
    // Of what is left up to 1, the largest KS statistic.
    expect(gap.judgement!.loss).toBeCloseTo((gap.judgement!.value - chance) / (1 - chance), 12);
    expect(gap.judgement!.loss).toBeGreaterThan(0.3);
    expect(named(all, 'ks', 'size', 'outbound').judgement!.loss).toBeLessThan(0.05);
    expect(named(all, 'emd', 'gap', 'outbound').judgement!.loss).toBeNull();
  });

  test('of a series that lacks what resamplings of its length have is a loss of 1, however short it is', async () => {
    const judge = await judgeOf();
    const of = async (packets: number) => {
      const monologue = blockOf(requests(packets).map(([time, size]): Row => [time, size, 1]));
      return named(await judged(judge, monologue), 'ks', 'size', 'inbound').judgement;
    };
    expect(await of(799)).toMatchObject({ lack: { lacks: 'sample' }, loss: 1 });
    expect(await of(100)).toMatchObject({ lack: { lacks: 'sample' }, loss: 1 });
    // Of one packet half of the resamplings have none either.
    expect(await of(1)).toMatchObject({ lack: { lacks: 'sample' }, loss: null });
  });

  test('without resamplings, of a series as long as the held-out part that lacks something is a loss of 1', async () => {
    const judge = await judgeOf({ bootstrap: 0 });
    const monologue = (packets: number) => blockOf(requests(packets).map(([time, size]): Row => [time, size, 1]));
    const of = async (packets: number) => named(await judged(judge, monologue(packets)), 'ks', 'size', 'inbound');
    expect((await of(800)).judgement).toMatchObject({
      value: Number.NaN,
      lack: { lacks: 'sample', what: 'no packets' },
      loss: 1,
    });
    expect((await of(799)).judgement).toMatchObject({ lack: { lacks: 'sample' }, loss: null });
    // What is not scored loses nothing.
    const emd = named(await judged(judge, monologue(800)), 'emd', 'size', 'inbound').judgement;
    expect(emd).toMatchObject({ lack: { lacks: 'sample' }, loss: null });
  });
});

describe('an interrupt', () => {
  test('ends the floors', async () => {
    const interrupt = new AbortController();
    let compared = 0;
    const onProgress = () => {
      if (++compared === 10) interrupt.abort();
    };
    const error = await expectSynthError(judgeOf({ signal: interrupt.signal, onProgress }), 'SYNTH_INTERRUPTED');
    expect(error.message).toBe('interrupted while evaluating');
    expect(compared).toBe(10);
  });

  test('ends the resamplings', async () => {
    const interrupt = new AbortController();
    const onProgress = (_: number, what: string) => {
      if (what === 'resampled packets, 3 of 5') interrupt.abort();
    };
    const judge = await judgeOf({ signal: interrupt.signal, onProgress });
    await expectSynthError(judge.judge(TRAINING), 'SYNTH_INTERRUPTED');
  });

  test('from outside arrives between two comparisons', async () => {
    const interrupt = new AbortController();
    let compared = 0;
    const onProgress = () => {
      // Like a signal, it needs a turn of the event loop.
      if (++compared === 1) setImmediate(() => interrupt.abort());
    };
    const judging = judgeOf({ signal: interrupt.signal, onProgress, bootstrap: 100_000 });
    await expectSynthError(judging, 'SYNTH_INTERRUPTED');
    expect(compared).toBeLessThan(10);
  });
});

test('a reason is a sentence with the name of the part', () => {
  const names = ['synthetic series', 'held-out part'] as const;
  expect(lackReason({ lacks: 'sample', what: 'no packets' }, ...names)).toBe(
    'not enough data: the synthetic series has no packets',
  );
  expect(lackReason({ lacks: 'real', what: 'too few gaps: 3, fewer than 10' }, ...names)).toBe(
    'not enough data: the held-out part has too few gaps: 3, fewer than 10',
  );
});
