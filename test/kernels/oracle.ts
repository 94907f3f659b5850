/**
 * Gaussian mixtures and Gaussian hidden Markov models by the textbook, for comparison with the kernels: everything in logarithms,
 * one point and one state at a time, nothing left out and nothing rearranged.
 *
 * Sources: Dempster, Laird and Rubin, J. R. Stat. Soc. B 39(1), 1977, for the mixture; Rabiner, Proc. IEEE 77(2), 1989, for the
 * hidden Markov model. Like the kernels, and unlike the textbook, a covariance has no eigenvalue below a floor, a component without
 * weight stays as it was, and no start or transition probability that is estimated is below 1e-30.
 */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Gaussian {
  readonly mean: Point;
  readonly xx: number;
  readonly xy: number;
  readonly yy: number;
}

export interface Mixture {
  readonly weights: readonly number[];
  readonly gaussians: readonly Gaussian[];
}

export interface Hmm {
  readonly start: readonly number[];
  readonly transitions: readonly (readonly number[])[];
  readonly gaussians: readonly Gaussian[];
}

export interface Fitted<Model> {
  readonly model: Model;
  /** Total, in nats: before each iteration, and at the end. */
  readonly logLikelihoods: readonly number[];
}

const MIN_PROBABILITY = 1e-30;
const MIN_WEIGHT = 1e-12;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export function logSumExp(values: readonly number[]): number {
  const greatest = Math.max(...values);
  if (greatest === Number.NEGATIVE_INFINITY) return greatest;
  let total = 0;
  for (const value of values) total += Math.exp(value - greatest);
  return greatest + Math.log(total);
}

/** ln of the density of N(μ, Σ): -ln 2π - ½ ln det Σ - ½ (p - μ)ᵀ Σ⁻¹ (p - μ). */
export function logDensity({ mean, xx, xy, yy }: Gaussian, point: Point): number {
  const dx = point.x - mean.x;
  const dy = point.y - mean.y;
  const determinant = xx * yy - xy * xy;
  const distance = (yy * dx * dx - 2 * xy * dx * dy + xx * dy * dy) / determinant;
  return -Math.log(2 * Math.PI) - 0.5 * Math.log(determinant) - 0.5 * distance;
}

export function eigenvaluesOf({ xx, xy, yy }: Gaussian): readonly [least: number, greatest: number] {
  const middle = (xx + yy) / 2;
  const radius = Math.hypot((xx - yy) / 2, xy);
  return [middle - radius, middle + radius];
}

/** The likeliest Gaussian of weighted points whose covariance has no eigenvalue below the floor. */
function estimate(before: Gaussian, points: readonly Point[], weights: readonly number[], floor: number): Gaussian {
  const weight = sum(weights);
  if (weight < MIN_WEIGHT) return before;
  const average = (value: (point: Point) => number) =>
    sum(points.map((point, i) => weights[i]! * value(point))) / weight;
  const mean = { x: average(({ x }) => x), y: average(({ y }) => y) };
  const sample = {
    mean,
    xx: average(({ x }) => (x - mean.x) ** 2),
    xy: average(({ x, y }) => (x - mean.x) * (y - mean.y)),
    yy: average(({ y }) => (y - mean.y) ** 2),
  };
  const [least, greatest] = eigenvaluesOf(sample);
  if (least >= floor) return sample;
  // Σ λ·v·vᵀ over the two eigenvectors, at right angles to each other, with raised eigenvalues.
  const angle = Math.atan2(2 * sample.xy, sample.xx - sample.yy) / 2;
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  const [low, high] = [Math.max(least, floor), Math.max(greatest, floor)];
  return {
    mean,
    xx: high * cosine ** 2 + low * sine ** 2,
    xy: (high - low) * cosine * sine,
    yy: high * sine ** 2 + low * cosine ** 2,
  };
}

// --- mixture

function logJoint({ weights, gaussians }: Mixture, point: Point): number[] {
  return gaussians.map((gaussian, k) => Math.log(Math.max(weights[k]!, MIN_PROBABILITY)) + logDensity(gaussian, point));
}

/** The first of the likeliest components of a point. */
export function likeliestComponent(mixture: Mixture, point: Point): number {
  const scores = logJoint(mixture, point);
  return scores.indexOf(Math.max(...scores));
}

