/**
 * @module
 * What a state, or a component, emits: exact values where the data repeat exactly, something like a Gaussian for the rest.
 *
 * Sizes are spikes (93 bytes, a thousand times), and so is a gap of zero: a Gaussian around 93 is never 93. So a component keeps
 * the mass of each exact size and gap that it had (the spikes), by patterns: an exact size with an exact gap, one of them with
 * anything, anything with anything. What is not exact has a Gaussian over (size, ln(1 + gap)) with full covariance (the slab); the
 * name is from Mitchell and Beauchamp, JASA 83(404), 1988.
 *
 * The likelihood is that of the Gaussian. Drawing keeps its correlation and takes the values themselves from those that the
 * component had, rank by rank (a Gaussian copula; Sklar, 1959): a timer's gaps in one state may well be 10 ms or 20 ms and never
 * 15 ms, and a long pause is neither cut off nor blown up.
 */
import type { Kernels, Moments } from '../../src/kernels/kernels.js';
import type { Random } from '../../src/random.js';
import { requireModel, type Tensor, type TensorReader } from '../../src/tensors.js';
import { AliasTable } from '../alias-table.js';
import { isPossibleGap, isPossibleSize } from '../limits.js';
import type { ComponentDescription } from '../traffic-model.js';
import type { Observations, Plane } from './observations.js';
import { RankedValues } from './ranked-values.js';
import { Spikes } from './spikes.js';

/** Least variance along any axis, of coordinates whose variance is 1. */
export const VARIANCE_FLOOR = 1e-6;
/** A covariance needs more than two points. */
const MIN_CORRELATION_WEIGHT = 3;
const MAX_CORRELATION = 0.999;

/** What the packets of a direction are counted as, by component. */
export interface EmissionCounts {
  /** Patterns × components. */
  readonly table: Float64Array;
  /** Moments by category, about `centres`, on the plane. */
  readonly moments: readonly Moments[];
  /** x and y of each component. */
  readonly centres: Float64Array;
  /** The component of each packet. */
  readonly labels: Int32Array;
}

export class SpikeSlab {
  readonly components: number;
  readonly spikes: Spikes;
  /** Components × patterns; each row is a distribution. */
  readonly weights: Float64Array;
  /** Per component: mean size in bytes and mean of ln(1 + gap in ns), of what is not exact. */
  readonly means: Float64Array;
  /** Per component the covariance matrix of the two, row by row. */
  readonly covariances: Float64Array;
  /** What sizes and gaps are drawn from where they are not exact. */
  readonly sizeValues: RankedValues;
  readonly gapValues: RankedValues;
  /** What the latest `draw` gave. */
  sizeBytes = 0;
  gapNs = 0;
  readonly #kernels: Kernels;
  readonly #draws: AliasTable;
  /** Per component: deviation of size and of ln(1 + gap), their correlation. */
  readonly #deviations: Float64Array;
  readonly #gapRanges: readonly (readonly [number, number])[];

  constructor(
    kernels: Kernels,
    spikes: Spikes,
    weights: Float64Array,
    means: Float64Array,
    covariances: Float64Array,
    sizeValues: RankedValues,
    gapValues: RankedValues,
  ) {
    this.#kernels = kernels;
    this.components = means.length / 2;
    this.spikes = spikes;
    this.weights = weights;
    this.means = means;
    this.covariances = covariances;
    this.sizeValues = sizeValues;
    this.gapValues = gapValues;
    this.#draws = new AliasTable(weights, spikes.patterns);
    this.#gapRanges = Array.from({ length: this.components }, (_, k) => this.#gapRangeOf(k));
    this.#deviations = new Float64Array(3 * this.components);
    for (let k = 0; k < this.components; k++) {
      const size = Math.sqrt(covariances[4 * k]!);
      const gap = Math.sqrt(covariances[4 * k + 3]!);
      this.#deviations.set([size, gap, covariances[4 * k + 1]! / (size * gap)], 3 * k);
    }
  }

