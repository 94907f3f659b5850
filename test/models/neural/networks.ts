/** Small networks with parameters and windows for them, and the kernels' way through both. */
import { type Architecture, logitWidth, matrixOf, startToken } from '../../../models/neural/architecture.js';
import { cellKinds } from '../../../models/neural/cells.js';
import { closeUnusedLogits, singles, type TokenWindow, type WindowNetwork } from '../../../models/neural/network.js';
import { Arena } from '../../../src/kernels/arena.js';
import { instantiate, kernelModule } from '../../../src/kernels/module.js';
import { type Random, randomStream } from '../../../src/random.js';
import type { Start } from './reference.js';

/** Numbers that are not a multiple of what SIMD takes at once: tokens, and rows of a window. */
const VOCABULARY = 5;
const STREAMS = 3;

const network = (cell: Architecture['cell'], parts: Partial<Architecture>): Architecture => ({
  cell,
  vocabulary: VOCABULARY,
  embedding: 8,
  hidden: 8,
  layers: 1,
  kernelSize: cell === 'gru' ? 1 : 2,
  dropout: 0,
  ...parts,
});

export interface Example {
  readonly name: string;
  readonly architecture: Architecture;
  readonly steps: number;
  /** Seed of dropout. */
  readonly seed?: number;
}

export const RECURRENT: readonly Example[] = [
  { name: 'one layer', architecture: network('gru', {}), steps: 9 },
  { name: 'one layer, a wider embedding', architecture: network('gru', { embedding: 16 }), steps: 9 },
  { name: 'two layers, wider than the embedding', architecture: network('gru', { layers: 2, hidden: 16 }), steps: 6 },
  { name: 'two layers with dropout', architecture: network('gru', { layers: 2, dropout: 0.25 }), steps: 9, seed: 77 },
  { name: 'a window of one step', architecture: network('gru', { layers: 2, vocabulary: 8 }), steps: 1 },
];

export const CONVOLUTIONAL: readonly Example[] = [
  { name: 'one block of two taps', architecture: network('tcn', {}), steps: 9 },
  { name: 'one block, a wider embedding', architecture: network('tcn', { embedding: 16, kernelSize: 3 }), steps: 9 },
  { name: 'two blocks, wider than the embedding', architecture: network('tcn', { layers: 2, hidden: 16 }), steps: 7 },
  // Taps of the second block look up to 4 steps back.
  {
    name: 'two blocks of three taps with dropout',
    architecture: network('tcn', { layers: 2, kernelSize: 3, dropout: 0.25 }),
    steps: 11,
    seed: -123_456_789,
  },
  { name: 'three blocks of three taps', architecture: network('tcn', { layers: 3, kernelSize: 3 }), steps: 11 },
  {
    name: 'three blocks, a wider embedding, and a window shorter than what the taps look back',
    architecture: network('tcn', { layers: 3, kernelSize: 3, embedding: 16, vocabulary: 8 }),
    steps: 2,
  },
];

export const EXAMPLES: readonly Example[] = [...RECURRENT, ...CONVOLUTIONAL];

/** Tokens of all kinds, the start token at the beginning of a stream and within, and targets of which some are not asked for. */
export function windowOf(
  { architecture, steps }: Pick<Example, 'architecture' | 'steps'>,
  seed = 'window',
): TokenWindow {
  const random = randomStream(seed, 'test');
  const rows = steps * STREAMS;
  const start = startToken(architecture);
  const drawOne = (count: number) => Math.floor(random.next() * count);
  return {
    steps,
    streams: STREAMS,
    tokens: Int32Array.from({ length: rows }, (_, row) => (row % 4 === 0 ? start : drawOne(start + 1))),
    targets: Int32Array.from({ length: rows }, () => (random.next() < 0.2 ? -1 : drawOne(start))),
  };
}

/** What the streams come with: nothing for networks without a state. */
export function stateOf({ architecture }: Pick<Example, 'architecture'>, seed = 'state'): Float32Array {
  const random = randomStream(seed, 'test');
  const length = STREAMS * cellKinds[architecture.cell].stateOf(architecture);
  return Float32Array.from({ length }, () => 2 * random.next() - 1);
}

/** Parameters none of which is zero, so large that activations are far from linear. */
export function parametersOf(architecture: Architecture, seed = 'parameters'): Float32Array {
  return filled(
    architecture,
    (name, rows, stream) => {
      const uniform = 2 * stream.next() - 1;
      if (name.endsWith('.weight_g')) return 1.5 + 0.5 * uniform;
      return name === 'embedding.weight' || name.includes('bias') ? uniform : (2 * uniform) / Math.sqrt(rows);
    },
    seed,
  );
}

/**
 * Parameters of a convolutional network all of whose rectifiers are far from where they open: half of the units are open, half are shut,
 * whatever the tokens. Differences in steps of up to `CLEARANCE` meet no kink.
 */
export function parametersWithoutKinks(architecture: Architecture): Float32Array {
  return filled(
    architecture,
    (name, rows, stream, column) => {
      const uniform = 2 * stream.next() - 1;
      const open = column % 2 === 0 ? 1 : -1;
      if (name === 'embedding.weight') return open * (0.75 + 0.25 * uniform);
      // What the taps add up to is shorter than this by the length of their input; the bias is longer, as inputs grow from block to block.
      if (name.endsWith('.weight_g')) return 0.3 + 0.02 * uniform;
      if (name.endsWith('.conv1.bias') || name.endsWith('.conv2.bias'))
        return open * (blockOf(name) + 1 + 0.1 * uniform);
      if (name.endsWith('.downsample.weight')) return 0.1 * uniform;
      if (name.endsWith('.downsample.bias')) return open * (1 + 0.1 * uniform);
      return name === 'output.bias' ? uniform : (2 * uniform) / Math.sqrt(rows);
    },
    'clear',
  );
}
const blockOf = (name: string): number => Number(name.split('.')[2]);
export const CLEARANCE = 2 ** -5;

