/**
 * @module
 * The Gaussian quantizer: a packet's token is the component of its direction's mixture that it most likely comes from, and a token
 * becomes a packet again by what the component emits. Gaps are joint gaps; direction-clock.ts tells what becomes of a direction's own.
 */
import { type Kernels, PARAMETERS, type Parameters } from '../../src/kernels/kernels.js';
import type { PacketBlock } from '../../src/packets/packet-series.js';
import type { Random } from '../../src/random.js';
import { requireModel, type Tensor, type TensorReader } from '../../src/tensors.js';
import { DirectionClock } from '../direction-clock.js';
import { type DecodeState, groupByValue, isFirst, type Quantizer } from '../quantizer.js';
import { type Observations, observe } from './observations.js';
import { requireCovariance, requireDistribution, SpikeSlab } from './spike-slab.js';

export interface DirectionMixture {
  /** Weights, means and covariances of (bytes, ln(1 + ns)). */
  readonly parameters: Parameters;
  readonly emission: SpikeSlab;
  /** Its classes are the components. */
  readonly clock: DirectionClock;
}

/** By direction: inbound, outbound. */
type Mixtures = readonly [DirectionMixture | undefined, DirectionMixture | undefined];

const NAMES = ['inbound', 'outbound'] as const;

export class GaussianQuantizer implements Quantizer {
  readonly mixtures: Mixtures;
  readonly tokenDirection: Uint8Array;
  /** The token of a direction's first component. */
  readonly #firstToken: readonly [number, number];
  readonly #kernels: Kernels;

  constructor(kernels: Kernels, mixtures: Mixtures) {
    this.#kernels = kernels;
    this.mixtures = mixtures;
    const inbound = mixtures[0]?.emission.components ?? 0;
    const outbound = mixtures[1]?.emission.components ?? 0;
    this.#firstToken = [0, inbound];
    this.tokenDirection = new Uint8Array(inbound + outbound).fill(1, inbound);
  }

  get vocabulary(): number {
    return this.tokenDirection.length;
  }

  encode(block: PacketBlock): Int32Array {
    const tokens = new Int32Array(Math.max(0, block.length - 1)).fill(-1);
    this.mixtures.forEach((mixture, direction) => {
      if (mixture === undefined) return;
      const labels = encodeDirection(this.#kernels, mixture.parameters, observe([block], direction === 1, true));
      let next = 0;
      for (let i = 1; i < block.length; i++) {
        if (block.outbound[i] === direction) tokens[i - 1] = this.#firstToken[direction]! + labels[next++]!;
      }
    });
    return tokens;
  }

  decode(token: number, state: DecodeState, random: Random): number {
    const direction = this.tokenDirection[token]!;
    const { emission, clock } = this.mixtures[direction]!;
    const component = token - this.#firstToken[direction]!;
    emission.draw(component, random);
    if (!isFirst(state)) {
      const elapsed = state.timeNs - state.lastNs[direction]!;
      const [low, high] = emission.gapRange(component);
      state.timeNs += clock.draw(component, state.direction, elapsed, low, high, random) ?? emission.gapNs;
    }
    state.sizeBytes = emission.sizeBytes;
    state.direction = direction;
    state.lastNs[direction] = state.timeNs;
    return token;
  }

  classes(counts: Float64Array, groups: number): Uint32Array {
    if (groups === Number.POSITIVE_INFINITY) return Uint32Array.from(counts, (_, token) => token);
    const classes = new Uint32Array(counts.length);
    this.mixtures.forEach((mixture, direction) => {
      if (mixture === undefined) return;
      const { emission } = mixture;
      const first = this.#firstToken[direction]!;
      const weights = counts.subarray(first, first + emission.components);
      const means = Array.from(weights, (_, k) => emission.meanOf(k));
      const ofSize = groupByValue(
        means.map(({ sizeBytes }) => sizeBytes),
        weights,
        groups,
      );
      const ofGap = groupByValue(
        means.map(({ logGap }) => logGap),
        weights,
        groups,
      );
      for (let k = 0; k < emission.components; k++) {
        classes[first + k] = (direction * groups + ofSize[k]!) * groups + ofGap[k]!;
      }
    });
    return classes;
  }

  probability(token: number, sizeBytes: number, gapNs: number): number {
    const direction = this.tokenDirection[token]!;
    const { emission } = this.mixtures[direction]!;
    return emission.probability(token - this.#firstToken[direction]!, sizeBytes, gapNs);
  }

  /** A component's Gaussian has something to say of every size and gap. */
  anyToken(marginal: Float64Array): (token: number, outbound: number, sizeBytes: number, gapNs: number) => number {
    return (token, _outbound, sizeBytes, gapNs) =>
      token < 0 ? 0 : marginal[token]! * this.probability(token, sizeBytes, gapNs);
  }

  describe(token: number) {
    const direction = this.tokenDirection[token]!;
    const { emission } = this.mixtures[direction]!;
    return { outbound: direction === 1, ...emission.describe(token - this.#firstToken[direction]!) };
  }

  save(tensors: Map<string, Tensor>): void {
    this.mixtures.forEach((mixture, direction) => {
      if (mixture === undefined) return;
      const prefix = `quantizer.${NAMES[direction]}`;
      const { parameters, emission, clock } = mixture;
      tensors.set(`${prefix}.mixture`, { shape: [emission.components, PARAMETERS], data: parameters });
      emission.save(`${prefix}.emission`, tensors);
      clock.save(`${prefix}.clock`, tensors);
    });
  }

  /** @throws SynthError `SYNTH_MODEL_INVALID` */
  static load(kernels: Kernels, reader: TensorReader): GaussianQuantizer {
    const load = (direction: 0 | 1): DirectionMixture | undefined => {
      const prefix = `quantizer.${NAMES[direction]}`;
      const components = reader.shape(`${prefix}.mixture`)?.[0];
      if (components === undefined) return undefined;
      requireModel(components > 0, `has no components in “${prefix}”`);
      const parameters = reader.tensor(`${prefix}.mixture`, Float64Array, [components, PARAMETERS]);
      const weights = new Float64Array(components);
      for (let k = 0; k < components; k++) {
        const at = k * PARAMETERS;
        weights[k] = parameters[at]!;
        requireCovariance(
          parameters[at + 3]!,
          parameters[at + 4]!,
          parameters[at + 5]!,
          `component ${k} of “${prefix}”`,
        );
      }
      requireDistribution(weights, `the weights of “${prefix}”`);
      return {
        parameters,
        emission: SpikeSlab.load(kernels, `${prefix}.emission`, components, reader),
        clock: DirectionClock.load(`${prefix}.clock`, components, reader),
      };
    };
    const mixtures: Mixtures = [load(0), load(1)];
    requireModel(
      mixtures.some((mixture) => mixture !== undefined),
      'has no mixture',
    );
    return new GaussianQuantizer(kernels, mixtures);
  }
}

/** The likeliest component of each packet. */
export function encodeDirection(
  kernels: Kernels,
  parameters: Parameters,
  { sizes, gapsNs, lengths }: Observations,
): Int32Array {
  return kernels.classify({ xs: sizes, ys: kernels.log1p(gapsNs), lengths }, parameters);
}
