/**
 * @module
 * Hidden Markov models: the expectation step of Baum and Welch with scaling (Rabiner, Proc. IEEE 77(2), 1989), Viterbi decoding.
 *
 * Matrices have rows of `stride` states, a multiple of 4; the states above `states` are padding and have probability zero
 * everywhere. A sequence is worked on in chunks. The forward variables are kept for one chunk only: the first pass keeps the last
 * ones of each chunk, the way back makes those inside a chunk again. So memory does not grow with states times length, and a
 * chunk stays in the cache.
 */
import { BLOCK, logDensities, MIN_PROBABILITY } from './gaussian';
import { expPair, sumOfLanes } from './vector';

/** Steps of a chunk; a multiple of BLOCK. */
const CHUNK: i32 = 2048;
const GOLDEN_RATIO: f64 = 0.6180339887498949;

/** Bytes of `room` that `hmmExpect` needs for a sequence of n. */
export function hmmRoom(n: i32, stride: i32): f64 {
  const chunks = (n + CHUNK - 1) / CHUNK;
  const rows = 2 * CHUNK + 1 + chunks + 2;
  return (<f64>rows * <f64>stride + <f64>(2 * CHUNK) + <f64>((stride + 1) * BLOCK)) * 8.0;
}

/** target = vector · matrix, both of `stride`. */
function multiply(vector: usize, matrix: usize, target: usize, stride: i32): void {
  const row = (<usize>stride) << 3;
  let j: usize = 0;
  for (; j + 128 <= row; j += 128) {
    let a0 = f64x2.splat(0);
    let a1 = f64x2.splat(0);
    let a2 = f64x2.splat(0);
    let a3 = f64x2.splat(0);
    let a4 = f64x2.splat(0);
    let a5 = f64x2.splat(0);
    let a6 = f64x2.splat(0);
    let a7 = f64x2.splat(0);
    let m = matrix + j;
    for (let i: usize = 0; i < row; i += 8) {
      const v = v128.load64_splat(vector + i);
      a0 = f64x2.add(a0, f64x2.mul(v, v128.load(m)));
      a1 = f64x2.add(a1, f64x2.mul(v, v128.load(m, 16)));
      a2 = f64x2.add(a2, f64x2.mul(v, v128.load(m, 32)));
      a3 = f64x2.add(a3, f64x2.mul(v, v128.load(m, 48)));
      a4 = f64x2.add(a4, f64x2.mul(v, v128.load(m, 64)));
      a5 = f64x2.add(a5, f64x2.mul(v, v128.load(m, 80)));
      a6 = f64x2.add(a6, f64x2.mul(v, v128.load(m, 96)));
      a7 = f64x2.add(a7, f64x2.mul(v, v128.load(m, 112)));
      m += row;
    }
    v128.store(target + j, a0);
    v128.store(target + j, a1, 16);
    v128.store(target + j, a2, 32);
    v128.store(target + j, a3, 48);
    v128.store(target + j, a4, 64);
    v128.store(target + j, a5, 80);
    v128.store(target + j, a6, 96);
    v128.store(target + j, a7, 112);
  }
  for (; j + 64 <= row; j += 64) {
    let a0 = f64x2.splat(0);
    let a1 = f64x2.splat(0);
    let a2 = f64x2.splat(0);
    let a3 = f64x2.splat(0);
    let m = matrix + j;
    for (let i: usize = 0; i < row; i += 8) {
      const v = v128.load64_splat(vector + i);
      a0 = f64x2.add(a0, f64x2.mul(v, v128.load(m)));
      a1 = f64x2.add(a1, f64x2.mul(v, v128.load(m, 16)));
      a2 = f64x2.add(a2, f64x2.mul(v, v128.load(m, 32)));
      a3 = f64x2.add(a3, f64x2.mul(v, v128.load(m, 48)));
      m += row;
    }
    v128.store(target + j, a0);
    v128.store(target + j, a1, 16);
    v128.store(target + j, a2, 32);
    v128.store(target + j, a3, 48);
  }
  for (; j < row; j += 32) {
    let a0 = f64x2.splat(0);
    let a1 = f64x2.splat(0);
    let m = matrix + j;
    for (let i: usize = 0; i < row; i += 8) {
      const v = v128.load64_splat(vector + i);
      a0 = f64x2.add(a0, f64x2.mul(v, v128.load(m)));
      a1 = f64x2.add(a1, f64x2.mul(v, v128.load(m, 16)));
      m += row;
    }
    v128.store(target + j, a0);
    v128.store(target + j, a1, 16);
  }
}

