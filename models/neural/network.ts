/**
 * @module
 * The contract of the kinds of network, and what they have in common: a vector of weights in the memory of the kernels, tokens in, logits
 * out. Rows are steps by streams: the streams of a step are neighbours.
 */
import { Arena } from '../../src/kernels/arena.js';
import { instantiate, type KernelExports, kernelModule } from '../../src/kernels/module.js';
import type { Sampling } from '../traffic-model.js';
import { type Architecture, type Layout, logitWidth, type Matrix, matrixOf, NO_LOGIT } from './architecture.js';

/** Tokens to go through, and what comes after each. */
export interface TokenWindow {
  readonly steps: number;
  readonly streams: number;
  /** Step by step the token of each stream. */
  readonly tokens: Int32Array;
  /** The tokens that follow; a negative one is not asked for. */
  readonly targets: Int32Array;
}

/** How much is dropped in a window, and which. */
export interface Dropping {
  readonly seed: number;
}

/** A kind of network. Addresses are those of vectors in the memory of `wasm`. */
export interface CellKind {
  parameters(architecture: Architecture): Layout;
  weights(architecture: Architecture): Layout;
  /** Numbers that `compile` needs room for, and `pullBack` finds there. */
  roomOf(architecture: Architecture): number;
  /** Makes weights of parameters. */
  compile(
    wasm: KernelExports,
    architecture: Architecture,
    at: { parameters: number; weights: number; room: number },
  ): void;
  /** The way back: the gradient of the parameters from that of the weights. */
  pullBack(
    wasm: KernelExports,
    architecture: Architecture,
    at: { parameters: number; room: number; ofWeights: number; ofParameters: number },
  ): void;
  /** Numbers of state that a stream carries from window to window. */
  stateOf(architecture: Architecture): number;
  network(architecture: Architecture, module: WebAssembly.Module, capacity: Capacity): WindowNetwork;
  stepper(architecture: Architecture, weights: Float32Array, streams: number): Stepper;
}

/** The largest window, by steps × streams, and the most streams. */
export interface Capacity {
  readonly rows: number;
  readonly streams: number;
}

/** What temperatures are bounded to: the reciprocal is a number of single precision, and logits without a token stay without. */
const TEMPERATURES = { least: 1e-20, greatest: 1e20 } as const;

/** Bytes of `count` numbers of single precision. */
export const singles = (count: number): number => 4 * count;

/** Addresses of the matrices of a vector that lies at `at`, by name. */
export const placesIn =
  (layout: Layout, at: number) =>
  (name: string): number =>
    at + singles(matrixOf(layout, name).at);

/** Copies numbers of single precision from address to address. */
export function copySingles({ memory }: KernelExports, from: number, to: number, count: number): void {
  new Uint8Array(memory.buffer).copyWithin(to, from, from + singles(count));
}

