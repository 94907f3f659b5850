/**
 * @module
 * Arithmetic on two f64 lanes that several kernels share.
 */

/** ln 2 in two parts: the first has trailing zeros, so that n times it is exact. */
const LN2_HIGH: f64 = 6.9314718036912381649e-1;
const LN2_LOW: f64 = 1.90821492927058770002e-10;
/** Adding it rounds to a whole number, which then stands in the low bits of the mantissa. */
const ROUNDER: f64 = 6755399441055744.0;
const LEAST: f64 = -708.0;

/**
 * e^x, relative error below 3e-16, for x up to 709; 0 for x below -708.
 *
 * x = n ln 2 + r with |r| ≤ ln 2 / 2; e^r by its Taylor series to the 13th power (Estrin's scheme), 2^n by its exponent bits.
 */
export function expPair(x: v128): v128 {
  const live = f64x2.ge(x, f64x2.splat(LEAST));
  const bounded = f64x2.pmax(f64x2.splat(LEAST), x);
  const shifted = f64x2.add(f64x2.mul(bounded, f64x2.splat(Math.LOG2E)), f64x2.splat(ROUNDER));
  const n = f64x2.sub(shifted, f64x2.splat(ROUNDER));
  const r = f64x2.sub(f64x2.sub(bounded, f64x2.mul(n, f64x2.splat(LN2_HIGH))), f64x2.mul(n, f64x2.splat(LN2_LOW)));
  const r2 = f64x2.mul(r, r);
  const r4 = f64x2.mul(r2, r2);
  const p01 = f64x2.add(f64x2.splat(1.0), r);
  const p23 = f64x2.add(f64x2.splat(0.5), f64x2.mul(r, f64x2.splat(1.0 / 6.0)));
  const p45 = f64x2.add(f64x2.splat(1.0 / 24.0), f64x2.mul(r, f64x2.splat(1.0 / 120.0)));
  const p67 = f64x2.add(f64x2.splat(1.0 / 720.0), f64x2.mul(r, f64x2.splat(1.0 / 5040.0)));
  const p89 = f64x2.add(f64x2.splat(1.0 / 40320.0), f64x2.mul(r, f64x2.splat(1.0 / 362880.0)));
  const pab = f64x2.add(f64x2.splat(1.0 / 3628800.0), f64x2.mul(r, f64x2.splat(1.0 / 39916800.0)));
  const pcd = f64x2.add(f64x2.splat(1.0 / 479001600.0), f64x2.mul(r, f64x2.splat(1.0 / 6227020800.0)));
  const low = f64x2.add(f64x2.add(p01, f64x2.mul(r2, p23)), f64x2.mul(r4, f64x2.add(p45, f64x2.mul(r2, p67))));
  const high = f64x2.add(f64x2.add(p89, f64x2.mul(r2, pab)), f64x2.mul(r4, pcd));
  const power = f64x2.add(low, f64x2.mul(f64x2.mul(r4, r4), high));
  const scale = i64x2.shl(i64x2.add(shifted, i64x2.splat(1023)), 52);
  return v128.and(f64x2.mul(power, scale), live);
}

export function sumOfLanes(pair: v128): f64 {
  return f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
}
