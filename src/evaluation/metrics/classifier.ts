/**
 * @module
 * The classifier two-sample test: can a classifier tell windows of one series from windows of the other? The number is the area under its ROC
 * curve on windows that it has not learned from: 0.5 for series that it cannot tell apart, 1 for those it always can.
 *
 * Source: Lopez-Paz & Oquab, Revisiting classifier two-sample tests, ICLR 2017. Logistic regression over features of a window
 * (window-features.ts), cross-validated in contiguous parts, so that neighbouring windows are never on both sides.
 */
import { auc } from '../../statistics/auc.js';
import { meanInterval } from '../../statistics/confidence.js';
import { fitLogistic, predictLogit } from '../../statistics/logistic-regression.js';
import { defineMetric, type Metric, tooFew, type Value } from '../metric.js';
import type { Reference } from '../reference.js';
import { WINDOW_PACKETS, WindowFeatures } from './window-features.js';

const FOLDS = 10;
/** In each fold two. */
const MIN_WINDOWS = 2 * FOLDS;
/** Strength of the L2 penalty on features in standard deviations: scikit-learn's C = 1. */
const L2 = 1;

interface Windows {
  readonly count: number;
  /** Row-major, `count` × features. */
  readonly features: Float64Array;
}

export function classifierMetric(reference: Reference): Metric {
  const features = new WindowFeatures(reference);
  return defineMetric(
    {
      metric: 'classifier AUC',
      quantity: 'windows',
      direction: 'both',
      unit: '',
      most: 1,
      scored: { aspect: 'classifier', worst: 0.5 },
    },
    (view): Windows | string => {
      const windows = features.of(view);
      return windows.count < MIN_WINDOWS
        ? tooFew(windows.count, MIN_WINDOWS, `windows of ${WINDOW_PACKETS} packets`)
        : windows;
    },
    (sample, real) => crossValidatedAuc(sample, real, features.length),
  );
}

/** Mean of the AUCs of the folds, with its interval. */
function crossValidatedAuc(sample: Windows, real: Windows, width: number): Value {
  const aucs: number[] = [];
  for (let fold = 0; fold < FOLDS; fold++) {
    const learn = [partOf(sample, width, fold, false), partOf(real, width, fold, false)] as const;
    const judge = [partOf(sample, width, fold, true), partOf(real, width, fold, true)] as const;
    const spread = spreadOf(learn, width);
    for (const rows of [...learn, ...judge]) standardise(rows, spread.mean, spread.deviation);
    const labels = new Uint8Array((learn[0].length + learn[1].length) / width).fill(1, 0, learn[0].length / width);
    const all = new Float64Array(learn[0].length + learn[1].length);
    all.set(learn[0]);
    all.set(learn[1], learn[0].length);
    const model = fitLogistic(all, labels, { l2: L2 });
    const [positive, negative] = judge.map((rows) => predictLogit(model, rows)) as [Float64Array, Float64Array];
    aucs.push(auc(positive, negative));
  }
  // Over the folds, each a time of its own: successive windows are too much alike for an interval that takes them as independent.
  const { mean, interval } = meanInterval(aucs);
  return {
    // Below one half a classifier is right by chance only.
    value: Math.max(0.5, mean),
    interval: { low: Math.max(0, interval!.low), high: Math.min(1, interval!.high) },
    detail: { auc: mean, windows: [sample.count, real.count] },
  };
}

/** A copy of the windows of one fold, a contiguous part, or of all others. */
function partOf({ features, count }: Windows, width: number, fold: number, inside: boolean): Float64Array {
  const from = Math.floor((fold * count) / FOLDS) * width;
  const to = Math.floor(((fold + 1) * count) / FOLDS) * width;
  if (inside) return features.slice(from, to);
  const rest = new Float64Array(features.length - (to - from));
  rest.set(features.subarray(0, from));
  rest.set(features.subarray(to), from);
  return rest;
}

/** Mean and standard deviation of each feature over all rows. */
function spreadOf(parts: readonly Float64Array[], width: number) {
  const count = parts.reduce((sum, { length }) => sum + length, 0) / width;
  const mean = new Float64Array(width);
  const deviation = new Float64Array(width);
  for (const rows of parts) for (let i = 0; i < rows.length; i++) mean[i % width]! += rows[i]! / count;
  for (const rows of parts) {
    for (let i = 0; i < rows.length; i++) deviation[i % width]! += (rows[i]! - mean[i % width]!) ** 2 / count;
  }
  return { mean, deviation: deviation.map(Math.sqrt) };
}

function standardise(rows: Float64Array, mean: Float64Array, deviation: Float64Array): void {
  const width = mean.length;
  for (let i = 0; i < rows.length; i++) {
    // A feature without any spread tells nothing, and stays out.
    rows[i] = deviation[i % width]! > 1e-9 ? (rows[i]! - mean[i % width]!) / deviation[i % width]! : 0;
  }
}
