/**
 * @module
 * From logits to probabilities, losses and draws. A row of logits has `width` elements, a multiple of 8, of which those behind the
 * alphabet are so low that they have no probability.
 */
import { exp4 } from './activation';

function greatestOf(row: usize, bytes: usize): f32 {
  let top = v128.load(row);
  for (let at: usize = 16; at < bytes; at += 16) top = f32x4.pmax(top, v128.load(row + at));
  const first = max(f32x4.extract_lane(top, 0), f32x4.extract_lane(top, 1));
  return max(first, max(f32x4.extract_lane(top, 2), f32x4.extract_lane(top, 3)));
}

/** Makes e^(scale · (x - greatest)) of each x of a row. @returns their sum */
function exponentials(row: usize, bytes: usize, greatest: f32, scale: f32): f64 {
  const top = f32x4.splat(greatest);
  const factor = f32x4.splat(scale);
  let sum = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    const exponent = f32x4.mul(f32x4.sub(v128.load(row + at), top), factor);
    // exp4 goes down to e^-88; below that there is nothing.
    const power = v128.and(exp4(exponent), f32x4.gt(exponent, f32x4.splat(-87.0)));
    v128.store(row + at, power);
    sum = f32x4.add(sum, power);
  }
  return (
    <f64>f32x4.extract_lane(sum, 0) +
    <f64>f32x4.extract_lane(sum, 1) +
    <f64>f32x4.extract_lane(sum, 2) +
    <f64>f32x4.extract_lane(sum, 3)
  );
}

/**
 * Cross-entropy of the targets in nats, and its gradient times `scale` in place of the logits.
 *
 * @param targets i32; a negative one has no loss and no gradient
 */
export function crossEntropy(rows: i32, width: i32, logits: usize, targets: usize, scale: f32): f64 {
  const bytes = (<usize>width) << 2;
  let loss: f64 = 0;
  for (let i = 0; i < rows; i++, logits += bytes) {
    const target = load<i32>(targets + ((<usize>i) << 2));
    if (target < 0) {
      memory.fill(logits, 0, bytes);
      continue;
    }
    const own = logits + ((<usize>target) << 2);
    const greatest = greatestOf(logits, bytes);
    const difference = <f64>load<f32>(own) - <f64>greatest;
    const sum = exponentials(logits, bytes, greatest, 1.0);
    loss += Math.log(sum) - difference;
    const factor = f32x4.splat(<f32>(<f64>scale / sum));
    for (let at: usize = 0; at < bytes; at += 16) v128.store(logits + at, f32x4.mul(v128.load(logits + at), factor));
    store<f32>(own, load<f32>(own) - scale);
  }
  return loss;
}

/** Log-probability of each target in nats, f64; 0 for a negative one. The logits are gone afterwards. */
export function logProbabilities(rows: i32, width: i32, logits: usize, targets: usize, out: usize): void {
  const bytes = (<usize>width) << 2;
  for (let i = 0; i < rows; i++, logits += bytes, out += 8) {
    const target = load<i32>(targets + ((<usize>i) << 2));
    if (target < 0) {
      store<f64>(out, 0);
      continue;
    }
    const greatest = greatestOf(logits, bytes);
    const difference = <f64>load<f32>(logits + ((<usize>target) << 2)) - <f64>greatest;
    store<f64>(out, difference - Math.log(exponentials(logits, bytes, greatest, 1.0)));
  }
}

/**
 * Draws a token from each row; the first one where no token has a probability, as where no logit is a number.
 *
 * @param vocabulary the logits behind so many are of no token, even if they are the greatest
 * @param uniforms f64 in [0, 1), one a row
 * @param sharpness 1 / temperature
 * @param topP only the likeliest tokens that together have this much probability are drawn from; 1 for all
 * @param tokens written, i32
 */
export function drawTokens(
  rows: i32,
  width: i32,
  vocabulary: i32,
  logits: usize,
  uniforms: usize,
  sharpness: f32,
  topP: f64,
  tokens: usize,
): void {
  const bytes = (<usize>width) << 2;
  const end = (<usize>vocabulary) << 2;
  for (let i = 0; i < rows; i++, logits += bytes) {
    let sum = exponentials(logits, bytes, greatestOf(logits, bytes), sharpness);
    if (topP < 1) sum = keepNucleus(logits, bytes, sum * topP);
    const wanted = load<f64>(uniforms + ((<usize>i) << 3)) * sum;
    let below: f64 = 0;
    let token = 0;
    for (let at: usize = 0; at < end; at += 4) {
      const weight = <f64>load<f32>(logits + at);
      if (weight <= 0) continue;
      token = <i32>(at >> 2);
      below += weight;
      if (below > wanted) break;
    }
    store<i32>(tokens + ((<usize>i) << 2), token);
  }
}

/**
 * Sets to 0 what is not among the greatest that add up to `wanted`; equals stay together. The least that stays is found bit by bit:
 * positive floats are in the order of their bits.
 *
 * @returns the sum of what is left
 */
function keepNucleus(row: usize, bytes: usize, wanted: f64): f64 {
  let least: i32 = 0;
  for (let bit: i32 = 1 << 30; bit !== 0; bit >>>= 1) {
    if (sumAbove(row, bytes, least | bit) >= wanted) least |= bit;
  }
  for (let at: usize = 0; at < bytes; at += 4) if (load<i32>(row + at) < least) store<f32>(row + at, 0);
  return sumAbove(row, bytes, least);
}

function sumAbove(row: usize, bytes: usize, least: i32): f64 {
  let sum: f64 = 0;
  for (let at: usize = 0; at < bytes; at += 4) if (load<i32>(row + at) >= least) sum += <f64>load<f32>(row + at);
  return sum;
}
