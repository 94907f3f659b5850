// The reference estimator's sweep of Gaussian mixtures, with scikit-learn beside it where Python has it; then how an iteration scales.

import { scalingTable } from './scaling.mjs';
import { sweepTable } from './sweep-table.mjs';

export async function run() {
  await sweepTable('gmm', '10 to 118 components by 4, both directions, to a gain of 1e-3', 'sklearn GaussianMixture');
  scalingTable('gmm');
}
