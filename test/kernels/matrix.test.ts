/** Products and sums of matrices, against plain loops in double precision. */

import { describe, expect, test } from 'vitest';
import fc from '../support/fast-check.js';
import { KernelMemory, randomSingles } from './kernel-memory.js';

const memory = new KernelMemory();
const { wasm } = memory;

/** Half the distance from 1 to the next number of single precision: the relative error of one operation. */
const UNIT = 2 ** -24;

interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Whether a lies in the memory column by column. */
  readonly transposed: boolean;
  readonly add: boolean;
  /** Columns of the rows in memory that are not of the matrices. */
  readonly spare: number;
}

const anyProduct: fc.Arbitrary<Product> = fc.record({
  // Four rows are computed at once, the rest one by one.
  m: fc.nat(10),
  // Eight columns at once; 32 of a single row.
  n: fc.integer({ min: 1, max: 10 }).map((eights) => 8 * eights),
  // 256 is a piece of the inner dimension.
  k: fc.oneof(fc.nat(20), fc.constantFrom(0, 255, 256, 257, 512, 600)),
  transposed: fc.boolean(),
  add: fc.boolean(),
  spare: fc.constantFrom(0, 8),
});

function operands({ m, n, k, transposed, spare }: Product) {
  const [aRow, aColumn] = transposed ? [1, m + spare] : [k + spare, 1];
  const [bRow, cRow] = [n + spare, n + spare];
  return {
    aRow,
    aColumn,
    bRow,
    cRow,
    a: randomSingles((m + spare) * (k + spare), 'a'),
    b: randomSingles(k * bRow, 'b'),
    c: randomSingles(m * cRow, 'c'),
  };
}

function multiply(product: Product) {
  const { m, n, k, add } = product;
  const { aRow, aColumn, bRow, cRow, ...vectors } = operands(product);
  const { a, b, c } = memory.place(vectors);
  wasm.multiply(m, n, k, a.at, aRow, aColumn, b.at, bRow, c.at, cRow, add ? 1 : 0);
  return c.numbers;
}

/** The same by plain loops: each element rounded after each operation, in double precision, and with the sum of magnitudes. */
function expected(product: Product) {
  const { m, n, k, add } = product;
  const { a, aRow, aColumn, b, bRow, c, cRow } = operands(product);
  const [rounded, exact, magnitude] = [c.slice(), Float64Array.from(c), new Float64Array(c.length)];
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const at = i * cRow + j;
      let [sum, exactly, size] = add ? [c[at]!, c[at]!, Math.abs(c[at]!)] : [0, 0, 0];
      for (let p = 0; p < k; p++) {
        const term = a[i * aRow + p * aColumn]! * b[p * bRow + j]!;
        // Of doubles that come from singles, a product is exact and a sum rounds to the same single as the true one.
        sum = Math.fround(sum + Math.fround(term));
        exactly += term;
        size += Math.abs(term);
      }
      [rounded[at], exact[at], magnitude[at]] = [sum, exactly, size];
    }
  }
  return { rounded, exact, magnitude };
}

