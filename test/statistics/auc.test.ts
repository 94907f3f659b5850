import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { auc, aucVariance } from '../../src/statistics/auc.js';
import { anySample, normals, RUNS, series } from './samples.js';

const POSITIVE = series(40, (i) => ((i * i * 37) % 101) % 23);
const NEGATIVE = series(30, (i) => ((i * i * 53) % 97) % 19);
const scores = (...values: number[]) => Float64Array.from(values);

/** DeLong's structural components by the definition, pair by pair: of each value, the share of the others that it beats. */
function components(values: Float64Array, others: Float64Array): number[] {
  const wins = (a: number, b: number) => (a > b ? 1 : a === b ? 1 / 2 : 0);
  return Array.from(values, (value) => others.reduce((sum, other) => sum + wins(value, other), 0) / others.length);
}

function varianceOf(values: readonly number[]): number {
  const average = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - average) ** 2, 0) / (values.length - 1);
}

describe('the area', () => {
  test.each([
    { name: 'positives above negatives', positive: [3, 4], negative: [1, 2], area: 1 },
    { name: 'positives below negatives', positive: [1], negative: [2, 3], area: 0 },
    { name: 'scores that are all the same', positive: [5, 5, 5], negative: [5, 5], area: 1 / 2 },
    { name: 'three pairs of four in order', positive: [2, 4], negative: [1, 3], area: 3 / 4 },
    { name: 'zeros of both signs', positive: [0], negative: [-0], area: 1 / 2 },
  ])('for $name is $area', ({ positive, negative, area }) => {
    expect(auc(scores(...positive), scores(...negative))).toBe(area);
  });

  test('is that of scikit-learn and of scipy', () => {
    // scikit-learn 1.2.1: /usr/bin/python3 -c "from sklearn.metrics import roc_auc_score as r; \
    //   p=[i*i*37%101%23 for i in range(40)]; n=[i*i*53%97%19 for i in range(30)]; print(r([1]*40+[0]*30, p+n))"
    // scipy 1.10.1: … from scipy.stats import mannwhitneyu as u; … print(u(p, n).statistic/1200)
    expect(auc(POSITIVE, NEGATIVE)).toBeCloseTo(0.43875, 14);
  });

  test('of the kinds exchanged is what is missing to 1', () => {
    fc.assert(
      fc.property(anySample, anySample, (a, b) => {
        expect(auc(a, b)).toBeGreaterThanOrEqual(0);
        expect(auc(a, b) + auc(b, a)).toBeCloseTo(1, 14);
        expect(auc(a, a)).toBeCloseTo(1 / 2, 14);
      }),
      RUNS,
    );
  });

  test('depends on the order of the scores only', () => {
    fc.assert(
      fc.property(anySample, anySample, (a, b) => {
        const [x, y] = [a.map(Math.fround), b.map(Math.fround)];
        const cubed = (values: Float64Array) => values.map((value) => value ** 3 + 8 * value);
        expect(auc(cubed(x), cubed(y))).toBe(auc(x, y));
      }),
      RUNS,
    );
  });

  test('does not exist for one kind', () => {
    expect(auc(scores(), scores(1))).toBeNaN();
    expect(auc(scores(1), scores())).toBeNaN();
  });
});

describe('its variance', () => {
  test('is the definition, pair by pair', () => {
    fc.assert(
      fc.property(anySample, anySample, (a, b) => {
        fc.pre(a.length > 1 && b.length > 1);
        const expected = varianceOf(components(a, b)) / a.length + varianceOf(components(b, a)) / b.length;
        expect(aucVariance(a, b)).toBeCloseTo(expected, 14);
      }),
      RUNS,
    );
  });

  test('is that of numpy', () => {
    // numpy 1.24.2: /usr/bin/python3 -c "import numpy as np; p=np.array([i*i*37%101%23 for i in range(40)]); \
    //   n=np.array([i*i*53%97%19 for i in range(30)]); k=(p[:,None]>n)+.5*(p[:,None]==n); \
    //   print(k.mean(1).var(ddof=1)/40+k.mean(0).var(ddof=1)/30)"
    expect(aucVariance(POSITIVE, NEGATIVE)).toBeCloseTo(0.004910038129973475, 15);
  });

  test('is how much the area varies from sample to sample', () => {
    const areas: number[] = [];
    let promised = 0;
    for (let i = 0; i < 500; i++) {
      const positive = normals(60, `positive/${i}`).map((value) => value + 1);
      const negative = normals(80, `negative/${i}`);
      areas.push(auc(positive, negative));
      promised += aucVariance(positive, negative) / 500;
    }
    // The variance of 500 areas is itself known to about √(2/500) = 6 %.
    expect(Math.abs(promised / varianceOf(areas) - 1)).toBeLessThan(0.2);
  });

  test('does not exist for one score', () => {
    expect(aucVariance(scores(1), scores(1, 2))).toBeNaN();
    expect(aucVariance(scores(1, 2), scores(1))).toBeNaN();
  });
});
