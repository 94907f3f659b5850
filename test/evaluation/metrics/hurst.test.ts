import { describe, expect, test } from 'vitest';
import { hurstMetrics } from '../../../src/evaluation/metrics/hurst.js';
import { type Row, rowsBy } from '../../models/blocks.js';
import { named, referenceOf, viewOf } from '../compare.js';
import { expectOracle } from './example.js';

const SECOND = 1e9;
const steady = (count: number, size = (i: number) => 100 + (i % 7)): Row[] =>
  rowsBy(count, (i) => [SECOND, size(i), 1]);

test('the differences are those of numpy', () => {
  expectOracle(hurstMetrics);
});

describe.each(['hurst aggregated variance', 'hurst rescaled range'])('%s', (name) => {
  const hurst = (sample: readonly Row[], real: readonly Row[]) =>
    named(hurstMetrics(referenceOf(real)), name, 'bytes per bin', 'outbound').compare(viewOf(sample), viewOf(real));

  test('is the difference of two exponents, which come with it', () => {
    /** Independent sizes, and those of long blocks, which remember. */
    const random = rowsBy(3000, (_, { next }) => [SECOND, 100 + Math.floor(1000 * next()), 1]);
    const blocks = random.map(([time], i): Row => [time, random[i - (i % 250)]![1], 1]);
    const { value, detail } = hurst(blocks, random) as { value: number; detail: { synthetic: number; real: number } };
    expect(value).toBe(Math.abs(detail.synthetic - detail.real));
    expect(detail.synthetic).toBeGreaterThan(detail.real + 0.2);
  });

  test('takes 512 bins that are not all alike', () => {
    const real = steady(2000);
    expect(hurst(steady(513), real)).toHaveProperty('value');
    expect(hurst(steady(512), real)).toEqual({ lacks: 'sample', what: 'too few bins: 511, fewer than 512' });
    expect(
      hurst(
        steady(600, () => 100),
        real,
      ),
    ).toEqual({ lacks: 'sample', what: 'bins that are all alike' });
  });

  test('is not looked for in too many bins', () => {
    const slow = rowsBy(200, () => [SECOND * 2 ** 19, 100, 1]);
    expect(hurst(slow, steady(2000))).toEqual({ lacks: 'sample', what: 'too many bins of time' });
  });
});
