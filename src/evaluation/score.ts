/**
 * @module
 * The fidelity score: 0 to 100, 100 for series that no metric can tell from held-out real packets. docs/evaluation.md defines it in words.
 *
 * A metric loses what its value is above what real packets have: above the floor, and above what 97.5 % of the resamplings of the training
 * part have. An aspect loses the root mean square of what its metrics lose, the score that of what the aspects lose: a fault that one metric sees
 * clearly weighs more than many small ones.
 */
import { ASPECTS, type Aspect, eachAspect, type Scored } from './metric.js';

/** Where chance leaves less room than this part of the worst, a metric is not trusted to lose everything. */
const MIN_ROOM = 1 / 5;

/**
 * What a metric loses, 0 to 1. The largest value there can be costs everything, also where real packets come near to it.
 *
 * @param real the largest value that is ascribed to chance
 * @param most the largest value there can be
 */
export function lossOf(value: number, real: number, { worst }: Scored, most = Number.POSITIVE_INFINITY): number {
  const room = Math.min(worst, Math.max(most - real, worst * MIN_ROOM));
  return Math.min(1, Math.max(0, value - real) / room);
}

/** A loss, and the aspect that it belongs to. */
export interface AspectLoss {
  readonly aspect: Aspect;
  readonly loss: number;
}

/** What each aspect loses; null for those without a metric. */
export function aspectLosses(losses: readonly AspectLoss[]): Readonly<Record<Aspect, number | null>> {
  return eachAspect((aspect) => rootMeanSquare(losses.filter((one) => one.aspect === aspect).map(({ loss }) => loss)));
}

/** The score of one synthetic series; null where no aspect could be judged. */
export function scoreOf(aspects: Readonly<Record<Aspect, number | null>>): number | null {
  const loss = rootMeanSquare(ASPECTS.flatMap((aspect) => aspects[aspect] ?? []));
  return loss === null ? null : 100 * (1 - loss);
}

function rootMeanSquare(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
}