export function fitMixture(
  points: readonly Point[],
  from: Mixture,
  iterations: number,
  floor: number,
): Fitted<Mixture> {
  let model = from;
  const logLikelihoods: number[] = [];
  for (let iteration = 0; ; iteration++) {
    const joint = points.map((point) => logJoint(model, point));
    const evidence = joint.map(logSumExp);
    logLikelihoods.push(sum(evidence));
    if (iteration === iterations) return { model, logLikelihoods };
    const shares = model.gaussians.map((_, k) => joint.map((row, i) => Math.exp(row[k]! - evidence[i]!)));
    model = {
      weights: shares.map((share) => sum(share) / points.length),
      gaussians: model.gaussians.map((gaussian, k) => estimate(gaussian, points, shares[k]!, floor)),
    };
  }
}

// --- hidden Markov model

/** What the points of one sequence say about its states. */
export interface Expectation {
  readonly logLikelihood: number;
  /** Per point the probability of each state, given all points. */
  readonly states: readonly (readonly number[])[];
  /** Expected number of transitions from one state to another. */
  readonly transitions: readonly (readonly number[])[];
}

/**
 * Forward and backward passes.
 *
 * @param logEmissions per point the logarithm of its probability in each state; at least one point
 */
export function expectStates(
  logEmissions: readonly (readonly number[])[],
  { start, transitions }: Pick<Hmm, 'start' | 'transitions'>,
): Expectation {
  const logStart = start.map(Math.log);
  const logTransitions = transitions.map((row) => row.map(Math.log));
  const all = [...start.keys()];
  const last = logEmissions.length - 1;

  const forward: number[][] = [];
  logEmissions.forEach((emission, t) => {
    forward.push(
      all.map(
        (j) =>
          emission[j]! +
          (t === 0 ? logStart[j]! : logSumExp(all.map((i) => forward[t - 1]![i]! + logTransitions[i]![j]!))),
      ),
    );
  });

  const backward: number[][] = logEmissions.map(() => all.map(() => 0));
  for (let t = last - 1; t >= 0; t--) {
    backward[t] = all.map((i) =>
      logSumExp(all.map((j) => logTransitions[i]![j]! + logEmissions[t + 1]![j]! + backward[t + 1]![j]!)),
    );
  }

  const logLikelihood = logSumExp(forward[last]!);
  const counts = all.map(() => all.map(() => 0));
  for (let t = 1; t <= last; t++) {
    for (const i of all) {
      for (const j of all) {
        counts[i]![j]! += Math.exp(
          forward[t - 1]![i]! + logTransitions[i]![j]! + logEmissions[t]![j]! + backward[t]![j]! - logLikelihood,
        );
      }
    }
  }
  return {
    logLikelihood,
    states: forward.map((row, t) => row.map((value, k) => Math.exp(value + backward[t]![k]! - logLikelihood))),
    transitions: counts,
  };
}

const distribution = (weights: readonly number[], before: readonly number[]): readonly number[] => {
  const total = sum(weights);
  return total < MIN_WEIGHT ? before : weights.map((weight) => Math.max(weight / total, MIN_PROBABILITY));
};

export const expectSequence = (sequence: readonly Point[], hmm: Hmm): Expectation =>
  expectStates(
    sequence.map((point) => hmm.gaussians.map((gaussian) => logDensity(gaussian, point))),
    hmm,
  );

/** Baum and Welch's iterations over several sequences, of which some may be empty. */
export function fitHmm(
  sequences: readonly (readonly Point[])[],
  from: Hmm,
  iterations: number,
  floor: number,
): Fitted<Hmm> {
  const used = sequences.filter(({ length }) => length > 0);
  const points = used.flat();
  let model = from;
  const logLikelihoods: number[] = [];
  for (let iteration = 0; ; iteration++) {
    const expectations = used.map((sequence) => expectSequence(sequence, model));
    logLikelihoods.push(sum(expectations.map(({ logLikelihood }) => logLikelihood)));
    if (iteration === iterations) return { model, logLikelihoods };
    const rows = expectations.flatMap(({ states }) => states);
    const { start, transitions, gaussians } = model;
    model = {
      start: distribution(
        start.map((_, k) => sum(expectations.map(({ states }) => states[0]![k]!))),
        start,
      ),
      transitions: transitions.map((row, i) =>
        distribution(
          row.map((_, j) => sum(expectations.map((expectation) => expectation.transitions[i]![j]!))),
          row,
        ),
      ),
      gaussians: gaussians.map((gaussian, k) =>
        estimate(
          gaussian,
          points,
          rows.map((row) => row[k]!),
          floor,
        ),
      ),
    };
  }
}
