/**
 * @module
 * Products and sums of f32 matrices, row by row in memory. Every element of a product is added up in the order of the inner dimension,
 * whatever the blocking, so a row has the same bits however many others are computed with it.
 */

/** Inner dimensions are worked through in pieces whose columns stay in the cache. */
const PIECE: i32 = 256;

/**
 * c = a · b, or c + a · b.
 *
 * @param m, n, k a is m × k, b is k × n, c is m × n; n is a multiple of 8
 * @param aRow, aColumn distance of the rows and columns of a, in elements: with 1 for the rows a is read transposed
 * @param bRow, cRow distance of the rows
 * @param add 0 to overwrite c
 */
export function multiply(
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  aRow: i32,
  aColumn: i32,
  b: usize,
  bRow: i32,
  c: usize,
  cRow: i32,
  add: i32,
): void {
  if (k === 0 && add === 0) {
    for (let i = 0; i < m; i++) memory.fill(c + ((<usize>(i * cRow)) << 2), 0, (<usize>n) << 2);
  }
  const right = (<usize>aColumn) << 2;
  const down = (<usize>bRow) << 2;
  let keep = add;
  for (let first = 0; first < k; first += PIECE) {
    const inner = min(PIECE, k - first);
    multiplyPiece(m, n, inner, a, (<usize>aRow) << 2, right, b, down, c, (<usize>cRow) << 2, keep);
    a += <usize>inner * right;
    b += <usize>inner * down;
    keep = 1;
  }
}

function multiplyPiece(
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  aDown: usize,
  aRight: usize,
  b: usize,
  bDown: usize,
  c: usize,
  cDown: usize,
  add: i32,
): void {
  const fours = m & ~3;
  for (let j = 0; j < n; j += 8) {
    const panel = b + ((<usize>j) << 2);
    let left = a;
    let out = c + ((<usize>j) << 2);
    for (let i = 0; i < fours; i += 4) {
      fourRows(k, left, aDown, aRight, panel, bDown, out, cDown, add);
      left += 4 * aDown;
      out += 4 * cDown;
    }
  }
  for (let i = fours; i < m; i++) {
    oneRow(n, k, a + <usize>i * aDown, aRight, b, bDown, c + <usize>i * cDown, add);
  }
}

/** Four rows by eight columns: eight registers of sums. */
function fourRows(
  k: i32,
  a: usize,
  aDown: usize,
  aRight: usize,
  b: usize,
  bDown: usize,
  c: usize,
  cDown: usize,
  add: i32,
): void {
  let a0 = a;
  let a1 = a0 + aDown;
  let a2 = a1 + aDown;
  let a3 = a2 + aDown;
  const c1 = c + cDown;
  const c2 = c1 + cDown;
  const c3 = c2 + cDown;
  let s00 = f32x4.splat(0);
  let s01 = s00;
  let s10 = s00;
  let s11 = s00;
  let s20 = s00;
  let s21 = s00;
  let s30 = s00;
  let s31 = s00;
  if (add !== 0) {
    s00 = v128.load(c);
    s01 = v128.load(c, 16);
    s10 = v128.load(c1);
    s11 = v128.load(c1, 16);
    s20 = v128.load(c2);
    s21 = v128.load(c2, 16);
    s30 = v128.load(c3);
    s31 = v128.load(c3, 16);
  }
  for (let p = 0; p < k; p++) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let factor = v128.load32_splat(a0);
    s00 = f32x4.add(s00, f32x4.mul(factor, b0));
    s01 = f32x4.add(s01, f32x4.mul(factor, b1));
    factor = v128.load32_splat(a1);
    s10 = f32x4.add(s10, f32x4.mul(factor, b0));
    s11 = f32x4.add(s11, f32x4.mul(factor, b1));
    factor = v128.load32_splat(a2);
    s20 = f32x4.add(s20, f32x4.mul(factor, b0));
    s21 = f32x4.add(s21, f32x4.mul(factor, b1));
    factor = v128.load32_splat(a3);
    s30 = f32x4.add(s30, f32x4.mul(factor, b0));
    s31 = f32x4.add(s31, f32x4.mul(factor, b1));
    a0 += aRight;
    a1 += aRight;
    a2 += aRight;
    a3 += aRight;
    b += bDown;
  }
  v128.store(c, s00);
  v128.store(c, s01, 16);
  v128.store(c1, s10);
  v128.store(c1, s11, 16);
  v128.store(c2, s20);
  v128.store(c2, s21, 16);
  v128.store(c3, s30);
  v128.store(c3, s31, 16);
}

