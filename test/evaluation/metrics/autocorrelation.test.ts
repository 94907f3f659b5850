import { expect, test } from 'vitest';
import { autocorrelationMetrics } from '../../../src/evaluation/metrics/autocorrelation.js';
import { type Row, rowsBy } from '../../models/blocks.js';
import { named, referenceOf, viewOf } from '../compare.js';
import { expectOracle } from './example.js';

const SECOND = 1e9;
function acf(quantity: string, sample: readonly Row[], real: readonly Row[]) {
  const metric = named(autocorrelationMetrics(referenceOf(real)), 'autocorrelation', quantity, 'outbound');
  return metric.compare(viewOf(sample), viewOf(real));
}

/** Sizes that rise and fall with a period, one packet a second. */
const sizes = (pattern: readonly number[], count = 3200): Row[] =>
  rowsBy(count, (i) => [SECOND, pattern[i % pattern.length]!, 1]);

test('all of them are those of numpy', () => {
  expectOracle(autocorrelationMetrics);
});

test('another rhythm of sizes is seen, in the sizes and in the bytes per bin', () => {
  // r_k of + − is (−1)^k, that of + + − − is 0, −1, 0, 1 …, all times 1 − k/n: differences of 1, 2, 1, 0.
  const [slow, fast] = [sizes([100, 100, 200, 200]), sizes([100, 200])];
  const share = 1 - 16 / 3200;
  expect(acf('size', slow, fast)).toEqual({ value: expect.closeTo(share, 3) });
  expect(acf('bytes per bin', slow, fast)).toEqual({ value: expect.closeTo(share, 3) });
});

test('the rhythm of gaps is that of their logarithm', () => {
  const gaps = (pattern: readonly number[]) => rowsBy(3201, (i) => [pattern[i % pattern.length]! * SECOND, 100, 1]);
  expect(acf('log gap', gaps([1, 1, 9, 9]), gaps([1, 9]))).toEqual({ value: expect.closeTo(1 - 16 / 3200, 3) });
});

test('does not depend on how large the sizes are, or when they begin', () => {
  expect(acf('size', sizes([300, 700]), sizes([100, 200]))).toEqual({ value: expect.closeTo(0, 12) });
  expect(acf('size', sizes([200, 100]), sizes([100, 200]))).toEqual({ value: expect.closeTo(0, 12) });
});

test('takes four values for each of 32 lags', () => {
  const real = sizes([100, 200]);
  expect(acf('size', sizes([100, 200], 128), real)).toHaveProperty('value');
  const what = (of: string, count: number) => ({ lacks: 'sample', what: `too few ${of}: ${count}, fewer than 128` });
  expect(acf('size', sizes([100, 200], 127), real)).toEqual(what('packets', 127));
  expect(
    acf(
      'log gap',
      sizes([100, 200], 128),
      rowsBy(300, (i) => [SECOND * (1 + (i % 2)), 100, 1]),
    ),
  ).toEqual(what('gaps', 127));
  expect(acf('bytes per bin', sizes([100, 200], 128), real)).toEqual(what('full bins of time', 127));
});

test('does not exist for what never changes', () => {
  expect(acf('size', sizes([100]), sizes([100, 200]))).toEqual({
    lacks: 'sample',
    what: 'packets that are all alike',
  });
  expect(acf('log gap', sizes([100]), sizes([100]))).toEqual({ lacks: 'real', what: 'gaps that are all alike' });
});

test('a synthetic series that is far too slow is not cut into bins', () => {
  // 2^25 bins at most.
  const slow = rowsBy(200, () => [SECOND * 2 ** 19, 100, 1]);
  expect(acf('bytes per bin', slow, sizes([100, 200]))).toEqual({
    lacks: 'sample',
    what: 'too many full bins of time',
  });
});