describe('multiply', () => {
  test('is the product to the rounding of its terms, and touches nothing else', () => {
    fc.assert(
      fc.property(anyProduct, (product) => {
        const { exact, magnitude } = expected(product);
        const c = multiply(product);
        // N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.1: of k terms, each rounded twice at most k times.
        const bound = (product.k + 1) * UNIT * 1.001;
        expect(c.every((value, at) => Math.abs(value - exact[at]!) <= bound * magnitude[at]!)).toBe(true);
        expect(memory.bordersHold).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  test('adds up in the order of the inner dimension, whatever the shape: the bits are those of the plain loop', () => {
    fc.assert(
      fc.property(anyProduct, (product) => {
        expect(multiply(product)).toEqual(expected(product).rounded);
      }),
      { numRuns: 100 },
    );
  });

  test('a row has the same bits whatever number of rows is computed with it', () => {
    for (const [n, k] of [
      [8, 300],
      [40, 64],
      [72, 257],
    ] as const) {
      const all = { m: 23, n, k, transposed: false, add: false, spare: 0 };
      const { a, b } = operands(all);
      const whole = multiply(all).slice();
      for (let count = 1; count < 8; count++) {
        for (let first = 0; first + count <= all.m; first++) {
          const part = memory.place({ a: a.slice(first * k, (first + count) * k), b, c: new Float32Array(count * n) });
          wasm.multiply(count, n, k, part.a.at, k, 1, part.b.at, n, part.c.at, n, 0);
          expect(part.c.numbers).toEqual(whole.slice(first * n, (first + count) * n));
        }
      }
    }
  });

  test('without an inner dimension is zero, or what was there', () => {
    const none = { m: 5, n: 24, k: 0, transposed: false, spare: 0 };
    expect(multiply({ ...none, add: false })).toEqual(new Float32Array(5 * 24));
    expect(multiply({ ...none, add: true })).toEqual(operands({ ...none, add: true }).c);
  });
});

describe('the other kernels of matrices', () => {
  const anyRows = fc.nat(7);
  const anyColumns = fc.nat(6).map((fours) => 4 * fours);

  test('transpose turns rows into columns', () => {
    fc.assert(
      fc.property(anyRows, fc.nat(9), (rows, columns) => {
        const { from, to } = memory.place({
          from: randomSingles(rows * columns, 'from'),
          to: new Float32Array(rows * columns),
        });
        wasm.transpose(rows, columns, from.at, to.at);
        for (let i = 0; i < rows; i++) {
          for (let j = 0; j < columns; j++) expect(to.numbers[j * rows + i]).toBe(from.numbers[i * columns + j]);
        }
        expect(memory.bordersHold).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test('add adds element by element', () => {
    fc.assert(
      fc.property(anyColumns, (n) => {
        const [one, other] = [randomSingles(n, 'one'), randomSingles(n, 'other')];
        const { from, to } = memory.place({ from: one, to: other });
        wasm.add(n, from.at, to.at);
        expect(to.numbers).toEqual(other.map((value, i) => Math.fround(value + one[i]!)));
        expect(memory.bordersHold).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  test('fillRows writes the same row everywhere', () => {
    fc.assert(
      fc.property(anyRows, anyColumns, (rows, columns) => {
        const source = randomSingles(columns, 'row');
        const { row, to } = memory.place({ row: source, to: new Float32Array(rows * columns) });
        wasm.fillRows(rows, columns, row.at, to.at);
        expect(to.numbers).toEqual(Float32Array.from({ length: rows * columns }, (_, i) => source[i % columns]!));
        expect(memory.bordersHold).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test('addRowSums adds up columns, from the first row to the last, and then what was there', () => {
    fc.assert(
      fc.property(fc.nat(40), anyColumns, fc.constantFrom(0, 4), (rows, columns, spare) => {
        const distance = columns + spare;
        const [matrix, before] = [randomSingles(rows * distance, 'matrix'), randomSingles(columns, 'before')];
        const { from, to } = memory.place({ from: matrix, to: before });
        wasm.addRowSums(rows, columns, from.at, distance, to.at);
        const sums = before.map((value, j) => {
          let sum = 0;
          for (let i = 0; i < rows; i++) sum = Math.fround(sum + matrix[i * distance + j]!);
          return Math.fround(value + sum);
        });
        expect(to.numbers).toEqual(sums);
        expect(memory.bordersHold).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test('sumOfSquares is that of doubles', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.constantFrom(1e-25, 1, 1e15), (fours, scale) => {
        const values = randomSingles(4 * fours, 'squares').map((value) => scale * value);
        const exact = values.reduce((sum, value) => sum + value * value, 0);
        const { from } = memory.place({ from: values });
        // The order of the sum differs: at most 1200 roundings of doubles, 1200 · 2^-53 = 1.3e-13. Squares of 1e-25 are no singles.
        expect(Math.abs(wasm.sumOfSquares(values.length, from.at) - exact)).toBeLessThanOrEqual(1.4e-13 * exact);
      }),
      { numRuns: 30 },
    );
  });
});
