/** The Gaussian mixtures of the kernels, against the textbook (oracle.ts). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Kernels, type MixtureFit, PARAMETERS, type Points } from '../../src/kernels/kernels.js';
import { randomStream } from '../../src/random.js';
import { testWithCaptures } from '../support/peers.js';
import * as oracle from './oracle.js';
import {
  anySequences,
  captured,
  chain,
  FLOOR,
  firstFall,
  gaussiansOf,
  iterationsOf,
  mixtureOf,
  normal,
  pointsOf,
  relativeDifference,
  sequencesOf,
} from './points.js';

const kernels = new Kernels();
const learn = (points: Points, components: number, iterations: number, restarts = 1): MixtureFit =>
  kernels.fitMixture(points, components, restarts, randomStream('1', 'start'), iterationsOf(iterations));
const weightsOf = ({ parameters }: MixtureFit) => mixtureOf(parameters).weights;
const sumOf = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

function expectAgreement(points: Points, components: number): void {
  // No iteration at all gives the start.
  const start = mixtureOf(learn(points, components, 0).parameters);
  const { parameters, logLikelihoods } = learn(points, components, 10);
  const all = sequencesOf(points).flat();
  const expected = oracle.fitMixture(all, start, 10, FLOOR);
  expect(relativeDifference(logLikelihoods, expected.logLikelihoods)).toBeLessThan(1e-9);
  const numbers = ({ weights, gaussians }: oracle.Mixture) => [
    ...weights,
    ...gaussians.flatMap(({ mean, xx, xy, yy }) => [mean.x, mean.y, xx, xy, yy]),
  ];
  const wanted = numbers(expected.model);
  numbers(mixtureOf(parameters)).forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i]!, 6);
  });
  const scores = kernels.classify(points, parameters);
  const model = mixtureOf(parameters);
  const differing = all.filter((point, i) => scores[i] !== oracle.likeliestComponent(model, point));
  // Two components can be the same, or nearly as likely: rounding then chooses.
  for (const point of differing) {
    const joint = model.gaussians
      .map((gaussian, k) => Math.log(model.weights[k]!) + oracle.logDensity(gaussian, point))
      .sort((a, b) => b - a);
    expect(joint[0]! - joint[1]!).toBeLessThan(1e-6);
  }
}

describe('expectation and maximization agree with the textbook', () => {
  test.each([1, 2, 3, 7, 20])('with %i components', (components) => {
    expectAgreement(pointsOf([chain(1201)]), components);
  });

  // Points are looked at in blocks of 64, two at a time.
  test.each([1, 2, 3, 63, 64, 65, 127, 128, 129])('for %i points', (count) => {
    expectAgreement(pointsOf([chain(count)]), Math.min(3, count));
  });

  test('whatever sequences the points are in', () => {
    const [one, other] = [[chain(60), chain(41, 'b')], [[...chain(60), ...chain(41, 'b')]]].map((sequences) =>
      learn(pointsOf(sequences), 4, 5),
    );
    expect(other).toEqual(one);
  });

  for (const { name, load } of captured) {
    testWithCaptures(`on ${name}`, async () => {
      for (const [, points] of await load()) {
        for (const components of [1, 7, 20]) expectAgreement(points, components);
      }
    });
  }
});

describe('for any points', () => {
  test('the likelihood never falls, weights sum to one, and no covariance is below the floor', () => {
    fc.assert(
      fc.property(anySequences, fc.integer({ min: 1, max: 6 }), (sequences, wanted) => {
        const points = pointsOf(sequences);
        const result = learn(points, Math.min(wanted, points.xs.length), 12, 2);
        expect(firstFall(result.logLikelihoods)).toBe(-1);
        expect(sumOf(weightsOf(result))).toBeCloseTo(1, 9);
        for (const gaussian of gaussiansOf(result.parameters)) {
          const [least, greatest] = oracle.eigenvaluesOf(gaussian);
          // The least one is what is left of the sum of two numbers of the size of the greatest.
          expect(least).toBeGreaterThanOrEqual(FLOOR - 1e-14 * greatest);
        }
      }),
      { numRuns: 200, seed: 20_240_613 },
    );
  });

  test('the order of the points does not matter, as nothing but sums is made of them', () => {
    const points = chain(500);
    const turned = points.slice().reverse();
    // k-means starts from chosen points, so the two may only be compared where there is nothing to choose.
    const [one, other] = [points, turned].map((all) => learn(pointsOf([all]), 1, 3));
    expect(relativeDifference(other!.logLikelihoods, one!.logLikelihoods)).toBeLessThan(1e-12);
  });
});

test('more restarts never give looser clusters', () => {
  const points = pointsOf([chain(600)]);
  const inertia = (restarts: number) => {
    const { gaussians } = mixtureOf(learn(points, 5, 0, restarts).parameters);
    const nearest = sequencesOf(points)
      .flat()
      .map(({ x, y }) => Math.min(...gaussians.map(({ mean }) => (x - mean.x) ** 2 + (y - mean.y) ** 2)));
    return sumOf(nearest);
  };
  const [one, ten] = [inertia(1), inertia(10)];
  expect(ten).toBeLessThanOrEqual(one * 1.02); // the last move of the centres is not part of the comparison
});

test('three clusters that are far apart are found as they were made', () => {
  const random = randomStream('clusters', 'points');
  const centres = [
    { x: -5, y: 0, share: 0.5 },
    { x: 0, y: 5, share: 0.3 },
    { x: 5, y: -5, share: 0.2 },
  ];
  const points = Array.from({ length: 9000 }, () => {
    const place = random.next();
    const { x, y } = centres[place < 0.5 ? 0 : place < 0.8 ? 1 : 2]!;
    return { x: x + 0.5 * normal(random), y: y + normal(random) };
  });
  const result = learn(pointsOf([points]), 3, 30, 5);
  const found = gaussiansOf(result.parameters)
    .map((gaussian, k) => ({ ...gaussian, weight: result.parameters[k * PARAMETERS]! }))
    .sort((a, b) => a.mean.x - b.mean.x);
  found.forEach(({ mean, xx, xy, yy, weight }, k) => {
    // At least 1800 points each: five standard errors of a mean are 0.06 and 0.12, of a share 0.027, of a variance 17 %.
    expect(Math.abs(mean.x - centres[k]!.x)).toBeLessThan(0.06);
    expect(Math.abs(mean.y - centres[k]!.y)).toBeLessThan(0.12);
    expect(Math.abs(weight - centres[k]!.share)).toBeLessThan(0.027);
    expect(Math.abs(xx / 0.25 - 1)).toBeLessThan(0.17);
    expect(Math.abs(yy - 1)).toBeLessThan(0.17);
    expect(Math.abs(xy / 0.5)).toBeLessThan(0.12);
  });
});