/** sums[i][j] += Σ_t left[t][i]·right[t][j], over `count` rows of both. */
function accumulateProducts(left: usize, right: usize, count: i32, sums: usize, stride: i32): void {
  const row = (<usize>stride) << 3;
  for (let i: usize = 0; i < row; i += 32) {
    for (let j: usize = 0; j < row; j += 32) {
      let s00 = f64x2.splat(0);
      let s01 = f64x2.splat(0);
      let s10 = f64x2.splat(0);
      let s11 = f64x2.splat(0);
      let s20 = f64x2.splat(0);
      let s21 = f64x2.splat(0);
      let s30 = f64x2.splat(0);
      let s31 = f64x2.splat(0);
      let l = left + i;
      let r = right + j;
      for (let t = 0; t < count; t++) {
        const r0 = v128.load(r);
        const r1 = v128.load(r, 16);
        const l0 = v128.load64_splat(l);
        s00 = f64x2.add(s00, f64x2.mul(l0, r0));
        s01 = f64x2.add(s01, f64x2.mul(l0, r1));
        const l1 = v128.load64_splat(l, 8);
        s10 = f64x2.add(s10, f64x2.mul(l1, r0));
        s11 = f64x2.add(s11, f64x2.mul(l1, r1));
        const l2 = v128.load64_splat(l, 16);
        s20 = f64x2.add(s20, f64x2.mul(l2, r0));
        s21 = f64x2.add(s21, f64x2.mul(l2, r1));
        const l3 = v128.load64_splat(l, 24);
        s30 = f64x2.add(s30, f64x2.mul(l3, r0));
        s31 = f64x2.add(s31, f64x2.mul(l3, r1));
        l += row;
        r += row;
      }
      let to = sums + (i >> 3) * row + j;
      v128.store(to, f64x2.add(v128.load(to), s00));
      v128.store(to, f64x2.add(v128.load(to, 16), s01), 16);
      to += row;
      v128.store(to, f64x2.add(v128.load(to), s10));
      v128.store(to, f64x2.add(v128.load(to, 16), s11), 16);
      to += row;
      v128.store(to, f64x2.add(v128.load(to), s20));
      v128.store(to, f64x2.add(v128.load(to, 16), s21), 16);
      to += row;
      v128.store(to, f64x2.add(v128.load(to), s30));
      v128.store(to, f64x2.add(v128.load(to, 16), s31), 16);
    }
  }
}

/**
 * Emission probabilities of a chunk, each row divided by its greatest.
 *
 * @param emissions written: `count` rows (one more where count is odd)
 * @param scales written: the logarithm of what each row was divided by
 */
function emit(
  xs: usize,
  ys: usize,
  count: i32,
  factors: usize,
  states: i32,
  stride: i32,
  emissions: usize,
  scales: usize,
  densities: usize,
): void {
  const row = (<usize>stride) << 3;
  const block = (<usize>BLOCK) << 3;
  for (let first = 0; first < count; first += BLOCK) {
    const padded = (min(BLOCK, count - first) + 1) & ~1;
    const bytes = (<usize>padded) << 3;
    const greatest = scales + ((<usize>first) << 3);
    logDensities(xs + ((<usize>first) << 3), ys + ((<usize>first) << 3), padded, factors, states, densities, greatest);
    const rows = emissions + <usize>first * row;
    for (let k = 0; k < states; k++) {
      const source = densities + <usize>k * block;
      let to = rows + ((<usize>k) << 3);
      for (let at: usize = 0; at < bytes; at += 16) {
        const pair = expPair(f64x2.sub(v128.load(source + at), v128.load(greatest + at)));
        store<f64>(to, f64x2.extract_lane(pair, 0));
        store<f64>(to + row, f64x2.extract_lane(pair, 1));
        to += 2 * row;
      }
    }
    for (let k = states; k < stride; k++) {
      let to = rows + ((<usize>k) << 3);
      for (let i = 0; i < padded; i++) {
        store<f64>(to, 0);
        to += row;
      }
    }
  }
}

/** vector = vector ∘ factor, then divided by its sum, which is returned. */
function scaleStep(vector: usize, factor: usize, stride: i32): f64 {
  const row = (<usize>stride) << 3;
  let sums = f64x2.splat(0);
  for (let at: usize = 0; at < row; at += 16) {
    const product = f64x2.mul(v128.load(vector + at), v128.load(factor + at));
    v128.store(vector + at, product);
    sums = f64x2.add(sums, product);
  }
  const sum = sumOfLanes(sums);
  const inverse = f64x2.splat(1.0 / sum);
  for (let at: usize = 0; at < row; at += 16) v128.store(vector + at, f64x2.mul(v128.load(vector + at), inverse));
  return sum;
}

