import { expect, test } from 'vitest';
import { divergenceMetrics } from '../../../src/evaluation/metrics/divergence.js';
import { type Row, rowsBy } from '../../models/blocks.js';
import fc from '../../support/fast-check.js';
import { named, referenceOf, viewOf } from '../compare.js';
import { expectOracle } from './example.js';

const MS = 1e6;
function divergence(name: string, quantity: string, sample: readonly Row[], real: readonly Row[]): number {
  const metric = named(divergenceMetrics(referenceOf(real)), name, quantity, 'outbound');
  return (metric.compare(viewOf(sample), viewOf(real)) as { value: number }).value;
}

/** Of as many packets of 100 bytes as of 200. */
const REAL = rowsBy(40, (i) => [MS, i % 2 === 0 ? 100 : 200, 1]);
const ONE_SIZE = rowsBy(40, () => [MS, 100, 1]);

test('all of them are those of scipy, with bins by the rule in words', () => {
  expectOracle(divergenceMetrics);
});

test('half of what there is missing is 0.311 bit', () => {
  // m = (3/4, 1/4): ½ (log₂ 4/3) + ½ (½ log₂ 2/3 + ½ log₂ 2)
  const bits = (Math.log2(4 / 3) + (Math.log2(2 / 3) + 1) / 2) / 2;
  expect(divergence('jsd', 'size', ONE_SIZE, REAL)).toBeCloseTo(bits, 12);
});

test('sizes and gaps that real packets never have are 1 bit, on either side', () => {
  for (const size of [40, 1500])
    expect(
      divergence(
        'jsd',
        'size',
        rowsBy(9, () => [MS, size, 1]),
        REAL,
      ),
    ).toBe(1);
  for (const gap of [1, 5 * MS])
    expect(
      divergence(
        'jsd',
        'gap',
        rowsBy(9, () => [gap, 100, 1]),
        REAL,
      ),
    ).toBe(1);
});

test('a size one byte beside a frequent one is another bin', () => {
  expect(
    divergence(
      'jsd',
      'size',
      REAL.map(([time, size]): Row => [time, size + 1, 1]),
      REAL,
    ),
  ).toBe(1);
});

test('Kullback–Leibler is finite, and tells what is missing from what is too much', () => {
  // Bins [100, 101), [101, 200), [200, 201) and one at each end, half a count more in each: p of REAL, q of ONE_SIZE.
  const p = [0.5, 20.5, 0.5, 20.5, 0.5].map((count) => count / 42.5);
  const q = [0.5, 40.5, 0.5, 0.5, 0.5].map((count) => count / 42.5);
  const bits = (a: number[], b: number[]) => a.reduce((sum, one, i) => sum + one * Math.log2(one / b[i]!), 0);
  expect(divergence('kl real‖synthetic', 'size', ONE_SIZE, REAL)).toBeCloseTo(bits(p, q), 12);
  expect(divergence('kl synthetic‖real', 'size', ONE_SIZE, REAL)).toBeCloseTo(bits(q, p), 12);
});

test('the two Kullback–Leibler divergences are each other with the sides exchanged', () => {
  const sizes = fc.array(fc.integer({ min: 20, max: 40 }), { minLength: 2, maxLength: 30 });
  fc.assert(
    fc.property(sizes, sizes, (a, b) => {
      const [sample, real] = [a, b].map((of) => viewOf(of.map((size, i): Row => [i, size, 1])));
      const metrics = divergenceMetrics(referenceOf(REAL));
      const of = (name: string) => named(metrics, name, 'size', 'outbound');
      expect(of('kl real‖synthetic').compare(sample!, real!)).toEqual(of('kl synthetic‖real').compare(real!, sample!));
    }),
    { numRuns: 100 },
  );
});

test('the Jensen–Shannon divergence is scored, the others are not', () => {
  const scored = divergenceMetrics(referenceOf(REAL)).filter((one) => one.scored);
  expect(scored.map(({ metric, scored }) => [metric, scored!.aspect])).toEqual([
    ['jsd', 'size'],
    ['jsd', 'size'],
    ['jsd', 'gap'],
    ['jsd', 'gap'],
  ]);
});
