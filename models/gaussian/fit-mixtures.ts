/**
 * @module
 * How a Gaussian quantizer is learned: a mixture per direction over (size, log joint gap), the number of components by BIC, then
 * what the components emit.
 */
import { z } from 'zod';
import type { FitPool } from '../../src/kernels/fit-pool.js';
import { type Kernels, type MixtureFit, PARAMETERS, type Parameters, type Points } from '../../src/kernels/kernels.js';
import type { PacketBlock } from '../../src/packets/packet-series.js';
import { DirectionClock } from '../direction-clock.js';
import { MAX_COMPONENTS } from '../limits.js';
import type { GaussianFitOptions } from '../shared-options.js';
import {
  type ComponentRow,
  candidatesOf,
  componentRowsSchema,
  lookaheadOf,
  mixtureParameterCount,
  searchComponents,
} from './component-search.js';
import { type DirectionMixture, encodeDirection, GaussianQuantizer } from './gaussian-quantizer.js';
import {
  distinctPoints,
  type Observations,
  observe,
  type Plane,
  partOf,
  planeOf,
  pointsOn,
  sortedPoints,
} from './observations.js';
import { type EmissionCounts, SpikeSlab, VARIANCE_FLOOR } from './spike-slab.js';
import { CATEGORIES, Spikes } from './spikes.js';

/** The number of components is chosen on no more packets than this; the components then learn from all. */
const MAX_SELECTION_PACKETS = 20_000;

/** Inbound and outbound; 0 for a direction without packets. */
export type ComponentCounts = readonly [number, number];

const directionSchema = z.object({
  components: z.int().positive(),
  packets: z.int().positive(),
  candidates: componentRowsSchema,
});
/** What the choice of the components compared; null for a direction without packets. */
export const mixturesSchema = z
  .object({ outbound: directionSchema.nullable(), inbound: directionSchema.nullable() })
  .readonly();
export type MixturesSummary = z.infer<typeof mixturesSchema>;
type DirectionSummary = z.infer<typeof directionSchema>;

interface FitContext {
  readonly pool: FitPool;
  readonly kernels: Kernels;
  /** Numbers of components that are already chosen. */
  readonly chosen: ComponentCounts | undefined;
  readonly onRow: (row: ComponentRow) => void;
}

export async function fitMixtures(
  series: readonly PacketBlock[],
  options: GaussianFitOptions,
  context: FitContext,
): Promise<{ quantizer: GaussianQuantizer; summary: MixturesSummary; components: ComponentCounts }> {
  const [inbound, outbound] = await Promise.all(
    [0, 1].map((direction) => fitDirection(series, direction, options, context)),
  );
  const quantizer = new GaussianQuantizer(context.kernels, [inbound?.mixture, outbound?.mixture]);
  return {
    quantizer,
    summary: { outbound: outbound?.summary ?? null, inbound: inbound?.summary ?? null },
    components: [inbound?.summary.components ?? 0, outbound?.summary.components ?? 0],
  };
}

async function fitDirection(
  series: readonly PacketBlock[],
  direction: number,
  options: GaussianFitOptions,
  { pool, kernels, chosen, onRow }: FitContext,
): Promise<{ mixture: DirectionMixture; summary: DirectionSummary } | undefined> {
  const observations = observeJoint(series, direction);
  if (observations.sizes.length === 0) return undefined;
  const { plane, points } = planeOf(observations, kernels);
  const few = partOf(observations, MAX_SELECTION_PACKETS);
  const all = sortedPoints(points);
  const selection = few === observations ? all : sortedPoints(pointsOn(plane, few, kernels));
  const { iterations, tolerance, restarts, seed } = options;
  const limits = { iterations, tolerance, varianceFloor: VARIANCE_FLOOR };
  const path = `train/gmm/${direction === 1 ? 'outbound' : 'inbound'}`;
  const fitTo = (of: Points, components: number, unwanted?: AbortSignal) => {
    const seeding = { components, restarts, seed, path: `${path}/${components}` };
    return pool.run('mixture', { points: of, seeding, limits }, unwanted);
  };
  const already = chosen?.[direction];
  const { best, rows } = await searchComponents<MixtureFit>({
    candidates: candidatesOf(already ? [already] : options.components, distinctPoints(observations, MAX_COMPONENTS)),
    stopEarly: already === undefined && options.components === 'auto',
    lookahead: lookaheadOf(options.threads),
    points: few.sizes.length,
    parameterCount: mixtureParameterCount,
    fitWith: (components, unwanted) => fitTo(selection, components, unwanted),
    onRow,
  });
  const components = best.parameters.length / PARAMETERS;
  const { parameters } = few === observations ? best : await fitTo(all, components);
  return {
    mixture: describe(series, direction, observations, plane, points, parameters, kernels),
    summary: { components, packets: observations.sizes.length, candidates: rows },
  };
}

