/**
 * @module
 * The binding of the k-means kernels: where the fits of mixtures and hidden Markov models start.
 */
import type { Random } from '../random.js';
import type { KernelInstance } from './instance.js';
import { PARAMETERS, type Parameters } from './points.js';

/** Seeds are looked for among at most this many points, evenly taken. */
const MAX_SEED_POINTS = 16_384;
const LLOYD_ITERATIONS = 12;

/**
 * The tightest clusters of `restarts` runs of k-means, as components of the first two columns.
 *
 * @returns also the nearest cluster of each point
 */
export function cluster(
  { wasm, arena }: KernelInstance,
  columns: readonly Float64Array[],
  k: number,
  restarts: number,
  random: Random,
  varianceFloor: number,
): { parameters: Parameters; labels: Int32Array } {
  const dimensions = columns.length;
  const n = columns[0]!.length;
  const step = Math.ceil(n / MAX_SEED_POINTS);
  const some = Math.ceil(n / step);
  const pitch = Math.ceil((n + 1) / 2) * 16;
  const somePitch = Math.ceil((some + 1) / 2) * 16;
  const at = arena.lay({
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
    const all = arena.floats(at.all + d * pitch, n + 1);
    all[n] = 0;
    all.set(column);
    const part = arena.floats(at.some + d * somePitch, some + 1);
    part[some] = 0;
    for (let i = 0; i < some; i++) part[i] = column[i * step]!;
  });
  const centres = arena.floats(at.centres, dimensions * k);
  let best = centres.slice();
  let least = Number.POSITIVE_INFINITY;
  for (let restart = 0; restart < restarts; restart++) {
    const stream = random.split(`restart-${restart}`);
    const uniforms = arena.floats(at.uniforms, k);
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
  const statistics = arena.floats(at.statistics, PARAMETERS * k).fill(0);
  wasm.clusterStatistics(at.all, pitch, dimensions, n, k, at.centres, at.labels, at.statistics);
  const parameters = arena.floats(at.parameters, PARAMETERS * k);
  for (let c = 0; c < k; c++) {
    // The spread is for a centre that no point is nearest to.
    const [x, y] = [centres[dimensions * c]!, centres[dimensions * c + 1]!];
    parameters.set([statistics[c]! / n, x, y, 1, 0, 1], c * PARAMETERS);
  }
  wasm.maximize(at.parameters, at.statistics, k, k, varianceFloor);
  return { parameters: parameters.slice(), labels: arena.integers(at.labels, n).slice() };
}
