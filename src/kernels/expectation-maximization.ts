/**
 * @module
 * The course of an expectation-maximization fit, the same for mixtures and hidden Markov models.
 */

/** How expectation and maximization go on. */
export interface FitLimits {
  readonly iterations: number;
  /** Ends when an iteration gains less, in nats per point. */
  readonly tolerance: number;
  /** Least eigenvalue of a covariance. */
  readonly varianceFloor: number;
}

/** Alternates the two steps, and ends with an expectation, so that the last log-likelihood is that of the result. */
export function iterate(
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
