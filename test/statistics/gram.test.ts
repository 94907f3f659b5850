import { expect, test } from 'vitest';
import { weightedGram } from '../../src/statistics/gram.js';
import { expectClose, normals, series } from './samples.js';

test.each([1, 2, 3, 4, 5, 6, 7, 65])('the products of %i columns are the definition', (width) => {
  const count = 50;
  const rows = normals(count * width, 'rows');
  const weights = series(count, (i) => (i % 5) / 4);
  // Σ over the rows i of w_i x_ij x_ik
  const expected = series(width * width, (at) => {
    const [j, k] = [Math.floor(at / width), at % width];
    return weights.reduce((sum, weight, i) => sum + weight * rows[i * width + j]! * rows[i * width + k]!, 0);
  });
  expectClose(weightedGram(rows, width, weights), expected, 1e-13);
});

test('the products of no rows are 0', () => {
  expect(weightedGram(new Float64Array(), 2, new Float64Array())).toEqual(new Float64Array(4));
});
