/** The Gaussian mixtures of the kernels, against the textbook (oracle.ts). */

import { describe, expect, test } from 'vitest';
import { type MixtureFit, PARAMETERS } from '../../src/kernels/kernels.js';
import { randomStream } from '../../src/random.js';
import fc from '../support/fast-check.js';
import { expectMixtureAgreement, fitMixture as learn } from './agreement.js';
import * as oracle from './oracle.js';
import {
  anySequences,
  chain,
  FLOOR,
  firstFall,
  gaussiansOf,
  mixtureOf,
  normal,
  pointsOf,
  relativeDifference,
  sequencesOf,
} from './points.js';

const weightsOf = ({ parameters }: MixtureFit) => mixtureOf(parameters).weights;
const sumOf = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe('expectation and maximization agree with the textbook', () => {
  test.each([1, 2, 3, 7, 20])('with %i components', (components) => {
    expectMixtureAgreement(pointsOf([chain(1201)]), components);
  });

  // Points are looked at in blocks of 64, two at a time.
  test.each([1, 2, 3, 63, 64, 65, 127, 128, 129])('for %i points', (count) => {
    expectMixtureAgreement(pointsOf([chain(count)]), Math.min(3, count));
  });

  test('whatever sequences the points are in', () => {
    const [one, other] = [[chain(60), chain(41, 'b')], [[...chain(60), ...chain(41, 'b')]]].map((sequences) =>
      learn(pointsOf(sequences), 4, 5),
    );
    expect(other).toEqual(one);
  });
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
      { numRuns: 200 },
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
