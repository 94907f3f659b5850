import { describe, expect, test } from 'vitest';
import { ksMetrics } from '../../../src/evaluation/metrics/ks.js';
import { type Row, rowsBy } from '../../models/blocks.js';
import { named, referenceOf, viewOf } from '../compare.js';
import { expectOracle } from './example.js';

const MS = 1e6;
const SECOND = 1e9;

/** The metric of one quantity, with the reference of the real rows. */
function ks(quantity: string, direction: 'outbound' | 'inbound', sample: readonly Row[], real: readonly Row[]) {
  return named(ksMetrics(referenceOf(real)), 'ks', quantity, direction).compare(viewOf(sample), viewOf(real));
}

const value = (...given: Parameters<typeof ks>) => ks(...given) as { value: number };

/** Bursts of so many outbound packets a millisecond apart. */
const bursts = (packets: number, pauseNs = SECOND, count = 12): Row[] =>
  rowsBy(packets * count, (i) => [i % packets === 0 ? pauseNs : MS, 93, 1]);

/** As many packets from one side as then from the other, which takes its time for the first of them. */
const turns = (packets: number, answerNs: number): Row[] =>
  rowsBy(packets * 40, (i) => [i % packets === 0 ? answerNs : MS, 93, Math.floor(i / packets) % 2 === 0 ? 1 : 0]);

test('all of them are those of scipy', () => {
  expectOracle(ksMetrics);
});

describe('of sizes and gaps', () => {
  const real = rowsBy(80, (i) => [MS, i % 4 < 2 ? 100 : 200, 1]);

  test('a size that one half of the packets should not have is one half', () => {
    expect(
      value(
        'size',
        'outbound',
        rowsBy(40, () => [MS, 100, 1]),
        real,
      ),
    ).toEqual({ value: 1 / 2 });
  });

  test('gaps that are all longer are 1', () => {
    expect(
      value(
        'gap',
        'outbound',
        rowsBy(40, () => [MS + 1, 100, 1]),
        real,
      ),
    ).toEqual({ value: 1 });
  });

  test('each direction is on its own', () => {
    const dialogue = rowsBy(60, (i) => [MS, 100, i % 2 === 0 ? 1 : 0]);
    const other = rowsBy(60, (i) => (i % 2 === 0 ? [MS, 100, 1] : [MS, 300, 0]));
    expect(value('size', 'outbound', other, dialogue)).toEqual({ value: 0 });
    expect(value('size', 'inbound', other, dialogue)).toEqual({ value: 1 });
    expect(value('gap', 'inbound', other, dialogue)).toEqual({ value: 0 });
  });

  test('a gap is the time since the last packet of the direction, whatever came between', () => {
    const between = rowsBy(160, (i) => [MS / 2, 100, i % 2 === 0 ? 1 : 0]);
    expect(value('gap', 'outbound', between, real)).toEqual({ value: 0 });
  });
});

describe('of throughput', () => {
  // One packet a second from second 0 to second 20: 20 full bins of 1 s.
  const real = rowsBy(21, () => [SECOND, 100, 1]);

  test('counts the bins without packets as 0', () => {
    // Every other bin is empty: half of the bins are below those of the real series, half above.
    const rare = rowsBy(11, () => [2 * SECOND, 200, 1]);
    expect(value('throughput 1 s', 'outbound', rare, real)).toEqual({ value: 1 / 2 });
    // Of bins of 0.1 s, 19 in 20 are empty, against 9 in 10.
    expect(value('throughput 0.1 s', 'outbound', rare, real).value).toBeCloseTo(19 / 20 - 9 / 10, 12);
  });

  test('of a direction in which the synthetic series is silent is the share of busy bins', () => {
    const dialogue = rowsBy(41, (i) => [SECOND / 2, 100, i % 4 === 1 ? 0 : 1]);
    const silent = rowsBy(21, () => [SECOND, 100, 1]);
    // An inbound packet every two seconds.
    expect(value('throughput 1 s', 'inbound', silent, dialogue)).toEqual({ value: 1 / 2 });
  });

  test('takes ten full bins', () => {
    const nine = real.slice(0, 10);
    expect(ks('throughput 1 s', 'outbound', nine, real)).toEqual({
      lacks: 'sample',
      what: 'too few full bins of 1 s: 9, fewer than 10',
    });
    expect(value('throughput 0.1 s', 'outbound', nine, real).value).toBeCloseTo(0, 12);
    expect(ks('throughput 10 s', 'outbound', real, real)).toEqual({
      lacks: 'real',
      what: 'too few full bins of 10 s: 2, fewer than 10',
    });
    expect(ks('throughput 1 s', 'outbound', [], real)).toEqual({ lacks: 'sample', what: 'no full bins of 1 s' });
  });
});

