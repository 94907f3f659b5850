import { expect, test } from 'vitest';
import { spectrumMetrics } from '../../../src/evaluation/metrics/spectrum.js';
import { type Row, rowsBy } from '../../models/blocks.js';
import { named, referenceOf, viewOf } from '../compare.js';
import { expectOracle } from './example.js';

const SECOND = 1e9;
function spectrum(sample: readonly Row[], real: readonly Row[]) {
  const metric = named(spectrumMetrics(referenceOf(real)), 'spectral distance', 'bytes per bin', 'outbound');
  return metric.compare(viewOf(sample), viewOf(real));
}

/** One packet a second, whose size swings with a period of so many of them. */
const swinging = (period: number, count = 641, phase = 0): Row[] =>
  rowsBy(count, (i) => [SECOND, Math.round(750 + 600 * Math.cos((2 * Math.PI * (i + phase)) / period)), 1]);

test('both of them are those of scipy', () => {
  expectOracle(spectrumMetrics);
});

test('another period is far away', () => {
  // One line in each spectrum, but for what rounding to bytes adds.
  expect(spectrum(swinging(4), swinging(16))).toEqual({ value: expect.closeTo(1, 3) });
});

test('the same period at other times, or of less traffic, is near', () => {
  expect(spectrum(swinging(16, 641, 5), swinging(16))).toEqual({ value: expect.closeTo(0, 2) });
  const halved = swinging(16).map(([time, size]): Row => [time, Math.round(size / 2), 1]);
  expect(spectrum(halved, swinging(16))).toEqual({ value: expect.closeTo(0, 2) });
});

test('takes 64 bins in which something changes', () => {
  const real = swinging(4);
  expect(spectrum(swinging(4, 65), real)).toHaveProperty('value');
  expect(spectrum(swinging(4, 64), real)).toEqual({
    lacks: 'sample',
    what: 'too few full bins of time: 63, fewer than 64',
  });
  const even = rowsBy(200, () => [SECOND, 100, 1]);
  expect(spectrum(even, real)).toEqual({ lacks: 'sample', what: 'throughput without any change' });
  const slow = rowsBy(200, () => [SECOND * 2 ** 19, 100, 1]);
  expect(spectrum(slow, real)).toEqual({ lacks: 'sample', what: 'too many bins of time' });
});
