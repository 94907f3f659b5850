/**
 * @module
 * The binding of the WebAssembly kernels. Every call lays out what it needs in their memory, and what does not fit into the 4 GiB of
 * WebAssembly is refused before anything is written.
 *
 * One instance works on one thing at a time and keeps the memory of the largest call; threads have one each.
 */
import type { Random } from '../random.js';
import type { FitLimits } from './expectation-maximization.js';
import { fitHmm, type HmmFit, type HmmParameters, type HmmTally, startHmm, type Tally, tallyHmm } from './hmm.js';
import { createInstance, type KernelInstance } from './instance.js';
import { classify, fitMixture, type MixtureFit } from './mixture.js';
import { kernelModule } from './module.js';
import type { Parameters, Points } from './points.js';
import { type Emissions, filter, posterior, type StatePath, type StateProbabilities, viterbi } from './state-chain.js';

export type { FitLimits } from './expectation-maximization.js';
export type { HmmFit, HmmParameters, HmmTally, Tally } from './hmm.js';
export type { MixtureFit } from './mixture.js';
export { type Moments, PARAMETERS, type Parameters, type Points } from './points.js';
export type { Emissions } from './state-chain.js';

export class Kernels {
  readonly #instance: KernelInstance;

  constructor(module: WebAssembly.Module = kernelModule()) {
    this.#instance = createInstance(module);
  }

  /** Bytes of memory that the kernels hold. */
  get memoryBytes(): number {
    return this.#instance.arena.bytes;
  }

  /** e^x; the same bits on every machine. */
  exp(x: number): number {
    return this.#instance.wasm.exp(x);
  }

  /** ln x; the same bits on every machine. */
  log(x: number): number {
    return this.#instance.wasm.log(x);
  }

  normalCdf(z: number): number {
    return this.#instance.wasm.normalCdf(z);
  }

  /** @param p above 0 and below 1 */
  normalQuantile(p: number): number {
    return this.#instance.wasm.normalQuantile(p);
  }

  /** ln(1 + value) of each value; the same bits on every machine. */
  log1p(values: Float64Array): Float64Array {
    const { wasm, arena } = this.#instance;
    const at = arena.lay({ values: values.byteLength });
    const view = arena.floats(at.values, values.length);
    view.set(values);
    wasm.log1pAll(at.values, values.length);
    return view.slice();
  }

  /** Fits a Gaussian mixture: `fitMixture` of mixture.ts. */
  fitMixture(points: Points, components: number, restarts: number, random: Random, limits: FitLimits): MixtureFit {
    return fitMixture(this.#instance, points, components, restarts, random, limits);
  }

  /** The likeliest component of each point. */
  classify(points: Points, mixture: Parameters): Int32Array {
    return classify(this.#instance, points, mixture);
  }

  /** Starting parameters of a hidden Markov model: `startHmm` of hmm.ts. */
  startHmm(points: Points, states: number, random: Random, varianceFloor: number): HmmParameters {
    return startHmm(this.#instance, points, states, random, varianceFloor);
  }

  /** Fits a Gaussian hidden Markov model: `fitHmm` of hmm.ts. */
  fitHmm(points: Points, from: HmmParameters, limits: FitLimits): HmmFit {
    return fitHmm(this.#instance, points, from, limits);
  }

  /** Counts points by state and symbol, and adds up moments by state and category. */
  tallyHmm(points: Points, model: HmmParameters, tally: Tally): HmmTally {
    return tallyHmm(this.#instance, points, model, tally);
  }

  /** Probabilities of the states at each point of a sequence given all of it: `posterior` of state-chain.ts. */
  posterior(emissions: Emissions, start: Float64Array, transitions: Float64Array): StateProbabilities {
    return posterior(this.#instance, emissions, start, transitions);
  }

  /** The probabilities of the states after a sequence, and its log-likelihood. */
  filter(emissions: Emissions, start: Float64Array, transitions: Float64Array): StateProbabilities {
    return filter(this.#instance, emissions, start, transitions);
  }

  /** The likeliest sequence of states, and the log-probability of it and the sequence together. */
  viterbi(emissions: Emissions, start: Float64Array, transitions: Float64Array): StatePath {
    return viterbi(this.#instance, emissions, start, transitions);
  }
}
