/**
 * @module
 * Layers of gated recurrent units (see src/kernels/assembly/gru.ts), as `torch.nn.GRU` has them.
 */
import { type Architecture, type Layout, layOut, logitWidth, matrixOf } from './architecture.js';
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

/** Rows of the first layer's projected inputs, one a token, the start token last. */
const TABLE = 'table';

/** What parameters and weights have in common, which is all but the way of a token into the first layer. */
function shared(architecture: Architecture): [string, number, number][] {
  const { hidden, layers } = architecture;
  const width = 3 * hidden;
  const shapes: [string, number, number][] = [];
  for (let layer = 0; layer < layers; layer++) {
    if (layer > 0) shapes.push([`rnn.weight_ih_l${layer}`, hidden, width], [`rnn.bias_ih_l${layer}`, 1, width]);
    shapes.push([`rnn.weight_hh_l${layer}`, hidden, width], [`rnn.bias_hh_l${layer}`, 1, width]);
  }
  shapes.push(['output.weight', hidden, logitWidth(architecture)], ['output.bias', 1, logitWidth(architecture)]);
  return shapes;
}

function parametersOf(architecture: Architecture): Layout {
  const { vocabulary, embedding, hidden } = architecture;
  return layOut([
    ['embedding.weight', vocabulary + 1, embedding],
    ['rnn.weight_ih_l0', embedding, 3 * hidden],
    ['rnn.bias_ih_l0', 1, 3 * hidden],
    ...shared(architecture),
  ]);
}

const weightsOf = (architecture: Architecture): Layout =>
  layOut([[TABLE, architecture.vocabulary + 1, 3 * architecture.hidden], ...shared(architecture)]);

/** Bytes of the part that parameters and weights share, and where it begins in each. */
function sharedPart(architecture: Architecture) {
  const parameters = parametersOf(architecture);
  const weights = weightsOf(architecture);
  const inParameters = matrixOf(parameters, 'rnn.weight_hh_l0').at;
  const inWeights = matrixOf(weights, 'rnn.weight_hh_l0').at;
  return { inParameters: singles(inParameters), inWeights: singles(inWeights), numbers: weights.length - inWeights };
}

export const gru: CellKind = {
  parameters: parametersOf,
  weights: weightsOf,
  roomOf: ({ embedding, hidden }) => 3 * hidden * embedding,
  stateOf: ({ hidden, layers }) => hidden * layers,

  compile(wasm, architecture, at) {
    const { vocabulary, embedding, hidden } = architecture;
    const parameters = parametersOf(architecture);
    const place = placesIn(parameters, at.parameters);
    const width = 3 * hidden;
    const rows = vocabulary + 1;
    wasm.fillRows(rows, width, place('rnn.bias_ih_l0'), at.weights);
    const weight = place('rnn.weight_ih_l0');
    wasm.multiply(rows, width, embedding, place('embedding.weight'), embedding, 1, weight, width, at.weights, width, 1);
    const { inParameters, inWeights, numbers } = sharedPart(architecture);
    copySingles(wasm, at.parameters + inParameters, at.weights + inWeights, numbers);
  },

  pullBack(wasm, architecture, at) {
    const { vocabulary, embedding, hidden } = architecture;
    const parameters = parametersOf(architecture);
    const parameter = placesIn(parameters, at.parameters);
    const ofParameter = placesIn(parameters, at.ofParameters);
    const width = 3 * hidden;
    const rows = vocabulary + 1;
    const weight = 'rnn.weight_ih_l0';
    wasm.transpose(embedding, width, parameter(weight), at.room);
    const ofEmbedding = ofParameter('embedding.weight');
    wasm.multiply(rows, embedding, width, at.ofWeights, width, 1, at.room, embedding, ofEmbedding, embedding, 0);
    const rowsOfTokens = parameter('embedding.weight');
    const ofWeight = ofParameter(weight);
    wasm.multiply(embedding, width, rows, rowsOfTokens, 1, embedding, at.ofWeights, width, ofWeight, width, 0);
    const ofBias = ofParameter('rnn.bias_ih_l0');
    new Float32Array(wasm.memory.buffer, ofBias, width).fill(0);
    wasm.addRowSums(rows, width, at.ofWeights, width, ofBias);
    const { inParameters, inWeights, numbers } = sharedPart(architecture);
    copySingles(wasm, at.ofWeights + inWeights, at.ofParameters + inParameters, numbers);
  },

  network: (architecture, module, capacity) => new GruNetwork(architecture, module, capacity),
  stepper: (architecture, weights, streams) => new GruStepper(architecture, weights, streams),
};