/** A network that goes through windows of tokens, forth and back. */
export abstract class WindowNetwork {
  protected readonly wasm: KernelExports;
  protected readonly arena: Arena;
  protected readonly architecture: Architecture;
  protected readonly layout: Layout;
  readonly #at: {
    readonly weights: number;
    readonly gradient: number;
    readonly outputTransposed: number;
    readonly tokens: number;
    readonly targets: number;
    readonly logits: number;
    readonly features: number;
    readonly losses: number;
  };
  /** Addresses of what the kind of network needs. */
  protected readonly own: Readonly<Record<string, number>>;

  constructor(
    architecture: Architecture,
    layout: Layout,
    module: WebAssembly.Module,
    { rows }: Capacity,
    own: Readonly<Record<string, number>>,
  ) {
    this.wasm = instantiate(module);
    this.arena = new Arena(this.wasm.memory, this.wasm.heapBase());
    this.architecture = architecture;
    this.layout = layout;
    const { hidden } = architecture;
    const width = logitWidth(architecture);
    const at = this.arena.lay({
      weights: singles(layout.length),
      gradient: singles(layout.length),
      outputTransposed: singles(width * hidden),
      tokens: singles(rows),
      targets: singles(rows),
      logits: singles(rows * width),
      features: singles(rows * hidden),
      losses: 8 * rows,
      ...own,
    });
    this.#at = at;
    this.own = at;
  }

  /** Takes weights over, and what is made of them. */
  setWeights(weights: Float32Array): void {
    this.arena.singles(this.#at.weights, weights.length).set(weights);
    this.transpose('output.weight', this.#at.outputTransposed);
    this.prepare();
  }

  /** Gradient of the weights in the latest window. */
  get gradient(): Float32Array {
    return this.arena.singles(this.#at.gradient, this.layout.length);
  }

  /** State of each stream; streams whose state is zero know nothing. */
  abstract state(streams: number): Float32Array;

  /**
   * Goes through a window, and back: afterwards `gradient` is that of the total loss times `scale`.
   *
   * @returns the total loss in nats
   */
  train(window: TokenWindow, scale: number, dropping: Dropping | undefined): number {
    const { steps, streams } = window;
    const rows = steps * streams;
    const { hidden } = this.architecture;
    const width = logitWidth(this.architecture);
    const { wasm } = this;
    this.#place(window);
    const features = this.#predict(steps, streams, dropping);
    const loss = wasm.crossEntropy(rows, width, this.#at.logits, this.#at.targets, scale);
    this.gradient.fill(0);
    const { logits } = this.#at;
    wasm.multiply(hidden, width, rows, features, 1, hidden, logits, width, this.gradientOf('output.weight'), width, 1);
    wasm.addRowSums(rows, width, logits, width, this.gradientOf('output.bias'));
    wasm.multiply(
      rows,
      hidden,
      width,
      logits,
      width,
      1,
      this.#at.outputTransposed,
      hidden,
      this.#at.features,
      hidden,
      0,
    );
    this.backward(steps, streams, dropping, this.#at.features);
    return loss;
  }

  /** The log-probability of each target of a window, in nats; 0 where none is asked for. */
  score(window: TokenWindow): Float64Array {
    const { steps, streams } = window;
    const rows = steps * streams;
    this.#place(window);
    this.#predict(steps, streams, undefined);
    this.wasm.logProbabilities(rows, logitWidth(this.architecture), this.#at.logits, this.#at.targets, this.#at.losses);
    return this.arena.floats(this.#at.losses, rows);
  }

  /** Logits behind each token of a window: rows of `logitWidth`. */
  logits(window: TokenWindow): Float32Array {
    this.#place(window);
    this.#predict(window.steps, window.streams, undefined);
    return this.arena.singles(this.#at.logits, window.steps * window.streams * logitWidth(this.architecture));
  }

  /** Computes what does not depend on the window. */
  protected abstract prepare(): void;
  /** @returns the address of the rows of `hidden` that the logits are made of */
  protected abstract forward(steps: number, streams: number, dropping: Dropping | undefined): number;
  /** @param gradients of what `forward` returned; may be overwritten */
  protected abstract backward(steps: number, streams: number, dropping: Dropping | undefined, gradients: number): void;

  protected matrix(name: string): Matrix {
    return matrixOf(this.layout, name);
  }

  protected weightOf(name: string): number {
    return this.#at.weights + singles(this.matrix(name).at);
  }

  protected gradientOf(name: string): number {
    return this.#at.gradient + singles(this.matrix(name).at);
  }

  protected get tokensAt(): number {
    return this.#at.tokens;
  }

  /** Drops some of the numbers, always the same for a seed and a place in the network. */
  protected drop(numbers: number, at: number, { seed }: Dropping, place: number): void {
    const keep = 1 - this.architecture.dropout;
    // Places are far apart in the sequence of hashes.
    const threshold = Math.min(Math.floor(keep * 2 ** 31), 2 ** 31 - 1);
    this.wasm.dropOut(numbers, at, (seed + place * 0x3504f333) | 0, threshold, 1 / keep);
  }

  protected transpose(name: string, to: number): void {
    const { rows, columns } = this.matrix(name);
    this.wasm.transpose(rows, columns, this.weightOf(name), to);
  }

  #place({ tokens, targets }: TokenWindow): void {
    this.arena.integers(this.#at.tokens, tokens.length).set(tokens);
    this.arena.integers(this.#at.targets, targets.length).set(targets);
  }

  #predict(steps: number, streams: number, dropping: Dropping | undefined): number {
    const features = this.forward(steps, streams, dropping);
    writeLogits(this.wasm, this.architecture.hidden, logitWidth(this.architecture), steps * streams, features, {
      weight: this.weightOf('output.weight'),
      bias: this.weightOf('output.bias'),
      logits: this.#at.logits,
    });
    return features;
  }
}

/** Where the output layer lies. */
interface Output {
  readonly weight: number;
  readonly bias: number;
  readonly logits: number;
}

/** logits = features · output.weight + output.bias */
function writeLogits(
  wasm: KernelExports,
  hidden: number,
  width: number,
  rows: number,
  features: number,
  { weight, bias, logits }: Output,
): void {
  wasm.fillRows(rows, width, bias, logits);
  wasm.multiply(rows, width, hidden, features, hidden, 1, weight, width, logits, width, 1);
}

/** A network that goes from token to token, for several streams side by side. What a stream draws does not depend on the others. */
export abstract class Stepper {
  readonly streams: number;
  protected readonly wasm: KernelExports;
  protected readonly arena: Arena;
  protected readonly architecture: Architecture;
  readonly #layout: Layout;
  readonly #width: number;
  readonly #output: Output;
  /** Laid out once, so that it stays where it is. */
  readonly #memory: Float32Array;
  readonly #at: {
    readonly weights: number;
    readonly tokens: number;
    readonly uniforms: number;
    readonly drawn: number;
    readonly logits: number;
  };
  protected readonly own: Readonly<Record<string, number>>;
  /** The tokens that come next go here, one a stream; negative for none. */
  readonly tokens: Int32Array;
  /** Uniform random numbers for `draw`, one a stream. */
  readonly uniforms: Float64Array;
  /** What `draw` has drawn. */
  readonly drawn: Int32Array;

  constructor(
    architecture: Architecture,
    layout: Layout,
    weights: Float32Array,
    streams: number,
    own: Readonly<Record<string, number>>,
  ) {
    this.wasm = instantiate(kernelModule());
    this.arena = new Arena(this.wasm.memory, this.wasm.heapBase());
    this.architecture = architecture;
    this.streams = streams;
    this.#layout = layout;
    const at = this.arena.lay({
      weights: singles(layout.length),
      tokens: singles(streams),
      uniforms: 8 * streams,
      drawn: singles(streams),
      logits: singles(streams * logitWidth(architecture)),
      ...own,
    });
    this.#at = at;
    this.own = at;
    this.#memory = new Float32Array(this.wasm.memory.buffer);
    this.#width = logitWidth(architecture);
    this.#output = {
      weight: this.weightOf('output.weight'),
      bias: this.weightOf('output.bias'),
      logits: at.logits,
    };
    this.arena.singles(at.weights, weights.length).set(weights);
    this.tokens = this.arena.integers(at.tokens, streams);
    this.uniforms = this.arena.floats(at.uniforms, streams);
    this.drawn = this.arena.integers(at.drawn, streams);
  }

  /** Goes one token on, that of `tokens`. */
  advance(): void {
    const features = this.step(this.#at.tokens);
    writeLogits(this.wasm, this.architecture.hidden, this.#width, this.streams, features, this.#output);
  }

  /** Draws what may come next, by `uniforms`, into `drawn`. Once after each `advance`. */
  draw({ temperature, topP }: Sampling): void {
    const bounded = Math.min(Math.max(temperature, TEMPERATURES.least), TEMPERATURES.greatest);
    this.wasm.drawTokens(
      this.streams,
      this.#width,
      this.architecture.vocabulary,
      this.#at.logits,
      this.#at.uniforms,
      1 / bounded,
      topP,
      this.#at.drawn,
    );
  }

  /** @returns the address of the rows of `hidden` that the logits are made of */
  protected abstract step(tokens: number): number;

  protected weightOf(name: string): number {
    return this.#at.weights + singles(matrixOf(this.#layout, name).at);
  }

  /** Copies numbers of single precision from address to address. */
  protected copy(from: number, to: number, count: number): void {
    this.#memory.copyWithin(to / 4, from / 4, from / 4 + count);
  }
}

/** Writes the bias of logits that no token has. */
export function closeUnusedLogits(architecture: Architecture, layout: Layout, numbers: Float32Array): void {
  const { at } = matrixOf(layout, 'output.bias');
  numbers.fill(NO_LOGIT, at + architecture.vocabulary, at + logitWidth(architecture));
}
