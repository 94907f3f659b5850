/** The statistics beside those of scipy, numpy and scikit-learn, on samples that nobody has chosen. */
import { expect } from 'vitest';
import { z } from 'zod';
import { randomStream } from '../../../src/random.js';
import { auc } from '../../../src/statistics/auc.js';
import { autocorrelation } from '../../../src/statistics/autocorrelation.js';
import { meanInterval } from '../../../src/statistics/confidence.js';
import { jensenShannonDivergence, kullbackLeiblerDivergence } from '../../../src/statistics/divergence.js';
import { emd } from '../../../src/statistics/emd.js';
import { planFft } from '../../../src/statistics/fft.js';
import { hurstByAggregatedVariance, hurstByRescaledRange } from '../../../src/statistics/hurst.js';
import { ksStatistic } from '../../../src/statistics/ks.js';
import { fitLogistic } from '../../../src/statistics/logistic-regression.js';
import { quantileOfSorted } from '../../../src/statistics/quantiles.js';
import { sortedCopy } from '../../../src/statistics/sort.js';
import { welch } from '../../../src/statistics/spectrum.js';
import { expectClose, normals, series } from '../../statistics/samples.js';
import { projectRoot } from '../../support/files.js';
import { testWithPython } from '../../support/peers.js';

const script = (name: string) => `${projectRoot}test/peers/statistics/${name}`;
const SEEDS = Array.from({ length: 20 }, (_, i) => `peers/${i}`);

/** Sizes or gaps, with ties or without, and a classifier's rows. */
function caseOf(seed: string) {
  const random = randomStream(seed, 'test');
  const scale = 10 ** (9 * random.next());
  const value = () => Math.round(scale * Math.exp(random.next() * random.next() * 5));
  const features = normals(80 * 5, seed);
  return {
    a: series(300 + Math.floor(300 * random.next()), value),
    b: series(300 + Math.floor(300 * random.next()), value),
    p: series(30, () => Math.floor(20 * random.next() ** 3)),
    q: series(30, () => Math.floor(20 * random.next() ** 3)),
    features,
    labels: Uint8Array.from({ length: 80 }, (_, i) => Number(features[5 * i]! + random.next() > 0.5)),
  };
}

function answersTo({ a, b, p, q, features, labels }: ReturnType<typeof caseOf>): Record<string, ArrayLike<number>> {
  const [real, imaginary] = [a.slice(0, 256), b.slice(0, 256)];
  planFft(256)(real, imaginary);
  const model = fitLogistic(features, labels, { l2: 0.5 });
  const { interval } = meanInterval([...a.subarray(0, 10)]);
  return {
    ks: [ksStatistic(a, b)],
    emd: [emd(a, b)],
    jensenShannon: [jensenShannonDivergence(p, q)],
    kullbackLeibler: [kullbackLeiblerDivergence(p, q)],
    quantiles: series(21, (i) => quantileOfSorted(sortedCopy(a), i / 20)),
    autocorrelation: autocorrelation(a, 40) ?? [],
    fft: [...real, ...imaginary],
    welch: welch(a, 64) ?? [],
    auc: [auc(a, b)],
    interval: interval === null ? [] : [interval.low, interval.high],
    logistic: [...model.weights, model.intercept],
  };
}

/** Where the peer itself is not better. */
const TOLERANCES: Readonly<Record<string, number>> = { interval: 1e-8, logistic: 1e-6 };

testWithPython(['scipy', 'sklearn'], 'the statistics of random samples are those of scipy and scikit-learn', (run) => {
  const cases = SEEDS.map(caseOf);
  const plain = cases.map((given) => Object.fromEntries(Object.entries(given).map(([name, it]) => [name, [...it]])));
  const expected = z.array(z.record(z.string(), z.array(z.number()))).parse(run(script('peers.py'), plain));
  expect(expected.length).toBe(cases.length);
  cases.forEach((given, i) => {
    const answers = answersTo(given);
    expect(Object.keys(answers)).toEqual(Object.keys(expected[i]!));
    for (const [name, values] of Object.entries(expected[i]!)) {
      expectClose(answers[name], values, TOLERANCES[name] ?? 1e-11);
    }
  });
});

testWithPython(['numpy'], 'the Hurst exponents of random series are those of numpy', (run) => {
  for (const [i, seed] of SEEDS.slice(0, 8).entries()) {
    const noise = normals(600 + 1500 * i, seed);
    const values = noise.map((value, t) => 100 + 10 * value + 5 * noise[t >> 5]! + 5 * noise[t >> 8]!);
    const expected = z.tuple([z.number(), z.number()]).parse(run(script('hurst.py'), [...values]));
    expectClose([Number(hurstByAggregatedVariance(values)), Number(hurstByRescaledRange(values))], expected, 1e-9);
  }
});
