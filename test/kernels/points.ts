/** Points for the kernels, made by rule, and how kernels and oracle say the same thing. */

import { VARIANCE_FLOOR } from '../../models/gaussian/spike-slab.js';
import {
  type FitLimits,
  type HmmParameters,
  PARAMETERS,
  type Parameters,
  type Points,
} from '../../src/kernels/kernels.js';
import { type Random, randomStream } from '../../src/random.js';
import fc from '../support/fast-check.js';
import type { Gaussian, Hmm, Mixture, Point } from './oracle.js';

export const FLOOR = VARIANCE_FLOOR;
/** All iterations, whatever they gain. */
export const iterationsOf = (iterations: number): FitLimits => ({
  iterations,
  tolerance: Number.NEGATIVE_INFINITY,
  varianceFloor: FLOOR,
});

export function pointsOf(sequences: readonly (readonly Point[])[]): Points {
  const all = sequences.flat();
  return {
    xs: Float64Array.from(all, ({ x }) => x),
    ys: Float64Array.from(all, ({ y }) => y),
    lengths: sequences.map(({ length }) => length),
  };
}

/** The same points as sequences of points. */
export function sequencesOf({ xs, ys, lengths }: Points): Point[][] {
  let from = 0;
  return lengths.map((length) => {
    const sequence = Array.from({ length }, (_, i) => ({ x: xs[from + i]!, y: ys[from + i]! }));
    from += length;
    return sequence;
  });
}

export function gaussiansOf(parameters: Parameters): Gaussian[] {
  return Array.from({ length: parameters.length / PARAMETERS }, (_, k) => {
    const [, x, y, xx, xy, yy] = parameters.subarray(k * PARAMETERS) as unknown as [
      number,
      number,
      number,
      number,
      number,
      number,
    ]; // six a component
    return { mean: { x, y }, xx, xy, yy };
  });
}

export const mixtureOf = (parameters: Parameters): Mixture => ({
  weights: [...parameters.filter((_, i) => i % PARAMETERS === 0)],
  gaussians: gaussiansOf(parameters),
});

export const hmmOf = ({ states, parameters, start, transitions }: HmmParameters): Hmm => ({
  start: [...start],
  transitions: Array.from({ length: states }, (_, i) => [...transitions.subarray(i * states, (i + 1) * states)]),
  gaussians: gaussiansOf(parameters),
});

/** Sum of twelve uniform numbers: close to a standard normal one, and the same on every machine. */
export function normal(random: Random): number {
  let total = -6;
  for (let i = 0; i < 12; i++) total += random.next();
  return total;
}

/**
 * A chain of three states: around (-1, -1), long in one direction; around (1, 0.5), round; and exactly on the line x = 2, as where
 * all sizes are the same. The states last for five points on average.
 */
export function chain(length: number, seed = 'chain'): Point[] {
  const random = randomStream(seed, 'points');
  let state = 0;
  return Array.from({ length }, () => {
    if (random.next() < 0.2) state = (state + (random.next() < 0.7 ? 1 : 2)) % 3;
    const [a, b] = [normal(random), normal(random)];
    if (state === 0) return { x: -1 + 0.5 * a, y: -1 + 0.4 * a + 0.1 * b };
    if (state === 1) return { x: 1 + 0.3 * a, y: 0.5 + 0.3 * b };
    return { x: 2, y: 0.5 * b };
  });
}

/** The greatest relative difference of two curves of the same length. */
export function relativeDifference(one: readonly number[], other: readonly number[]): number {
  if (one.length !== other.length) return Number.POSITIVE_INFINITY;
  return Math.max(...one.map((value, i) => Math.abs(value - other[i]!) / Math.max(1, Math.abs(other[i]!))));
}

/** Coordinates as standardized quantities have them: spread, the same one many times, far out. */
const coordinate = fc.oneof(
  { weight: 3, arbitrary: fc.double({ min: -3, max: 3, noNaN: true }) },
  { weight: 2, arbitrary: fc.constantFrom(-1, 0, 0.5, 2) },
  { weight: 1, arbitrary: fc.double({ min: -40, max: 40, noNaN: true }) },
);
const anyPoint = fc.record({ x: coordinate, y: coordinate });
/** Points anywhere; the same point many times; points on a line. */
export const anySequence: fc.Arbitrary<Point[]> = fc.oneof(
  fc.array(anyPoint, { maxLength: 60 }),
  fc.tuple(anyPoint, fc.nat(60)).map(([point, count]) => new Array<Point>(count).fill(point)),
  fc
    .tuple(fc.double({ min: -4, max: 4, noNaN: true }), fc.array(coordinate, { maxLength: 60 }))
    .map(([slope, all]) => all.map((x) => ({ x, y: slope * x }))),
);
/** At least one point in all. */
export const anySequences: fc.Arbitrary<Point[][]> = fc
  .array(anySequence, { minLength: 1, maxLength: 4 })
  .filter((sequences) => sequences.some(({ length }) => length > 0));

/** The first place where a curve falls by more than rounding, or -1. */
export const firstFall = (logLikelihoods: readonly number[]): number =>
  logLikelihoods.findIndex((value, i) => {
    const before = logLikelihoods[i - 1] ?? value;
    return !(value - before >= -1e-9 * Math.max(1, Math.abs(before)));
  });
