/**
 * @module
 * How parameters move, and weight normalization.
 */

/**
 * One step of Adam (D. P. Kingma and J. Ba, 2015) on n parameters, a multiple of 4.
 *
 * @param scale of the gradients
 * @param rate learning rate / (1 - β₁^t)
 * @param spread √(1 - β₂^t)
 */
export function adam(
  n: i32,
  parameters: usize,
  gradients: usize,
  means: usize,
  squares: usize,
  scale: f32,
  rate: f32,
  spread: f32,
  beta1: f32,
  beta2: f32,
  epsilon: f32,
): void {
  const keep1 = f32x4.splat(beta1);
  const take1 = f32x4.splat(<f32>1.0 - beta1);
  const keep2 = f32x4.splat(beta2);
  const take2 = f32x4.splat(<f32>1.0 - beta2);
  for (let at: usize = 0, end = (<usize>n) << 2; at < end; at += 16) {
    const gradient = f32x4.mul(v128.load(gradients + at), f32x4.splat(scale));
    const mean = f32x4.add(f32x4.mul(v128.load(means + at), keep1), f32x4.mul(gradient, take1));
    const square = f32x4.add(
      f32x4.mul(v128.load(squares + at), keep2),
      f32x4.mul(f32x4.mul(gradient, gradient), take2),
    );
    v128.store(means + at, mean);
    v128.store(squares + at, square);
    const width = f32x4.add(f32x4.div(f32x4.sqrt(square), f32x4.splat(spread)), f32x4.splat(epsilon));
    const step = f32x4.div(f32x4.mul(mean, f32x4.splat(rate)), width);
    v128.store(parameters + at, f32x4.sub(v128.load(parameters + at), step));
  }
}

/**
 * Weights whose columns are those of `directions`, each as long as `lengths` says (T. Salimans and D. P. Kingma, “Weight
 * normalization”, 2016).
 *
 * @param norms written: lengths of the columns of `directions`
 */
export function normalizeWeights(
  rows: i32,
  columns: i32,
  directions: usize,
  lengths: usize,
  weights: usize,
  norms: usize,
): void {
  const down = (<usize>columns) << 2;
  for (let j: usize = 0; j < down; j += 16) {
    let sum = f32x4.splat(0);
    for (let i = 0, at = directions + j; i < rows; i++, at += down) {
      const value = v128.load(at);
      sum = f32x4.add(sum, f32x4.mul(value, value));
    }
    const norm = f32x4.sqrt(sum);
    v128.store(norms + j, norm);
    const factor = f32x4.div(v128.load(lengths + j), norm);
    for (let i = 0, at = j; i < rows; i++, at += down) {
      v128.store(weights + at, f32x4.mul(v128.load(directions + at), factor));
    }
  }
}

/** The way back: gradients of directions and lengths from those of the weights. */
export function normalizeWeightsBack(
  rows: i32,
  columns: i32,
  directions: usize,
  lengths: usize,
  norms: usize,
  gradients: usize,
  ofDirections: usize,
  ofLengths: usize,
): void {
  const down = (<usize>columns) << 2;
  for (let j: usize = 0; j < down; j += 16) {
    const norm = v128.load(norms + j);
    let product = f32x4.splat(0);
    for (let i = 0, at = j; i < rows; i++, at += down) {
      product = f32x4.add(product, f32x4.mul(v128.load(gradients + at), v128.load(directions + at)));
    }
    const ofLength = f32x4.div(product, norm);
    v128.store(ofLengths + j, ofLength);
    const factor = f32x4.div(v128.load(lengths + j), norm);
    const along = f32x4.div(ofLength, norm);
    for (let i = 0, at = j; i < rows; i++, at += down) {
      const across = f32x4.sub(v128.load(gradients + at), f32x4.mul(v128.load(directions + at), along));
      v128.store(ofDirections + at, f32x4.mul(across, factor));
    }
  }
}
