/** Fits by the kernels and by the textbook (oracle.ts), from the same start. */
import { expect } from 'vitest';
import { type HmmParameters, Kernels, type MixtureFit, type Points } from '../../src/kernels/kernels.js';
import { randomStream } from '../../src/random.js';
import * as oracle from './oracle.js';
import { FLOOR, hmmOf, iterationsOf, mixtureOf, relativeDifference, sequencesOf } from './points.js';

const kernels = new Kernels();

export const hmmStart = (points: Points, states: number): HmmParameters =>
  kernels.startHmm(points, states, randomStream('1', 'start'), FLOOR);

/** Fits with both from the same start; the curves and the models must be the same. */
export function expectHmmAgreement(points: Points, states: number, iterations = 10): void {
  const start = hmmStart(points, states);
  const fit = kernels.fitHmm(points, start, iterationsOf(iterations));
  const expected = oracle.fitHmm(sequencesOf(points), hmmOf(start), iterations, FLOOR);
  expect(relativeDifference(fit.logLikelihoods, expected.logLikelihoods)).toBeLessThan(1e-9);
  // The model of the last iteration may differ by more than its likelihood, which is flat around it.
  const model = hmmOf(fit);
  const numbers = ({ start, transitions }: oracle.Hmm) => [...start, ...transitions.flat()];
  const [given, wanted] = [numbers(model), numbers(expected.model)];
  expect(Math.max(...given.map((value, i) => Math.abs(value - wanted[i]!)))).toBeLessThan(1e-6);
  const means = ({ gaussians }: oracle.Hmm) => gaussians.flatMap(({ mean }) => [mean.x, mean.y]);
  expect(Math.max(...means(model).map((value, i) => Math.abs(value - means(expected.model)[i]!)))).toBeLessThan(1e-6);
}

export const fitMixture = (points: Points, components: number, iterations: number, restarts = 1): MixtureFit =>
  kernels.fitMixture(points, components, restarts, randomStream('1', 'start'), iterationsOf(iterations));

/** The likelihoods, the models and the labels must be the same. */
export function expectMixtureAgreement(points: Points, components: number): void {
  // No iteration at all gives the start.
  const start = mixtureOf(fitMixture(points, components, 0).parameters);
  const { parameters, logLikelihoods } = fitMixture(points, components, 10);
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