/**
 * Forward variables of a chunk: rows of state probabilities given all points up to theirs.
 *
 * @param before the row before the chunk, or 0 at the start of the sequence
 * @param sums written: the probability of each point given those before it, relative to the scale of its emissions
 */
function forward(
  emissions: usize,
  count: i32,
  start: usize,
  transitions: usize,
  before: usize,
  stride: i32,
  alphas: usize,
  sums: usize,
): void {
  const row = (<usize>stride) << 3;
  let previous = before;
  for (let t = 0; t < count; t++) {
    const alpha = alphas + <usize>t * row;
    if (previous === 0) memory.copy(alpha, start, row);
    else multiply(previous, transitions, alpha, stride);
    store<f64>(sums + ((<usize>t) << 3), scaleStep(alpha, emissions + <usize>t * row, stride));
    previous = alpha;
  }
}

/**
 * Adds the expected counts of one sequence.
 *
 * @param xs, ys n points, each padded to an even number
 * @param factors of the states' densities, see gaussian.ts
 * @param start, transitions, transposed row of `stride`, and matrices
 * @param firsts added to: probability of each state at the first point
 * @param counts added to: expected number of transitions from row to column, still to be multiplied by the transition matrix
 * @param statistics six rows of `stride` for each category, added to
 * @param labels unless 0, written: a state of each point, drawn by its probability given all points, i32
 * @param categories unless 0: for each point which set of statistics it counts in, i32
 * @param symbols, table unless 0: for each point the row of the table that the probabilities of its states are added to, i32
 * @returns the log-likelihood of the sequence
 */
export function hmmExpect(
  xs: usize,
  ys: usize,
  n: i32,
  states: i32,
  stride: i32,
  factors: usize,
  start: usize,
  transitions: usize,
  transposed: usize,
  firsts: usize,
  counts: usize,
  statistics: usize,
  labels: usize,
  categories: usize,
  symbols: usize,
  table: usize,
  room: usize,
): f64 {
  const row = (<usize>stride) << 3;
  const chunks = (n + CHUNK - 1) / CHUNK;
  const alphas = room;
  const emissions = alphas + <usize>CHUNK * row;
  const checkpoints = emissions + <usize>(CHUNK + 1) * row;
  const beta = checkpoints + <usize>chunks * row;
  const gamma = beta + row;
  const scales = gamma + row;
  const sums = scales + ((<usize>CHUNK) << 3);
  const densities = sums + ((<usize>CHUNK) << 3);

  let logLikelihood: f64 = 0;
  for (let chunk = 0; chunk < chunks; chunk++) {
    const first = chunk * CHUNK;
    const count = min(CHUNK, n - first);
    const at = (<usize>first) << 3;
    emit(xs + at, ys + at, count, factors, states, stride, emissions, scales, densities);
    const before: usize = chunk === 0 ? <usize>0 : checkpoints + <usize>(chunk - 1) * row;
    forward(emissions, count, start, transitions, before, stride, alphas, sums);
    for (let t = 0; t < count; t++) {
      logLikelihood += load<f64>(scales + ((<usize>t) << 3)) + Math.log(load<f64>(sums + ((<usize>t) << 3)));
    }
    memory.copy(checkpoints + <usize>chunk * row, alphas + <usize>(count - 1) * row, row);
  }

  for (let chunk = chunks - 1; chunk >= 0; chunk--) {
    const first = chunk * CHUNK;
    const count = min(CHUNK, n - first);
    const isLast = chunk === chunks - 1;
    // The row after the chunk is the first of the next: it was overwritten with what the way back needs of it.
    if (!isLast) {
      memory.copy(emissions + <usize>CHUNK * row, emissions, row);
      const at = (<usize>first) << 3;
      emit(xs + at, ys + at, count, factors, states, stride, emissions, scales, densities);
      const before: usize = chunk === 0 ? <usize>0 : checkpoints + <usize>(chunk - 1) * row;
      forward(emissions, count, start, transitions, before, stride, alphas, sums);
    }
    for (let t = count - 1; t >= 0; t--) {
      const alpha = alphas + <usize>t * row;
      const emission = emissions + <usize>t * row;
      if (isLast && t === count - 1) {
        for (let at: usize = 0; at < row; at += 16) v128.store(beta + at, f64x2.splat(1));
      } else {
        multiply(emission + row, transposed, beta, stride);
      }
      // The emissions become b∘β / c: what the step before needs of them.
      const inverse = f64x2.splat(1.0 / load<f64>(sums + ((<usize>t) << 3)));
      for (let at: usize = 0; at < row; at += 16) {
        const b = v128.load(beta + at);
        v128.store(gamma + at, f64x2.mul(v128.load(alpha + at), b));
        v128.store(emission + at, f64x2.mul(f64x2.mul(v128.load(emission + at), b), inverse));
      }
      const index = <usize>(first + t);
      const category: usize = categories === 0 ? <usize>0 : <usize>load<i32>(categories + (index << 2));
      addStatistics(
        load<f64>(xs + (index << 3)),
        load<f64>(ys + (index << 3)),
        gamma,
        factors,
        states,
        statistics + category * 6 * row,
        row,
      );
      if (labels !== 0) store<i32>(labels + (index << 2), drawFrom(gamma, states, first + t));
      if (symbols !== 0) {
        const to = table + <usize>load<i32>(symbols + (index << 2)) * row;
        for (let at: usize = 0; at < row; at += 16) {
          v128.store(to + at, f64x2.add(v128.load(to + at), v128.load(gamma + at)));
        }
      }
    }
    accumulateProducts(alphas, emissions + row, isLast ? count - 1 : count, counts, stride);
    if (chunk === 0) {
      for (let at: usize = 0; at < row; at += 8)
        store<f64>(firsts + at, load<f64>(firsts + at) + load<f64>(gamma + at));
    }
  }
  return logLikelihood;
}

