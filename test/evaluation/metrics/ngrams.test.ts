import { expect, test } from 'vitest';
import { ngramMetrics } from '../../../src/evaluation/metrics/ngrams.js';
import { type Row, rowsBy } from '../../models/blocks.js';
import { named, referenceOf, viewOf } from '../compare.js';
import { expectOracle } from './example.js';

const MS = 1e6;
function ngrams(name: 'bigrams' | 'trigrams', quantity: 'size' | 'gap', sample: readonly Row[], real: readonly Row[]) {
  return named(ngramMetrics(referenceOf(real)), name, quantity).compare(viewOf(sample), viewOf(real));
}

/** Outbound packets for 1, inbound ones for 0. */
const directions = (pattern: string, count = 8000): Row[] =>
  rowsBy(count, (i) => [MS, 100, pattern[i % pattern.length] === '1' ? 1 : 0]);
/** Small packets for 0, large ones for 1. */
const sizes = (pattern: string, count = 8000): Row[] =>
  rowsBy(count, (i) => [MS, pattern[i % pattern.length] === '1' ? 1500 : 40, 1]);
/** Short gaps for 0, long ones for 1. */
const gaps = (pattern: string, count = 8000): Row[] =>
  rowsBy(count, (i) => [pattern[i % pattern.length] === '1' ? 90 * MS : MS, 100, 1]);

/** Of two out of four, each one half, from all four, each a quarter: m = (3/8, 3/8, 1/8, 1/8). */
const HALF_OF_THEM = (Math.log2(4 / 3) + (Math.log2(2 / 3) + 1) / 2) / 2;

test('all of them are those of scipy', () => {
  expectOracle(ngramMetrics);
});

test.each([
  ['directions', 'size', directions],
  ['directions', 'gap', directions],
  ['sizes', 'size', sizes],
  ['gaps', 'gap', gaps],
] as const)('the order of %s is seen by bigrams of %s', (_, quantity, rows) => {
  // 01 and 10, against 00, 01, 11 and 10.
  expect(ngrams('bigrams', quantity, rows('01'), rows('0011'))).toEqual({ value: expect.closeTo(HALF_OF_THEM, 3) });
});

test('trigrams see what bigrams do not', () => {
  // A de Bruijn sequence of order 3 has each of the bigrams and of the eight trigrams as often as any other; 0011 has four trigrams.
  expect(ngrams('bigrams', 'size', sizes('0011'), sizes('00010111'))).toEqual({ value: expect.closeTo(0, 3) });
  expect(ngrams('trigrams', 'size', sizes('0011'), sizes('00010111'))).toEqual({
    value: expect.closeTo(HALF_OF_THEM, 3),
  });
});

test('gaps do not change what sizes say, nor sizes what gaps say', () => {
  expect(ngrams('trigrams', 'size', gaps('0111'), gaps('01'))).toEqual({ value: 0 });
  expect(ngrams('trigrams', 'gap', sizes('0111'), sizes('01'))).toEqual({ value: 0 });
});

test('nothing in common is 1 bit', () => {
  expect(ngrams('bigrams', 'size', sizes('0'), sizes('1'))).toEqual({ value: 1 });
});

test('takes 64 packets', () => {
  const real = sizes('01');
  expect(ngrams('trigrams', 'gap', sizes('01', 64), real)).toHaveProperty('value');
  expect(ngrams('bigrams', 'size', sizes('01', 63), real)).toEqual({
    lacks: 'sample',
    what: 'too few packets: 63, fewer than 64',
  });
  expect(ngrams('bigrams', 'size', [], real)).toEqual({ lacks: 'sample', what: 'no packets' });
});
