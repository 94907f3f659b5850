/**
 * @module
 * Gaussian components in two dimensions with full covariance: their densities and their maximum-likelihood estimates.
 *
 * Layouts, all f64. Points: all x, all y, each padded to an even number. Parameters, six a component: weight, mean x, mean y,
 * covariance xx, xy, yy. Factors, six a component, made from the parameters: mean x, mean y, then u = f2·dx, v = f3·dx + f4·dy
 * and log density = f5 - u² - v². Statistics: six rows of `stride` components: Σw, Σw·dx, Σw·dy, Σw·dx², Σw·dx·dy, Σw·dy², where
 * dx and dy are distances from the component's mean before the update, which keeps the differences small.
 */

export const PARAMETERS: usize = 6 * 8;
/** Points that are looked at together: their densities under a hundred components stay in the second-level cache. */
export const BLOCK: i32 = 64;
/** Nothing that is possible becomes impossible, or an iteration could never take it back. */
export const MIN_PROBABILITY: f64 = 1e-30;
const LOG_TWO_PI: f64 = 1.8378770664093454836;

/** Fills in the factors. @param weighted whether the densities are multiplied by the weights */
export function makeFactors(parameters: usize, factors: usize, components: i32, weighted: bool): void {
  for (let k = 0; k < components; k++) {
    const from = parameters + <usize>k * PARAMETERS;
    const to = factors + <usize>k * PARAMETERS;
    const rootX = Math.sqrt(load<f64>(from, 24));
    const slope = load<f64>(from, 32) / rootX;
    const rootY = Math.sqrt(load<f64>(from, 40) - slope * slope);
    store<f64>(to, load<f64>(from, 8), 0);
    store<f64>(to, load<f64>(from, 16), 8);
    store<f64>(to, Math.SQRT1_2 / rootX, 16);
    store<f64>(to, (-Math.SQRT1_2 * slope) / (rootX * rootY), 24);
    store<f64>(to, Math.SQRT1_2 / rootY, 32);
    const weight = weighted ? Math.log(Math.max(load<f64>(from), MIN_PROBABILITY)) : 0.0;
    store<f64>(to, weight - LOG_TWO_PI - Math.log(rootX) - Math.log(rootY), 40);
  }
}

/**
 * Log densities of a block of points under all components.
 *
 * @param count an even number of points, at most BLOCK
 * @param densities written: a row of BLOCK for each component
 * @param greatest written: for each point the greatest of its log densities
 */
export function logDensities(
  xs: usize,
  ys: usize,
  count: i32,
  factors: usize,
  components: i32,
  densities: usize,
  greatest: usize,
): void {
  const bytes = (<usize>count) << 3;
  for (let at: usize = 0; at < bytes; at += 16) v128.store(greatest + at, f64x2.splat(-Infinity));
  for (let k = 0; k < components; k++) {
    const source = factors + <usize>k * PARAMETERS;
    const meanX = v128.load64_splat(source, 0);
    const meanY = v128.load64_splat(source, 8);
    const f2 = v128.load64_splat(source, 16);
    const f3 = v128.load64_splat(source, 24);
    const f4 = v128.load64_splat(source, 32);
    const f5 = v128.load64_splat(source, 40);
    const row = densities + <usize>k * ((<usize>BLOCK) << 3);
    for (let at: usize = 0; at < bytes; at += 16) {
      const dx = f64x2.sub(v128.load(xs + at), meanX);
      const dy = f64x2.sub(v128.load(ys + at), meanY);
      const u = f64x2.mul(f2, dx);
      const v = f64x2.add(f64x2.mul(f3, dx), f64x2.mul(f4, dy));
      const density = f64x2.sub(f64x2.sub(f5, f64x2.mul(u, u)), f64x2.mul(v, v));
      v128.store(row + at, density);
      v128.store(greatest + at, f64x2.pmax(v128.load(greatest + at), density));
    }
  }
}

/**
 * New means and covariances from statistics; the weights are left alone. A component without weight stays as it was.
 *
 * Covariances are the most likely ones whose eigenvalues are at least `floor`: the eigenvalues of the sample covariance, those
 * below the floor raised to it. So the likelihood cannot fall, as it could by adding something to the diagonal.
 */
export function maximize(parameters: usize, statistics: usize, stride: i32, components: i32, floor: f64): void {
  const row = (<usize>stride) << 3;
  for (let k = 0; k < components; k++) {
    const from = statistics + ((<usize>k) << 3);
    const to = parameters + <usize>k * PARAMETERS;
    const weight = load<f64>(from);
    if (weight < 1e-12) continue;
    const dx = load<f64>(from + row) / weight;
    const dy = load<f64>(from + 2 * row) / weight;
    store<f64>(to, load<f64>(to, 8) + dx, 8);
    store<f64>(to, load<f64>(to, 16) + dy, 16);
    let xx = load<f64>(from + 3 * row) / weight - dx * dx;
    let xy = load<f64>(from + 4 * row) / weight - dx * dy;
    let yy = load<f64>(from + 5 * row) / weight - dy * dy;
    const middle = 0.5 * (xx + yy);
    const half = 0.5 * (xx - yy);
    const radius = Math.sqrt(half * half + xy * xy);
    const least = middle - radius;
    if (least < floor) {
      // xx, xy, yy = floor·I + (λ₁ - floor)·v·vᵀ, where v·vᵀ = (S - λ₂·I) / (λ₁ - λ₂)
      const excess = Math.max(0.0, middle + radius - floor);
      const share = radius > 0 ? excess / (2.0 * radius) : 0.0;
      xx = floor + share * (half + radius);
      yy = floor + share * (radius - half);
      xy = share * xy;
    }
    store<f64>(to, xx, 24);
    store<f64>(to, xy, 32);
    store<f64>(to, yy, 40);
  }
}