/** What a layer needs for windows of so many rows. */
function layerBytes(architecture: Architecture, layer: number, rows: number, streams: number) {
  const { hidden } = architecture;
  return {
    [`gates${layer}`]: singles(3 * rows * hidden),
    [`states${layer}`]: singles((rows + streams) * hidden),
    [`projected${layer}`]: singles(rows * hidden),
  };
}

class GruNetwork extends WindowNetwork {
  constructor(architecture: Architecture, module: WebAssembly.Module, capacity: Capacity) {
    const { hidden, layers } = architecture;
    const { rows, streams } = capacity;
    const numbers: Record<string, number> = {
      room: singles(3 * hidden * streams),
      carried: singles(hidden * streams),
      state: singles(hidden * layers * streams),
    };
    for (let layer = 0; layer < layers; layer++) {
      Object.assign(numbers, layerBytes(architecture, layer, rows, streams), {
        [`dropped${layer}`]: architecture.dropout > 0 ? singles(rows * hidden) : 0,
        [`hidden${layer}`]: singles(3 * hidden * hidden),
        [`input${layer}`]: layer > 0 ? singles(3 * hidden * hidden) : 0,
      });
    }
    super(architecture, weightsOf(architecture), module, capacity, numbers);
  }

  /** Layer by layer the units of each stream. */
  state(streams: number): Float32Array {
    return this.arena.singles(this.own['state']!, streams * gru.stateOf(this.architecture));
  }

  protected prepare(): void {
    for (let layer = 0; layer < this.architecture.layers; layer++) {
      this.transpose(`rnn.weight_hh_l${layer}`, this.own[`hidden${layer}`]!);
      if (layer > 0) this.transpose(`rnn.weight_ih_l${layer}`, this.own[`input${layer}`]!);
    }
  }

  protected forward(steps: number, streams: number, dropping: Dropping | undefined): number {
    const { wasm, own } = this;
    const { hidden, layers } = this.architecture;
    const rows = steps * streams;
    const width = 3 * hidden;
    const block = hidden * streams;
    const state = this.state(streams);
    let input = 0;
    for (let layer = 0; layer < layers; layer++) {
      const gates = own[`gates${layer}`]!;
      const states = own[`states${layer}`]!;
      if (layer === 0) {
        wasm.addTokenRows(rows, width, this.tokensAt, this.weightOf(TABLE), width, gates, 0);
      } else {
        const weight = this.weightOf(`rnn.weight_ih_l${layer}`);
        wasm.fillRows(rows, width, this.weightOf(`rnn.bias_ih_l${layer}`), gates);
        wasm.multiply(rows, width, hidden, input, hidden, 1, weight, width, gates, width, 1);
      }
      const part = state.subarray(layer * block, (layer + 1) * block);
      this.arena.singles(states, block).set(part);
      wasm.gruForward(
        steps,
        streams,
        hidden,
        gates,
        states,
        this.weightOf(`rnn.weight_hh_l${layer}`),
        this.weightOf(`rnn.bias_hh_l${layer}`),
        own[`projected${layer}`]!,
        own['room']!,
      );
      part.set(this.arena.singles(states + singles(rows * hidden), block));
      input = states + singles(block);
      if (dropping !== undefined && this.architecture.dropout > 0) {
        const dropped = own[`dropped${layer}`]!;
        this.arena.singles(dropped, rows * hidden).set(this.arena.singles(input, rows * hidden));
        this.drop(rows * hidden, dropped, dropping, layer);
        input = dropped;
      }
    }
    return input;
  }

