/**
 * @module
 * The expectation step of a Gaussian mixture.
 */
import { BLOCK, logDensities } from './gaussian';
import { expPair, sumOfLanes } from './vector';

/** Below this a responsibility adds nothing to a sum: e^-40 is 4e-18. */
const NEGLIGIBLE: f64 = -40.0;

/** Bytes of `room` that `mixtureExpect` needs. */
export function mixtureRoom(components: i32): i32 {
  return (components + 2) * BLOCK * 8;
}

/**
 * Adds the statistics (see gaussian.ts) of points under a mixture.
 *
 * @param factors of the weighted densities
 * @param statistics six rows of `components`
 * @param labels written unless 0: the likeliest component of each point, i32
 * @returns the log-likelihood of the points
 */
export function mixtureExpect(
  xs: usize,
  ys: usize,
  n: i32,
  components: i32,
  factors: usize,
  statistics: usize,
  labels: usize,
  room: usize,
): f64 {
  const stride = (<usize>BLOCK) << 3;
  const greatest = room;
  const inverse = room + stride;
  const densities = room + 2 * stride;
  const row = (<usize>components) << 3;
  let logLikelihood: f64 = 0;
  for (let first = 0; first < n; first += BLOCK) {
    const count = min(BLOCK, n - first);
    const padded = (count + 1) & ~1;
    const bytes = (<usize>padded) << 3;
    const x = xs + ((<usize>first) << 3);
    const y = ys + ((<usize>first) << 3);
    logDensities(x, y, padded, factors, components, densities, greatest);
    if (labels !== 0) likeliest(densities, greatest, components, count, labels + ((<usize>first) << 2));
    for (let at: usize = 0; at < bytes; at += 16) v128.store(inverse + at, f64x2.splat(0));
    for (let k = 0; k < components; k++) {
      const source = densities + <usize>k * stride;
      for (let at: usize = 0; at < bytes; at += 16) {
        const exponent = f64x2.sub(v128.load(source + at), v128.load(greatest + at));
        if (!v128.any_true(f64x2.gt(exponent, f64x2.splat(NEGLIGIBLE)))) {
          v128.store(source + at, f64x2.splat(0));
          continue;
        }
        const share = expPair(exponent);
        v128.store(source + at, share);
        v128.store(inverse + at, f64x2.add(v128.load(inverse + at), share));
      }
    }
    for (let i = 0; i < count; i++) {
      const at = (<usize>i) << 3;
      const sum = load<f64>(inverse + at);
      logLikelihood += load<f64>(greatest + at) + Math.log(sum);
      store<f64>(inverse + at, 1.0 / sum);
    }
    if (padded > count) store<f64>(inverse + ((<usize>count) << 3), 0);
    for (let k = 0; k < components; k++) {
      const source = densities + <usize>k * stride;
      const meanX = v128.load64_splat(factors + <usize>k * 48);
      const meanY = v128.load64_splat(factors + <usize>k * 48, 8);
      let s0 = f64x2.splat(0);
      let s1 = f64x2.splat(0);
      let s2 = f64x2.splat(0);
      let s3 = f64x2.splat(0);
      let s4 = f64x2.splat(0);
      let s5 = f64x2.splat(0);
      for (let at: usize = 0; at < bytes; at += 16) {
        const relative = v128.load(source + at);
        if (!v128.any_true(relative)) continue;
        const share = f64x2.mul(relative, v128.load(inverse + at));
        const dx = f64x2.sub(v128.load(x + at), meanX);
        const dy = f64x2.sub(v128.load(y + at), meanY);
        const wx = f64x2.mul(share, dx);
        const wy = f64x2.mul(share, dy);
        s0 = f64x2.add(s0, share);
        s1 = f64x2.add(s1, wx);
        s2 = f64x2.add(s2, wy);
        s3 = f64x2.add(s3, f64x2.mul(wx, dx));
        s4 = f64x2.add(s4, f64x2.mul(wx, dy));
        s5 = f64x2.add(s5, f64x2.mul(wy, dy));
      }
      const at = statistics + ((<usize>k) << 3);
      store<f64>(at, load<f64>(at) + sumOfLanes(s0));
      store<f64>(at + row, load<f64>(at + row) + sumOfLanes(s1));
      store<f64>(at + 2 * row, load<f64>(at + 2 * row) + sumOfLanes(s2));
      store<f64>(at + 3 * row, load<f64>(at + 3 * row) + sumOfLanes(s3));
      store<f64>(at + 4 * row, load<f64>(at + 4 * row) + sumOfLanes(s4));
      store<f64>(at + 5 * row, load<f64>(at + 5 * row) + sumOfLanes(s5));
    }
  }
  return logLikelihood;
}

/** The first component whose density is the greatest. */
function likeliest(densities: usize, greatest: usize, components: i32, count: i32, labels: usize): void {
  for (let i = 0; i < count; i++) {
    const at = (<usize>i) << 3;
    const best = load<f64>(greatest + at);
    let k = 0;
    while (k < components - 1 && load<f64>(densities + <usize>k * ((<usize>BLOCK) << 3) + at) !== best) k++;
    store<i32>(labels + ((<usize>i) << 2), k);
  }
}
