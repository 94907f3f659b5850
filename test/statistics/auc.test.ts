import { describe, expect, test } from 'vitest';
import { auc } from '../../src/statistics/auc.js';
import fc from '../support/fast-check.js';
import { anySample, RUNS, series } from './samples.js';

const POSITIVE = series(40, (i) => ((i * i * 37) % 101) % 23);
const NEGATIVE = series(30, (i) => ((i * i * 53) % 97) % 19);
const scores = (...values: number[]) => Float64Array.from(values);

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
