import { describe, expect, test } from 'vitest';
import { criticalT, meanInterval } from '../../src/statistics/confidence.js';
import { mean } from '../../src/statistics/mean.js';
import { normals } from './samples.js';

describe('Student’s t', () => {
  // scipy 1.10.1: /usr/bin/python3 -c "from scipy.stats import t; print([float(t.ppf(.975,d)) for d in (1,2,3,4,5,7,9,…)])"
  // It is good to nine digits: for 2 degrees of freedom it has 4.302652729911275, where the closed form gives 4.302652729749463.
  test.each([
    [1, 12.706204736432095],
    [2, 4.302652729911275],
    [3, 3.182446305284263],
    [4, 2.7764451051977987],
    [5, 2.5705818366147395],
    [7, 2.3646242510102993],
    [9, 2.2621571627409915],
    [10, 2.2281388519649385],
    [15, 2.131449545559323],
    [20, 2.0859634472658364],
    [30, 2.0422724563012373],
    [50, 2.008559109715206],
    [99, 1.9842169515086827],
    [100, 1.9839715184496334],
    [500, 1.9647198374673438],
    [999, 1.9623414611334487],
    [1000, 1.9623390808264074],
  ])('at 95 percent and %i degrees of freedom is %d', (degrees, expected) => {
    expect(criticalT(0.95, degrees) / expected).toBeCloseTo(1, 8);
  });

  // scipy 1.10.1: … print([float(t.ppf((1+p)/2,7)) for p in (.5,.8,.9,.99,.999)])
  test.each([
    [0.5, 0.7111417780816957],
    [0.8, 1.4149239276488585],
    [0.9, 1.894578605061305],
    [0.99, 3.4994832973505026],
    [0.999, 5.407882520977668],
  ])('of %d and 7 degrees of freedom is %d', (probability, expected) => {
    expect(criticalT(probability, 7)).toBeCloseTo(expected, 8);
  });

  test('has a closed form for 1 and 2 degrees of freedom', () => {
    // F(t) = ½ + atan(t)/π, and F(t) = ½ + t / 2√(2 + t²)
    for (const probability of [0.01, 0.3, 0.683, 0.95, 0.9999]) {
      const two = probability * Math.sqrt(2 / (1 - probability ** 2));
      expect(criticalT(probability, 1) / Math.tan((Math.PI * probability) / 2)).toBeCloseTo(1, 10);
      expect(criticalT(probability, 2) / two).toBeCloseTo(1, 10);
    }
  });

  test('falls with the degrees of freedom towards the normal distribution', () => {
    const values = Array.from({ length: 1000 }, (_, i) => criticalT(0.95, i + 1));
    expect(values.every((value, i) => i === 0 || value < values[i - 1]!)).toBe(true);
    // scipy 1.10.1: /usr/bin/python3 -c "from scipy.stats import norm; print(norm.ppf(.975))"
    expect(values.at(-1)).toBeGreaterThan(1.959963984540054);
  });
});

describe('the interval of a mean', () => {
  test('is that of scipy', () => {
    // scipy 1.10.1: /usr/bin/python3 -c "from scipy.stats import t, sem; import numpy as np; \
    //   v=np.array([3.1,2.7,4.4,3.9,3.3]); print(v.mean(), t.interval(.95,4,v.mean(),sem(v)))"
    const { mean, interval } = meanInterval([3.1, 2.7, 4.4, 3.9, 3.3]);
    expect(mean).toBeCloseTo(3.48, 14);
    expect(interval?.low).toBeCloseTo(2.6452175571055756, 12);
    expect(interval?.high).toBeCloseTo(4.314782442894425, 12);
  });

  test('of equal values is a point', () => {
    expect(meanInterval([7, 7, 7])).toEqual({ mean: 7, interval: { low: 7, high: 7 } });
  });

  test('does not exist for fewer than two values', () => {
    expect(meanInterval([5])).toEqual({ mean: 5, interval: null });
    expect(meanInterval([])).toEqual({ mean: Number.NaN, interval: null });
  });

  test('holds the true mean in 95 of 100 cases', () => {
    const inside = Float64Array.from({ length: 4000 }, (_, i) => {
      const { interval } = meanInterval([...normals(4, `mean/${i}`)]);
      return Number(interval !== null && interval.low <= 0 && interval.high >= 0);
    });
    // Within three standard errors, √(0.95 · 0.05 / 4000) = 0.0034.
    expect(Math.abs(mean(inside) - 0.95)).toBeLessThan(0.0103);
  });
});
