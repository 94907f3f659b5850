import { describe, expect, test } from 'vitest';
import { randomStream } from '../../src/random.js';
import { sortedCopy } from '../../src/statistics/sort.js';
import fc from '../support/fast-check.js';
import { RUNS, series } from './samples.js';

/** Far more than are left to the engine. */
const MANY = 40_000;
const random = randomStream('sort', 'test');
const uniform = (below: number) => Math.floor(random.next() * below);
/** Any bit pattern that is a number. */
function anyDouble(): number {
  const [value] = new Float64Array(Uint32Array.of(uniform(2 ** 32), uniform(2 ** 32)).buffer);
  return Number.isNaN(value!) ? 0 : value!;
}

/** Compares the bits, which tell −0 from 0. */
const areSame = (a: Float64Array, b: Float64Array) => Buffer.from(a.buffer).equals(Buffer.from(b.buffer));

describe('many values are sorted as by the engine', () => {
  test.each<[string, () => number]>([
    ['sizes in bytes', () => 40 + uniform(1475)],
    ['gaps in ns', () => Math.round(-Math.log(1 - random.next()) * 1e7)],
    ['gaps of up to weeks in ns', () => Math.round(Math.exp(random.next() * 35))],
    ['fractions', () => random.next()],
    ['whole numbers of both signs', () => uniform(2001) - 1000],
    ['any doubles', anyDouble],
    ['negative ones only', () => -1 - random.next()],
    ['zeros of both signs', () => [0, -0, 1, -1][uniform(4)]!],
    ['infinities', () => [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5, -5][uniform(4)]!],
    ['subnormal numbers', () => uniform(1000) * Number.MIN_VALUE],
    ['two values', () => uniform(2)],
    ['one value', () => 1514],
    ['one value, negative', () => -2.5],
  ])('%s', (_, value) => {
    const values = series(MANY, value);
    expect(areSame(sortedCopy(values), values.slice().sort())).toBe(true);
  });
});

test('any few values are sorted', () => {
  fc.assert(
    fc.property(fc.float64Array({ noNaN: true }), (values) => {
      expect(sortedCopy(values)).toEqual(
        values.slice().sort((a, b) => a - b || Number(Object.is(b, -0)) - Number(Object.is(a, -0))),
      );
    }),
    RUNS,
  );
});

test.each([3, MANY])('%i values are left in their order, and a part of an array has only its own', (length) => {
  const whole = series(length + 2, (i) => -i);
  const part = whole.subarray(1, length + 1);
  expect(sortedCopy(part)).toEqual(series(length, (i) => i - length));
  expect(whole).toEqual(series(length + 2, (i) => -i));
});

test('values that are all the same come as a copy', () => {
  const values = new Float64Array(MANY).fill(7);
  expect(sortedCopy(values).buffer).not.toBe(values.buffer);
});
