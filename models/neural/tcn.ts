/**
 * @module
 * Dilated causal convolutions in residual blocks, with weight normalization (S. Bai, J. Z. Kolter and V. Koltun, “An empirical evaluation
 * of generic convolutional and recurrent networks for sequence modeling”, 2018):
 *
 *     y = drop(relu(conv2(drop(relu(conv1(x))))))   block(x) = relu(y + x)
 *
 * A convolution adds up its taps, each the product of a matrix and the rows of an earlier step; no window is ever unfolded. The first one
 * meets tokens only: its taps are columns of a table with a row for each token, and so is the residual of its block.
 */
import { type Architecture, dilationOf, type Layout, layOut, logitWidth } from './architecture.js';
import {
  type Capacity,
  type CellKind,
  copySingles,
  type Dropping,
  placesIn,
  Stepper,
  singles,
  WindowNetwork,
} from './network.js';

/** For each token the taps of the first convolution, and the residual of the first block behind them. */
const TABLE = 'table';

const prefixOf = (block: number): string => `tcn.network.${block}`;

const hasDownsample = ({ embedding, hidden }: Architecture): boolean => embedding !== hidden;

/** The convolutions whose inputs are rows, not tokens, in their order. */
function innerConvolutions({ layers }: Architecture): { name: string; block: number }[] {
  return Array.from({ length: 2 * layers - 1 }, (_, i) => {
    const block = Math.floor((i + 1) / 2);
    return { name: `${prefixOf(block)}.conv${i % 2 === 0 ? 2 : 1}`, block };
  });
}

const FIRST = `${prefixOf(0)}.conv1`;
const DOWNSAMPLE = `${prefixOf(0)}.downsample`;

function parametersOf(architecture: Architecture): Layout {
  const { vocabulary, embedding, hidden, kernelSize } = architecture;
  const convolution = (name: string, inputs: number): [string, number, number][] => [
    [`${name}.weight_v`, kernelSize * inputs, hidden],
    [`${name}.weight_g`, 1, hidden],
    [`${name}.bias`, 1, hidden],
  ];
  return layOut([
    ['embedding.weight', vocabulary + 1, embedding],
    ...convolution(FIRST, embedding),
    ...(hasDownsample(architecture)
      ? ([
          [`${DOWNSAMPLE}.weight`, embedding, hidden],
          [`${DOWNSAMPLE}.bias`, 1, hidden],
        ] as [string, number, number][]) // a literal of two such rows
      : []),
    ...innerConvolutions(architecture).flatMap(({ name }) => convolution(name, hidden)),
    ['output.weight', hidden, logitWidth(architecture)],
    ['output.bias', 1, logitWidth(architecture)],
  ]);
}

function weightsOf(architecture: Architecture): Layout {
  const { vocabulary, hidden, kernelSize } = architecture;
  return layOut([
    [TABLE, vocabulary + 1, (kernelSize + 1) * hidden],
    [`${FIRST}.bias`, 1, hidden],
    ...innerConvolutions(architecture).flatMap(({ name }): [string, number, number][] => [
      [`${name}.weight`, kernelSize * hidden, hidden],
      [`${name}.bias`, 1, hidden],
    ]),
    ['output.weight', hidden, logitWidth(architecture)],
    ['output.bias', 1, logitWidth(architecture)],
  ]);
}

/** Room for norms of all convolutions, the weights of the first with their gradient, and a transposed matrix. */
function roomParts(architecture: Architecture) {
  const { embedding, hidden, kernelSize } = architecture;
  const norms = 2 * architecture.layers * hidden;
  const first = kernelSize * embedding * hidden;
  return {
    norms: 0,
    first: norms,
    ofFirst: norms + first,
    transposed: norms + 2 * first,
    total: norms + 2 * first + embedding * hidden,
  };
}