function filled(
  architecture: Architecture,
  rule: (name: string, rows: number, stream: Random, column: number) => number,
  seed: string,
): Float32Array {
  const layout = cellKinds[architecture.cell].parameters(architecture);
  const numbers = new Float32Array(layout.length);
  for (const [name, { rows, columns, at }] of layout.matrices) {
    const stream = randomStream(seed, name);
    for (let i = 0; i < rows * columns; i++) numbers[at + i] = rule(name, rows, stream, i % columns);
  }
  closeUnusedLogits(architecture, layout, numbers);
  return numbers;
}

/** The places in a vector of parameters that a tensor has, without those of logits that no token has. */
export function tensorPlaces(
  architecture: Architecture,
): readonly { readonly name: string; readonly places: readonly number[] }[] {
  const layout = cellKinds[architecture.cell].parameters(architecture);
  return [...layout.matrices.keys()].map((name) => {
    const { rows, columns, at } = matrixOf(layout, name);
    const used = name.startsWith('output.') ? architecture.vocabulary : columns;
    const places = Array.from({ length: rows * columns }, (_, i) => i).filter((i) => i % columns < used);
    return { name, places: places.map((i) => at + i) };
  });
}

export function shuffle<T>(values: readonly T[], seed: string): T[] {
  const random = randomStream(seed, 'shuffle');
  return values
    .map((value) => ({ value, key: random.next() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ value }) => value);
}

/** Size of a difference beside that of what it should be, as vectors. */
export function relativeError(actual: readonly number[], expected: readonly number[]): number {
  const norm = (numbers: readonly number[]) => Math.sqrt(numbers.reduce((sum, x) => sum + x * x, 0));
  const difference = norm(actual.map((value, i) => value - expected[i]!));
  return difference === 0 ? 0 : difference / norm(expected);
}

/** Parameters in, the loss and their gradient out: what `Optimizer` and `WindowNetwork` do in a step of training. */
export class KernelNetwork {
  readonly network: WindowNetwork;
  readonly #architecture: Architecture;
  readonly #wasm = instantiate(kernelModule());
  readonly #arena = new Arena(this.#wasm.memory, this.#wasm.heapBase());
  readonly #at: { parameters: number; weights: number; room: number; ofWeights: number; ofParameters: number };
  readonly #lengths: { readonly parameters: number; readonly weights: number };

  constructor(architecture: Architecture, rows: number, streams: number) {
    const cell = cellKinds[architecture.cell];
    this.#architecture = architecture;
    this.network = cell.network(architecture, kernelModule(), { rows, streams });
    const [parameters, weights] = [cell.parameters(architecture).length, cell.weights(architecture).length];
    this.#lengths = { parameters, weights };
    this.#at = this.#arena.lay({
      parameters: singles(parameters),
      weights: singles(weights),
      room: singles(cell.roomOf(architecture)),
      ofWeights: singles(weights),
      ofParameters: singles(parameters),
    });
  }

  /** For an example and its windows. */
  static of({ architecture, steps }: Example): KernelNetwork {
    return new KernelNetwork(architecture, steps * STREAMS, STREAMS);
  }

  setParameters(parameters: Float32Array): void {
    this.#arena.singles(this.#at.parameters, parameters.length).set(parameters);
    cellKinds[this.#architecture.cell].compile(this.#wasm, this.#architecture, this.#at);
    this.network.setWeights(this.#arena.singles(this.#at.weights, this.#lengths.weights));
  }

  /** @returns the gradient of the loss times `scale`, and the state that is carried on */
  train(
    window: TokenWindow,
    { state, seed }: Start,
    scale = 1,
  ): { loss: number; gradient: Float32Array; state: Float32Array } {
    this.#start(window, state);
    const loss = this.network.train(window, scale, seed === undefined ? undefined : { seed });
    this.#arena.singles(this.#at.ofWeights, this.#lengths.weights).set(this.network.gradient);
    // So that nothing that should be written is right by chance.
    this.#arena.singles(this.#at.ofParameters, this.#lengths.parameters).fill(Number.NaN);
    cellKinds[this.#architecture.cell].pullBack(this.#wasm, this.#architecture, this.#at);
    return {
      loss,
      gradient: this.#arena.singles(this.#at.ofParameters, this.#lengths.parameters).slice(),
      state: this.network.state(window.streams).slice(),
    };
  }

  /** Rows of as many numbers as there are tokens. */
  logits(window: TokenWindow, { state }: Start): Float32Array {
    this.#start(window, state);
    const width = logitWidth(this.#architecture);
    return this.network.logits(window).filter((_, at) => at % width < this.#architecture.vocabulary);
  }

  /** The log-probability of each target, in nats. */
  score(window: TokenWindow, { state }: Start): Float64Array {
    this.#start(window, state);
    return this.network.score(window).slice();
  }

  #start(window: TokenWindow, state: ArrayLike<number> | undefined): void {
    const own = this.network.state(window.streams);
    own.fill(0);
    if (state !== undefined) own.set(state);
  }
}
