/** The elementary functions of the kernels, against 40 digits of mpmath. */

import { describe, expect, test } from 'vitest';
import { Kernels } from '../../src/kernels/kernels.js';
import fc from '../support/fast-check.js';

const kernels = new Kernels();

type Table = readonly (readonly [x: number, expected: number])[];

/**
 * The greatest relative error; an expected zero must be met exactly.
 *
 * @param condition how many times greater a relative error of x alone makes that of the result
 */
function greatestError(table: Table, of: (x: number) => number, condition: (x: number) => number): number {
  const errors = table.map(([x, expected]) => {
    const error = Math.abs(of(x) - expected);
    return error === 0 ? 0 : error / Math.abs(expected) / condition(x);
  });
  return Math.max(...errors);
}

// python3 -c "import mpmath as mp; mp.mp.dps = 40; print(float(mp.exp(mp.mpf(X))))"
const EXP: Table = [
  [-708, 3.307553003638408e-308],
  [-700.5, 5.980196118639791e-305],
  [-300, 5.148200222412013e-131],
  [-40, 4.248354255291589e-18],
  [-20.25, 1.6052280551856116e-9],
  [-1, 0.36787944117144233],
  [-0.5, 0.6065306597126334],
  [-1e-8, 0.9999999900000001],
  [0, 1],
  [1e-10, 1.0000000001],
  [0.3, 1.3498588075760032],
  [1, Math.E],
  [2.5, 12.182493960703473],
  [10, 22026.465794806718],
  [88.75, 3.4965139792603976e38],
  [300.125, 2.201057464963801e130],
  [708.5, 4.984716099444166e307],
];

// The same with mp.log; 5e-324 is the least number there is.
const LOG: Table = [
  [5e-324, -744.4400719213812],
  [1e-300, -690.7755278982137],
  [1e-30, -69.07755278982137],
  [1e-9, -20.72326583694641],
  [0.1, -Math.LN10],
  [0.5, -Math.LN2],
  [0.9999, -0.00010000500033334732],
  [1, 0],
  [1.0000001, 9.999999505838704e-8],
  [1.5, 0.4054651081081644],
  [2, Math.LN2],
  [Math.E, 1],
  [10, Math.LN10],
  [1e5, 11.512925464970229],
  [2 ** 53, 36.7368005696771],
  [1e300, 690.7755278982137],
];

// The same with mp.log1p. The last is the greatest gap there may be.
const LOG1P: Table = [
  [0, 0],
  [1e-300, 1e-300],
  [1e-16, 1e-16],
  [1e-9, 9.999999995e-10],
  [1e-3, 0.0009995003330835331],
  [0.1, 0.09531017980432487],
  [0.5, 0.4054651081081644],
  [1, Math.LN2],
  [2, 1.0986122886681098],
  [93, 4.543294782270004],
  [1e3, 6.90875477931522],
  [1e6, 13.815511557963774],
  [2e7, 16.811242881518265],
  [1e9, 20.72326583794641],
  [2 ** 53, 36.7368005696771],
  [2e21, 49.047434133434905],
];

// The same with mp.ncdf. scipy.stats.norm.cdf says the same to 1e-13.
const CDF: Table = [
  [-37.5, 4.605353009581955e-308],
  [-30, 4.906713927148187e-198],
  [-20, 2.7536241186062337e-89],
  [-10, 7.619853024160525e-24],
  [-8, 6.220960574271784e-16],
  [-5.5, 1.8989562465887718e-8],
  [-4, 3.1671241833119924e-5],
  [-3, 0.0013498980316300946],
  [-2, 0.02275013194817921],
  [-1.5, 0.06680720126885807],
  [-1, 0.15865525393145705],
  [-0.6, 0.2742531177500736],
  [-0.1, 0.460172162722971],
  [0, 0.5],
  [0.25, 0.5987063256829237],
  [1, 0.8413447460685429],
  [2.5, 0.9937903346742238],
  [5, 0.9999997133484281],
  [8.5, 1],
];

// python3 -c "from scipy.stats import norm; print(norm.ppf(P))"
const QUANTILE: Table = [
  [1e-300, -37.0470962993612],
  [1e-100, -21.273453560965322],
  [1e-30, -11.464024688443613],
  [2 ** -33, -6.3379577545537895],
  [1e-9, -5.9978070150076865],
  [1e-5, -4.264890793922825],
  [0.001, -3.090232306167813],
  [0.01, -2.3263478740408408],
  [0.0749, -1.4402382675279635],
  [0.0751, -1.4388253927525403],
  [0.25, -0.6744897501960817],
  [0.4, -0.2533471031357997],
  [0.5, 0],
  [0.75, 0.6744897501960817],
  [0.925, 1.4395314709384563],
  [0.975, 1.959963984540054],
  [0.999, 3.090232306167813],
  [1 - 1e-6, 4.753424308817087],
  [1 - 2 ** -33, 6.3379577545537895],
];

const one = () => 1;

