/**
 * @module
 * One sequence of packets as a chain: a quantizer, and what follows what among its tokens.
 */

import type { PacketBlock } from '../../src/packets/packet-series.js';
import type { Random } from '../../src/random.js';
import type { Tensor, TensorReader } from '../../src/tensors.js';
import { type Quantizer, startOfDecoding } from '../quantizer.js';
import { sampleBlocks } from '../sample-blocks.js';
import { tokenLogLikelihoods } from '../token-likelihood.js';
import type { SampleLimit } from '../traffic-model.js';
import { ContextTree } from './context-tree.js';

/** What a chain's contexts are; the choice is made by selection.ts. */
export interface ChainOptions {
  /** Groups of sizes and of gaps that a context tells apart; null for the tokens themselves. */
  readonly contextGroups: number | null;
  /** Packets in a context. */
  readonly order: number;
}

/** Tokens of series, made once for the many chains that differ in their contexts only. */
export interface Tokenized {
  readonly quantizer: Quantizer;
  readonly sequences: readonly Int32Array[];
}

export function tokenize(series: readonly PacketBlock[], quantizer: Quantizer): Tokenized {
  const sequences = series.map((block) => quantizer.encode(block)).filter(({ length }) => length > 0);
  // A single packet has a token and no sequence.
  return { quantizer, sequences: sequences.length > 0 ? sequences : [Int32Array.of(0)] };
}

export class TokenChain {
  readonly quantizer: Quantizer;
  readonly tree: ContextTree;

  private constructor(quantizer: Quantizer, tree: ContextTree) {
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
  sample(random: Random, limit: SampleLimit): Iterable<PacketBlock> {
    const { quantizer, tree } = this;
    const state = startOfDecoding();
    let context = tree.root;
    return sampleBlocks(limit, () => {
      const token = tree.draw(context, random);
      context = tree.advance(context, quantizer.decode(token, state, random));
      return state;
    });
  }

  /** The log-likelihood of each packet but the first, in nats: of its direction, its size and its gap in whole ns. */
  logLikelihoods(series: PacketBlock): Float64Array {
    const { quantizer, tree } = this;
    const tokens = quantizer.encode(series);
    let context = tree.root;
    return tokenLogLikelihoods(series, tokens, quantizer, tree.marginal(), (token) => {
      const probability = token < 0 ? 0 : tree.probability(context, token);
      context = token < 0 ? tree.root : tree.advance(context, token);
      return probability;
    });
  }

  save(tensors: Map<string, Tensor>): void {
    this.quantizer.save(tensors);
    this.tree.save(tensors);
  }

  /** @throws SynthError `SYNTH_MODEL_INVALID` */
  static load(quantizer: Quantizer, reader: TensorReader): TokenChain {
    return new TokenChain(quantizer, ContextTree.load(reader, quantizer.vocabulary));
  }
}
