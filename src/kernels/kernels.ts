/**
 * @module
 * The binding of the WebAssembly kernels. Every call lays out what it needs in their memory, and what does not fit into the 4 GiB of
 * WebAssembly is refused before anything is written.
 *
 * One instance works on one thing at a time and keeps the memory of the largest call; threads have one each.
 */
import type { Random } from '../random.js';
import { Arena, type Layout } from './arena.js';
import { instantiate, type KernelExports, kernelModule } from './module.js';

/** Points in the plane, as columns of equal length, and how they fall into sequences. */
export interface Points {
  readonly xs: Float64Array;
  readonly ys: Float64Array;
  /** Lengths of the sequences, one behind the other; they add up to the number of points. Mixtures do not look at them. */
  readonly lengths: readonly number[];
}

/** How expectation and maximization go on. */
export interface FitLimits {
  readonly iterations: number;
  /** Ends when an iteration gains less, in nats per point. */
  readonly tolerance: number;
  /** Least eigenvalue of a covariance. */
  readonly varianceFloor: number;
}

/** Components with weight, mean x, mean y, covariance xx, xy, yy each. */
export type Parameters = Float64Array;
export const PARAMETERS = 6;

/** Σw, Σw·dx, Σw·dy, Σw·dx², Σw·dx·dy, Σw·dy² of each component, dx and dy from its mean. */
export type Moments = Float64Array;

export interface MixtureFit {
  readonly parameters: Parameters;
  /** Total log-likelihood of the points in nats: before each iteration, and at the end. */
  readonly logLikelihoods: readonly number[];
}

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

/** Emission probabilities of a sequence: rows of states. */
export interface Emissions {
  readonly length: number;
  readonly states: number;
  readonly logProbabilities: Float64Array;
}

/** Seeds are looked for among at most this many points, evenly taken. */
const MAX_SEED_POINTS = 16_384;
const LLOYD_ITERATIONS = 12;
/** Weight of one transition that nobody saw, at the start. */
const START_PSEUDO_COUNT = 1;

/** Share of an average that the next value leaves of it: about three values count. */
const MEMORY = 0.7;

export class Kernels {
  readonly #wasm: KernelExports;
  readonly #arena: Arena;

  constructor(module: WebAssembly.Module = kernelModule()) {
    this.#wasm = instantiate(module);
    this.#arena = new Arena(this.#wasm.memory, this.#wasm.heapBase());
  }

  /** Bytes of memory that the kernels hold. */
  get memoryBytes(): number {
    return this.#arena.bytes;
  }

  /** e^x; the same bits on every machine. */
  exp(x: number): number {
    return this.#wasm.exp(x);
  }

  /** ln x; the same bits on every machine. */
  log(x: number): number {
    return this.#wasm.log(x);
  }

  normalCdf(z: number): number {
    return this.#wasm.normalCdf(z);
  }

  /** @param p above 0 and below 1 */
  normalQuantile(p: number): number {
    return this.#wasm.normalQuantile(p);
  }

  /** ln(1 + value) of each value; the same bits on every machine. */
  log1p(values: Float64Array): Float64Array {
    const at = this.#arena.lay({ values: values.byteLength });
    const view = this.#arena.floats(at.values, values.length);
    view.set(values);
    this.#wasm.log1pAll(at.values, values.length);
    return view.slice();
  }

