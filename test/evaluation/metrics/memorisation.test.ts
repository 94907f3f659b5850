import { describe, expect, test } from 'vitest';
import { memorisationMetrics } from '../../../src/evaluation/metrics/memorisation.js';
import { type Row, requests, rowsBy } from '../../models/blocks.js';
import { named, viewOf } from '../compare.js';
import { expectOracle } from './example.js';

const TRAINING = requests(200);
/** Nothing like it. */
const strange = (count: number, seed = 'strange'): Row[] =>
  rowsBy(count, (_, { next }) => [Math.floor(1e9 * next()), 2000 + Math.floor(5000 * next()), 1], seed);
const NAMES = { ngrams: 'copied n-grams', run: 'longest copied run', window: 'nearest window' } as const;
const memorised = (which: keyof typeof NAMES, sample: readonly Row[], training: readonly Row[] = TRAINING) =>
  named(memorisationMetrics(), `memorisation: ${NAMES[which]}`, which === 'ngrams' ? '8 packets' : 'packets').compare(
    viewOf(sample),
    viewOf(training),
  );

test('all of them are those of numpy, by brute force', () => {
  expectOracle(memorisationMetrics);
});

test('they compare with the training part, and do not count in the score', () => {
  for (const metric of memorisationMetrics()) expect(metric).toMatchObject({ against: 'training', direction: 'both' });
  expect(memorisationMetrics().some(({ scored }) => scored)).toBe(false);
});

describe('a copy', () => {
  test('of everything has all n-grams, the whole run, and is at no distance', () => {
    expect(memorised('ngrams', TRAINING)).toEqual({ value: 1 });
    // The first packet has no gap to be compared.
    expect(memorised('run', TRAINING)).toEqual({ value: 199 });
    expect(memorised('window', TRAINING)).toEqual({ value: 0 });
  });

  test('of fifty packets among others has a run of fifty', () => {
    const copied = TRAINING.slice(100, 150);
    const before = strange(60);
    const shift = before.at(-1)![0] - TRAINING[99]![0];
    const rows = [...before, ...copied.map(([time, size, outbound]): Row => [time + shift, size, outbound])];
    expect(memorised('run', rows)).toEqual({ value: 50 });
    // 109 packets with a gap: 102 n-grams of 8, of which 43 are within the 50.
    expect(memorised('ngrams', rows)).toEqual({ value: 43 / 102 });
  });

  test('from the end of a long training part is found, too', () => {
    const training = strange(300_000, 'long');
    const copied = training.slice(290_000, 290_500);
    expect(memorised('ngrams', copied, training)).toEqual({ value: 1 });
    expect(memorised('run', copied, training)).toEqual({ value: 499 });
  });

  test('is one to the microsecond', () => {
    const shifted = (ns: number) =>
      TRAINING.map(([time, ...rest], i): Row => [Math.round(time / 1e3) * 1e3 + i * ns, ...rest]);
    const exact = shifted(0);
    expect(memorised('run', shifted(400), exact)).toEqual({ value: 199 });
    expect(memorised('run', shifted(600), exact)).toEqual({ value: 0 });
  });

  test.each([
    ['sizes', ([time, size, outbound]: Row): Row => [time, size + 1, outbound]],
    ['directions', ([time, size, outbound]: Row): Row => [time, size, outbound === 1 ? 0 : 1]],
    ['gaps', ([time, size, outbound]: Row): Row => [time * 2, size, outbound]],
  ] as const)('with other %s is none', (_, change) => {
    const rows = TRAINING.map((row) => change(row));
    // Two requests without a gap between them stay a copy when gaps double; that is one packet.
    const { value } = memorised('run', rows) as { value: number };
    expect(value).toBeLessThanOrEqual(1);
    expect(memorised('ngrams', rows)).toEqual({ value: 0 });
  });
});

test('gaps of more than 2³² µs are told apart', () => {
  const hours = (count: number, extra: number) => rowsBy(count, (i) => [(2 + extra + (i % 3)) * 2 ** 32 * 1e3, 93, 1]);
  expect(memorised('run', hours(30, 0), hours(30, 0))).toEqual({ value: 29 });
  expect(memorised('run', hours(30, 5), hours(30, 0))).toEqual({ value: 0 });
});

test('each says what it takes', () => {
  const short = (count: number) => TRAINING.slice(0, count);
  expect(memorised('ngrams', short(9))).toHaveProperty('value');
  expect(memorised('ngrams', short(8))).toEqual({ lacks: 'sample', what: 'too few packets: 8, fewer than 9' });
  expect(memorised('run', short(2))).toHaveProperty('value');
  expect(memorised('run', short(1))).toEqual({ lacks: 'sample', what: 'too few packets: 1, fewer than 2' });
  expect(memorised('window', short(17))).toHaveProperty('value');
  expect(memorised('window', short(16))).toEqual({ lacks: 'sample', what: 'fewer packets than a window' });
  expect(memorised('run', [])).toEqual({ lacks: 'sample', what: 'no packets' });
  expect(memorised('run', TRAINING, [])).toEqual({ lacks: 'real', what: 'no packets' });
});