  protected backward(steps: number, streams: number, dropping: Dropping | undefined, gradients: number): void {
    const { wasm, own } = this;
    const { hidden, layers } = this.architecture;
    const rows = steps * streams;
    const width = 3 * hidden;
    const drops = dropping !== undefined && this.architecture.dropout > 0;
    for (let layer = layers - 1; layer >= 0; layer--) {
      if (drops) this.drop(rows * hidden, gradients, dropping, layer);
      const gates = own[`gates${layer}`]!;
      const states = own[`states${layer}`]!;
      const projected = own[`projected${layer}`]!;
      const transposed = own[`hidden${layer}`]!;
      wasm.gruBackward(steps, streams, hidden, gates, projected, states, transposed, gradients, own['carried']!);
      const ofWeight = this.gradientOf(`rnn.weight_hh_l${layer}`);
      const ofN = ofWeight + singles(2 * hidden);
      wasm.multiply(hidden, 2 * hidden, rows, states, 1, hidden, gates, width, ofWeight, width, 1);
      wasm.multiply(hidden, hidden, rows, states, 1, hidden, projected, hidden, ofN, width, 1);
      const ofBias = this.gradientOf(`rnn.bias_hh_l${layer}`);
      wasm.addRowSums(rows, 2 * hidden, gates, width, ofBias);
      wasm.addRowSums(rows, hidden, projected, hidden, ofBias + singles(2 * hidden));
      if (layer === 0) {
        wasm.addToTokenRows(rows, width, this.tokensAt, gates, this.gradientOf(TABLE), width);
        return;
      }
      const below = layer - 1;
      const input = drops ? own[`dropped${below}`]! : own[`states${below}`]! + singles(hidden * streams);
      const ofInput = this.gradientOf(`rnn.weight_ih_l${layer}`);
      wasm.multiply(hidden, width, rows, input, 1, hidden, gates, width, ofInput, width, 1);
      wasm.addRowSums(rows, width, gates, width, this.gradientOf(`rnn.bias_ih_l${layer}`));
      wasm.multiply(rows, hidden, width, gates, width, 1, own[`input${layer}`]!, hidden, gradients, hidden, 0);
    }
  }
}

/** Where a layer's numbers lie. */
interface StepLayer {
  readonly gates: number;
  readonly states: number;
  readonly projected: number;
  /** Of the projected inputs; none in the first layer. */
  readonly inputWeight: number;
  readonly inputBias: number;
  readonly weight: number;
  readonly bias: number;
}

/** A window of one step, whose state stays where it is. */
class GruStepper extends Stepper {
  readonly #layers: readonly StepLayer[];
  readonly #room: number;
  readonly #table: number;

  constructor(architecture: Architecture, weights: Float32Array, streams: number) {
    const { hidden, layers } = architecture;
    const numbers: Record<string, number> = { room: singles(3 * hidden * streams) };
    for (let layer = 0; layer < layers; layer++) {
      Object.assign(numbers, layerBytes(architecture, layer, streams, streams));
    }
    super(architecture, weightsOf(architecture), weights, streams, numbers);
    this.#room = this.own['room']!;
    this.#table = this.weightOf(TABLE);
    this.#layers = Array.from({ length: layers }, (_, layer) => ({
      gates: this.own[`gates${layer}`]!,
      states: this.own[`states${layer}`]!,
      projected: this.own[`projected${layer}`]!,
      inputWeight: layer === 0 ? 0 : this.weightOf(`rnn.weight_ih_l${layer}`),
      inputBias: layer === 0 ? 0 : this.weightOf(`rnn.bias_ih_l${layer}`),
      weight: this.weightOf(`rnn.weight_hh_l${layer}`),
      bias: this.weightOf(`rnn.bias_hh_l${layer}`),
    }));
  }

  protected step(tokens: number): number {
    const { wasm, streams } = this;
    const { hidden } = this.architecture;
    const width = 3 * hidden;
    let input = 0;
    for (const [index, layer] of this.#layers.entries()) {
      const { gates, states } = layer;
      if (index === 0) wasm.addTokenRows(streams, width, tokens, this.#table, width, gates, 0);
      else {
        wasm.fillRows(streams, width, layer.inputBias, gates);
        wasm.multiply(streams, width, hidden, input, hidden, 1, layer.inputWeight, width, gates, width, 1);
      }
      wasm.gruForward(1, streams, hidden, gates, states, layer.weight, layer.bias, layer.projected, this.#room);
      input = states + singles(hidden * streams);
      this.copy(input, states, hidden * streams);
    }
    return input;
  }
}
