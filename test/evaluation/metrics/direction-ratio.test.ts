import { expect, test } from 'vitest';
import { directionRatioMetrics } from '../../../src/evaluation/metrics/direction-ratio.js';
import { type Row, rowsBy } from '../../models/blocks.js';
import { named, viewOf } from '../compare.js';
import { expectOracle } from './example.js';

const share = (quantity: string, sample: readonly Row[], real: readonly Row[]) =>
  named(directionRatioMetrics(), 'outbound share', quantity).compare(viewOf(sample), viewOf(real));

/** Three in four packets of 100 bytes are outbound, against one in two of which those outbound are of 300 bytes and the others of 100. */
const SAMPLE = rowsBy(40, (i) => [1e6, 100, i % 4 === 0 ? 0 : 1]);
const REAL = rowsBy(40, (i) => [1e6, i % 2 === 0 ? 100 : 300, i % 2 === 0 ? 0 : 1]);

test('both of them are those of numpy', () => {
  expectOracle(directionRatioMetrics);
});

test('is a difference of packets', () => {
  expect(share('packets', SAMPLE, REAL)).toEqual({ value: 1 / 4, detail: { synthetic: 3 / 4, real: 1 / 2 } });
});

test('or of bytes', () => {
  expect(share('bytes', SAMPLE, REAL)).toEqual({ value: 0, detail: { synthetic: 3 / 4, real: 3 / 4 } });
});

test('is one half for a dialogue that becomes a monologue, which costs all that it can', () => {
  const monologue = rowsBy(40, () => [1e6, 100, 1]);
  expect(share('packets', monologue, REAL)).toMatchObject({ value: 1 / 2 });
  expect(directionRatioMetrics().map(({ scored }) => scored)).toEqual([
    { aspect: 'dialogue', worst: 1 / 2 },
    { aspect: 'dialogue', worst: 1 / 2 },
  ]);
});

test('takes a packet', () => {
  expect(share('bytes', [], REAL)).toEqual({ lacks: 'sample', what: 'no packets' });
  expect(share('packets', REAL, [])).toEqual({ lacks: 'real', what: 'no packets' });
});