  static fit(
    kernels: Kernels,
    plane: Plane,
    spikes: Spikes,
    observations: Observations,
    counts: EmissionCounts,
    varianceFloor: number,
  ): SpikeSlab {
    const { table, moments, centres, labels } = counts;
    const components = centres.length / 2;
    const weights = new Float64Array(table.length);
    for (let k = 0; k < components; k++) {
      let total = 0;
      for (let p = 0; p < spikes.patterns; p++) total += table[p * components + k]!;
      // A component that nothing belongs to emits anything, should it ever be asked.
      for (let p = 0; p < spikes.patterns; p++) {
        weights[k * spikes.patterns + p] = total > 0 ? table[p * components + k]! / total : 1 / spikes.patterns;
      }
    }
    const means = new Float64Array(2 * components);
    const covariances = new Float64Array(4 * components);
    for (let k = 0; k < components; k++) {
      const sum = (categories: readonly number[], row: number) =>
        categories.reduce((total, category) => total + moments[category]![row * components + k]!, 0);
      const [meanX, varianceX] = meanAndVariance(sum([0, 2], 0), sum([0, 2], 1), sum([0, 2], 3), varianceFloor);
      const [meanY, varianceY] = meanAndVariance(sum([0, 1], 0), sum([0, 1], 2), sum([0, 1], 5), varianceFloor);
      const correlation = correlationOf((row) => sum([0], row), varianceFloor);
      const deviationSize = Math.sqrt(varianceX) * plane.size.deviation;
      const deviationGap = Math.sqrt(varianceY) * plane.logGap.deviation;
      means[2 * k] = plane.size.mean + plane.size.deviation * (centres[2 * k]! + meanX);
      means[2 * k + 1] = plane.logGap.mean + plane.logGap.deviation * (centres[2 * k + 1]! + meanY);
      const covariance = correlation * deviationSize * deviationGap;
      covariances.set([deviationSize ** 2, covariance, covariance, deviationGap ** 2], 4 * k);
    }
    const { sizes, gapsNs } = observations;
    const sizeValues = RankedValues.fit(
      sizes,
      labels,
      components,
      (value) => spikes.sizeIndex(value) === spikes.sizes.length,
    );
    const gapValues = RankedValues.fit(
      gapsNs,
      labels,
      components,
      (value) => spikes.gapIndex(value) === spikes.gapsNs.length,
    );
    return new SpikeSlab(kernels, spikes, weights, means, covariances, sizeValues, gapValues);
  }

  /** Draws a packet of a component into `sizeBytes` and `gapNs`. */
  draw(component: number, random: Random): void {
    const { spikes } = this;
    const pattern = this.#draws.draw(component, random);
    const sizeIndex = spikes.patternSize[pattern]!;
    const gapIndex = spikes.patternGap[pattern]!;
    const exactSize = sizeIndex < spikes.sizes.length;
    const exactGap = gapIndex < spikes.gapsNs.length;
    let rank = 0;
    if (exactGap) this.gapNs = spikes.gapsNs[gapIndex]!;
    else {
      rank = random.next();
      this.gapNs = this.gapValues.at(component, rank);
    }
    if (exactSize) this.sizeBytes = spikes.sizes[sizeIndex]!;
    else {
      const own = random.next();
      const correlation = exactGap ? 0 : this.#deviations[3 * component + 2]!;
      this.sizeBytes = this.sizeValues.at(
        component,
        correlation === 0 ? own : this.#correlated(rank, own, correlation),
      );
    }
  }

