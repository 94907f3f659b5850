import { describe, expect, test } from 'vitest';
import { AliasTable } from '../../models/alias-table.js';
import { type Random, randomStream } from '../../src/random.js';
import fc from '../support/fast-check.js';

/** Gives `count` numbers, evenly spread from 0 to 1: how often a column is drawn is then its probability, up to the spacing. */
function evenly(count: number): Random {
  let next = 0;
  return { next: () => (next++ + 0.5) / count, split: () => evenly(count) };
}

function sharesOf(table: AliasTable, row: number, columns: number, draws: number): number[] {
  const counts = new Array<number>(columns).fill(0);
  const random = evenly(draws);
  for (let i = 0; i < draws; i++) counts[table.draw(row, random)]!++;
  return counts.map((count) => count / draws);
}

const weight = fc.oneof(
  fc.constant(0),
  fc.double({ min: 1e-9, max: 1, noNaN: true }),
  fc.double({ min: 1, max: 1e6, noNaN: true }),
);
const rows = fc.integer({ min: 1, max: 12 }).chain((columns) =>
  fc.array(
    fc.array(weight, { minLength: columns, maxLength: columns }).filter((row) => row.some((value) => value > 0)),
    { minLength: 1, maxLength: 4 },
  ),
);

describe('an alias table', () => {
  test('draws each column of a row as often as its weight says, and never one without weight', () => {
    fc.assert(
      fc.property(rows, (all) => {
        const columns = all[0]!.length;
        const table = new AliasTable(Float64Array.from(all.flat()), columns);
        const draws = 4000;
        all.forEach((row, index) => {
          const sum = row.reduce((total, value) => total + value, 0);
          sharesOf(table, index, columns, draws).forEach((share, column) => {
            if (row[column] === 0) expect(share).toBe(0);
            // A column has its own cell and parts of others, each of them counted up to one draw at both ends.
            expect(Math.abs(share - row[column]! / sum)).toBeLessThanOrEqual((2 * columns) / draws);
          });
        });
      }),
      { numRuns: 300 },
    );
  });

  test('takes one number of randomness for each draw', () => {
    let taken = 0;
    const random: Random = { next: () => (taken++ * 0.37) % 1, split: () => random };
    const table = new AliasTable(Float64Array.of(1, 2, 3, 4), 4);
    for (let i = 0; i < 50; i++) table.draw(0, random);
    expect(taken).toBe(50);
  });

  test('with a random stream has the frequencies of its weights', () => {
    const weights = [0.5, 0.25, 0, 0.2, 0.05];
    const table = new AliasTable(Float64Array.from(weights), 5);
    const random = randomStream('alias', 'test');
    const counts = new Array<number>(5).fill(0);
    for (let i = 0; i < 100_000; i++) counts[table.draw(0, random)]!++;
    weights.forEach((value, column) => {
      // Five standard errors.
      const error = 5 * Math.sqrt((value * (1 - value)) / 100_000);
      expect(Math.abs(counts[column]! / 100_000 - value)).toBeLessThanOrEqual(error);
    });
  });

  test('draws the only column there is, and the only one with weight', () => {
    const [least, most] = [0, 1 - 2 ** -32].map((value): Random => ({ next: () => value, split: () => evenly(1) }));
    expect(new AliasTable(Float64Array.of(3), 1).draw(0, most!)).toBe(0);
    const table = new AliasTable(Float64Array.of(0, 0, 1e-30, 0), 4);
    for (const random of [least!, most!]) expect(table.draw(0, random)).toBe(2);
  });

  test('a row without any weight leaves the others alone', () => {
    const table = new AliasTable(Float64Array.of(0, 0, 1, 3), 2);
    expect(sharesOf(table, 1, 2, 1000)).toEqual([0.25, 0.75]);
  });
});
