/**
 * @module
 * The binding of the kernels of Gaussian hidden Markov models: starting, fitting and counting.
 */
import type { Random } from '../random.js';
import type { Arena, Layout } from './arena.js';
import { type FitLimits, iterate } from './expectation-maximization.js';
import type { KernelInstance } from './instance.js';
import { cluster } from './kmeans.js';
import type { KernelExports } from './module.js';
import { type Moments, PARAMETERS, type Parameters, type Points, placePoints, pointBytes } from './points.js';
import { placeChain, strideOf, unpadded } from './state-chain.js';

export interface HmmParameters {
  readonly states: number;
  readonly parameters: Parameters;
  readonly start: Float64Array;
  /** Row by row: from a state to each. */
  readonly transitions: Float64Array;
}

export interface HmmFit extends HmmParameters {
  readonly logLikelihoods: readonly number[];
}

/** What the points are counted by, apart from the states. */
export interface Tally {
  /** For each point the row of the table it counts in. */
  readonly symbols: Int32Array;
  readonly symbolCount: number;
  /** For each point which of `categoryCount` sets of moments it counts in. */
  readonly categories: Int32Array;
  readonly categoryCount: number;
}

export interface HmmTally {
  /** Symbols × states: how many points of a symbol are in a state. */
  readonly table: Float64Array;
  /** Per category the moments of the states. */
  readonly moments: readonly Moments[];
  /** A state of each point, drawn by its probability given all of them: so many points of a state as `table` says. */
  readonly labels: Int32Array;
  /** Expected transitions from row to column. */
  readonly transitions: Float64Array;
  readonly logLikelihood: number;
}

/** Weight of one transition that nobody saw, at the start. */
const START_PSEUDO_COUNT = 1;

/** Share of an average that the next value leaves of it: about three values count. */
const MEMORY = 0.7;

/**
 * Starting parameters of a hidden Markov model: k-means clusters, and how often they follow each other.
 *
 * A point is clustered together with how y was shortly before and how it is shortly after, so that states can differ in what they
 * follow and lead to as well as in what they emit: the first packets of a burst from its last. From clusters of single points the
 * iterations rarely find such states (docs/decisions/0010).
 */
export function startHmm(
  instance: KernelInstance,
  { xs, ys, lengths }: Points,
  states: number,
  random: Random,
  varianceFloor: number,
): HmmParameters {
  const columns = [xs, ys, surroundings(ys, lengths, 1), surroundings(ys, lengths, -1)];
  const { parameters, labels } = cluster(instance, columns, states, 1, random, varianceFloor);
  const start = new Float64Array(states).fill(START_PSEUDO_COUNT);
  const transitions = new Float64Array(states * states).fill(START_PSEUDO_COUNT);
  let first = 0;
  for (const length of lengths) {
    if (length > 0) start[labels[first]!]!++;
    for (let i = first + 1; i < first + length; i++) transitions[labels[i - 1]! * states + labels[i]!]!++;
    first += length;
  }
  normalizeRow(start);
  for (let i = 0; i < states; i++) normalizeRow(transitions.subarray(i * states, (i + 1) * states));
  return { states, parameters, start, transitions };
}

/**
 * Fits a Gaussian hidden Markov model by Baum and Welch's iterations.
 *
 * @param from where the iterations start
 * @throws SynthError `SYNTH_TRAINING_FAILED` if it takes more memory than there can be
 */
export function fitHmm(instance: KernelInstance, points: Points, from: HmmParameters, limits: FitLimits): HmmFit {
  const { wasm, arena } = instance;
  const { states } = from;
  const n = points.xs.length;
  const stride = strideOf(states);
  const at = arena.lay({ ...pointBytes(n), ...hmmBytes(states), room: hmmRoom(wasm, points, stride) });
  placePoints(arena, at, points);
  placeHmm(arena, at, from);
  const logLikelihoods = iterate(n, limits, {
    expect: () => {
      wasm.makeFactors(at.parameters, at.factors, states, 0);
      return expectHmm(instance, at, points, states, at.statistics, NO_TALLY);
    },
    maximize: () => {
      wasm.maximize(at.parameters, at.statistics, stride, states, limits.varianceFloor);
      wasm.hmmMaximize(states, stride, at.firsts, at.counts, at.start, at.transitions, at.transposed);
    },
  });
  const parameters = arena.floats(at.parameters, states * PARAMETERS).slice();
  // The weight of a state is the share of the points it stands for.
  const statistics = arena.floats(at.statistics, states);
  for (let k = 0; k < states; k++) parameters[k * PARAMETERS] = statistics[k]! / n;
  return {
    states,
    parameters,
    start: arena.floats(at.start, states).slice(),
    transitions: unpadded(arena.floats(at.transitions, states * stride), states, stride),
    logLikelihoods,
  };
}