  /** A rank, uniform from 0 to 1, whose normal score has this correlation with that of another rank. */
  #correlated(other: number, own: number, correlation: number): number {
    const z = (rank: number) => this.#kernels.normalQuantile(rank + HALF_STEP);
    return this.#kernels.normalCdf(correlation * z(other) + Math.sqrt(1 - correlation * correlation) * z(own));
  }

  /** Probability of a size (bytes) and a gap (whole ns) under a component; 0 outside what it can emit. */
  probability(component: number, sizeBytes: number, gapNs: number): number {
    const { spikes, weights } = this;
    const sizeIndex = spikes.sizeIndex(sizeBytes);
    const gapIndex = spikes.gapIndex(gapNs);
    const otherSize = spikes.sizes.length;
    const otherGap = spikes.gapsNs.length;
    const weight = (size: number, gap: number) => {
      const pattern = spikes.pattern(size, gap);
      return pattern < 0 ? 0 : weights[component * spikes.patterns + pattern]!;
    };
    let probability = 0;
    if (sizeIndex < otherSize && gapIndex < otherGap) probability += weight(sizeIndex, gapIndex);
    if (sizeIndex < otherSize) {
      const share = weight(sizeIndex, otherGap);
      if (share > 0) probability += share * this.#gapProbability(component, gapNs);
    }
    if (gapIndex < otherGap) {
      const share = weight(otherSize, gapIndex);
      if (share > 0) probability += share * this.#sizeProbability(component, sizeBytes, 0, 0);
    }
    const share = weight(otherSize, otherGap);
    if (share > 0) {
      const gap = this.#gapProbability(component, gapNs);
      if (gap > 0) {
        const z =
          (this.#kernels.log(1 + gapNs) - this.means[2 * component + 1]!) / this.#deviations[3 * component + 1]!;
        probability +=
          share * gap * this.#sizeProbability(component, sizeBytes, this.#deviations[3 * component + 2]!, z);
      }
    }
    return probability;
  }

  /** Of a whole number of ns. */
  #gapProbability(component: number, gapNs: number): number {
    const mean = this.means[2 * component + 1]!;
    const deviation = this.#deviations[3 * component + 1]!;
    const score = (value: number) => (this.#kernels.log(1 + value) - mean) / deviation;
    const mass = this.#kernels.normalCdf(score(gapNs + 0.5)) - this.#kernels.normalCdf(score(Math.max(0, gapNs - 0.5)));
    if (mass > 1e-9) return mass;
    // The difference of two nearly equal numbers says nothing: the density does.
    const z = score(gapNs);
    return (INVERSE_ROOT_TWO_PI * this.#kernels.exp(-0.5 * z * z)) / (deviation * (1 + gapNs));
  }

  /** Of a whole number of bytes, given the standardized ln(1 + gap). */
  #sizeProbability(component: number, sizeBytes: number, correlation: number, z: number): number {
    const deviation = this.#deviations[3 * component]!;
    const mean = this.means[2 * component]! + correlation * deviation * z;
    const own = deviation * Math.sqrt(1 - correlation * correlation);
    const below = (value: number) => this.#kernels.normalCdf((value - mean) / own);
    return below(sizeBytes + 0.5) - below(sizeBytes - 0.5);
  }

  /** Mean size in bytes and mean of ln(1 + gap in ns) of a component, the exact values included. */
  meanOf(component: number): { sizeBytes: number; logGap: number } {
    const { spikes, weights } = this;
    let sizeBytes = 0;
    let logGap = 0;
    for (let p = 0; p < spikes.patterns; p++) {
      const weight = weights[component * spikes.patterns + p]!;
      sizeBytes += weight * (spikes.sizes[spikes.patternSize[p]!] ?? this.means[2 * component]!);
      const gapNs = spikes.gapsNs[spikes.patternGap[p]!];
      logGap += weight * (gapNs === undefined ? this.means[2 * component + 1]! : this.#kernels.log(1 + gapNs));
    }
    return { sizeBytes, logGap };
  }

  /** The least and the greatest gap that a component can emit, in ns. */
  gapRange(component: number): readonly [number, number] {
    return this.#gapRanges[component]!;
  }

  #gapRangeOf(component: number): [number, number] {
    const { spikes, weights } = this;
    let range: [number, number] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let p = 0; p < spikes.patterns; p++) {
      if (weights[component * spikes.patterns + p] === 0) continue;
      const exact = spikes.gapsNs[spikes.patternGap[p]!];
      const [low, high] = exact === undefined ? this.gapValues.range(component) : [exact, exact];
      range = [Math.min(range[0], low), Math.max(range[1], high)];
    }
    return range;
  }

  describe(component: number): Omit<ComponentDescription, 'outbound' | 'share' | 'stay'> {
    const { sizeBytes, logGap } = this.meanOf(component);
    let exactSizes = 0;
    let exactGaps = 0;
    for (let p = 0; p < this.spikes.patterns; p++) {
      const category = this.spikes.category(p);
      const weight = this.weights[component * this.spikes.patterns + p]!;
      if (category & 1) exactSizes += weight;
      if (category & 2) exactGaps += weight;
    }
    return { meanSizeBytes: sizeBytes, geometricMeanGapMs: Math.expm1(logGap) / 1e6, exactSizes, exactGaps };
  }

  save(prefix: string, tensors: Map<string, Tensor>): void {
    const { components, spikes } = this;
    spikes.save(prefix, tensors);
    tensors.set(`${prefix}.weights`, { shape: [components, spikes.patterns], data: this.weights });
    tensors.set(`${prefix}.means`, { shape: [components, 2], data: this.means });
    tensors.set(`${prefix}.covariances`, { shape: [components, 2, 2], data: this.covariances });
    this.sizeValues.save(`${prefix}.size`, tensors);
    this.gapValues.save(`${prefix}.gap`, tensors);
  }

  /** @throws SynthError `SYNTH_MODEL_INVALID` */
  static load(kernels: Kernels, prefix: string, components: number, reader: TensorReader): SpikeSlab {
    const spikes = Spikes.load(prefix, reader);
    const { patterns } = spikes;
    const weights = reader.tensor(`${prefix}.weights`, Float64Array, [components, patterns]);
    const means = reader.tensor(`${prefix}.means`, Float64Array, [components, 2]);
    const covariances = reader.tensor(`${prefix}.covariances`, Float64Array, [components, 2, 2]);
    for (let k = 0; k < components; k++) {
      requireDistribution(weights.subarray(k * patterns, (k + 1) * patterns), `component ${k} of “${prefix}”`);
      const xy = covariances[4 * k + 1]!;
      requireCovariance(covariances[4 * k]!, xy, covariances[4 * k + 3]!, `component ${k} of “${prefix}”`);
      requireModel(
        xy === covariances[4 * k + 2],
        `has a covariance that is not symmetric: component ${k} of “${prefix}”`,
      );
    }
    const sizeValues = RankedValues.load(`${prefix}.size`, components, reader, isPossibleSize);
    const gapValues = RankedValues.load(`${prefix}.gap`, components, reader, isPossibleGap);
    return new SpikeSlab(kernels, spikes, weights, means, covariances, sizeValues, gapValues);
  }
}

