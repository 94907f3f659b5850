/**
 * @module
 * Rows of a table by token: what an embedding is. Tokens are i32; a negative one stands for nothing, a row of zeros.
 */

/**
 * to[i] = table[tokens[i]] for each row, or to[i] + table[tokens[i]].
 *
 * @param columns taken of a row of the table and of `to`; a multiple of 4
 * @param distance of the rows of the table, in elements
 * @param add 0 to overwrite
 */
export function addTokenRows(
  rows: i32,
  columns: i32,
  tokens: usize,
  table: usize,
  distance: i32,
  to: usize,
  add: i32,
): void {
  const bytes = (<usize>columns) << 2;
  const down = (<usize>distance) << 2;
  for (let i = 0; i < rows; i++, to += bytes) {
    const token = load<i32>(tokens + ((<usize>i) << 2));
    const source = table + <usize>token * down;
    if (token < 0) {
      if (add === 0) memory.fill(to, 0, bytes);
    } else if (add === 0) memory.copy(to, source, bytes);
    else {
      for (let at: usize = 0; at < bytes; at += 16) {
        v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(source + at)));
      }
    }
  }
}

/** table[tokens[i]] += from[i] for each row: the way back. */
export function addToTokenRows(rows: i32, columns: i32, tokens: usize, from: usize, table: usize, distance: i32): void {
  const bytes = (<usize>columns) << 2;
  const down = (<usize>distance) << 2;
  for (let i = 0; i < rows; i++, from += bytes) {
    const token = load<i32>(tokens + ((<usize>i) << 2));
    if (token < 0) continue;
    const target = table + <usize>token * down;
    for (let at: usize = 0; at < bytes; at += 16) {
      v128.store(target + at, f32x4.add(v128.load(target + at), v128.load(from + at)));
    }
  }
}
