/** Series with too little of something, on either side: what cannot be compared says why, and the rest is compared all the same. */
import { describe, expect, test } from 'vitest';
import { evaluate, evaluateWith } from '../../src/evaluation/evaluate.js';
import { Judge } from '../../src/evaluation/judge.js';
import { ASPECTS } from '../../src/evaluation/metric.js';
import type { Evaluation } from '../../src/evaluation/result.js';
import { blockOf, DEGENERATE, type Row, requests, rowsBy, seriesOf } from '../models/blocks.js';
import { named } from './compare.js';

const REAL = requests(2400);
/** Of the held-out part: two synthetic series that are as long, and longer. */
const HELD_OUT = 800;

const run = (synthetic: readonly Row[], real: readonly Row[] = REAL, bootstrap = 3): Promise<Evaluation> =>
  evaluate(seriesOf(real), [blockOf(synthetic)], { bootstrap, seed: '1' });

/** Everything is a number in its range, or null with a reason. */
function expectSound(evaluation: Evaluation): void {
  // NaN and undefined do not survive JSON.
  expect(JSON.parse(JSON.stringify(evaluation))).toEqual(evaluation);
  for (const { metric, quantity, value, floor, excess, loss, reason } of evaluation.metrics) {
    const name = `${metric} ${quantity}`;
    if (value === null) {
      expect(reason, name).toMatch(
        /^not enough data: (the (synthetic series|training part|held-out part) has|there is) \S/,
      );
      expect(excess, name).toBeNull();
    } else {
      expect(reason, name).toBeNull();
      expect(value, name).toBeGreaterThanOrEqual(0);
      expect(excess, name).toBe(value - floor!);
    }
    if (loss !== null) expect(loss >= 0 && loss <= 1, name).toBe(true);
  }
  for (const aspect of ASPECTS) {
    const loss = evaluation.aspects[aspect];
    if (loss !== null) expect(loss >= 0 && loss <= 1, aspect).toBe(true);
  }
  const { score, reason } = evaluation;
  if (score === null) expect(reason).toMatch(/^not enough data: /);
  else {
    expect(reason).toBeNull();
    expect(score >= 0 && score <= 100).toBe(true);
  }
}

describe('a synthetic series', () => {
  test('without packets has no metric, and no score', async () => {
    const evaluation = await run([]);
    expectSound(evaluation);
    expect(evaluation).toMatchObject({ score: null, syntheticPackets: [0], seriesCompared: 1, meanExcess: null });
    expect(evaluation.metrics.every(({ value }) => value === null)).toBe(true);
    // The floors are known all the same, but for Hurst exponents, for which 267 s are too short.
    expect(evaluation.metrics.every(({ metric, floor }) => floor !== null || metric.startsWith('hurst'))).toBe(true);
    expect(evaluation.reason).toBe(
      `not enough data: the synthetic series is too short for size, gap, rate, order, dialogue, classifier; with as many packets as are held out, ${HELD_OUT}, it has a score`,
    );
  });

  test('of one packet has a size, and that is all', async () => {
    const evaluation = await run(REAL.slice(0, 1));
    expectSound(evaluation);
    const { metrics, score, reason } = evaluation;
    expect(named(metrics, 'ks', 'size', 'outbound').value).not.toBeNull();
    expect(named(metrics, 'ks', 'gap', 'outbound').reason).toBe('not enough data: the synthetic series has no gaps');
    expect(named(metrics, 'ks', 'size', 'inbound').reason).toBe('not enough data: the synthetic series has no packets');
    expect(score).toBeNull();
    expect(reason).toMatch(/the synthetic series is too short for gap, rate, order, classifier;/);
    // Of the six that make the mean excess, those there are.
    expect(evaluation.meanExcess).toBe(named(metrics, 'ks', 'size', 'outbound').excess);
  });

  test('of one second has sizes and gaps, and no rates', async () => {
    const evaluation = await run(rowsBy(HELD_OUT - 1, (i) => [1e9 / HELD_OUT, 93, i % 2 === 0 ? 1 : 0]));
    expectSound(evaluation);
    expect(evaluation.aspects.size).toBeTypeOf('number');
    expect(evaluation.aspects.gap).toBeTypeOf('number');
    expect(named(evaluation.metrics, 'ks', 'throughput 1 s', 'outbound').reason).toMatch(
      /^not enough data: the synthetic series has (no|too few) full bins of 1 s/,
    );
  });

  test('in a hurry lacks time, which costs nothing, and is one long burst, which costs nearly everything', async () => {
    const { metrics, aspects } = await run(rowsBy(HELD_OUT, (i) => [1e9 / HELD_OUT, 93, i % 2 === 0 ? 1 : 0]));
    expect(named(metrics, 'ks', 'throughput 1 s', 'outbound')).toMatchObject({ value: null, loss: null });
    expect(named(metrics, 'ks', 'burst length', 'outbound').loss).toBeGreaterThan(0.9);
    expect(aspects.rate).toBeGreaterThan(0.5);
  });

  test('as long as the held-out part loses all by what it lacks', async () => {
    const evaluation = await run(rowsBy(HELD_OUT, (i) => [1e9, 93, i % 2 === 0 ? 1 : 0]));
    expectSound(evaluation);
    const { metrics, score } = evaluation;
    expect(score).not.toBeNull();
    expect(named(metrics, 'autocorrelation', 'size', 'outbound')).toMatchObject({ value: null, loss: 1 });
  });

  test('without one of the directions is judged by the silence', async () => {
    const evaluation = await run(REAL.slice(0, 1600).map(([time, size]): Row => [time, size, 1]));
    expectSound(evaluation);
    const { metrics } = evaluation;
    for (const quantity of ['size', 'gap', 'response gap', 'run length']) {
      expect(named(metrics, 'ks', quantity, 'inbound')).toMatchObject({ value: null, loss: 1 });
    }
    // Its throughput is 0 in every second.
    expect(named(metrics, 'ks', 'throughput 1 s', 'inbound').value).toBeGreaterThan(0.2);
    expect(evaluation.score).toBeLessThan(60);
  });

  test('of one size says that its sizes are all alike, and loses by it', async () => {
    const evaluation = await run(REAL.slice(0, 1600).map(([time, , outbound]): Row => [time, 93, outbound]));
    expectSound(evaluation);
    expect(named(evaluation.metrics, 'autocorrelation', 'size', 'inbound')).toMatchObject({
      value: null,
      loss: 1,
      reason: 'not enough data: the synthetic series has packets that are all alike',
    });
    expect(named(evaluation.metrics, 'ks', 'gap', 'inbound').value).toBeLessThan(0.1);
  });

  test('of one instant has sizes and an order', async () => {
    const evaluation = await run(REAL.slice(0, 1600).map(([, size, outbound]): Row => [0, size, outbound]));
    expectSound(evaluation);
    expect(evaluation.aspects.size).toBeLessThan(0.05);
    expect(evaluation.aspects.gap).toBeGreaterThan(0.4);
    expect(named(evaluation.metrics, 'bigrams', 'size').value).toBeLessThan(0.1);
    expect(named(evaluation.metrics, 'ks', 'idle time', 'inbound')).toMatchObject({ value: null, loss: 1 });
  });

  const judge = Judge.of(seriesOf(REAL), { bootstrap: 0, seed: '1' });

  test.each(DEGENERATE)('of this kind is no trouble: $name', async ({ rows }) => {
    expectSound(await evaluateWith(await judge, [blockOf(rows)]));
  });
});