/** A single packet has no gap: it gets zero. */
function observeJoint(series: readonly PacketBlock[], direction: number): Observations {
  const observations = observe(series, direction === 1, true);
  if (observations.sizes.length > 0 || series.some(({ length }) => length > 1)) return observations;
  const sizes = series.flatMap(({ length, outbound, sizes }) =>
    length === 1 && outbound[0] === direction ? [sizes[0]!] : [],
  );
  return { sizes: Float64Array.from(sizes), gapsNs: new Float64Array(sizes.length), lengths: [sizes.length] };
}

function describe(
  series: readonly PacketBlock[],
  direction: number,
  observations: Observations,
  plane: Plane,
  points: Points,
  standard: Parameters,
  kernels: Kernels,
): DirectionMixture {
  const parameters = inUnits(standard, plane);
  const labels = encodeDirection(kernels, parameters, observations);
  const spikes = Spikes.fit(observations);
  const counts = countByLabel(points, labels, spikes, spikes.patternsOf(observations), standard);
  const emission = SpikeSlab.fit(kernels, plane, spikes, observations, counts, VARIANCE_FLOOR);
  // The packets of this direction that have a joint gap come in the same order again.
  let next = 0;
  const clock = DirectionClock.fit(series, direction, emission.components, () => labels[next++]!);
  return { parameters, emission, clock };
}

/** Means and covariances of (bytes, ln(1 + ns)) from those on the plane. */
function inUnits(standard: Parameters, { size, logGap }: Plane): Parameters {
  const parameters = standard.slice();
  for (let at = 0; at < parameters.length; at += PARAMETERS) {
    parameters[at + 1] = size.mean + size.deviation * standard[at + 1]!;
    parameters[at + 2] = logGap.mean + logGap.deviation * standard[at + 2]!;
    parameters[at + 3] = standard[at + 3]! * size.deviation ** 2;
    parameters[at + 4] = standard[at + 4]! * size.deviation * logGap.deviation;
    parameters[at + 5] = standard[at + 5]! * logGap.deviation ** 2;
  }
  return parameters;
}

function countByLabel(
  { xs, ys }: Points,
  labels: Int32Array,
  spikes: Spikes,
  symbols: Int32Array,
  parameters: Parameters,
): EmissionCounts {
  const components = parameters.length / PARAMETERS;
  const centres = new Float64Array(2 * components);
  for (let k = 0; k < components; k++) {
    centres.set(parameters.subarray(k * PARAMETERS + 1, k * PARAMETERS + 3), 2 * k);
  }
  const table = new Float64Array(spikes.patterns * components);
  const moments = Array.from({ length: CATEGORIES }, () => new Float64Array(PARAMETERS * components));
  labels.forEach((k, i) => {
    table[symbols[i]! * components + k]!++;
    const dx = xs[i]! - centres[2 * k]!;
    const dy = ys[i]! - centres[2 * k + 1]!;
    const rows = moments[spikes.category(symbols[i]!)]!;
    [1, dx, dy, dx * dx, dx * dy, dy * dy].forEach((value, row) => {
      rows[row * components + k]! += value;
    });
  });
  return { table, moments, centres, labels };
}
