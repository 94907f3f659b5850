import { describe, expect, test } from 'vitest';
import { fitLogistic, predictLogit } from '../../src/statistics/logistic-regression.js';
import { normals, series } from './samples.js';

const ROWS = 60;
const columns = (...columns: ((i: number) => number)[]) =>
  series(ROWS * columns.length, (at) => columns[at % columns.length]!(Math.floor(at / columns.length)));
const first = (i: number) => ((i * i * 37) % 101) / 50 - 1;
const second = (i: number) => ((i * i * 53) % 97) / 48 - 1;
const third = (i: number) => ((i * 29) % 31) / 15 - 1;
const labelled = (holds: (i: number) => boolean) => Uint8Array.from({ length: ROWS }, (_, i) => Number(holds(i)));

const FEATURES = columns(first, second, third);
const NOISY = labelled((i) => ((i * i * 37) % 101) + ((i * 17) % 61) > 80);
const SEPARABLE = labelled((i) => first(i) + second(i) > 0.1);

// scikit-learn 1.2.1: /usr/bin/python3 test/statistics/logistic-regression.py
// With the solver newton-cholesky, which ends at the minimum; lbfgs, the default, ends up to 1e-5 beside it.
test.each([
  {
    name: 'noisy labels, hardly held back',
    labels: NOISY,
    l2: 0.01,
    weights: [5.10209730050896, 1.1848150033337197, 0.27944722751140005],
    intercept: -0.35783730576660894,
    logits: [-6.924196837120689, -1.300146962041036, -1.1809147388716017],
  },
  {
    name: 'noisy labels',
    labels: NOISY,
    l2: 1,
    weights: [2.813082550810099, 0.4905167689422621, 0.14425745989632424],
    intercept: -0.21398868796497614,
    logits: [-3.6618454676136616, -0.7596543585075469, -0.5739406536854366],
  },
  {
    name: 'noisy labels, much held back',
    labels: NOISY,
    l2: 100,
    weights: [0.13529357565074965, 0.021479197787034093, 0.022172261410521327],
    intercept: -0.1964837894809917,
    logits: [-0.3754288243292968, -0.20872859206421732, -0.20028809350851595],
  },
  {
    name: 'labels on two sides of a plane',
    labels: SEPARABLE,
    l2: 1,
    weights: [2.056427645741961, 2.621744840774757, -0.4101728795706002],
    intercept: -0.39484070140522953,
    logits: [-4.662840308351347, -1.0392414893166624, -2.4849551892904502],
  },
  {
    name: 'labels on two sides of a plane, hardly held back',
    labels: SEPARABLE,
    l2: 1e-4,
    weights: [57.11865584222193, 58.663550617059826, -3.4802571256259793],
    intercept: -5.902205632274195,
    logits: [-118.20415496592996, -17.890509612559075, -48.77824981897069],
  },
  {
    name: 'a column that is constant',
    features: columns(first, second, () => 3),
    labels: NOISY,
    l2: 1,
    weights: [2.819407738609045, 0.49745608787348067, 0],
    intercept: -0.20306217404461718,
    logits: [-3.5199260005271373, -0.8842898435961426, -0.6831366932820802],
  },
])('$name: the model is that of scikit-learn', ({ features = FEATURES, labels, l2, weights, intercept, logits }) => {
  const model = fitLogistic(features, labels, { l2 });
  weights.forEach((weight, j) => {
    expect(model.weights[j]).toBeCloseTo(weight, 6);
  });
  expect(model.intercept).toBeCloseTo(intercept, 6);
  const given = predictLogit(model, features.subarray(0, 9));
  logits.forEach((logit, row) => {
    expect(given[row]).toBeCloseTo(logit, 6);
  });
});

describe('at the minimum', () => {
  const rows = 500;
  const features = normals(rows * 20, 'features');
  const labels = Uint8Array.from({ length: rows }, (_, i) =>
    Number(features[20 * i]! + 0.5 * features[20 * i + 1]! > 0.3),
  );

  test('nothing is gained in any direction', () => {
    // The gradient of the objective: Σ (p − y) x + l2 w, without the last term for the intercept.
    const model = fitLogistic(features, labels, { l2: 0.1 });
    const errors = predictLogit(model, features).map((logit, i) => 1 / (1 + Math.exp(-logit)) - labels[i]!);
    expect(errors.reduce((sum, error) => sum + error, 0)).toBeCloseTo(0, 8);
    model.weights.forEach((weight, j) => {
      const slope = errors.reduce((sum, error, i) => sum + error * features[20 * i + j]!, 0.1 * weight);
      expect(slope).toBeCloseTo(0, 8);
    });
  });

  test('the labels exchanged give the model with other signs', () => {
    const model = fitLogistic(features, labels, { l2: 1 });
    const other = fitLogistic(
      features,
      labels.map((label) => 1 - label),
      { l2: 1 },
    );
    expect(other.intercept).toBeCloseTo(-model.intercept, 9);
    model.weights.forEach((weight, j) => {
      expect(other.weights[j]).toBeCloseTo(-weight, 9);
    });
  });
});

test('labels that are all the same have no model', () => {
  expect(() => fitLogistic(Float64Array.of(1, 2), Uint8Array.of(1, 1), { l2: 1 })).toThrow(RangeError);
});
