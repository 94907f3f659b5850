/**
 * @module
 * Points in the plane, the components and moments that describe them, and where points lie in the memory of the kernels.
 */
import type { Arena, Layout } from './arena.js';

/** Points in the plane, as columns of equal length, and how they fall into sequences. */
export interface Points {
  readonly xs: Float64Array;
  readonly ys: Float64Array;
  /** Lengths of the sequences, one behind the other; they add up to the number of points. Mixtures do not look at them. */
  readonly lengths: readonly number[];
}

/** Components with weight, mean x, mean y, covariance xx, xy, yy each. */
export type Parameters = Float64Array;
export const PARAMETERS = 6;

/** Σw, Σw·dx, Σw·dy, Σw·dx², Σw·dx·dy, Σw·dy² of each component, dx and dy from its mean. */
export type Moments = Float64Array;

export const pointBytes = (n: number) => ({ xs: (n + 1) * 8, ys: (n + 1) * 8 });

export function placePoints(arena: Arena, at: Layout<'xs' | 'ys'>, { xs, ys }: Points): void {
  arena.floats(at.xs, xs.length + 1).fill(0, xs.length);
  arena.floats(at.ys, ys.length + 1).fill(0, ys.length);
  arena.floats(at.xs, xs.length).set(xs);
  arena.floats(at.ys, ys.length).set(ys);
}