/** One row, 32 columns at a time, then 8. */
function oneRow(n: i32, k: i32, a: usize, aRight: usize, b: usize, bDown: usize, c: usize, add: i32): void {
  let j = 0;
  for (; j + 32 <= n; j += 32) {
    let left = a;
    let right = b + ((<usize>j) << 2);
    const out = c + ((<usize>j) << 2);
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let s4 = s0;
    let s5 = s0;
    let s6 = s0;
    let s7 = s0;
    if (add !== 0) {
      s0 = v128.load(out);
      s1 = v128.load(out, 16);
      s2 = v128.load(out, 32);
      s3 = v128.load(out, 48);
      s4 = v128.load(out, 64);
      s5 = v128.load(out, 80);
      s6 = v128.load(out, 96);
      s7 = v128.load(out, 112);
    }
    for (let p = 0; p < k; p++) {
      const factor = v128.load32_splat(left);
      s0 = f32x4.add(s0, f32x4.mul(factor, v128.load(right)));
      s1 = f32x4.add(s1, f32x4.mul(factor, v128.load(right, 16)));
      s2 = f32x4.add(s2, f32x4.mul(factor, v128.load(right, 32)));
      s3 = f32x4.add(s3, f32x4.mul(factor, v128.load(right, 48)));
      s4 = f32x4.add(s4, f32x4.mul(factor, v128.load(right, 64)));
      s5 = f32x4.add(s5, f32x4.mul(factor, v128.load(right, 80)));
      s6 = f32x4.add(s6, f32x4.mul(factor, v128.load(right, 96)));
      s7 = f32x4.add(s7, f32x4.mul(factor, v128.load(right, 112)));
      left += aRight;
      right += bDown;
    }
    v128.store(out, s0);
    v128.store(out, s1, 16);
    v128.store(out, s2, 32);
    v128.store(out, s3, 48);
    v128.store(out, s4, 64);
    v128.store(out, s5, 80);
    v128.store(out, s6, 96);
    v128.store(out, s7, 112);
  }
  for (; j < n; j += 8) {
    let left = a;
    let right = b + ((<usize>j) << 2);
    const out = c + ((<usize>j) << 2);
    let s0 = f32x4.splat(0);
    let s1 = s0;
    if (add !== 0) {
      s0 = v128.load(out);
      s1 = v128.load(out, 16);
    }
    for (let p = 0; p < k; p++) {
      const factor = v128.load32_splat(left);
      s0 = f32x4.add(s0, f32x4.mul(factor, v128.load(right)));
      s1 = f32x4.add(s1, f32x4.mul(factor, v128.load(right, 16)));
      left += aRight;
      right += bDown;
    }
    v128.store(out, s0);
    v128.store(out, s1, 16);
  }
}

/** to = the transpose of `from`, which is rows × columns. */
export function transpose(rows: i32, columns: i32, from: usize, to: usize): void {
  for (let i = 0; i < rows; i++) {
    let target = to + ((<usize>i) << 2);
    for (let j = 0; j < columns; j++) {
      store<f32>(target, load<f32>(from));
      from += 4;
      target += (<usize>rows) << 2;
    }
  }
}

/** to += from, n elements, a multiple of 4. */
export function add(n: i32, from: usize, to: usize): void {
  for (const end = to + ((<usize>n) << 2); to < end; to += 16, from += 16) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
  }
}

/** Writes the same row into each of `rows`; columns a multiple of 4. */
export function fillRows(rows: i32, columns: i32, row: usize, to: usize): void {
  const bytes = (<usize>columns) << 2;
  for (let i = 0; i < rows; i++, to += bytes) memory.copy(to, row, bytes);
}

/** to += the sum of the rows; columns a multiple of 4, `distance` from row to row. */
export function addRowSums(rows: i32, columns: i32, from: usize, distance: i32, to: usize): void {
  const down = (<usize>distance) << 2;
  for (let j = 0; j < columns; j += 4) {
    const at = to + ((<usize>j) << 2);
    let source = from + ((<usize>j) << 2);
    let sum = f32x4.splat(0);
    for (let i = 0; i < rows; i++, source += down) sum = f32x4.add(sum, v128.load(source));
    v128.store(at, f32x4.add(v128.load(at), sum));
  }
}

/** Sum of squares of n elements, a multiple of 4, in double precision. */
export function sumOfSquares(n: i32, from: usize): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (const end = from + ((<usize>n) << 2); from < end; from += 16) {
    const four = v128.load(from);
    const first = f64x2.promote_low_f32x4(four);
    const last = f64x2.promote_low_f32x4(
      i8x16.shuffle(four, four, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15),
    );
    low = f64x2.add(low, f64x2.mul(first, first));
    high = f64x2.add(high, f64x2.mul(last, last));
  }
  const sum = f64x2.add(low, high);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}
