/**
 * @module
 * One direction of an HMM: a chain of hidden states, each of which emits sizes and gaps since the previous packet of the direction.
 */
import type { Emissions, Kernels } from '../../src/kernels/kernels.js';
import type { Random } from '../../src/random.js';
import { requireModel, type Tensor, type TensorReader } from '../../src/tensors.js';
import { AliasTable } from '../alias-table.js';
import { BACKGROUND_WEIGHT, background } from '../background.js';
import type { Observations } from '../gaussian/observations.js';
import { requireDistribution, SpikeSlab } from '../gaussian/spike-slab.js';
import { isPossibleGap } from '../limits.js';

/** Rows of emission probabilities that are held at a time. */
const LIKELIHOOD_ROWS = 8192;
const MAX_STATES = 4096;

export class DirectionHmm {
  readonly states: number;
  /** Row by row: from a state to each. */
  readonly transitions: Float64Array;
  readonly stationary: Float64Array;
  readonly emission: SpikeSlab;
  /** Time of the first packet after the start of a series, in ns. */
  readonly leadNs: number;
  readonly #kernels: Kernels;
  readonly #next: AliasTable;
  readonly #first: AliasTable;

  constructor(
    kernels: Kernels,
    transitions: Float64Array,
    stationary: Float64Array,
    emission: SpikeSlab,
    leadNs: number,
  ) {
    this.#kernels = kernels;
    this.states = emission.components;
    this.transitions = transitions;
    this.stationary = stationary;
    this.emission = emission;
    this.leadNs = leadNs;
    this.#next = new AliasTable(transitions, this.states);
    this.#first = new AliasTable(stationary, this.states);
  }

  /** A state of the stationary distribution. */
  drawFirst(random: Random): number {
    return this.#first.draw(0, random);
  }

  drawNext(state: number, random: Random): number {
    return this.#next.draw(state, random);
  }

  /** Total log-likelihood, in nats, of sizes and gaps in whole ns. */
  logLikelihood(observations: Observations): number {
    let total = 0;
    for (const { from, to } of sequencesOf(observations)) {
      let start = this.stationary;
      for (let first = from; first < to; first += LIKELIHOOD_ROWS) {
        const emissions = this.#emissions(observations, first, Math.min(to, first + LIKELIHOOD_ROWS));
        const { probabilities, logLikelihood } = this.#kernels.filter(emissions, start, this.transitions);
        total += logLikelihood;
        start = this.#stepped(probabilities);
      }
    }
    return total;
  }

  /** The likeliest states of one sequence. */
  viterbi(observations: Observations): Int32Array {
    const { length } = observations.sizes;
    if (length === 0) return new Int32Array(0);
    const emissions = this.#emissions(observations, 0, length);
    return this.#kernels.viterbi(emissions, this.stationary, this.transitions).states;
  }

  /** Probabilities of the states at each packet of one sequence, given all of it: rows of states. */
  posterior(observations: Observations): Float64Array {
    const { length } = observations.sizes;
    if (length === 0) return new Float64Array(0);
    const emissions = this.#emissions(observations, 0, length);
    return this.#kernels.posterior(emissions, this.stationary, this.transitions).probabilities;
  }

  #emissions({ sizes, gapsNs }: Observations, from: number, to: number): Emissions {
    const { states, emission } = this;
    const logProbabilities = new Float64Array((to - from) * states);
    for (let i = from; i < to; i++) {
      const anything = BACKGROUND_WEIGHT * background(gapsNs[i]!);
      for (let k = 0; k < states; k++) {
        const probability = (1 - BACKGROUND_WEIGHT) * emission.probability(k, sizes[i]!, gapsNs[i]!) + anything;
        logProbabilities[(i - from) * states + k] = this.#kernels.log(probability);
      }
    }
    return { length: to - from, states, logProbabilities };
  }

  /** The distribution one transition later. */
  #stepped(distribution: Float64Array): Float64Array {
    const { states, transitions } = this;
    const next = new Float64Array(states);
    for (let i = 0; i < states; i++) {
      for (let j = 0; j < states; j++) next[j]! += distribution[i]! * transitions[i * states + j]!;
    }
    return next;
  }

  save(prefix: string, tensors: Map<string, Tensor>): void {
    const { states, transitions, stationary, emission, leadNs } = this;
    tensors.set(`${prefix}.transitions`, { shape: [states, states], data: transitions });
    tensors.set(`${prefix}.stationary`, { shape: [states], data: stationary });
    tensors.set(`${prefix}.lead`, { shape: [1], data: Float64Array.of(leadNs) });
    emission.save(`${prefix}.emission`, tensors);
  }

  /** @throws SynthError `SYNTH_MODEL_INVALID` */
  static load(kernels: Kernels, prefix: string, reader: TensorReader): DirectionHmm {
    const stationary = reader.vector(`${prefix}.stationary`, Float64Array);
    const states = stationary.length;
    requireModel(states > 0 && states <= MAX_STATES, `has ${states} states`);
    requireDistribution(stationary, `${prefix}.stationary`);
    const transitions = reader.tensor(`${prefix}.transitions`, Float64Array, [states, states]);
    for (let i = 0; i < states; i++) {
      requireDistribution(transitions.subarray(i * states, (i + 1) * states), `row ${i} of ${prefix}.transitions`);
    }
    const leadNs = reader.tensor(`${prefix}.lead`, Float64Array, [1])[0]!;
    requireModel(isPossibleGap(leadNs), `has an impossible ${prefix}.lead`);
    const emission = SpikeSlab.load(kernels, `${prefix}.emission`, states, reader);
    return new DirectionHmm(kernels, transitions, stationary, emission, leadNs);
  }
}

/** The ranges of the sequences that have packets. */
function* sequencesOf({ lengths }: Observations): Generator<{ from: number; to: number }> {
  let from = 0;
  for (const length of lengths) {
    if (length > 0) yield { from, to: from + length };
    from += length;
  }
}