// Bounds are about twice what was measured. Φ(z) falls like e^(-z²/2), so that a rounding of z counts z² times far below zero.
test.each<[string, Table, (x: number) => number, number, (x: number) => number]>([
  ['exp', EXP, (x) => kernels.exp(x), 3e-16, one],
  ['log', LOG, (x) => kernels.log(x), 3e-16, one],
  ['log1p', LOG1P, (x) => kernels.log1p(Float64Array.of(x))[0]!, 3e-16, one],
  ['normalCdf', CDF, (z) => kernels.normalCdf(z), 5e-16, (z) => (z < 0 ? 1 + z * z : 1)],
  ['normalQuantile', QUANTILE, (p) => kernels.normalQuantile(p), 1e-15, one],
])('%s is right to its last digits, far out too', (_, table, of, bound, condition) => {
  expect(greatestError(table, of, condition)).toBeLessThan(bound);
});

describe('exp', () => {
  test('is zero below -708 and never negative', () => {
    expect([-708.5, -1e4, -1e300, Number.NEGATIVE_INFINITY].map((x) => kernels.exp(x))).toEqual([0, 0, 0, 0]);
  });

  test('agrees with that of JavaScript anywhere', () => {
    fc.assert(
      fc.property(fc.double({ min: -707, max: 709, noNaN: true }), (x) => {
        // Both are within 3e-16.
        return Math.abs(kernels.exp(x) / Math.exp(x) - 1) < 6e-16;
      }),
      { numRuns: 20_000 },
    );
  });

  test('never falls where its argument rises by so little that rounding could hide it', () => {
    // 2^-40 is above the rounding of any argument here; steps include the places where the series starts anew, k·ln 2 / 2.
    const step = 2 ** -40;
    const falls: number[] = [];
    for (let k = -2000; k <= 2000; k++) {
      const at = (k * Math.LN2) / 2;
      if (at < -707 || at > 708) continue;
      for (let i = -3; i < 3; i++) {
        if (!(kernels.exp(at + (i + 1) * step) >= kernels.exp(at + i * step))) falls.push(at + i * step);
      }
    }
    expect(falls).toEqual([]);
  });
});

describe('log', () => {
  test('undoes exp', () => {
    fc.assert(
      fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => {
        expect(Math.abs(kernels.log(kernels.exp(x)) - x)).toBeLessThan(4e-16 * Math.max(1, Math.abs(x)));
      }),
      { numRuns: 2000 },
    );
  });

  test('of zero is minus infinity', () => {
    expect(kernels.log(0)).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe('the normal distribution', () => {
  test('far out is nothing or everything', () => {
    expect([-40, -1e300, Number.NEGATIVE_INFINITY].map((z) => kernels.normalCdf(z))).toEqual([0, 0, 0]);
    expect([40, 1e300, Number.POSITIVE_INFINITY].map((z) => kernels.normalCdf(z))).toEqual([1, 1, 1]);
  });

  test('is symmetric', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 8, noNaN: true }), (z) => {
        expect(kernels.normalCdf(z) + kernels.normalCdf(-z)).toBeCloseTo(1, 15);
      }),
      { numRuns: 1000 },
    );
  });

  test('the quantile of a probability has this probability', () => {
    fc.assert(
      fc.property(fc.double({ min: -37, max: 5, noNaN: true }), (z) => {
        const p = kernels.normalCdf(z);
        // Above zero the probability is close to one, and a rounding of it, 1.1e-16, is as much z as the density there says.
        const rounding = 1.2e-16 / (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI));
        const bound = z > 0 ? 2 * rounding + 1e-14 : 1e-13 * Math.max(1, -z);
        expect(Math.abs(kernels.normalQuantile(p) - z)).toBeLessThan(bound);
      }),
      { numRuns: 5000 },
    );
  });

  test('neither function falls, also where one approximation takes over from another', () => {
    // erfc changes its formula at 0.84375·√2, 1.25·√2, √2/0.35 and 28·√2, the quantile at 0.5 ± 0.425 and e^-25.
    for (const z of [0.84375, 1.25, 1 / 0.35, 26].flatMap((x) => [-x * Math.SQRT2, x * Math.SQRT2])) {
      for (let i = -20; i < 20; i++) {
        expect(kernels.normalCdf(z + (i + 1) * 1e-12)).toBeGreaterThanOrEqual(
          kernels.normalCdf(z + i * 1e-12) * (1 - 1e-15),
        );
      }
    }
    for (const p of [0.075, 0.925, Math.exp(-25)]) {
      for (let i = -20; i < 20; i++) {
        const low = p * (1 + i * 1e-13);
        const high = p * (1 + (i + 1) * 1e-13);
        expect(kernels.normalQuantile(high) - kernels.normalQuantile(low)).toBeGreaterThan(-2e-15);
      }
    }
  });
});

test('log1p leaves its argument alone and takes any number of values', () => {
  const values = Float64Array.from({ length: 1001 }, (_, i) => i);
  const result = kernels.log1p(values);
  expect([...values.subarray(0, 3)]).toEqual([0, 1, 2]);
  expect(result.length).toBe(1001);
  expect(Math.max(...result.map((value, i) => Math.abs(value - Math.log1p(i))))).toBeLessThan(2e-15);
  expect(kernels.log1p(new Float64Array(0)).length).toBe(0);
});
