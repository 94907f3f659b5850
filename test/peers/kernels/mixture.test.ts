/** The Gaussian mixtures of the kernels, against the textbook, on points of real devices. */
import { describe } from 'vitest';
import { expectMixtureAgreement } from '../../kernels/agreement.js';
import { testWithCaptures } from '../../support/peers.js';
import { captured } from './captured.js';

describe('expectation and maximization agree with the textbook', () => {
  for (const { name, load } of captured) {
    testWithCaptures(`on ${name}`, async () => {
      for (const [, points] of await load()) {
        for (const components of [1, 7, 20]) expectMixtureAgreement(points, components);
      }
    });
  }
});
