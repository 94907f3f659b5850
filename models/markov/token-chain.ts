/**
 * @module
 * One sequence of packets as a chain: a quantizer, and what follows what among its tokens.
 */
import type { Random } from '../../src/random.js';
import type { PacketBlock } from '../../src/series/packet-series.js';
import { type DecodeState, EmpiricalQuantizer } from '../empirical-quantizer.js';
import type { SampleLimit } from '../generator.js';
import type { Resolution } from '../symbol-table.js';
import type { Tensor, TensorReader } from '../tensors.js';
import { ContextTree } from './context-tree.js';

/** How a chain is built; the choice is made by selection.ts. */
export interface ChainOptions {
  /** Quantile bins per root of the number of packets. */
  readonly resolution: Resolution;
  /** Groups of sizes and of gaps that a context tells apart; null for the tokens themselves. */
  readonly contextGroups: number | null;
  /** Packets in a context. */
  readonly order: number;
}

/** Tokens of series, made once for the many chains that differ in their contexts only. */
export interface Tokenized {
  readonly quantizer: EmpiricalQuantizer;
  readonly sequences: readonly Int32Array[];
}

export function tokenize(series: readonly PacketBlock[], resolution: Resolution): Tokenized {
  const quantizer = EmpiricalQuantizer.fit(series, resolution);
  const sequences = series.map((block) => quantizer.encode(block)).filter(({ length }) => length > 0);
  // A single packet has a token and no sequence.
  return { quantizer, sequences: sequences.length > 0 ? sequences : [Int32Array.of(0)] };
}

const BLOCK_PACKETS = 4096;

/** Weight of a distribution over everything possible, so that nothing has probability zero. */
const ANYTHING = 1e-4;
/** Weight of known symbols in combinations that may never have been seen. */
const NEW_COMBINATION = 0.02;
/** Anything: sizes evenly up to 64 KiB; zero gaps half of the time, other gaps evenly in their logarithm up to 2^53 ns. */
const anything = (gapNs: number): number => (gapNs === 0 ? 0.5 : 0.5 / (53 * Math.LN2 * gapNs)) / 65_536;

export class TokenChain {
  readonly quantizer: EmpiricalQuantizer;
  readonly tree: ContextTree;

  private constructor(quantizer: EmpiricalQuantizer, tree: ContextTree) {
    this.quantizer = quantizer;
    this.tree = tree;
  }

  static fit({ quantizer, sequences }: Tokenized, { contextGroups, order }: ChainOptions): TokenChain {
    const counts = new Float64Array(quantizer.vocabulary);
    for (const tokens of sequences) for (const token of tokens) counts[token]!++;
    const classes = quantizer.classes(counts, contextGroups ?? Number.POSITIVE_INFINITY);
    return new TokenChain(quantizer, ContextTree.fit(sequences, classes, order));
  }

  /** See `TrafficModel.sample`. */
  *sample(random: Random, limit: SampleLimit): Generator<PacketBlock, void> {
    const { quantizer, tree } = this;
    const offsetsNs = new Float64Array(BLOCK_PACKETS);
    const sizes = new Uint32Array(BLOCK_PACKETS);
    const outbound = new Uint8Array(BLOCK_PACKETS);
    const state: DecodeState = { timeNs: 0, direction: 1, lastNs: [Number.NaN, Number.NaN] };
    let context = tree.root;
    for (let done = 0; done < limit.packets; ) {
      const wanted = Math.min(BLOCK_PACKETS, limit.packets - done);
      let length = 0;
      while (length < wanted) {
        const token = tree.draw(context, random);
        const realized = quantizer.decodeTime(token, state, random);
        if (state.timeNs > limit.durationNs) break;
        context = tree.advance(context, realized);
        offsetsNs[length] = state.timeNs;
        sizes[length] = quantizer.decodeSize(token, random);
        outbound[length] = quantizer.tokenDirection[token]!;
        length++;
      }
      if (length > 0) yield { length, offsetsNs, sizes, outbound };
      if (length < wanted) return;
      done += length;
    }
  }

  /** The log-likelihood of each packet but the first, in nats: of its direction, its size and its gap in whole ns. */
  logLikelihoods(series: PacketBlock): Float64Array {
    const { quantizer, tree } = this;
    const tokens = quantizer.encode(series);
    const independent = quantizer.independent(tree.marginal());
    let context = tree.root;
    return Float64Array.from(tokens, (token, index) => {
      const sizeBytes = series.sizes[index + 1]!;
      const gapNs = series.offsetsNs[index + 1]! - series.offsetsNs[index]!;
      const known = token < 0 ? 0 : tree.probability(context, token) * quantizer.probability(token, sizeBytes, gapNs);
      context = token < 0 ? tree.root : tree.advance(context, token);
      return Math.log(
        (1 - ANYTHING - NEW_COMBINATION) * known +
          NEW_COMBINATION * independent(series.outbound[index + 1]!, sizeBytes, gapNs) +
          ANYTHING * anything(gapNs),
      );
    });
  }

  save(tensors: Map<string, Tensor>): void {
    this.quantizer.save(tensors);
    this.tree.save(tensors);
  }

  /** @throws SynthError `SYNTH_MODEL_INVALID` */
  static load(reader: TensorReader): TokenChain {
    const quantizer = EmpiricalQuantizer.load(reader);
    return new TokenChain(quantizer, ContextTree.load(reader, quantizer.vocabulary));
  }
}
