/**
 * @module
 * How one direction of an HMM is learned: the number of states by BIC, Baum and Welch's iterations, then what the states emit.
 */
import type { FitPool } from '../../src/kernels/fit-pool.js';
import { type HmmFit, type HmmParameters, type Kernels, PARAMETERS } from '../../src/kernels/kernels.js';
import type { PacketBlock } from '../../src/packets/packet-series.js';
import {
  type ComponentRow,
  candidatesOf,
  hmmParameterCount,
  lookaheadOf,
  searchComponents,
} from '../gaussian/component-search.js';
import {
  distinctPoints,
  type Observations,
  observeDirection,
  partOf,
  planeOf,
  pointsOn,
} from '../gaussian/observations.js';
import { SpikeSlab, VARIANCE_FLOOR } from '../gaussian/spike-slab.js';
import { CATEGORIES, Spikes } from '../gaussian/spikes.js';
import { MAX_COMPONENTS } from '../limits.js';
import type { GaussianFitOptions } from '../shared-options.js';
import { DirectionHmm } from './direction-hmm.js';
import { closedTransitions, stationaryOf } from './transitions.js';

/** The number of states is chosen on no more packets than this; the states then learn from all. */
const MAX_SELECTION_PACKETS = 20_000;

export interface DirectionSummary {
  readonly states: number;
  readonly packets: number;
  /** Total log-likelihood of the Gaussian HMM, in nats of the standardized (size, log gap), after each iteration. */
  readonly curve: readonly number[];
  /** What was compared. */
  readonly candidates: readonly ComponentRow[];
}

export interface FittedDirection {
  readonly hmm: DirectionHmm;
  readonly summary: DirectionSummary;
}

/**
 * @returns undefined if the direction has no packets
 */
export async function fitDirection(
  series: readonly PacketBlock[],
  outbound: boolean,
  options: GaussianFitOptions,
  {
    pool,
    kernels,
    onRow,
  }: {
    readonly pool: FitPool;
    readonly kernels: Kernels;
    readonly onRow: (row: ComponentRow, done: number) => void;
  },
): Promise<FittedDirection | undefined> {
  const observations = observeDirection(series, outbound);
  if (observations === undefined) return undefined;
  const { plane, points } = planeOf(observations, kernels);
  const few = partOf(observations, MAX_SELECTION_PACKETS);
  const selection = few === observations ? points : pointsOn(plane, few, kernels);
  const limits = { iterations: options.iterations, tolerance: options.tolerance, varianceFloor: VARIANCE_FLOOR };
  const path = `train/hmm/${outbound ? 'outbound' : 'inbound'}`;
  const { best, rows } = await searchComponents<HmmFit>({
    candidates: candidatesOf(options.components, distinctPoints(observations, MAX_COMPONENTS)),
    stopEarly: options.components === 'auto',
    lookahead: lookaheadOf(options.threads),
    points: few.sizes.length,
    parameterCount: hmmParameterCount,
    fitWith: (components, unwanted) => {
      const { restarts, seed } = options;
      const from = { components, restarts, seed, path: `${path}/${components}` };
      return pool.run('hmm', { points: selection, from, limits }, unwanted);
    },
    onRow,
  });
  const fit = few === observations ? best : await pool.run('hmm', { points, from: best, limits });
  const hmm = await emit(observations, fit);
  return {
    hmm,
    summary: { states: hmm.states, packets: observations.sizes.length, curve: fit.logLikelihoods, candidates: rows },
  };

  async function emit(all: Observations, model: HmmFit): Promise<DirectionHmm> {
    const spikes = Spikes.fit(all);
    const symbols = spikes.patternsOf(all);
    const categories = symbols.map((pattern) => spikes.category(pattern));
    const tally = await pool.run('tally', {
      points,
      model,
      tally: { symbols, symbolCount: spikes.patterns, categories, categoryCount: CATEGORIES },
    });
    const occupancy = new Float64Array(model.states);
    tally.table.forEach((count, cell) => {
      occupancy[cell % model.states]! += count;
    });
    const transitions = closedTransitions(tally.transitions, occupancy);
    const counts = { ...tally, centres: centresOf(model) };
    const emission = SpikeSlab.fit(kernels, plane, spikes, all, counts, VARIANCE_FLOOR);
    return new DirectionHmm(kernels, transitions, stationaryOf(transitions), emission, leadOf(series, outbound));
  }
}

/** Mean time from the start of a series to its first packet of a direction, in ns. */
function leadOf(series: readonly PacketBlock[], outbound: boolean): number {
  const direction = outbound ? 1 : 0;
  const leads = series.flatMap(({ outbound: directions, offsetsNs, length }) => {
    const first = directions.subarray(0, length).indexOf(direction);
    return first < 0 ? [] : [offsetsNs[first]! - offsetsNs[0]!];
  });
  return Math.round(leads.reduce((sum, lead) => sum + lead, 0) / leads.length);
}

/** Centres of the states, x and y of each. */
function centresOf({ parameters, states }: HmmParameters): Float64Array {
  const centres = new Float64Array(2 * states);
  for (let k = 0; k < states; k++) {
    centres[2 * k] = parameters[PARAMETERS * k + 1]!;
    centres[2 * k + 1] = parameters[PARAMETERS * k + 2]!;
  }
  return centres;
}