describe('several synthetic series of which one is too short', () => {
  test('have no score, and no value of what it lacks', async () => {
    const series = [blockOf(REAL.slice(0, 1600)), blockOf(REAL.slice(0, 9))];
    const evaluation = await evaluate(seriesOf(REAL), series, { bootstrap: 3, seed: '1' });
    expectSound(evaluation);
    expect(evaluation).toMatchObject({ score: null, seriesCompared: 2 });
    expect(evaluation.reason).toMatch(/too short for order, classifier;/);
    expect(named(evaluation.metrics, 'bigrams', 'size')).toMatchObject({
      value: null,
      reason: 'not enough data: the synthetic series has too few packets: 9, fewer than 64',
    });
    expect(named(evaluation.metrics, 'ks', 'size', 'outbound').value).not.toBeNull();
  });
});

describe('a real series', () => {
  const oneWay = rowsBy(900, (i) => [1e9 + (i % 7) * 1e8, 50 + (i % 3), 1]);

  test('of one direction is judged by that', async () => {
    const evaluation = await run(oneWay, oneWay);
    expectSound(evaluation);
    expect(evaluation.score).toBe(100);
    const inbound = evaluation.metrics.filter(({ direction }) => direction === 'inbound');
    for (const { reason } of inbound) expect(reason).toBe('not enough data: the held-out part has no packets');
    const [size, gap, throughput] = ['size', 'gap', 'throughput 1 s'].map(
      (quantity) => named(evaluation.metrics, 'ks', quantity, 'outbound').excess!,
    );
    expect(evaluation.meanExcess).toBeCloseTo((size! + gap! + throughput!) / 3, 12);
  });

  test('of three packets compares what it can', async () => {
    const evaluation = await run(REAL.slice(0, 3), REAL.slice(0, 3));
    expectSound(evaluation);
    expect(evaluation).toMatchObject({ trainingPackets: 2, heldOutPackets: 1 });
    // Two outbound packets, then an inbound one: not even a size of one direction is on both sides.
    expect(named(evaluation.metrics, 'ks', 'size', 'outbound').reason).toBe(
      'not enough data: the held-out part has no packets',
    );
    expect(named(evaluation.metrics, 'outbound share', 'packets').value).not.toBeNull();
    expect(evaluation.aspects.size).toBeNull();
  });

  test.each(DEGENERATE.filter(({ rows }) => rows.length >= 3))(
    'of this kind is no trouble: $name',
    async ({ rows }) => {
      const judge = await Judge.of(seriesOf(rows), { bootstrap: 3, seed: '1' });
      expectSound(await evaluateWith(judge, [blockOf(REAL)]));
      expectSound(await evaluateWith(judge, [blockOf(rows)]));
    },
  );
});

test('no synthetic series at all have no score', async () => {
  const evaluation = await evaluate(seriesOf(REAL), [], { bootstrap: 3, seed: '1' });
  expect(evaluation).toMatchObject({ score: null, seriesCompared: 0, syntheticPackets: [] });
  expect(evaluation.reason).toBe('not enough data: there is no synthetic series');
  expectSound(evaluation);
});
