/**
 * @module
 * How fine the tokens of a chain are, how much of them its contexts tell apart, and how long these are. The choice is the one
 * under which the end of the series, held out, is most likely. Choices that it cannot tell apart, because they are within one
 * standard error of the best, are told apart by what they generate.
 */

import { collect, directionGapsNs, type PacketBlock, sliceBlock, spanNs } from '../../src/packets/packet-series.js';
import { throughputBytes } from '../../src/packets/throughput.js';
import { randomStream } from '../../src/random.js';
import { ksStatistic } from '../../src/statistics/ks.js';
import { mean, standardError } from '../../src/statistics/mean.js';
import { concatenate } from '../concatenate.js';
import type { QuantizerKind } from '../quantizer.js';
import type { QuantizerSource } from '../quantizer-source.js';
import { lowerBound } from '../symbol-table.js';
import { type ChainOptions, TokenChain, tokenize } from './token-chain.js';

const CONTEXT_GROUPS = [4, 8, null];
const MAX_ORDER = 6;
/** Longer contexts are not tried once the likelihood has fallen this far, in nats per packet. */
const GIVE_UP_NATS = 0.05;

/** Series that are generated for a comparison, their length at most, and the packets in a bin of throughput on average. */
const GENERATED_SERIES = 4;
const GENERATED_PACKETS = 20_000;
const BIN_PACKETS = 64;
/** The throughput of more bins than this is not looked at: what is generated may be far longer than what it is compared with. */
const MAX_BINS = 2 ** 14;

/** The choice for series too short to hold anything out. */
export const DEFAULT_OPTIONS: ChainOptions = { contextGroups: null, order: 1 };

/** One choice, and how it did. */
export interface Candidate extends ChainOptions {
  readonly quantizer: QuantizerKind;
  /** One of those of the source of the quantizer. */
  readonly resolution: number;
  /** Nats per packet of the held-out part. */
  readonly heldOutLogLikelihood: number;
  /** Mean KS statistic between the training part and what is generated; null where the likelihood decided. */
  readonly generatedKs: number | null;
}

export interface Choice {
  readonly best: Candidate;
  readonly candidates: readonly Candidate[];
}

/**
 * @param training, validation series with two packets or more each, at least one of both
 * @param pause called between two computations, to tell the progress and to let signals in
 */
export async function chooseChain(
  training: readonly PacketBlock[],
  validation: readonly PacketBlock[],
  source: QuantizerSource,
  pause: (done: number, what: string) => Promise<void>,
): Promise<Choice> {
  const { resolutions } = source;
  const tried: {
    options: ChainOptions & { resolution: number };
    chain: TokenChain;
    logLikelihoods: Float64Array;
    average: number;
  }[] = [];
  for (const [r, resolution] of resolutions.entries()) {
    const tokenized = tokenize(training, await source.fit(training, resolution));
    for (const [g, contextGroups] of CONTEXT_GROUPS.entries()) {
      let best = Number.NEGATIVE_INFINITY;
      for (let order = 0; order <= MAX_ORDER; order++) {
        await pause((r + (g + order / (MAX_ORDER + 1)) / CONTEXT_GROUPS.length) / resolutions.length, `order ${order}`);
        const options = { resolution, contextGroups, order };
        const chain = TokenChain.fit(tokenized, options);
        const logLikelihoods = concatenate(validation.map((block) => chain.logLikelihoods(block)));
        const average = mean(logLikelihoods);
        tried.push({ options, chain, logLikelihoods, average });
        if (average < best - GIVE_UP_NATS) break;
        best = Math.max(best, average);
      }
    }
  }
  const likeliest = tried.reduce((a, b) => (b.average > a.average ? b : a));
  const bar = likeliest.average - standardError(likeliest.logLikelihoods);
  const longest = training.reduce((a, b) => (b.length > a.length ? b : a));
  const judged = tried.map((one) => ({
    ...one,
    generatedKs: one.average >= bar ? generatedKs(one.chain, longest) : null,
  }));
  const candidates = judged.map(({ options, average, generatedKs }) => ({
    quantizer: source.kind,
    ...options,
    heldOutLogLikelihood: average,
    generatedKs,
  }));
  const rank = (candidate: Candidate) => candidate.generatedKs ?? Number.POSITIVE_INFINITY;
  const isBetter = (a: Candidate, b: Candidate) =>
    rank(a) < rank(b) || (rank(a) === rank(b) && a.heldOutLogLikelihood > b.heldOutLogLikelihood);
  return { candidates, best: candidates.reduce((best, other) => (isBetter(other, best) ? other : best)) };
}

/** Mean KS statistic of the gaps and of the throughput of both directions, between a series and what is generated like it. */
function generatedKs(chain: TokenChain, series: PacketBlock): number | null {
  const real = sliceBlock(series, 0, Math.min(series.length, GENERATED_PACKETS));
  const binNs = Math.max(1, (spanNs(real) * BIN_PACKETS) / real.length);
  const distances: number[] = [];
  for (let i = 0; i < GENERATED_SERIES; i++) {
    const random = randomStream('selection', String(i));
    const generated = collect(chain.sample(random, { packets: real.length, durationNs: Number.POSITIVE_INFINITY }));
    const beginning = sliceBlock(generated, 0, lowerBound(generated.offsetsNs, binNs * MAX_BINS));
    for (const outbound of [true, false]) {
      distances.push(
        ksStatistic(directionGapsNs(generated, outbound), directionGapsNs(real, outbound)),
        ksStatistic(throughputBytes(beginning, outbound, binNs), throughputBytes(real, outbound, binNs)),
      );
    }
  }
  // What a series does not have, such as a second direction, has no distance.
  const known = distances.filter((distance) => !Number.isNaN(distance));
  return known.length > 0 ? mean(Float64Array.from(known)) : null;
}