export const tcn: CellKind = {
  parameters: parametersOf,
  weights: weightsOf,
  roomOf: (architecture) => roomParts(architecture).total,
  stateOf: () => 0,

  compile(wasm, architecture, at) {
    const { vocabulary, embedding, hidden, kernelSize } = architecture;
    const parameters = parametersOf(architecture);
    const weights = weightsOf(architecture);
    const parameter = placesIn(parameters, at.parameters);
    const weight = placesIn(weights, at.weights);
    const room = roomParts(architecture);
    const rows = vocabulary + 1;
    const width = (kernelSize + 1) * hidden;
    const normalize = (name: string, inputs: number, to: number, index: number) =>
      wasm.normalizeWeights(
        kernelSize * inputs,
        hidden,
        parameter(`${name}.weight_v`),
        parameter(`${name}.weight_g`),
        to,
        at.room + singles(room.norms + index * hidden),
      );
    const first = at.room + singles(room.first);
    normalize(FIRST, embedding, first, 0);
    const tokens = parameter('embedding.weight');
    for (let tap = 0; tap < kernelSize; tap++) {
      const matrix = first + singles(tap * embedding * hidden);
      const column = weight(TABLE) + singles(tap * hidden);
      wasm.multiply(rows, hidden, embedding, tokens, embedding, 1, matrix, hidden, column, width, 0);
    }
    const residual = weight(TABLE) + singles(kernelSize * hidden);
    const copy = (from: number, to: number, count: number) => copySingles(wasm, from, to, count);
    for (let row = 0; row < rows; row++) {
      const from = hasDownsample(architecture) ? parameter(`${DOWNSAMPLE}.bias`) : tokens + singles(row * hidden);
      copy(from, residual + singles(row * width), hidden);
    }
    if (hasDownsample(architecture)) {
      const matrix = parameter(`${DOWNSAMPLE}.weight`);
      wasm.multiply(rows, hidden, embedding, tokens, embedding, 1, matrix, hidden, residual, width, 1);
    }
    copy(parameter(`${FIRST}.bias`), weight(`${FIRST}.bias`), hidden);
    innerConvolutions(architecture).forEach(({ name }, index) => {
      normalize(name, hidden, weight(`${name}.weight`), index + 1);
      copy(parameter(`${name}.bias`), weight(`${name}.bias`), hidden);
    });
    const { length, matrices } = weights;
    const outputs = length - matrices.get('output.weight')!.at;
    copy(parameter('output.weight'), weight('output.weight'), outputs);
  },

  pullBack(wasm, architecture, at) {
    const { vocabulary, embedding, hidden, kernelSize } = architecture;
    const parameters = parametersOf(architecture);
    const weights = weightsOf(architecture);
    const parameter = placesIn(parameters, at.parameters);
    const ofParameter = placesIn(parameters, at.ofParameters);
    const ofWeight = placesIn(weights, at.ofWeights);
    const room = roomParts(architecture);
    const rows = vocabulary + 1;
    const width = (kernelSize + 1) * hidden;
    const memory = new Float32Array(wasm.memory.buffer);
    const copy = (from: number, to: number, count: number) => copySingles(wasm, from, to, count);
    const denormalize = (name: string, inputs: number, gradients: number, index: number) =>
      wasm.normalizeWeightsBack(
        kernelSize * inputs,
        hidden,
        parameter(`${name}.weight_v`),
        parameter(`${name}.weight_g`),
        at.room + singles(room.norms + index * hidden),
        gradients,
        ofParameter(`${name}.weight_v`),
        ofParameter(`${name}.weight_g`),
      );
    const tokens = parameter('embedding.weight');
    const ofTokens = ofParameter('embedding.weight');
    const transposed = at.room + singles(room.transposed);
    const residual = ofWeight(TABLE) + singles(kernelSize * hidden);
    memory.fill(0, ofTokens / 4, ofTokens / 4 + rows * embedding);
    if (hasDownsample(architecture)) {
      const matrix = parameter(`${DOWNSAMPLE}.weight`);
      wasm.transpose(embedding, hidden, matrix, transposed);
      wasm.multiply(rows, embedding, hidden, residual, width, 1, transposed, embedding, ofTokens, embedding, 0);
      const ofMatrix = ofParameter(`${DOWNSAMPLE}.weight`);
      wasm.multiply(embedding, hidden, rows, tokens, 1, embedding, residual, width, ofMatrix, hidden, 0);
      const ofBias = ofParameter(`${DOWNSAMPLE}.bias`);
      memory.fill(0, ofBias / 4, ofBias / 4 + hidden);
      wasm.addRowSums(rows, hidden, residual, width, ofBias);
    } else {
      for (let row = 0; row < rows; row++)
        copy(residual + singles(row * width), ofTokens + singles(row * hidden), hidden);
    }
    const ofFirst = at.room + singles(room.ofFirst);
    for (let tap = 0; tap < kernelSize; tap++) {
      const offset = singles(tap * embedding * hidden);
      const column = ofWeight(TABLE) + singles(tap * hidden);
      wasm.transpose(embedding, hidden, at.room + singles(room.first) + offset, transposed);
      wasm.multiply(rows, embedding, hidden, column, width, 1, transposed, embedding, ofTokens, embedding, 1);
      wasm.multiply(embedding, hidden, rows, tokens, 1, embedding, column, width, ofFirst + offset, hidden, 0);
    }
    denormalize(FIRST, embedding, ofFirst, 0);
    copy(ofWeight(`${FIRST}.bias`), ofParameter(`${FIRST}.bias`), hidden);
    innerConvolutions(architecture).forEach(({ name }, index) => {
      denormalize(name, hidden, ofWeight(`${name}.weight`), index + 1);
      copy(ofWeight(`${name}.bias`), ofParameter(`${name}.bias`), hidden);
    });
    const outputs = weights.length - weights.matrices.get('output.weight')!.at;
    copy(ofWeight('output.weight'), ofParameter('output.weight'), outputs);
  },

  network: (architecture, module, capacity) => new TcnNetwork(architecture, module, capacity),
  stepper: (architecture, weights, streams) => new TcnStepper(architecture, weights, streams),
};

