/**
 * @module
 * Elementary functions of four f32 lanes, and what networks do element by element.
 */

/** ln 2 in two parts: the first has trailing zeros, so that n times it is exact. */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.1219444e-4;
/** Adding it rounds to a whole number, which then stands in the low bits of the mantissa. */
const ROUNDER: f32 = 12582912.0;
const GREATEST: f32 = 88.0;

/**
 * e^x, relative error below 2e-7, for |x| up to 88; beyond that as for 88. What is not a number stays so: here and in what follows the
 * operand of `pmin` and `pmax` that comes first is kept then.
 *
 * x = n ln 2 + r with |r| ≤ ln 2 / 2; e^r by the polynomial of expf in Cephes (S. L. Moshier, 1992), 2^n by its exponent bits.
 */
export function exp4(x: v128): v128 {
  const bounded = f32x4.pmax(f32x4.pmin(x, f32x4.splat(GREATEST)), f32x4.splat(-GREATEST));
  const shifted = f32x4.add(f32x4.mul(bounded, f32x4.splat(<f32>Math.LOG2E)), f32x4.splat(ROUNDER));
  const n = f32x4.sub(shifted, f32x4.splat(ROUNDER));
  const r = f32x4.sub(f32x4.sub(bounded, f32x4.mul(n, f32x4.splat(LN2_HIGH))), f32x4.mul(n, f32x4.splat(LN2_LOW)));
  let power = f32x4.splat(1.98756915e-4);
  power = f32x4.add(f32x4.mul(power, r), f32x4.splat(1.3981999507e-3));
  power = f32x4.add(f32x4.mul(power, r), f32x4.splat(8.3334519073e-3));
  power = f32x4.add(f32x4.mul(power, r), f32x4.splat(4.1665795894e-2));
  power = f32x4.add(f32x4.mul(power, r), f32x4.splat(1.6666665459e-1));
  power = f32x4.add(f32x4.mul(power, r), f32x4.splat(5.0000001201e-1));
  power = f32x4.add(f32x4.mul(power, f32x4.mul(r, r)), f32x4.add(r, f32x4.splat(1.0)));
  return f32x4.mul(power, i32x4.shl(i32x4.add(shifted, i32x4.splat(127)), 23));
}

/** 1 / (1 + e^-x) */
export function sigmoid4(x: v128): v128 {
  return f32x4.div(f32x4.splat(1.0), f32x4.add(f32x4.splat(1.0), exp4(f32x4.neg(x))));
}

export function tanh4(x: v128): v128 {
  const power = exp4(f32x4.add(x, x));
  return f32x4.sub(f32x4.splat(1.0), f32x4.div(f32x4.splat(2.0), f32x4.add(power, f32x4.splat(1.0))));
}

/** x = max(x, 0), n elements, a multiple of 4. */
export function rectify(n: i32, x: usize): void {
  for (const end = x + ((<usize>n) << 2); x < end; x += 16) {
    v128.store(x, f32x4.pmax(v128.load(x), f32x4.splat(0)));
  }
}

/** out = max(a + b, 0) */
export function rectifySum(n: i32, a: usize, b: usize, out: usize): void {
  for (const end = a + ((<usize>n) << 2); a < end; a += 16, b += 16, out += 16) {
    v128.store(out, f32x4.pmax(f32x4.add(v128.load(a), v128.load(b)), f32x4.splat(0)));
  }
}

/** out = gradient · scale where y > 0, else 0: the way back through a rectifier and the dropout behind it. */
export function rectifyBack(n: i32, gradient: usize, y: usize, scale: f32, out: usize): void {
  const zero = f32x4.splat(0);
  const factor = f32x4.splat(scale);
  for (const end = gradient + ((<usize>n) << 2); gradient < end; gradient += 16, y += 16, out += 16) {
    v128.store(out, v128.and(f32x4.mul(v128.load(gradient), factor), f32x4.gt(v128.load(y), zero)));
  }
}

/**
 * Drops elements and multiplies the others by `scale`. Which are dropped is a function of the seed and of the position alone, so that the
 * way back drops the same (a hash of the position with the finalizer of MurmurHash3).
 *
 * @param threshold an element is kept where its 31 random bits are below
 */
export function dropOut(n: i32, x: usize, seed: i32, threshold: i32, scale: f32): void {
  const limit = i32x4.splat(threshold);
  const factor = f32x4.splat(scale);
  let counter = i32x4.add(i32x4.splat(seed), i32x4(0, 1, 2, 3));
  for (const end = x + ((<usize>n) << 2); x < end; x += 16) {
    let bits = i32x4.mul(counter, i32x4.splat(0x9e3779b1));
    bits = v128.xor(bits, i32x4.shr_u(bits, 16));
    bits = i32x4.mul(bits, i32x4.splat(0x85ebca6b));
    bits = v128.xor(bits, i32x4.shr_u(bits, 13));
    bits = i32x4.mul(bits, i32x4.splat(0xc2b2ae35));
    bits = i32x4.shr_u(v128.xor(bits, i32x4.shr_u(bits, 16)), 1);
    v128.store(x, v128.and(f32x4.mul(v128.load(x), factor), i32x4.lt_s(bits, limit)));
    counter = i32x4.add(counter, i32x4.splat(4));
  }
}
