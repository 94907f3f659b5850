/**
 * Both kinds of network once more, in double precision and plain loops, stream by stream: forward, the loss, and the way back. It shares
 * nothing with the kernels but the layout of the parameters. `reference.test.ts` holds its gradients against finite differences.
 */
import { type Architecture, dilationOf, logitWidth, matrixOf } from '../../../models/neural/architecture.js';
import { cellKinds } from '../../../models/neural/cells.js';
import type { TokenWindow } from '../../../models/neural/network.js';

type Row = Float64Array;
/** Step by step. */
type Rows = readonly Row[];

/** What a layer makes of its input, and how gradients go back through it. */
interface Layer {
  readonly out: Rows;
  /** Adds to the gradients of the parameters. @returns the gradients of the input */
  back(gradients: Rows): Rows;
}

export interface Start {
  /** Layer by layer the units of each stream. */
  readonly state?: ArrayLike<number> | undefined;
  /** Of dropout; nothing is dropped without. */
  readonly seed?: number | undefined;
}

export interface Pass {
  /** Total, in nats. */
  readonly loss: number;
  /** Rows of as many numbers as there are tokens. */
  readonly logits: Float64Array;
  /** What the streams carry on. */
  readonly state: Float64Array;
  /** A hash of which rectifiers are open: between two sets of parameters where it is the same the loss has no kink. */
  readonly pattern: number;
  /** Gradient of the loss by the parameters. */
  gradient(): Float64Array;
}

/** Goes through a window as `WindowNetwork.train` does. */
export function referencePass(
  architecture: Architecture,
  parameters: Float64Array,
  window: TokenWindow,
  { state = [], seed }: Start = {},
): Pass {
  const { vocabulary, hidden, layers } = architecture;
  const { steps, streams } = window;
  const network = new Network(architecture, parameters);
  const logits = new Float64Array(steps * streams * vocabulary);
  const after = new Float64Array(streams * cellKinds[architecture.cell].stateOf(architecture));
  let loss = 0;
  const backs = Array.from({ length: streams }, (_, stream) => {
    const tokens = Array.from({ length: steps }, (_, step) => window.tokens[step * streams + stream]!);
    const targets = Array.from({ length: steps }, (_, step) => window.targets[step * streams + stream]!);
    const drops = dropping(architecture, streams, stream, seed);
    const placeOf = (layer: number) => (layer * streams + stream) * hidden;
    const begins = Array.from({ length: layers }, (_, layer) =>
      Float64Array.from({ length: hidden }, (_, unit) => state[placeOf(layer) + unit] ?? 0),
    );
    const body =
      architecture.cell === 'gru' ? network.recurrent(tokens, begins, drops) : network.convolutional(tokens, drops);
    body.ends.forEach((end, layer) => {
      after.set(end, placeOf(layer));
    });
    const output = network.affine('output', hidden, vocabulary, logitWidth(architecture));
    const rows = body.out.map((row) => output.forward(row));
    rows.forEach((row, step) => {
      logits.set(row, (step * streams + stream) * vocabulary);
    });
    const losses = rows.map((row, step) => crossEntropy(row, targets[step]!));
    for (const { loss: own } of losses) loss += own;
    return () => {
      body.back(body.out.map((row, step) => output.back(row, losses[step]!.gradient)));
    };
  });
  return {
    loss,
    logits,
    state: after,
    pattern: network.pattern,
    gradient: () => {
      for (const back of backs) back();
      return network.finish();
    },
  };
}

/** x ↦ x · weight + bias, and its way back. The weight has a row for each input. */
class Affine {
  readonly #weight: Float64Array;
  readonly #ofWeight: Float64Array;
  readonly #bias: Float64Array;
  readonly #ofBias: Float64Array;
  readonly #outputs: number;
  readonly #distance: number;