/** @throws SynthError `SYNTH_MODEL_INVALID` unless the values are probabilities that sum to one */
export function requireDistribution(values: Float64Array, name: string): void {
  const sum = values.reduce((total, value) => total + value, 0);
  const valid = values.every((value) => value >= 0) && Math.abs(sum - 1) < 1e-9;
  requireModel(valid, `has probabilities that are no distribution: ${name}`);
}

/** @throws SynthError `SYNTH_MODEL_INVALID` unless the matrix is positive definite */
export function requireCovariance(xx: number, xy: number, yy: number, name: string): void {
  const valid = xx > 0 && yy > 0 && xx * yy - xy * xy > 0;
  requireModel(valid, `has a covariance that is not positive definite: ${name}`);
}

/** From the sums of weights, differences and squares. */
function meanAndVariance(weight: number, sum: number, squares: number, floor: number): [number, number] {
  if (!(weight > 0)) return [0, floor];
  const mean = sum / weight;
  return [mean, Math.max(floor, squares / weight - mean * mean)];
}

function correlationOf(sum: (row: number) => number, floor: number): number {
  const weight = sum(0);
  if (weight < MIN_CORRELATION_WEIGHT) return 0;
  const [meanX, varianceX] = meanAndVariance(weight, sum(1), sum(3), floor);
  const [meanY, varianceY] = meanAndVariance(weight, sum(2), sum(5), floor);
  const correlation = (sum(4) / weight - meanX * meanY) / Math.sqrt(varianceX * varianceY);
  return clamp(correlation, -MAX_CORRELATION, MAX_CORRELATION);
}

const clamp = (value: number, low: number, high: number): number => (value < low ? low : value > high ? high : value);
/** From the lower end of a random number's step to its middle, so that it is above 0 and below 1. */
const HALF_STEP = 2 ** -33;
const INVERSE_ROOT_TWO_PI = 0.3989422804014327;