  /**
   * Fits a Gaussian mixture by expectation and maximization, from k-means clusters. It is quickest where neighbours in the plane
   * follow each other: what a component has nothing to do with is then passed over in whole runs.
   *
   * @param components at most the number of points
   * @param restarts how often k-means starts anew; the tightest clusters count
   * @throws SynthError `SYNTH_TRAINING_FAILED` if it takes more memory than there can be
   */
  fitMixture(points: Points, components: number, restarts: number, random: Random, limits: FitLimits): MixtureFit {
    const wasm = this.#wasm;
    const n = points.xs.length;
    const start = this.#cluster([points.xs, points.ys], components, restarts, random, limits.varianceFloor).parameters;
    const at = this.#arena.lay({
      ...pointBytes(n),
      parameters: components * PARAMETERS * 8,
      factors: components * PARAMETERS * 8,
      statistics: components * PARAMETERS * 8,
      room: wasm.mixtureRoom(components),
    });
    this.#placePoints(at, points);
    const statistics = this.#arena.floats(at.statistics, components * PARAMETERS);
    const parameters = this.#arena.floats(at.parameters, components * PARAMETERS);
    parameters.set(start);
    const logLikelihoods = iterate(n, limits, {
      expect() {
        wasm.makeFactors(at.parameters, at.factors, components, 1);
        statistics.fill(0);
        return wasm.mixtureExpect(at.xs, at.ys, n, components, at.factors, at.statistics, 0, at.room);
      },
      maximize() {
        wasm.maximize(at.parameters, at.statistics, components, components, limits.varianceFloor);
        for (let k = 0; k < components; k++) parameters[k * PARAMETERS] = statistics[k]! / n;
      },
    });
    return { parameters: parameters.slice(), logLikelihoods };
  }

  /** The likeliest component of each point. */
  classify(points: Points, mixture: Parameters): Int32Array {
    const wasm = this.#wasm;
    const n = points.xs.length;
    const components = mixture.length / PARAMETERS;
    const at = this.#arena.lay({
      ...pointBytes(n),
      parameters: mixture.byteLength,
      factors: mixture.byteLength,
      statistics: mixture.byteLength,
      labels: n * 4,
      room: wasm.mixtureRoom(components),
    });
    this.#placePoints(at, points);
    this.#arena.floats(at.parameters, mixture.length).set(mixture);
    wasm.makeFactors(at.parameters, at.factors, components, 1);
    wasm.mixtureExpect(at.xs, at.ys, n, components, at.factors, at.statistics, at.labels, at.room);
    return this.#arena.integers(at.labels, n).slice();
  }

  /**
   * Starting parameters of a hidden Markov model: k-means clusters, and how often they follow each other.
   *
   * A point is clustered together with how y was shortly before and how it is shortly after, so that states can differ in what they
   * follow and lead to as well as in what they emit: the first packets of a burst from its last. From clusters of single points the
   * iterations rarely find such states (docs/decisions/0010).
   */
  startHmm({ xs, ys, lengths }: Points, states: number, random: Random, varianceFloor: number): HmmParameters {
    const columns = [xs, ys, surroundings(ys, lengths, 1), surroundings(ys, lengths, -1)];
    const { parameters, labels } = this.#cluster(columns, states, 1, random, varianceFloor);
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
  fitHmm(points: Points, from: HmmParameters, limits: FitLimits): HmmFit {
    const wasm = this.#wasm;
    const { states } = from;
    const n = points.xs.length;
    const stride = strideOf(states);
    const at = this.#arena.lay({ ...pointBytes(n), ...hmmBytes(states), room: this.#hmmRoom(points, stride) });
    this.#placePoints(at, points);
    this.#placeHmm(at, from);
    const logLikelihoods = iterate(n, limits, {
      expect: () => {
        wasm.makeFactors(at.parameters, at.factors, states, 0);
        return this.#expectHmm(at, points, states, at.statistics, NO_TALLY);
      },
      maximize: () => {
        wasm.maximize(at.parameters, at.statistics, stride, states, limits.varianceFloor);
        wasm.hmmMaximize(states, stride, at.firsts, at.counts, at.start, at.transitions, at.transposed);
      },
    });
    const parameters = this.#arena.floats(at.parameters, states * PARAMETERS).slice();
    // The weight of a state is the share of the points it stands for.
    const statistics = this.#arena.floats(at.statistics, states);
    for (let k = 0; k < states; k++) parameters[k * PARAMETERS] = statistics[k]! / n;
    return {
      states,
      parameters,
      start: this.#arena.floats(at.start, states).slice(),
      transitions: unpadded(this.#arena.floats(at.transitions, states * stride), states, stride),
      logLikelihoods,
    };
  }

  /** Counts points by state and symbol, and adds up moments by state and category. */
  tallyHmm(points: Points, model: HmmParameters, tally: Tally): HmmTally {
    const { states } = model;
    const n = points.xs.length;
    const stride = strideOf(states);
    const momentLength = PARAMETERS * stride;
    const at = this.#arena.lay({
      ...pointBytes(n),
      ...hmmBytes(states),
      room: this.#hmmRoom(points, stride),
      labels: n * 4,
      symbols: n * 4,
      categories: n * 4,
      table: tally.symbolCount * stride * 8,
      moments: tally.categoryCount * momentLength * 8,
    });
    this.#placePoints(at, points);
    this.#placeHmm(at, model);
    this.#arena.integers(at.symbols, n).set(tally.symbols);
    this.#arena.integers(at.categories, n).set(tally.categories);
    const table = this.#arena.floats(at.table, tally.symbolCount * stride).fill(0);
    const moments = this.#arena.floats(at.moments, tally.categoryCount * momentLength).fill(0);
    this.#wasm.makeFactors(at.parameters, at.factors, states, 0);
    const logLikelihood = this.#expectHmm(at, points, states, at.moments, at);
    const counts = unpadded(this.#arena.floats(at.counts, states * stride), states, stride);
    return {
      table: unpadded(table, states, stride),
      moments: Array.from({ length: tally.categoryCount }, (_, category) =>
        unpadded(moments.subarray(category * momentLength, (category + 1) * momentLength), states, stride),
      ),
      labels: this.#arena.integers(at.labels, n).slice(),
      transitions: counts.map((count, i) => count * model.transitions[i]!),
      logLikelihood,
    };
  }

  /**
   * Probabilities of the states at each point of a sequence given all of it, and the log-likelihood of the sequence.
   *
   * @returns rows of states
   */
  posterior(
    emissions: Emissions,
    start: Float64Array,
    transitions: Float64Array,
  ): { probabilities: Float64Array; logLikelihood: number } {
    const { states, length } = emissions;
    const { at, stride, logLikelihood } = this.#smooth(emissions, start, transitions, true);
    return { probabilities: unpadded(this.#arena.floats(at.alphas, length * stride), states, stride), logLikelihood };
  }

  /** The probabilities of the states after a sequence, and its log-likelihood. */
  filter(
    emissions: Emissions,
    start: Float64Array,
    transitions: Float64Array,
  ): { probabilities: Float64Array; logLikelihood: number } {
    const { states, length } = emissions;
    const { at, stride, logLikelihood } = this.#smooth(emissions, start, transitions, false);
    const last = this.#arena.floats(at.alphas + (length - 1) * stride * 8, states).slice();
    return { probabilities: last, logLikelihood };
  }

  #smooth(emissions: Emissions, start: Float64Array, transitions: Float64Array, backward: boolean) {
    const { states, length, logProbabilities } = emissions;
    const stride = strideOf(states);
    const at = this.#arena.lay({
      emissions: (length + 1) * stride * 8,
      alphas: length * stride * 8,
      start: stride * 8,
      transitions: stride * stride * 8,
      transposed: stride * stride * 8,
      room: (stride + length) * 8,
    });
    this.#placeChain(at, states, start, transitions);
    const rows = this.#arena.floats(at.emissions, length * stride).fill(0);
    let scale = 0;
    for (let t = 0; t < length; t++) {
      const row = logProbabilities.subarray(t * states, (t + 1) * states);
      const greatest = row.reduce((a, b) => (b > a ? b : a), Number.NEGATIVE_INFINITY);
      scale += greatest;
      for (let k = 0; k < states; k++) rows[t * stride + k] = this.#wasm.exp(row[k]! - greatest);
    }
    const logLikelihood =
      scale +
      this.#wasm.smoothStates(
        at.emissions,
        length,
        stride,
        at.start,
        at.transitions,
        at.transposed,
        at.alphas,
        backward ? 1 : 0,
        at.room,
      );
    return { at, stride, logLikelihood };
  }

  /** The likeliest sequence of states, and the log-probability of it and the sequence together. */
  viterbi(
    emissions: Emissions,
    start: Float64Array,
    transitions: Float64Array,
  ): { states: Int32Array; logProbability: number } {
    const { states, length, logProbabilities } = emissions;
    const at = this.#arena.lay({
      emissions: length * states * 8,
      start: states * 8,
      transposed: states * states * 8,
      labels: length * 4,
      back: length * states * 4,
      scores: 2 * states * 8,
    });
    this.#arena.floats(at.emissions, length * states).set(logProbabilities);
    const logStart = this.#arena.floats(at.start, states);
    const transposed = this.#arena.floats(at.transposed, states * states);
    for (let i = 0; i < states; i++) {
      logStart[i] = this.#wasm.log(start[i]!);
      for (let j = 0; j < states; j++) transposed[j * states + i] = this.#wasm.log(transitions[i * states + j]!);
    }
    const logProbability = this.#wasm.viterbi(
      at.emissions,
      length,
      states,
      states,
      at.start,
      at.transposed,
      at.labels,
      at.back,
      at.scores,
    );
    return { states: this.#arena.integers(at.labels, length).slice(), logProbability };
  }

  #placePoints(at: Layout<'xs' | 'ys'>, { xs, ys }: Points): void {
    this.#arena.floats(at.xs, xs.length + 1).fill(0, xs.length);
    this.#arena.floats(at.ys, ys.length + 1).fill(0, ys.length);
    this.#arena.floats(at.xs, xs.length).set(xs);
    this.#arena.floats(at.ys, ys.length).set(ys);
  }

  /**
   * The tightest clusters of `restarts` runs of k-means, as components of the first two columns.
   *
   * @returns also the nearest cluster of each point
   */
  #cluster(
    columns: readonly Float64Array[],
    k: number,
    restarts: number,
    random: Random,
    varianceFloor: number,
  ): { parameters: Parameters; labels: Int32Array } {
    const wasm = this.#wasm;
    const dimensions = columns.length;
    const n = columns[0]!.length;
    const step = Math.ceil(n / MAX_SEED_POINTS);
    const some = Math.ceil(n / step);
    const pitch = Math.ceil((n + 1) / 2) * 16;
    const somePitch = Math.ceil((some + 1) / 2) * 16;
    const at = this.#arena.lay({
      all: dimensions * pitch,
      some: dimensions * somePitch,
      distances: somePitch,
      uniforms: k * 8,
      centres: dimensions * k * 8,
      sums: (dimensions + 1) * k * 8,
      labels: n * 4,
      statistics: PARAMETERS * k * 8,
      parameters: PARAMETERS * k * 8,
    });
    columns.forEach((column, d) => {
      const all = this.#arena.floats(at.all + d * pitch, n + 1);
      all[n] = 0;
      all.set(column);
      const part = this.#arena.floats(at.some + d * somePitch, some + 1);
      part[some] = 0;
      for (let i = 0; i < some; i++) part[i] = column[i * step]!;
    });
    const centres = this.#arena.floats(at.centres, dimensions * k);
    let best = centres.slice();
    let least = Number.POSITIVE_INFINITY;
    for (let restart = 0; restart < restarts; restart++) {
      const stream = random.split(`restart-${restart}`);
      const uniforms = this.#arena.floats(at.uniforms, k);
      for (let c = 0; c < k; c++) uniforms[c] = stream.next();
      wasm.seedCentres(at.some, somePitch, dimensions, some, k, at.uniforms, at.centres, at.distances);
      const inertia = wasm.moveCentres(
        at.some,
        somePitch,
        dimensions,
        some,
        k,
        at.centres,
        at.labels,
        at.sums,
        LLOYD_ITERATIONS,
      );
      if (inertia < least) {
        least = inertia;
        best = centres.slice();
      }
    }
    centres.set(best);
    wasm.nearestCentres(at.all, pitch, dimensions, n, k, at.centres, at.labels);
    const statistics = this.#arena.floats(at.statistics, PARAMETERS * k).fill(0);
    wasm.clusterStatistics(at.all, pitch, dimensions, n, k, at.centres, at.labels, at.statistics);
    const parameters = this.#arena.floats(at.parameters, PARAMETERS * k);
    for (let c = 0; c < k; c++) {
      // The spread is for a centre that no point is nearest to.
      const [x, y] = [centres[dimensions * c]!, centres[dimensions * c + 1]!];
      parameters.set([statistics[c]! / n, x, y, 1, 0, 1], c * PARAMETERS);
    }
    wasm.maximize(at.parameters, at.statistics, k, k, varianceFloor);
    return { parameters: parameters.slice(), labels: this.#arena.integers(at.labels, n).slice() };
  }

  /** Bytes that the expectation step needs for the longest sequence. */
  #hmmRoom({ lengths }: Points, stride: number): number {
    return lengths.reduce((most, length) => Math.max(most, this.#wasm.hmmRoom(length, stride)), 0);
  }

  #placeHmm(at: Layout<keyof ReturnType<typeof hmmBytes>>, { states, parameters, start, transitions }: HmmParameters) {
    this.#arena.floats(at.parameters, parameters.length).set(parameters);
    // The factors of the padding after the last state are zeros.
    this.#arena.floats(at.factors, (states + 1) * PARAMETERS).fill(0);
    this.#placeChain(at, states, start, transitions);
  }

  #placeChain(
    at: Layout<'start' | 'transitions' | 'transposed'>,
    states: number,
    start: Float64Array,
    transitions: Float64Array,
  ): void {
    const stride = strideOf(states);
    this.#arena.floats(at.start, stride).fill(0).set(start);
    const rows = this.#arena.floats(at.transitions, stride * stride).fill(0);
    const columns = this.#arena.floats(at.transposed, stride * stride).fill(0);
    for (let i = 0; i < states; i++) {
      for (let j = 0; j < states; j++) {
        const value = transitions[i * states + j]!;
        rows[i * stride + j] = value;
        columns[j * stride + i] = value;
      }
    }
  }

  /** The expectation step over all sequences. */
  #expectHmm(
    at: Layout<'xs' | 'ys' | 'room' | keyof ReturnType<typeof hmmBytes>>,
    { lengths }: Points,
    states: number,
    statistics: number,
    tally: Layout<'labels' | 'categories' | 'symbols' | 'table'>,
  ): number {
    const stride = strideOf(states);
    this.#arena.floats(at.firsts, stride).fill(0);
    this.#arena.floats(at.counts, stride * stride).fill(0);
    if (statistics === at.statistics) this.#arena.floats(at.statistics, PARAMETERS * stride).fill(0);
    let logLikelihood = 0;
    let first = 0;
    const part = (address: number, bytes: number) => (address === 0 ? 0 : address + first * bytes);
    for (const length of lengths) {
      if (length > 0) {
        logLikelihood += this.#wasm.hmmExpect(
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
}

const NO_TALLY = { labels: 0, categories: 0, symbols: 0, table: 0 };

/** Rows of states are padded to whole blocks of the kernels. */
const strideOf = (states: number): number => Math.ceil(states / 4) * 4;

const pointBytes = (n: number) => ({ xs: (n + 1) * 8, ys: (n + 1) * 8 });

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

function unpadded(rows: Float64Array, columns: number, stride: number): Float64Array {
  const count = rows.length / stride;
  const result = new Float64Array(count * columns);
  for (let i = 0; i < count; i++) result.set(rows.subarray(i * stride, i * stride + columns), i * columns);
  return result;
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

/** Alternates the two steps, and ends with an expectation, so that the last log-likelihood is that of the result. */
function iterate(
  points: number,
  { iterations, tolerance }: FitLimits,
  steps: { readonly expect: () => number; readonly maximize: () => void },
): number[] {
  const logLikelihoods = [steps.expect()];
  for (let iteration = 0; iteration < iterations; iteration++) {
    steps.maximize();
    const before = logLikelihoods[iteration]!;
    logLikelihoods.push(steps.expect());
    if (logLikelihoods[iteration + 1]! - before < tolerance * points) break;
  }
  return logLikelihoods;
}