/** Counts points by state and symbol, and adds up moments by state and category. */
export function tallyHmm(instance: KernelInstance, points: Points, model: HmmParameters, tally: Tally): HmmTally {
  const { wasm, arena } = instance;
  const { states } = model;
  const n = points.xs.length;
  const stride = strideOf(states);
  const momentLength = PARAMETERS * stride;
  const at = arena.lay({
    ...pointBytes(n),
    ...hmmBytes(states),
    room: hmmRoom(wasm, points, stride),
    labels: n * 4,
    symbols: n * 4,
    categories: n * 4,
    table: tally.symbolCount * stride * 8,
    moments: tally.categoryCount * momentLength * 8,
  });
  placePoints(arena, at, points);
  placeHmm(arena, at, model);
  arena.integers(at.symbols, n).set(tally.symbols);
  arena.integers(at.categories, n).set(tally.categories);
  const table = arena.floats(at.table, tally.symbolCount * stride).fill(0);
  const moments = arena.floats(at.moments, tally.categoryCount * momentLength).fill(0);
  wasm.makeFactors(at.parameters, at.factors, states, 0);
  const logLikelihood = expectHmm(instance, at, points, states, at.moments, at);
  const counts = unpadded(arena.floats(at.counts, states * stride), states, stride);
  return {
    table: unpadded(table, states, stride),
    moments: Array.from({ length: tally.categoryCount }, (_, category) =>
      unpadded(moments.subarray(category * momentLength, (category + 1) * momentLength), states, stride),
    ),
    labels: arena.integers(at.labels, n).slice(),
    transitions: counts.map((count, i) => count * model.transitions[i]!),
    logLikelihood,
  };
}

/** The expectation step over all sequences. */
function expectHmm(
  { wasm, arena }: KernelInstance,
  at: Layout<'xs' | 'ys' | 'room' | keyof ReturnType<typeof hmmBytes>>,
  { lengths }: Points,
  states: number,
  statistics: number,
  tally: Layout<'labels' | 'categories' | 'symbols' | 'table'>,
): number {
  const stride = strideOf(states);
  arena.floats(at.firsts, stride).fill(0);
  arena.floats(at.counts, stride * stride).fill(0);
  if (statistics === at.statistics) arena.floats(at.statistics, PARAMETERS * stride).fill(0);
  let logLikelihood = 0;
  let first = 0;
  const part = (address: number, bytes: number) => (address === 0 ? 0 : address + first * bytes);
  for (const length of lengths) {
    if (length > 0) {
      logLikelihood += wasm.hmmExpect(
        part(at.xs, 8),
        part(at.ys, 8),
        length,
        states,
        stride,
        at.factors,
        at.start,
        at.transitions,
        at.transposed,
        at.firsts,
        at.counts,
        statistics,
        part(tally.labels, 4),
        part(tally.categories, 4),
        part(tally.symbols, 4),
        tally.table,
        at.room,
      );
    }
    first += length;
  }
  return logLikelihood;
}

/** Bytes that the expectation step needs for the longest sequence. */
function hmmRoom(wasm: KernelExports, { lengths }: Points, stride: number): number {
  return lengths.reduce((most, length) => Math.max(most, wasm.hmmRoom(length, stride)), 0);
}

function placeHmm(
  arena: Arena,
  at: Layout<keyof ReturnType<typeof hmmBytes>>,
  { states, parameters, start, transitions }: HmmParameters,
) {
  arena.floats(at.parameters, parameters.length).set(parameters);
  // The factors of the padding after the last state are zeros.
  arena.floats(at.factors, (states + 1) * PARAMETERS).fill(0);
  placeChain(arena, at, states, start, transitions);
}

const NO_TALLY = { labels: 0, categories: 0, symbols: 0, table: 0 };

function hmmBytes(states: number) {
  const stride = strideOf(states);
  return {
    parameters: states * PARAMETERS * 8,
    factors: (states + 1) * PARAMETERS * 8,
    statistics: stride * PARAMETERS * 8,
    firsts: stride * 8,
    start: stride * 8,
    counts: stride * stride * 8,
    transitions: stride * stride * 8,
    transposed: stride * stride * 8,
  };
}

function normalizeRow(row: Float64Array): void {
  const sum = row.reduce((total, value) => total + value, 0);
  for (let i = 0; i < row.length; i++) row[i]! /= sum;
}

/**
 * For each value the exponential average of those before it (step 1) or after it (step -1) in its sequence, with variance 1 over
 * all of them.
 */
function surroundings(values: Float64Array, lengths: readonly number[], step: 1 | -1): Float64Array {
  const averages = new Float64Array(values.length);
  let first = 0;
  for (const length of lengths) {
    let average = 0;
    for (let i = 0; i < length; i++) {
      const at = step === 1 ? first + i : first + length - 1 - i;
      averages[at] = average;
      average += (1 - MEMORY) * (values[at]! - average);
    }
    first += length;
  }
  const mean = averages.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = averages.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return variance > 0 ? averages.map((value) => (value - mean) / Math.sqrt(variance)) : averages;
}
