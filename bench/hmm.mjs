// The reference estimator's sweep of hidden Markov models, with hmmlearn beside it where Python has it; then how an iteration scales.

import { scalingTable } from './scaling.mjs';
import { sweepTable } from './sweep-table.mjs';

export async function run() {
  await sweepTable('hmm', '1 to 39 states by 2, both directions, ten iterations each', 'hmmlearn GaussianHMM');
  scalingTable('hmm');
}