function addStatistics(x: f64, y: f64, gamma: usize, factors: usize, states: i32, statistics: usize, row: usize): void {
  for (let k: usize = 0; k < <usize>states; k += 2) {
    const weight = v128.load(gamma + (k << 3));
    // Of an odd number of states the last has a neighbour that is padding: its weight is 0, its factors are zeros.
    const source = factors + k * 48;
    const dx = f64x2.sub(f64x2.splat(x), f64x2.replace_lane(v128.load64_splat(source), 1, load<f64>(source, 48)));
    const dy = f64x2.sub(f64x2.splat(y), f64x2.replace_lane(v128.load64_splat(source, 8), 1, load<f64>(source, 56)));
    const wx = f64x2.mul(weight, dx);
    const wy = f64x2.mul(weight, dy);
    let to = statistics + (k << 3);
    v128.store(to, f64x2.add(v128.load(to), weight));
    to += row;
    v128.store(to, f64x2.add(v128.load(to), wx));
    to += row;
    v128.store(to, f64x2.add(v128.load(to), wy));
    to += row;
    v128.store(to, f64x2.add(v128.load(to), f64x2.mul(wx, dx)));
    to += row;
    v128.store(to, f64x2.add(v128.load(to), f64x2.mul(wx, dy)));
    to += row;
    v128.store(to, f64x2.add(v128.load(to), f64x2.mul(wy, dy)));
  }
}

/**
 * An index, as often as its share of the values says: the golden ratio's multiples fill the unit interval evenly (Weyl, Math.
 * Annalen 77, 1916). The same for the same step.
 */
function drawFrom(values: usize, count: i32, step: i32): i32 {
  let sum: f64 = 0;
  for (let k: usize = 0; k < <usize>count; k++) sum += load<f64>(values + (k << 3));
  const turns = <f64>(step + 1) * GOLDEN_RATIO;
  let left = (turns - Math.floor(turns)) * sum;
  let last = 0;
  for (let k = 0; k < count; k++) {
    const value = load<f64>(values + ((<usize>k) << 3));
    if (!(value > 0)) continue;
    last = k;
    left -= value;
    if (left < 0) break;
  }
  return last;
}

/** The first index of the greatest value. */
function greatestOf(values: usize, count: i32): i32 {
  let best = 0;
  for (let k = 1; k < count; k++) {
    if (load<f64>(values + ((<usize>k) << 3)) > load<f64>(values + ((<usize>best) << 3))) best = k;
  }
  return best;
}

/**
 * New start and transition probabilities from the counts of `hmmExpect`. A state that was never left keeps its row.
 *
 * @param transitions, transposed updated
 */
export function hmmMaximize(
  states: i32,
  stride: i32,
  firsts: usize,
  counts: usize,
  start: usize,
  transitions: usize,
  transposed: usize,
): void {
  normalizeInto(firsts, start, states);
  for (let i = 0; i < states; i++) {
    const offset = <usize>i * ((<usize>stride) << 3);
    for (let at = offset; at < offset + ((<usize>states) << 3); at += 8) {
      store<f64>(counts + at, load<f64>(counts + at) * load<f64>(transitions + at));
    }
    normalizeInto(counts + offset, transitions + offset, states);
  }
  for (let i = 0; i < states; i++) {
    for (let j = 0; j < states; j++) {
      const value = load<f64>(transitions + ((<usize>i * <usize>stride + <usize>j) << 3));
      store<f64>(transposed + ((<usize>j * <usize>stride + <usize>i) << 3), value);
    }
  }
}

