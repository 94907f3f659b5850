/**
 * @module
 * How many components, or states: as many as have the least Bayesian information criterion.
 *
 * BIC = -2·ln L + p·ln N with L the likelihood of all N points and p the number of free parameters. Source: G. Schwarz, “Estimating
 * the dimension of a model”, Annals of Statistics 6(2), 1978.
 */
import { z } from 'zod';
import type { GaussianFitOptions } from '../shared-options.js';

/** `auto`, or the numbers to compare. */
type ComponentChoice = GaussianFitOptions['components'];

const componentRowSchema = z.object({
  components: z.int().positive(),
  /** Total, in nats, of the standardized points. */
  logLikelihood: z.number(),
  bic: z.number(),
  iterations: z.int().nonnegative(),
});
/** One number of components that was compared, and how it did. */
export type ComponentRow = z.infer<typeof componentRowSchema>;
export const componentRowsSchema = z.array(componentRowSchema).readonly();

export interface ComponentSearch<Fit> {
  readonly best: Fit;
  readonly rows: readonly ComponentRow[];
}

/** Two coordinates each: K-1 weights, K means, K symmetric covariances. */
export const mixtureParameterCount = (k: number): number => k - 1 + 2 * k + 3 * k;
/** K-1 start and K·(K-1) transition probabilities, K means, K symmetric covariances. */
export const hmmParameterCount = (k: number): number => k - 1 + k * (k - 1) + 2 * k + 3 * k;

/** Steps of about a quarter: the criterion is flat near its least. */
const AUTO = [1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 64, 80, 96, 128, 160, 192, 256];
/** `auto` ends when so many numbers in a row were no better than the best. */
const PATIENCE = 3;

/** The numbers to compare: none above `limit`, which is itself compared where something above it was asked for. */
export function candidatesOf(choice: ComponentChoice, limit: number): number[] {
  const wanted = choice === 'auto' ? AUTO : choice;
  const possible = wanted.filter((count) => count <= limit);
  return possible.length > 0 ? possible : [limit];
}

/** How many numbers are tried at a time, while two directions share the threads. More would mostly be tried in vain. */
export const lookaheadOf = (threads: number): number => Math.min(PATIENCE + 1, Math.ceil(threads / 2));

/**
 * Fits with each number of components, `lookahead` at a time, and takes the least BIC. The result does not depend on `lookahead`:
 * what was tried beyond the end of the search is forgotten.
 */
export async function searchComponents<Fit extends { readonly logLikelihoods: readonly number[] }>(options: {
  readonly candidates: readonly number[];
  /** Whether to end when the criterion has clearly turned. */
  readonly stopEarly: boolean;
  readonly lookahead: number;
  readonly points: number;
  readonly parameterCount: (components: number) => number;
  /** `signal` is aborted when the fit is not wanted any more. */
  readonly fitWith: (components: number, signal: AbortSignal) => Promise<Fit>;
  readonly onRow?: (row: ComponentRow, done: number) => void;
}): Promise<ComponentSearch<Fit>> {
  const { candidates, stopEarly, lookahead, points, parameterCount, fitWith, onRow } = options;
  const search = new AbortController();
  const started: Promise<Fit>[] = [];
  const rows: ComponentRow[] = [];
  let best: { fit: Fit; bic: number; index: number } | undefined;
  for (const [index, components] of candidates.entries()) {
    while (started.length < Math.min(candidates.length, index + lookahead)) {
      const ahead = fitWith(candidates[started.length]!, search.signal);
      // Whoever is not waited for any more must not end the process.
      ahead.catch(() => {});
      started.push(ahead);
    }
    const result = await started[index]!;
    const logLikelihood = result.logLikelihoods.at(-1)!;
    const bic = -2 * logLikelihood + parameterCount(components) * Math.log(points);
    const row = { components, logLikelihood, bic, iterations: result.logLikelihoods.length - 1 };
    rows.push(row);
    onRow?.(row, rows.length / candidates.length);
    if (best === undefined || bic < best.bic) best = { fit: result, bic, index };
    if (stopEarly && index - best.index >= PATIENCE) break;
  }
  search.abort();
  return { best: best!.fit, rows };
}
