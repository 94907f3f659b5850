/**
 * @module
 * The parameters of a network in training: what they become as weights, and how gradients move them (Adam, with the norm of the whole
 * gradient bounded).
 */
import { Arena } from '../../src/kernels/arena.js';
import { instantiate, type KernelExports, kernelModule } from '../../src/kernels/module.js';
import type { Architecture } from './architecture.js';
import { cellKinds } from './cells.js';
import { type CellKind, singles } from './network.js';

const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-8;

/** All that the next step depends on. */
export interface OptimizerState {
  readonly parameters: Float32Array;
  /** Running means of the gradients and of their squares. */
  readonly means: Float32Array;
  readonly squares: Float32Array;
  /** β₁ and β₂ to the power of the number of steps. */
  readonly powers: readonly [number, number];
}

export class Optimizer {
  readonly #cell: CellKind;
  readonly #architecture: Architecture;
  readonly #wasm: KernelExports;
  readonly #arena: Arena;
  readonly #at: {
    readonly parameters: number;
    readonly means: number;
    readonly squares: number;
    readonly ofParameters: number;
    readonly weights: number;
    readonly ofWeights: number;
    readonly part: number;
    readonly room: number;
  };
  readonly #lengths: { readonly parameters: number; readonly weights: number };
  #powers: [number, number];

  constructor(architecture: Architecture, from: OptimizerState) {
    this.#architecture = architecture;
    this.#cell = cellKinds[architecture.cell];
    this.#wasm = instantiate(kernelModule());
    this.#arena = new Arena(this.#wasm.memory, this.#wasm.heapBase());
    const parameters = this.#cell.parameters(architecture).length;
    const weights = this.#cell.weights(architecture).length;
    this.#lengths = { parameters, weights };
    this.#at = this.#arena.lay({
      parameters: singles(parameters),
      means: singles(parameters),
      squares: singles(parameters),
      ofParameters: singles(parameters),
      weights: singles(weights),
      ofWeights: singles(weights),
      part: singles(weights),
      room: singles(this.#cell.roomOf(architecture)),
    });
    this.#view('parameters').set(from.parameters);
    this.#view('means').set(from.means);
    this.#view('squares').set(from.squares);
    this.#powers = [...from.powers];
  }

  #view(name: 'parameters' | 'means' | 'squares' | 'ofParameters'): Float32Array {
    return this.#arena.singles(this.#at[name], this.#lengths.parameters);
  }

  /** The parameters as they are; valid until the next step. */
  get parameters(): Float32Array {
    return this.#view('parameters');
  }

  /** A copy of all that the next step depends on. */
  save(): OptimizerState {
    return {
      parameters: this.#view('parameters').slice(),
      means: this.#view('means').slice(),
      squares: this.#view('squares').slice(),
      powers: [...this.#powers],
    };
  }

  /** The weights that the parameters make; valid until the next call. */
  weights(): Float32Array {
    this.#cell.compile(this.#wasm, this.#architecture, this.#at);
    return this.#arena.singles(this.#at.weights, this.#lengths.weights);
  }

  /**
   * Moves the parameters against the sum of gradients, that are those of the weights of the latest `weights()`.
   *
   * @param clip the norm of the gradient is at most this
   * @returns the norm that it had
   */
  step(gradients: readonly Float32Array[], learningRate: number, clip: number): number {
    const { weights, parameters } = this.#lengths;
    const sum = this.#arena.singles(this.#at.ofWeights, weights);
    gradients.forEach((gradient, index) => {
      if (index === 0) {
        sum.set(gradient);
        return;
      }
      this.#arena.singles(this.#at.part, weights).set(gradient);
      this.#wasm.add(weights, this.#at.part, this.#at.ofWeights);
    });
    this.#cell.pullBack(this.#wasm, this.#architecture, this.#at);
    const norm = Math.sqrt(this.#wasm.sumOfSquares(parameters, this.#at.ofParameters));
    this.#powers = [this.#powers[0] * BETA_1, this.#powers[1] * BETA_2];
    this.#wasm.adam(
      parameters,
      this.#at.parameters,
      this.#at.ofParameters,
      this.#at.means,
      this.#at.squares,
      norm > clip ? clip / norm : 1,
      learningRate / (1 - this.#powers[0]),
      Math.sqrt(1 - this.#powers[1]),
      BETA_1,
      BETA_2,
      EPSILON,
    );
    return norm;
  }
}

/** The state before the first step. */
export const startOf = (parameters: Float32Array): OptimizerState => ({
  parameters,
  means: new Float32Array(parameters.length),
  squares: new Float32Array(parameters.length),
  powers: [1, 1],
});

/** The weights that parameters make. */
export function compileWeights(architecture: Architecture, parameters: Float32Array): Float32Array {
  return new Optimizer(architecture, startOf(parameters)).weights().slice();
}