class TcnNetwork extends WindowNetwork {
  constructor(architecture: Architecture, module: WebAssembly.Module, capacity: Capacity) {
    const { hidden, layers, kernelSize } = architecture;
    const rows = singles(capacity.rows * hidden);
    const numbers: Record<string, number> = { residual: rows, sum: rows, inner: rows };
    for (let block = 0; block < layers; block++) {
      Object.assign(numbers, { [`first${block}`]: rows, [`second${block}`]: rows, [`out${block}`]: rows });
    }
    for (const { name } of innerConvolutions(architecture)) numbers[name] = singles(kernelSize * hidden * hidden);
    super(architecture, weightsOf(architecture), module, capacity, numbers);
  }

  state(): Float32Array {
    return new Float32Array(0);
  }

  protected prepare(): void {
    const { hidden, kernelSize } = this.architecture;
    for (const { name } of innerConvolutions(this.architecture)) {
      for (let tap = 0; tap < kernelSize; tap++) {
        const offset = singles(tap * hidden * hidden);
        this.wasm.transpose(hidden, hidden, this.weightOf(`${name}.weight`) + offset, this.own[name]! + offset);
      }
    }
  }

  /** Rows that a tap looks back. */
  #shift(tap: number, block: number, streams: number): number {
    return (this.architecture.kernelSize - 1 - tap) * dilationOf(block) * streams;
  }

  protected forward(steps: number, streams: number, dropping: Dropping | undefined): number {
    const { wasm, own } = this;
    const { hidden, layers, kernelSize } = this.architecture;
    const rows = steps * streams;
    const width = (kernelSize + 1) * hidden;
    let input = own['residual']!;
    for (let block = 0; block < layers; block++) {
      const first = own[`first${block}`]!;
      const second = own[`second${block}`]!;
      if (block === 0) {
        wasm.fillRows(rows, hidden, this.weightOf(`${FIRST}.bias`), first);
        for (let tap = 0; tap < kernelSize; tap++) {
          const shift = Math.min(rows, this.#shift(tap, 0, streams));
          const column = this.weightOf(TABLE) + singles(tap * hidden);
          wasm.addTokenRows(rows - shift, hidden, this.tokensAt, column, width, first + singles(shift * hidden), 1);
        }
        const column = this.weightOf(TABLE) + singles(kernelSize * hidden);
        wasm.addTokenRows(rows, hidden, this.tokensAt, column, width, input, 0);
      } else {
        this.#convolve(`${prefixOf(block)}.conv1`, block, rows, streams, input, first);
      }
      this.#activate(rows * hidden, first, dropping, 2 * block);
      this.#convolve(`${prefixOf(block)}.conv2`, block, rows, streams, first, second);
      this.#activate(rows * hidden, second, dropping, 2 * block + 1);
      const out = own[`out${block}`]!;
      wasm.rectifySum(rows * hidden, second, input, out);
      input = out;
    }
    return input;
  }

  #activate(numbers: number, at: number, dropping: Dropping | undefined, place: number): void {
    this.wasm.rectify(numbers, at);
    if (dropping !== undefined && this.architecture.dropout > 0) this.drop(numbers, at, dropping, place);
  }

  #convolve(name: string, block: number, rows: number, streams: number, from: number, to: number): void {
    const { hidden, kernelSize } = this.architecture;
    const weight = this.weightOf(`${name}.weight`);
    this.wasm.fillRows(rows, hidden, this.weightOf(`${name}.bias`), to);
    for (let tap = 0; tap < kernelSize; tap++) {
      const shift = Math.min(rows, this.#shift(tap, block, streams));
      const matrix = weight + singles(tap * hidden * hidden);
      const out = to + singles(shift * hidden);
      this.wasm.multiply(rows - shift, hidden, hidden, from, hidden, 1, matrix, hidden, out, hidden, 1);
    }
  }

  /** @param inputGradients added to */
  #convolveBack(
    name: string,
    block: number,
    rows: number,
    streams: number,
    from: number,
    gradients: number,
    inputGradients: number,
  ): void {
    const { hidden, kernelSize } = this.architecture;
    this.wasm.addRowSums(rows, hidden, gradients, hidden, this.gradientOf(`${name}.bias`));
    for (let tap = 0; tap < kernelSize; tap++) {
      const shift = Math.min(rows, this.#shift(tap, block, streams));
      const later = gradients + singles(shift * hidden);
      const offset = singles(tap * hidden * hidden);
      const ofMatrix = this.gradientOf(`${name}.weight`) + offset;
      this.wasm.multiply(hidden, hidden, rows - shift, from, 1, hidden, later, hidden, ofMatrix, hidden, 1);
      const transposed = this.own[name]! + offset;
      this.wasm.multiply(rows - shift, hidden, hidden, later, hidden, 1, transposed, hidden, inputGradients, hidden, 1);
    }
  }

  protected backward(steps: number, streams: number, dropping: Dropping | undefined, gradients: number): void {
    const { wasm, own } = this;
    const { hidden, layers, kernelSize, dropout } = this.architecture;
    const rows = steps * streams;
    const numbers = rows * hidden;
    const scale = dropping === undefined ? 1 : 1 / (1 - dropout);
    const sum = own['sum']!;
    const inner = own['inner']!;
    for (let block = layers - 1; block >= 0; block--) {
      const first = own[`first${block}`]!;
      wasm.rectifyBack(numbers, gradients, own[`out${block}`]!, 1, sum);
      // Through the second convolution to the first.
      wasm.rectifyBack(numbers, sum, own[`second${block}`]!, scale, gradients);
      this.arena.singles(inner, numbers).fill(0);
      this.#convolveBack(`${prefixOf(block)}.conv2`, block, rows, streams, first, gradients, inner);
      wasm.rectifyBack(numbers, inner, first, scale, gradients);
      if (block > 0) {
        // The residual has the gradient of the sum; the convolution adds its own.
        const input = own[`out${block - 1}`]!;
        this.#convolveBack(`${prefixOf(block)}.conv1`, block, rows, streams, input, gradients, sum);
        this.arena.singles(gradients, numbers).set(this.arena.singles(sum, numbers));
        continue;
      }
      const width = (kernelSize + 1) * hidden;
      wasm.addRowSums(rows, hidden, gradients, hidden, this.gradientOf(`${FIRST}.bias`));
      for (let tap = 0; tap < kernelSize; tap++) {
        const shift = Math.min(rows, this.#shift(tap, 0, streams));
        const column = this.gradientOf(TABLE) + singles(tap * hidden);
        wasm.addToTokenRows(rows - shift, hidden, this.tokensAt, gradients + singles(shift * hidden), column, width);
      }
      const column = this.gradientOf(TABLE) + singles(kernelSize * hidden);
      wasm.addToTokenRows(rows, hidden, this.tokensAt, sum, column, width);
    }
  }
}

/** A convolution that goes step by step. */
interface RingConvolution {
  /** Its inputs in the last steps, in a ring: slot by slot the rows of the streams. */
  readonly ring: number;
  readonly slots: number;
  readonly dilation: number;
  readonly weight: number;
  readonly bias: number;
}

class TcnStepper extends Stepper {
  #step = 0;
  /** All but the first, in their order. */
  readonly #convolutions: readonly RingConvolution[];
  readonly #table: number;
  readonly #firstBias: number;
  readonly #own: Readonly<Record<'tokenRing' | 'first' | 'second' | 'out', number>>;

  constructor(architecture: Architecture, weights: Float32Array, streams: number) {
    const { hidden, kernelSize } = architecture;
    const rows = singles(streams * hidden);
    const inner = innerConvolutions(architecture);
    const numbers: Record<string, number> = {
      tokenRing: singles(streams * kernelSize),
      first: rows,
      second: rows,
      out: rows,
    };
    for (const { name, block } of inner) numbers[name] = rows * slotsOf(kernelSize, block);
    super(architecture, weightsOf(architecture), weights, streams, numbers);
    const place = (name: string) => this.own[name]!;
    this.#own = { tokenRing: place('tokenRing'), first: place('first'), second: place('second'), out: place('out') };
    this.#table = this.weightOf(TABLE);
    this.#firstBias = this.weightOf(`${FIRST}.bias`);
    this.#convolutions = inner.map(({ name, block }) => ({
      ring: place(name),
      slots: slotsOf(kernelSize, block),
      dilation: dilationOf(block),
      weight: this.weightOf(`${name}.weight`),
      bias: this.weightOf(`${name}.bias`),
    }));
    // Before the first step there was nothing.
    this.arena.integers(this.#own.tokenRing, streams * kernelSize).fill(-1);
    for (const { ring, slots } of this.#convolutions) this.arena.singles(ring, streams * hidden * slots).fill(0);
  }

  protected step(tokens: number): number {
    const { wasm, streams } = this;
    const { hidden, layers, kernelSize } = this.architecture;
    const { tokenRing, first, second, out } = this.#own;
    const numbers = streams * hidden;
    const width = (kernelSize + 1) * hidden;
    this.copy(tokens, tokenRing + singles((this.#step % kernelSize) * streams), streams);
    wasm.fillRows(streams, hidden, this.#firstBias, first);
    for (let tap = 0; tap < kernelSize; tap++) {
      // The ring is as long as the kernel, so the oldest is the next.
      const past = tokenRing + singles(((this.#step + 1 + tap) % kernelSize) * streams);
      wasm.addTokenRows(streams, hidden, past, this.#table + singles(tap * hidden), width, first, 1);
    }
    wasm.addTokenRows(streams, hidden, tokens, this.#table + singles(kernelSize * hidden), width, out, 0);
    for (let block = 0; block < layers; block++) {
      if (block > 0) this.#convolve(this.#convolutions[2 * block - 1]!, out, first);
      wasm.rectify(numbers, first);
      this.#convolve(this.#convolutions[2 * block]!, first, second);
      wasm.rectify(numbers, second);
      wasm.rectifySum(numbers, second, out, out);
    }
    this.#step++;
    return out;
  }

  #convolve({ ring, slots, dilation, weight, bias }: RingConvolution, from: number, to: number): void {
    const { wasm, streams } = this;
    const { hidden, kernelSize } = this.architecture;
    const numbers = streams * hidden;
    this.copy(from, ring + singles((this.#step % slots) * numbers), numbers);
    wasm.fillRows(streams, hidden, bias, to);
    for (let tap = 0; tap < kernelSize; tap++) {
      // (kernelSize - 1 - tap) · dilation steps back, where all of the ring is slots - 1 = (kernelSize - 1) · dilation.
      const past = ring + singles(((this.#step + 1 + tap * dilation) % slots) * numbers);
      const matrix = weight + singles(tap * hidden * hidden);
      wasm.multiply(streams, hidden, hidden, past, hidden, 1, matrix, hidden, to, hidden, 1);
    }
  }
}

const slotsOf = (kernelSize: number, block: number): number => (kernelSize - 1) * dilationOf(block) + 1;
