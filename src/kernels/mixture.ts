/**
 * @module
 * The binding of the kernels of Gaussian mixtures.
 */
import type { Random } from '../random.js';
import { type FitLimits, iterate } from './expectation-maximization.js';
import type { KernelInstance } from './instance.js';
import { cluster } from './kmeans.js';
import { PARAMETERS, type Parameters, type Points, placePoints, pointBytes } from './points.js';

export interface MixtureFit {
  readonly parameters: Parameters;
  /** Total log-likelihood of the points in nats: before each iteration, and at the end. */
  readonly logLikelihoods: readonly number[];
}

/**
 * Fits a Gaussian mixture by expectation and maximization, from k-means clusters. It is quickest where neighbours in the plane
 * follow each other: what a component has nothing to do with is then passed over in whole runs.
 *
 * @param components at most the number of points
 * @param restarts how often k-means starts anew; the tightest clusters count
 * @throws SynthError `SYNTH_TRAINING_FAILED` if it takes more memory than there can be
 */
export function fitMixture(
  instance: KernelInstance,
  points: Points,
  components: number,
  restarts: number,
  random: Random,
  limits: FitLimits,
): MixtureFit {
  const { wasm, arena } = instance;
  const n = points.xs.length;
  const start = cluster(
    instance,
    [points.xs, points.ys],
    components,
    restarts,
    random,
    limits.varianceFloor,
  ).parameters;
  const at = arena.lay({
    ...pointBytes(n),
    parameters: components * PARAMETERS * 8,
    factors: components * PARAMETERS * 8,
    statistics: components * PARAMETERS * 8,
    room: wasm.mixtureRoom(components),
  });
  placePoints(arena, at, points);
  const statistics = arena.floats(at.statistics, components * PARAMETERS);
  const parameters = arena.floats(at.parameters, components * PARAMETERS);
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
export function classify({ wasm, arena }: KernelInstance, points: Points, mixture: Parameters): Int32Array {
  const n = points.xs.length;
  const components = mixture.length / PARAMETERS;
  const at = arena.lay({
    ...pointBytes(n),
    parameters: mixture.byteLength,
    factors: mixture.byteLength,
    statistics: mixture.byteLength,
    labels: n * 4,
    room: wasm.mixtureRoom(components),
  });
  placePoints(arena, at, points);
  arena.floats(at.parameters, mixture.length).set(mixture);
  wasm.makeFactors(at.parameters, at.factors, components, 1);
  wasm.mixtureExpect(at.xs, at.ys, n, components, at.factors, at.statistics, at.labels, at.room);
  return arena.integers(at.labels, n).slice();
}
