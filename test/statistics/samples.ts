/** Samples that the tests of statistics and their oracles in Python both can make, and any samples. */

import { expect } from 'vitest';
import { randomStream } from '../../src/random.js';
import fc from '../support/fast-check.js';

/** `[value(i) for i in range(length)]` */
export const series = (length: number, value: (i: number) => number) =>
  Float64Array.from({ length }, (_, i) => value(i));

/** `[i*i*37%101 for i in range(40)]` */
export const A = series(40, (i) => (i * i * 37) % 101);
/** `[i*i*53%97 for i in range(30)]` */
export const B = series(30, (i) => (i * i * 53) % 97);

export const RUNS = { numRuns: 300 };

/** Values with and without ties. */
export const anySample = fc
  .array(fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double({ noNaN: true, min: -6, max: 6 })), {
    minLength: 1,
    maxLength: 30,
  })
  .map((values) => Float64Array.from(values));

/** The same number of any counts twice, none of them all 0. */
export const anyTwoCounts = fc
  .integer({ min: 1, max: 12 })
  .chain((length) => fc.tuple(countsOf(length), countsOf(length)));

const countsOf = (length: number) =>
  fc
    .array(fc.nat({ max: 20 }), { minLength: length, maxLength: length })
    .filter((counts) => counts.some((count) => count > 0))
    .map((counts) => Float64Array.from(counts));

/** Independent values of the normal distribution, the same for the same seed (Box & Muller 1958). */
export function normals(length: number, seed: string): Float64Array {
  const random = randomStream(seed, 'normal');
  return series(length, () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next()));
}

/** All values are as near as that to those of an oracle, by the largest of these. */
export function expectClose(actual: ArrayLike<number> | undefined, expected: ArrayLike<number>, tolerance = 1e-12) {
  expect(actual?.length).toBe(expected.length);
  const scale = Math.max(1e-300, ...Array.from(expected, Math.abs));
  const off = Array.from(expected, (value, i) => Math.abs(value - actual![i]!) / scale);
  expect(Math.max(0, ...off)).toBeLessThan(tolerance);
}
