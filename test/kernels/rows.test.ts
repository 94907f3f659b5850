/** Rows of tables by token, against plain loops. */

import { expect, test } from 'vitest';
import fc from '../support/fast-check.js';
import { KernelMemory, randomSingles } from './kernel-memory.js';

const memory = new KernelMemory();
const { wasm } = memory;

const TOKENS = 5;

const anyCase = fc.record({
  tokens: fc
    .array(fc.integer({ min: -2, max: TOKENS - 1 }), { maxLength: 30 })
    .map((tokens) => Int32Array.from(tokens)),
  columns: fc.integer({ min: 1, max: 6 }).map((fours) => 4 * fours),
  /** Columns of the table before and behind those that are taken. */
  before: fc.constantFrom(0, 4),
  behind: fc.constantFrom(0, 8),
});
const RUNS = { numRuns: 100 };

test('addTokenRows takes the row of each token, or adds it; a negative token is a row of zeros', () => {
  fc.assert(
    fc.property(anyCase, fc.boolean(), ({ tokens, columns, before, behind }, add) => {
      const distance = before + columns + behind;
      const table = randomSingles(TOKENS * distance, 'table');
      const to = randomSingles(tokens.length * columns, 'to');
      const placed = memory.place({ tokens, table, to });
      const from = placed.table.at + 4 * before;
      wasm.addTokenRows(tokens.length, columns, placed.tokens.at, from, distance, placed.to.at, add ? 1 : 0);
      const expected = to.map((value, i) => {
        const token = tokens[Math.floor(i / columns)]!;
        const row = token < 0 ? 0 : table[token * distance + before + (i % columns)]!;
        return add ? value + row : row;
      });
      expect(placed.to.numbers).toEqual(expected);
      expect(memory.bordersHold).toBe(true);
    }),
    RUNS,
  );
});

test('addToTokenRows adds each row to that of its token, in their order; a negative token takes none', () => {
  fc.assert(
    fc.property(anyCase, ({ tokens, columns, before, behind }) => {
      const distance = before + columns + behind;
      const table = randomSingles(TOKENS * distance, 'table');
      const from = randomSingles(tokens.length * columns, 'from');
      const placed = memory.place({ tokens, table, from });
      const to = placed.table.at + 4 * before;
      wasm.addToTokenRows(tokens.length, columns, placed.tokens.at, placed.from.at, to, distance);
      const expected = table.slice();
      from.forEach((value, i) => {
        const token = tokens[Math.floor(i / columns)]!;
        if (token >= 0) expected[token * distance + before + (i % columns)]! += value;
      });
      expect(placed.table.numbers).toEqual(expected);
      expect(memory.bordersHold).toBe(true);
    }),
    RUNS,
  );
});
