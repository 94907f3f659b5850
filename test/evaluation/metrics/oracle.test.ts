/** All metrics beside the answers of numpy, scipy and scikit-learn on the example. */
import { test } from 'vitest';
import { allMetrics } from '../../../src/evaluation/metrics/index.js';
import { expectOracle } from './example.js';

test('the oracle has a number for every metric, and they are the same', () => {
  expectOracle(allMetrics);
});
