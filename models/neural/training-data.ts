/**
 * @module
 * What a network learns from: the tokens of series, the last part of each held out.
 */
import { createHash } from 'node:crypto';
import type { PacketBlock } from '../../src/packets/packet-series.js';
import type { Quantizer } from '../quantizer.js';
import { joinPairs, pairsOf, slicePairs, type TokenPairs } from './token-windows.js';
import type { TrainerPlan } from './trainer.js';

/** Share of each series, its end, that the training is judged by. */
const VALIDATION_SHARE = 0.2;
/** Fewer tokens judge nothing: the training then goes by its own loss. */
const MIN_VALIDATION_TOKENS = 16;

export interface TrainingData {
  readonly sequences: readonly Int32Array[];
  readonly training: TokenPairs;
  readonly validation: TrainerPlan['validation'];
  readonly validationTokens: number;
  readonly counts: Float64Array;
  /** SHA-256 of the packets, in hex. */
  readonly digest: string;
}

export function trainingDataOf(series: readonly PacketBlock[], quantizer: Quantizer): TrainingData {
  const encoded = series.map((block) => quantizer.encode(block)).filter(({ length }) => length > 0);
  // A single packet has a token and no sequence.
  const sequences = encoded.length > 0 ? encoded : [Int32Array.of(0)];
  const start = quantizer.vocabulary;
  // Of each something is learned, however short.
  const cutOf = (tokens: Int32Array) => Math.max(1, Math.floor(tokens.length * (1 - VALIDATION_SHARE)));
  const held = sequences.reduce((sum, tokens) => sum + tokens.length - cutOf(tokens), 0);
  const holds = held >= MIN_VALIDATION_TOKENS;
  const whole = sequences.map((tokens) => ({
    pairs: pairsOf(tokens, start),
    from: holds ? cutOf(tokens) : tokens.length,
  }));
  const counts = new Float64Array(quantizer.vocabulary);
  for (const tokens of sequences) for (const token of tokens) counts[token]!++;
  return {
    sequences,
    training: joinPairs(whole.map(({ pairs, from }) => slicePairs(pairs, 0, from))),
    validation: holds ? whole : [],
    validationTokens: holds ? held : 0,
    counts,
    digest: digestOf(series),
  };
}

/** Tokens would not do: other packets may well have the same. */
function digestOf(series: readonly PacketBlock[]): string {
  const hash = createHash('sha256');
  for (const { length, offsetsNs, sizes, outbound } of series) {
    hash.update(String(length));
    hash.update(offsetsNs.subarray(0, length)).update(Uint32Array.from(sizes.subarray(0, length)));
    hash.update(outbound.subarray(0, length));
  }
  return hash.digest('hex');
}