describe('of bursts and idle times', () => {
  test('bursts of another length are 1, and their idle times 0', () => {
    expect(value('burst length', 'outbound', bursts(3), bursts(2))).toEqual({ value: 1 });
    expect(value('idle time', 'outbound', bursts(3), bursts(2))).toEqual({ value: 0 });
  });

  test('longer pauses are 1, and their bursts 0', () => {
    expect(value('idle time', 'outbound', bursts(2, 2 * SECOND), bursts(2))).toEqual({ value: 1 });
    expect(value('burst length', 'outbound', bursts(2, 2 * SECOND), bursts(2))).toEqual({ value: 0 });
  });

  test('what a pause is the real series says', () => {
    // Gaps of 10 ms are within bursts of the real series, whose pauses are of a second.
    const even = rowsBy(36, () => [10 * MS, 93, 1]);
    expect(ks('burst length', 'outbound', even, bursts(2))).toEqual({
      lacks: 'sample',
      what: 'too few bursts: 1, fewer than 10',
    });
    expect(ks('idle time', 'outbound', even, bursts(2))).toEqual({ lacks: 'sample', what: 'no idle times' });
  });

  test('do not exist where all gaps of the real series are alike', () => {
    const even = rowsBy(36, () => [10 * MS, 93, 1]);
    expect(ks('burst length', 'outbound', bursts(2), even)).toEqual({ lacks: 'real', what: 'no bursts' });
    expect(ks('idle time', 'outbound', bursts(2), even)).toEqual({ lacks: 'real', what: 'no idle times' });
  });

  test('do not exist of a direction that the synthetic series does not use', () => {
    const inbound = bursts(2).map(([time, size]): Row => [time, size, 0]);
    expect(ks('burst length', 'outbound', inbound, bursts(2))).toEqual({ lacks: 'sample', what: 'no bursts' });
  });
});

describe('of the dialogue', () => {
  test('slower answers are 1, and the runs are 0', () => {
    expect(value('response gap', 'inbound', turns(2, 7 * MS), turns(2, 5 * MS))).toEqual({ value: 1 });
    expect(value('run length', 'inbound', turns(2, 7 * MS), turns(2, 5 * MS))).toEqual({ value: 0 });
  });

  test('longer runs are 1, and the answers are 0', () => {
    expect(value('run length', 'outbound', turns(3, 5 * MS), turns(2, 5 * MS))).toEqual({ value: 1 });
    expect(value('response gap', 'outbound', turns(3, 5 * MS), turns(2, 5 * MS))).toEqual({ value: 0 });
  });

  test('a monologue has neither', () => {
    const monologue = bursts(2);
    expect(ks('response gap', 'outbound', monologue, turns(2, MS))).toEqual({
      lacks: 'sample',
      what: 'no changes of direction',
    });
    expect(ks('run length', 'outbound', monologue, turns(2, MS))).toEqual({
      lacks: 'sample',
      what: 'too few runs of packets: 1, fewer than 10',
    });
  });
});

test('a direction that the real series does not use has no metric, silence included', () => {
  const real = bursts(2);
  const inbound = ksMetrics(referenceOf(real)).filter(({ direction }) => direction === 'inbound');
  expect(inbound.length).toBe(9);
  for (const metric of inbound) {
    expect(metric.compare(viewOf(turns(2, MS)), viewOf(real))).toEqual({ lacks: 'real', what: 'no packets' });
  }
});

test('each counts for the aspect of what it looks at', () => {
  const aspects = ksMetrics(referenceOf(bursts(2))).map(({ quantity, scored }) => [quantity, scored?.aspect]);
  expect(Object.fromEntries(aspects)).toEqual({
    size: 'size',
    gap: 'gap',
    'throughput 0.1 s': 'rate',
    'throughput 1 s': 'rate',
    'throughput 10 s': 'rate',
    'burst length': 'rate',
    'idle time': 'rate',
    'response gap': 'dialogue',
    'run length': 'dialogue',
  });
});
