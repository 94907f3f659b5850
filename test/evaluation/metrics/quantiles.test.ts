import { expect, test } from 'vitest';
import { quantileMetrics } from '../../../src/evaluation/metrics/quantiles.js';
import { type Row, rowsBy } from '../../models/blocks.js';
import { named, viewOf } from '../compare.js';
import { expectOracle } from './example.js';

const quantiles = (quantity: string, sample: readonly Row[], real: readonly Row[]) =>
  named(quantileMetrics(), 'quantiles', quantity, 'outbound').compare(viewOf(sample), viewOf(real));

/** Sizes 100, 101 … 200, and gaps 1, 2 … 100 ms. */
const REAL = rowsBy(101, (i) => [i * 1e6, 100 + i, 1]);

test('all of them are those of numpy', () => {
  expectOracle(quantileMetrics);
});

test('twice the gap is a third at every quantile', () => {
  const slowed = REAL.map(([time, size]): Row => [2 * time, size, 1]);
  expect(quantiles('gap', slowed, REAL)).toMatchObject({ value: expect.closeTo((2 - 1) / (2 + 1), 12) });
});

test('the quantiles themselves come with it, in bytes and seconds', () => {
  const { detail } = quantiles('size', REAL, REAL) as { detail: unknown };
  // With linear interpolation: 100 + 100 p.
  expect(detail).toEqual(
    [0.05, 0.25, 0.5, 0.75, 0.95, 0.99].map((share) => {
      const size = expect.closeTo(100 + 100 * share, 10);
      return { share, synthetic: size, real: size };
    }),
  );
  const gaps = quantiles('gap', REAL, REAL) as { detail: readonly { share: number; real: number }[] };
  // Of 1 … 100 ms: 1 + 99 p.
  for (const { share, real } of gaps.detail) expect(real).toBeCloseTo((1 + 99 * share) / 1000, 12);
});

test('gaps of 0 against gaps of 0 are alike', () => {
  const instant = rowsBy(20, () => [0, 100, 1]);
  expect(quantiles('gap', instant, instant)).toMatchObject({ value: 0 });
  expect(quantiles('gap', REAL, instant)).toMatchObject({ value: 1 });
});

test('one packet has a size and no gap', () => {
  const one = REAL.slice(0, 1);
  expect(quantiles('size', one, REAL)).toHaveProperty('value');
  expect(quantiles('gap', one, REAL)).toEqual({ lacks: 'sample', what: 'no gaps' });
  expect(quantiles('size', [], REAL)).toEqual({ lacks: 'sample', what: 'no packets' });
});
