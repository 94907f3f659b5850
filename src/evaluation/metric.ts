/**
 * @module
 * The contract of every metric of an evaluation: a number about two series that is small where they are alike.
 */
import type { Interval } from '../statistics/confidence.js';
import type { SeriesView } from './series-view.js';

/** Whose packets a metric looks at; `both` where the order of the directions is part of it. */
export type Direction = 'outbound' | 'inbound' | 'both';

export const DIRECTIONS = ['outbound', 'inbound'] as const;

/** What a metric counts for in the fidelity score, see score.ts. */
export const ASPECTS = ['size', 'gap', 'rate', 'order', 'dialogue', 'classifier'] as const;
export type Aspect = (typeof ASPECTS)[number];

/** Something about every aspect. */
export const eachAspect = <T>(make: (aspect: Aspect) => T): Readonly<Record<Aspect, T>> =>
  Object.fromEntries(ASPECTS.map((aspect) => [aspect, make(aspect)])) as Record<Aspect, T>;

/** What a metric is, apart from its formula. */
export interface MetricName {
  /** The family: `ks`, `emd`, … */
  readonly metric: string;
  readonly quantity: string;
  readonly direction: Direction;
  /** Empty for a pure number. */
  readonly unit: string;
  /** The largest value there can be; undefined where there is none. */
  readonly most?: number | undefined;
  /** It looks at bins of time: what a series has too few of is time, not packets. */
  readonly inTime?: boolean | undefined;
  /** Its place in the score; undefined for a metric that is only reported. */
  readonly scored?: Scored | undefined;
  /** The part of the real series that a synthetic one is compared with. Default: `heldOut`. */
  readonly against?: 'heldOut' | 'training' | undefined;
}

export interface Scored {
  readonly aspect: Aspect;
  /** The excess that costs the whole aspect. */
  readonly worst: number;
}

/** A number, with whatever else was found on the way. */
export interface Value {
  readonly value: number;
  /** The range in which it lies with a probability of 95 %, where the metric knows it by itself, and block resamplings would mislead it. */
  readonly interval?: Interval;
  readonly detail?: unknown;
}

/** Why there is no number: one of the two has too little of something. */
export interface Lack {
  readonly lacks: 'sample' | 'real';
  /** After “it has”: `no packets`. */
  readonly what: string;
}

export type Comparison = Value | Lack;

export interface Metric extends MetricName {
  /**
   * @param sample a synthetic series, or a part of the real one that stands in its place
   * @param real the part of the real series that it is compared with
   */
  compare(sample: SeriesView, real: SeriesView): Comparison;
}

/**
 * A metric from two functions. A direction that the real series does not use is never compared: silence would be a perfect fit.
 *
 * @param prepare what the metric needs of one series, made once for each; a text where the series has too little for it
 * @param distance the number from what was prepared of the sample and of the real part
 */
export function defineMetric<T extends object>(
  name: MetricName,
  prepare: (view: SeriesView) => T | string,
  distance: (sample: T, real: T) => number | Value,
): Metric {
  const prepared = new WeakMap<SeriesView, T | string>();
  const prepareOnce = (view: SeriesView): T | string => {
    let result = prepared.get(view);
    if (result === undefined) {
      result = prepare(view);
      prepared.set(view, result);
    }
    return result;
  };
  return {
    ...name,
    compare(sample, real) {
      if (name.direction !== 'both' && real.count(name.direction === 'outbound') === 0) {
        return { lacks: 'real', what: 'no packets' };
      }
      const ofReal = prepareOnce(real);
      if (typeof ofReal === 'string') return { lacks: 'real', what: ofReal };
      const ofSample = prepareOnce(sample);
      if (typeof ofSample === 'string') return { lacks: 'sample', what: ofSample };
      const result = distance(ofSample, ofReal);
      return typeof result === 'number' ? { value: result } : result;
    },
  };
}

/** The same metric for each direction. */
export const eachDirection = (make: (direction: 'outbound' | 'inbound', outbound: boolean) => Metric): Metric[] =>
  DIRECTIONS.map((direction) => make(direction, direction === 'outbound'));

/** What most metrics need first. */
export const enough = (values: Float64Array, least: number, what: string): Float64Array | string =>
  values.length >= least ? values : tooFew(values.length, least, what);

/** How a series that lacks something is told of. */
export const tooFew = (count: number, least: number, what: string): string =>
  count === 0 ? `no ${what}` : `too few ${what}: ${count}, fewer than ${least}`;