function normalizeInto(weights: usize, target: usize, count: i32): void {
  let sum: f64 = 0;
  const bytes = (<usize>count) << 3;
  for (let at: usize = 0; at < bytes; at += 8) sum += load<f64>(weights + at);
  if (sum < 1e-12) return;
  for (let at: usize = 0; at < bytes; at += 8) {
    store<f64>(target + at, Math.max(load<f64>(weights + at) / sum, MIN_PROBABILITY));
  }
}

/**
 * Forward and backward passes over given emissions, for models that do not emit plain Gaussians.
 *
 * @param emissions n rows; overwritten with the probabilities of the states given all points where `smooth`, else given the points so far
 * @param room one row and n f64
 * @returns the log of the product of the sums, to which the caller adds the scales of its emissions
 */
export function smoothStates(
  emissions: usize,
  n: i32,
  stride: i32,
  start: usize,
  transitions: usize,
  transposed: usize,
  alphas: usize,
  smooth: bool,
  room: usize,
): f64 {
  const row = (<usize>stride) << 3;
  const beta = room;
  const sums = room + row;
  forward(emissions, n, start, transitions, 0, stride, alphas, sums);
  let logLikelihood: f64 = 0;
  for (let t = 0; t < n; t++) logLikelihood += Math.log(load<f64>(sums + ((<usize>t) << 3)));
  if (!smooth) return logLikelihood;
  for (let t = n - 1; t >= 0; t--) {
    const alpha = alphas + <usize>t * row;
    const emission = emissions + <usize>t * row;
    if (t === n - 1) for (let at: usize = 0; at < row; at += 16) v128.store(beta + at, f64x2.splat(1));
    else multiply(emission + row, transposed, beta, stride);
    const inverse = f64x2.splat(1.0 / load<f64>(sums + ((<usize>t) << 3)));
    for (let at: usize = 0; at < row; at += 16) {
      const b = v128.load(beta + at);
      v128.store(alpha + at, f64x2.mul(v128.load(alpha + at), b));
      v128.store(emission + at, f64x2.mul(f64x2.mul(v128.load(emission + at), b), inverse));
    }
  }
  return logLikelihood;
}

/**
 * The likeliest sequence of states (Viterbi, IEEE Trans. Inf. Theory 13(2), 1967).
 *
 * @param logEmissions n rows
 * @param logStart, logTransposed logarithms; the matrix from column to row
 * @param labels written: i32
 * @param back room for n rows of i32
 * @param scores room for two rows
 * @returns the log-probability of the states and the points together
 */
export function viterbi(
  logEmissions: usize,
  n: i32,
  states: i32,
  stride: i32,
  logStart: usize,
  logTransposed: usize,
  labels: usize,
  back: usize,
  scores: usize,
): f64 {
  const row = (<usize>stride) << 3;
  let current = scores;
  let next = scores + row;
  for (let k: usize = 0; k < <usize>states; k++) {
    store<f64>(current + (k << 3), load<f64>(logStart + (k << 3)) + load<f64>(logEmissions + (k << 3)));
  }
  for (let t = 1; t < n; t++) {
    for (let j: usize = 0; j < <usize>states; j++) {
      const into = logTransposed + j * row;
      let best = load<f64>(current) + load<f64>(into);
      let from = 0;
      for (let i = 1; i < states; i++) {
        const score = load<f64>(current + ((<usize>i) << 3)) + load<f64>(into + ((<usize>i) << 3));
        if (score > best) {
          best = score;
          from = i;
        }
      }
      store<f64>(next + (j << 3), best + load<f64>(logEmissions + <usize>t * row + (j << 3)));
      store<i32>(back + ((<usize>t * <usize>stride + j) << 2), from);
    }
    const done = current;
    current = next;
    next = done;
  }
  let state = greatestOf(current, states);
  const score = load<f64>(current + ((<usize>state) << 3));
  for (let t = n - 1; t > 0; t--) {
    store<i32>(labels + ((<usize>t) << 2), state);
    state = load<i32>(back + ((<usize>t * <usize>stride + <usize>state) << 2));
  }
  store<i32>(labels, state);
  return score;
}
