import { expect, test } from 'vitest';
import { rollingEntropyMetrics } from '../../../src/evaluation/metrics/rolling-entropy.js';
import { type Row, rowsBy } from '../../models/blocks.js';
import { named, referenceOf, viewOf } from '../compare.js';
import { expectOracle } from './example.js';

function entropy(sample: readonly Row[], real: readonly Row[]) {
  const metric = named(rollingEntropyMetrics(referenceOf(real)), 'rolling entropy', 'size', 'outbound');
  return metric.compare(viewOf(sample), viewOf(real));
}

const sizes = (...pattern: number[]) => rowsBy(256, (i) => [1e6, pattern[i % pattern.length]!, 1]);

test('all of them are those of scipy', () => {
  expectOracle(rollingEntropyMetrics);
});

test('is the bits that a size takes more or less', () => {
  const four = sizes(100, 200, 300, 400);
  // log₂ 4 in every window, against log₂ 2 and log₂ 1.
  expect(entropy(sizes(100, 200), four)).toEqual({ value: expect.closeTo(1, 12) });
  expect(entropy(sizes(100), four)).toEqual({ value: expect.closeTo(2, 12) });
  expect(entropy(sizes(400, 300, 200, 100), four)).toEqual({ value: expect.closeTo(0, 12) });
});

test('sees that each size comes in one long stretch where real ones mix', () => {
  const sorted = rowsBy(256, (i) => [1e6, 100 * (1 + Math.floor(i / 64)), 1]);
  // 25 windows of 64, a stride of 8: one stretch in every eighth, two in the others, of which 8 k of 64 packets are of the first.
  const share = (p: number) => (p === 0 ? 0 : -p * Math.log2(p) - (1 - p) * Math.log2(1 - p));
  const entropies = Array.from({ length: 25 }, (_, window) => share((window % 8) / 8));
  const mean = entropies.reduce((sum, bits) => sum + bits, 0) / 25;
  expect(entropy(sorted, sizes(100, 200, 300, 400))).toEqual({ value: expect.closeTo(2 - mean, 12) });
});

test('takes two windows of 64 packets', () => {
  const real = sizes(100, 200);
  expect(entropy(real.slice(0, 128), real)).toHaveProperty('value');
  expect(entropy(real.slice(0, 127), real)).toEqual({
    lacks: 'sample',
    what: 'too few packets: 127, fewer than 128',
  });
});