  constructor(weight: Pair, bias: Pair, outputs: number, distance = outputs) {
    [this.#weight, this.#ofWeight] = weight;
    [this.#bias, this.#ofBias] = bias;
    this.#outputs = outputs;
    this.#distance = distance;
  }

  forward(x: Row): Row {
    const y = this.#bias.slice(0, this.#outputs);
    for (let i = 0; i < x.length; i++) {
      for (let j = 0; j < y.length; j++) y[j]! += x[i]! * this.#weight[i * this.#distance + j]!;
    }
    return y;
  }

  back(x: Row, gradient: Row): Row {
    const ofX = new Float64Array(x.length);
    for (let j = 0; j < gradient.length; j++) this.#ofBias[j]! += gradient[j]!;
    for (let i = 0; i < x.length; i++) {
      for (let j = 0; j < gradient.length; j++) {
        const at = i * this.#distance + j;
        this.#ofWeight[at]! += x[i]! * gradient[j]!;
        ofX[i]! += gradient[j]! * this.#weight[at]!;
      }
    }
    return ofX;
  }
}

/** Numbers and the gradient of the loss by each of them. */
type Pair = readonly [numbers: Float64Array, gradients: Float64Array];

/** Which activations are kept: by the place in the network, the step and the unit. */
type Keeps = (place: number, step: number, unit: number) => boolean;

/** See `WindowNetwork.drop`, and `dropOut` in assembly/activation.ts: MurmurHash3's finalizer of seed and position. */
function dropping({ hidden, dropout }: Architecture, streams: number, stream: number, seed: number | undefined) {
  if (seed === undefined || dropout === 0) return undefined;
  const limit = Math.floor((1 - dropout) * 2 ** 31);
  const keeps: Keeps = (place, step, unit) => {
    const position = (step * streams + stream) * hidden + unit;
    let bits = Math.imul(seed + place * 0x3504f333 + position, 0x9e3779b1);
    bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    return (bits ^ (bits >>> 16)) >>> 1 < limit;
  };
  return keeps;
}

class Network {
  readonly #architecture: Architecture;
  readonly #parameters: Float64Array;
  readonly #gradients: Float64Array;
  /** What is left to do when all streams have gone back. */
  readonly #last: (() => void)[] = [];
  readonly #convolutions = new Map<string, Pair>();
  #pattern = 0;

  constructor(architecture: Architecture, parameters: Float64Array) {
    this.#architecture = architecture;
    this.#parameters = parameters;
    this.#gradients = new Float64Array(parameters.length);
  }

  get pattern(): number {
    return this.#pattern;
  }

  finish(): Float64Array {
    for (const step of this.#last) step();
    return this.#gradients;
  }

  #pair(name: string): Pair {
    const { rows, columns, at } = matrixOf(cellKinds[this.#architecture.cell].parameters(this.#architecture), name);
    const end = at + rows * columns;
    return [this.#parameters.subarray(at, end), this.#gradients.subarray(at, end)];
  }

  affine(name: string, inputs: number, outputs: number, distance: number): Affine {
    const [weight, bias] = [this.#pair(`${name}.weight`), this.#pair(`${name}.bias`)];
    if (weight[0].length !== inputs * distance) throw new Error(`${name} is of another size`);
    return new Affine(weight, bias, outputs, distance);
  }

  /** Layers of gated recurrent units. */
  recurrent(tokens: readonly number[], begins: Rows, keeps: Keeps | undefined): Layer & { readonly ends: Rows } {
    const layers: Layer[] = [this.#embed(tokens)];
    const ends = begins.map((begin, layer) => {
      const units = this.#gru(layers.at(-1)!.out, begin, `_l${layer}`);
      layers.push(units, this.#drop(units.out, layer, keeps));
      return units.out.at(-1) ?? begin;
    });
    return { ...chain(layers), ends };
  }

  /** Residual blocks of two dilated causal convolutions. */
  convolutional(tokens: readonly number[], keeps: Keeps | undefined): Layer & { readonly ends: Rows } {
    const { embedding, hidden, layers } = this.#architecture;
    const blocks: Layer[] = [this.#embed(tokens)];
    for (let block = 0; block < layers; block++) {
      const name = `tcn.network.${block}`;
      const { out: input } = blocks.at(-1)!;
      const inner: Layer[] = [this.#convolve(input, `${name}.conv1`, block)];
      const next = (make: (rows: Rows) => Layer) => inner.push(make(inner.at(-1)!.out));
      next((rows) => this.#rectify(rows));
      next((rows) => this.#drop(rows, 2 * block, keeps));
      next((rows) => this.#convolve(rows, `${name}.conv2`, block));
      next((rows) => this.#rectify(rows));
      next((rows) => this.#drop(rows, 2 * block + 1, keeps));
      const branch = chain(inner);
      const residual =
        block === 0 && embedding !== hidden
          ? this.#each(input, this.affine(`${name}.downsample`, embedding, hidden, hidden))
          : undefined;
      const sum = this.#rectify(added(branch.out, residual?.out ?? input));
      blocks.push({
        out: sum.out,
        back: (gradients) => {
          const ofSum = sum.back(gradients);
          return added(branch.back(ofSum), residual?.back(ofSum) ?? ofSum);
        },
      });
    }
    return { ...chain(blocks), ends: [] };
  }

  #embed(tokens: readonly number[]): Layer {
    const { embedding } = this.#architecture;
    const [table, ofTable] = this.#pair('embedding.weight');
    return {
      out: tokens.map((token) => table.slice(token * embedding, (token + 1) * embedding)),
      back: (gradients) => {
        gradients.forEach((row, step) => {
          for (let i = 0; i < embedding; i++) ofTable[tokens[step]! * embedding + i]! += row[i]!;
        });
        return [];
      },
    };
  }

  #each(input: Rows, affine: Affine): Layer {
    return {
      out: input.map((row) => affine.forward(row)),
      back: (gradients) => gradients.map((row, step) => affine.back(input[step]!, row)),
    };
  }

  #rectify(input: Rows): Layer {
    for (const row of input) for (const x of row) this.#pattern = (Math.imul(this.#pattern, 31) + (x > 0 ? 1 : 0)) | 0;
    return {
      out: input.map((row) => row.map((x) => Math.max(0, x))),
      back: (gradients) => gradients.map((row, step) => row.map((g, i) => (input[step]![i]! > 0 ? g : 0))),
    };
  }

  #drop(input: Rows, place: number, keeps: Keeps | undefined): Layer {
    const { dropout } = this.#architecture;
    const drop = (rows: Rows): Rows =>
      keeps === undefined
        ? rows
        : rows.map((row, step) => row.map((x, unit) => (keeps(place, step, unit) ? x / (1 - dropout) : 0)));
    return { out: drop(input), back: drop };
  }

  /** The equations of torch.nn.GRU. */
  #gru(input: Rows, begin: Row, suffix: string): Layer {
    const { hidden } = this.#architecture;
    const side = (kind: string) =>
      new Affine(this.#pair(`rnn.weight_${kind}${suffix}`), this.#pair(`rnn.bias_${kind}${suffix}`), 3 * hidden);
    const [ofInput, ofState] = [side('ih'), side('hh')];
    let state = begin;
    const steps = input.map((x) => {
      const before = state;
      const [own, other] = [ofInput.forward(x), ofState.forward(before)];
      const gate = (which: number, reset?: Row) =>
        Float64Array.from(before, (_, i) => own[which * hidden + i]! + (reset?.[i] ?? 1) * other[which * hidden + i]!);
      const r = gate(0).map(sigmoid);
      const z = gate(1).map(sigmoid);
      const n = gate(2, r).map(Math.tanh);
      state = n.map((value, i) => (1 - z[i]!) * value + z[i]! * before[i]!);
      return { x, before, r, z, n, projected: other.subarray(2 * hidden), after: state };
    });
    return {
      out: steps.map(({ after }) => after),
      back: (gradients) => {
        let carried: Row = new Float64Array(hidden);
        const ofInputs: Row[] = [];
        for (let step = steps.length - 1; step >= 0; step--) {
          const { x, before, r, z, n, projected } = steps[step]!;
          const ofAfter = gradients[step]!.map((g, i) => g + carried[i]!);
          const [ofOwn, ofOther] = [new Float64Array(3 * hidden), new Float64Array(3 * hidden)];
          ofAfter.forEach((g, i) => {
            const ofN = g * (1 - z[i]!) * (1 - n[i]! ** 2);
            const ofZ = g * (before[i]! - n[i]!) * z[i]! * (1 - z[i]!);
            const ofR = ofN * projected[i]! * r[i]! * (1 - r[i]!);
            [ofR, ofZ, ofN].forEach((value, gate) => {
              ofOwn[gate * hidden + i] = value;
              ofOther[gate * hidden + i] = gate === 2 ? value * r[i]! : value;
            });
          });
          const throughState = ofState.back(before, ofOther);
          carried = ofAfter.map((g, i) => g * z[i]! + throughState[i]!);
          ofInputs.unshift(ofInput.back(x, ofOwn));
        }
        return ofInputs;
      },
    };
  }

  /** A causal convolution: the last tap is the step itself, and what lies before the first step is zero. */
  #convolve(input: Rows, name: string, block: number): Layer {
    const { hidden, kernelSize } = this.#architecture;
    const inputs = input[0]?.length ?? hidden;
    const [weight, ofWeight] = this.#normalized(name);
    const bias = this.#pair(`${name}.bias`);
    const none: Pair = [new Float64Array(hidden), new Float64Array(hidden)];
    const taps = Array.from({ length: kernelSize }, (_, tap) => {
      const part = (numbers: Float64Array) => numbers.subarray(tap * inputs * hidden, (tap + 1) * inputs * hidden);
      const back = (kernelSize - 1 - tap) * dilationOf(block);
      return { back, affine: new Affine([part(weight), part(ofWeight)], back === 0 ? bias : none, hidden) };
    });
    const at = (step: number) => taps.filter(({ back }) => back <= step);
    return {
      out: input.map((_, step) =>
        at(step)
          .map(({ back, affine }) => affine.forward(input[step - back]!))
          .reduce((sum, row) => sum.map((value, i) => value + row[i]!)),
      ),
      back: (gradients) => {
        const ofInput = input.map(() => new Float64Array(inputs));
        gradients.forEach((row, step) => {
          for (const { back, affine } of at(step)) {
            affine.back(input[step - back]!, row).forEach((g, i) => {
              ofInput[step - back]![i]! += g;
            });
          }
        });
        return ofInput;
      },
    };
  }

  /** Weights by their directions and lengths: w = g / |v| · v for each output. Streams share them. */
  #normalized(name: string): Pair {
    const known = this.#convolutions.get(name);
    if (known !== undefined) return known;
    const { hidden } = this.#architecture;
    const [v, ofV] = this.#pair(`${name}.weight_v`);
    const [g, ofG] = this.#pair(`${name}.weight_g`);
    const norms = new Float64Array(hidden);
    v.forEach((value, at) => {
      norms[at % hidden]! += value ** 2;
    });
    norms.forEach((square, j) => {
      norms[j] = Math.sqrt(square);
    });
    const pair: Pair = [
      v.map((value, at) => (g[at % hidden]! / norms[at % hidden]!) * value),
      new Float64Array(v.length),
    ];
    this.#last.push(() => {
      const [, ofW] = pair;
      ofW.forEach((gradient, at) => {
        ofG[at % hidden]! += (gradient * v[at]!) / norms[at % hidden]!;
      });
      ofW.forEach((gradient, at) => {
        const j = at % hidden;
        ofV[at]! += (g[j]! / norms[j]!) * (gradient - (ofG[j]! / norms[j]!) * v[at]!);
      });
    });
    this.#convolutions.set(name, pair);
    return pair;
  }
}

function chain(layers: readonly Layer[]): Layer {
  return {
    out: layers.at(-1)!.out,
    back: (gradients) => layers.reduceRight((rows, layer) => layer.back(rows), gradients),
  };
}

const added = (a: Rows, b: Rows): Rows => a.map((row, step) => row.map((x, i) => x + b[step]![i]!));

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** In nats; a negative target costs nothing. */
function crossEntropy(logits: Row, target: number): { loss: number; gradient: Row } {
  if (target < 0) return { loss: 0, gradient: new Float64Array(logits.length) };
  const greatest = Math.max(...logits);
  const sum = logits.reduce((total, x) => total + Math.exp(x - greatest), 0);
  return {
    loss: Math.log(sum) + greatest - logits[target]!,
    gradient: logits.map((x, j) => Math.exp(x - greatest) / sum - (j === target ? 1 : 0)),
  };
}
