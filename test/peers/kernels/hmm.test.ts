/** The hidden Markov models of the kernels, against the textbook, on points of real devices. */
import { describe } from 'vitest';
import { expectHmmAgreement } from '../../kernels/agreement.js';
import { testWithCaptures } from '../../support/peers.js';
import { captured } from './captured.js';

describe('Baum and Welch’s iterations agree with the textbook', () => {
  for (const { name, load } of captured) {
    testWithCaptures(`on ${name}`, async () => {
      for (const [, points] of await load()) {
        for (const states of [1, 2, 5, 13]) expectHmmAgreement(points, states);
      }
    });
  }
});
