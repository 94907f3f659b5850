/**
 * @module
 * k-means: seeds by k-means++ (Arthur and Vassilvitskii, SODA 2007), then Lloyd's iterations.
 *
 * Points are columns of f64, `pitch` bytes apart, one for each dimension, padded to an even number. Centres are rows.
 */

/** Squared distances of the pair of points at `at` from a centre. */
function squaredDistances(columns: usize, pitch: usize, dimensions: i32, at: usize, centre: usize): v128 {
  let sum = f64x2.splat(0);
  let column = columns + at;
  for (let d: usize = 0; d < <usize>dimensions; d++) {
    const difference = f64x2.sub(v128.load(column), v128.load64_splat(centre + (d << 3)));
    sum = f64x2.add(sum, f64x2.mul(difference, difference));
    column += pitch;
  }
  return sum;
}

/**
 * Chooses centres among the points, each with a probability in proportion to its squared distance from the nearest earlier one.
 *
 * @param uniforms one number in [0, 1) for each centre
 * @param centres written
 * @param distances room for one f64 a point, padded to an even number
 */
export function seedCentres(
  columns: usize,
  pitch: usize,
  dimensions: i32,
  n: i32,
  k: i32,
  uniforms: usize,
  centres: usize,
  distances: usize,
): void {
  const bytes = (<usize>n) << 3;
  let total: f64 = 0;
  for (let c = 0; c < k; c++) {
    const uniform = load<f64>(uniforms + ((<usize>c) << 3));
    let chosen = <i32>(uniform * <f64>n);
    if (c > 0 && total > 0) {
      let left = uniform * total;
      chosen = n - 1;
      for (let i = 0; i < n; i++) {
        left -= load<f64>(distances + ((<usize>i) << 3));
        if (left < 0) {
          chosen = i;
          break;
        }
      }
    }
    const centre = centres + ((<usize>c * <usize>dimensions) << 3);
    for (let d: usize = 0; d < <usize>dimensions; d++) {
      store<f64>(centre + (d << 3), load<f64>(columns + d * pitch + ((<usize>chosen) << 3)));
    }
    for (let i: usize = 0; i < bytes; i += 16) {
      const distance = squaredDistances(columns, pitch, dimensions, i, centre);
      v128.store(distances + i, c === 0 ? distance : f64x2.pmin(v128.load(distances + i), distance));
    }
    total = 0;
    for (let i: usize = 0; i < bytes; i += 8) total += load<f64>(distances + i);
  }
}

/**
 * Finds the nearest centre of each point.
 *
 * @param labels written: the index of a centre for each point, i32
 * @returns the sum of the squared distances
 */
export function nearestCentres(
  columns: usize,
  pitch: usize,
  dimensions: i32,
  n: i32,
  k: i32,
  centres: usize,
  labels: usize,
): f64 {
  const row = (<usize>dimensions) << 3;
  let inertia: f64 = 0;
  for (let i = 0; i < n; i += 2) {
    const at = (<usize>i) << 3;
    let least = f64x2.splat(Infinity);
    let best = i64x2.splat(0);
    for (let c = 0; c < k; c++) {
      const distance = squaredDistances(columns, pitch, dimensions, at, centres + <usize>c * row);
      const nearer = f64x2.lt(distance, least);
      least = v128.bitselect(distance, least, nearer);
      best = v128.bitselect(i64x2.splat(<i64>c), best, nearer);
    }
    store<i32>(labels + ((<usize>i) << 2), <i32>i64x2.extract_lane(best, 0));
    inertia += f64x2.extract_lane(least, 0);
    if (i + 1 < n) {
      store<i32>(labels + ((<usize>i) << 2), <i32>i64x2.extract_lane(best, 1), 4);
      inertia += f64x2.extract_lane(least, 1);
    }
  }
  return inertia;
}

/**
 * Lloyd's iterations from the given centres, until no centre moves or `iterations` are done. A centre without points stays.
 *
 * @param sums room for one f64 more than dimensions for each centre
 * @returns the sum of the squared distances from the centres before their last move
 */
export function moveCentres(
  columns: usize,
  pitch: usize,
  dimensions: i32,
  n: i32,
  k: i32,
  centres: usize,
  labels: usize,
  sums: usize,
  iterations: i32,
): f64 {
  const row = (<usize>dimensions) << 3;
  let inertia: f64 = 0;
  for (let iteration = 0; iteration < iterations; iteration++) {
    inertia = nearestCentres(columns, pitch, dimensions, n, k, centres, labels);
    memory.fill(sums, 0, <usize>k * (row + 8));
    for (let i = 0; i < n; i++) {
      const sum = sums + <usize>load<i32>(labels + ((<usize>i) << 2)) * (row + 8);
      store<f64>(sum, load<f64>(sum) + 1.0);
      let column = columns + ((<usize>i) << 3);
      for (let at: usize = 8; at <= row; at += 8) {
        store<f64>(sum + at, load<f64>(sum + at) + load<f64>(column));
        column += pitch;
      }
    }
    let moved = false;
    for (let c = 0; c < k; c++) {
      const sum = sums + <usize>c * (row + 8);
      const count = load<f64>(sum);
      if (count === 0) continue;
      const centre = centres + <usize>c * row;
      for (let at: usize = 0; at < row; at += 8) {
        const value = load<f64>(sum + at, 8) / count;
        moved = moved || value !== load<f64>(centre + at);
        store<f64>(centre + at, value);
      }
    }
    if (!moved) break;
  }
  return inertia;
}

/**
 * Statistics (see gaussian.ts) of labelled points about the first two coordinates of the centres.
 *
 * @param statistics six rows of `k`, added to
 */
export function clusterStatistics(
  columns: usize,
  pitch: usize,
  dimensions: i32,
  n: i32,
  k: i32,
  centres: usize,
  labels: usize,
  statistics: usize,
): void {
  const row = (<usize>k) << 3;
  for (let i = 0; i < n; i++) {
    const label = <usize>load<i32>(labels + ((<usize>i) << 2));
    const centre = centres + ((label * <usize>dimensions) << 3);
    const dx = load<f64>(columns + ((<usize>i) << 3)) - load<f64>(centre);
    const dy = load<f64>(columns + pitch + ((<usize>i) << 3)) - load<f64>(centre, 8);
    const at = statistics + (label << 3);
    store<f64>(at, load<f64>(at) + 1.0);
    store<f64>(at + row, load<f64>(at + row) + dx);
    store<f64>(at + 2 * row, load<f64>(at + 2 * row) + dy);
    store<f64>(at + 3 * row, load<f64>(at + 3 * row) + dx * dx);
    store<f64>(at + 4 * row, load<f64>(at + 4 * row) + dx * dy);
    store<f64>(at + 5 * row, load<f64>(at + 5 * row) + dy * dy);
  }
}
