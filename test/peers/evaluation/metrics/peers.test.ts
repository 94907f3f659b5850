/** All metrics beside numpy, scipy and scikit-learn, on series that nobody has chosen. */
import { expect } from 'vitest';
import { z } from 'zod';
import { allMetrics } from '../../../../src/evaluation/metrics/index.js';
import { compared, exampleRows, expectAnswers, valuesOf } from '../../../evaluation/metrics/example.js';
import { seriesOf } from '../../../models/blocks.js';
import { projectRoot } from '../../../support/files.js';
import { testWithPython } from '../../../support/peers.js';

const SCRIPT = `${projectRoot}test/peers/evaluation/metrics/oracle.py`;
const SEEDS = [2, 3, 4, 5];

testWithPython(['scipy', 'sklearn'], 'the metrics of random series are those of the oracle', (run) => {
  const pairs = SEEDS.map(exampleRows);
  const rows = pairs.map(({ real, synthetic }) => [real, synthetic]);
  const oracle = z.array(z.record(z.string(), z.number())).parse(run(SCRIPT, rows));
  pairs.forEach(({ real, synthetic }, i) => {
    const example = compared(seriesOf(real), synthetic);
    const values = valuesOf(allMetrics(example.reference), example);
    expect(Object.keys(values).toSorted()).toEqual(Object.keys(oracle[i]!).toSorted());
    expectAnswers(values, oracle[i]!);
  });
});
