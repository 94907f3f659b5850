/**
 * @module
 * `--model markov`: a chain of variable order over the tokens of both directions.
 */
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { SynthError } from '../../src/errors.js';
import { formatCount } from '../../src/format.js';
import { type PacketBlock, sliceBlock } from '../../src/packets/packet-series.js';
import type { Random } from '../../src/random.js';
import { mean } from '../../src/statistics/mean.js';
import { requireModel, type Tensor, TensorReader } from '../../src/tensors.js';
import { candidateTables } from '../gaussian/candidate-tables.js';
import { mixturesSchema } from '../gaussian/fit-mixtures.js';
import { QUANTIZER_KINDS } from '../quantizer.js';
import { loadQuantizer, type QuantizerSource, quantizerSources } from '../quantizer-source.js';
import type { TokenFitOptions } from '../shared-options.js';
import {
  type ComponentDescription,
  type FitHooks,
  maxFrequentFirst,
  type SampleLimit,
  type SavedModel,
  type TrafficModel,
  type TrainingDescription,
} from '../traffic-model.js';
import { type Choice, chooseChain, DEFAULT_OPTIONS } from './selection.js';
import { TokenChain, tokenize } from './token-chain.js';

const KIND = 'markov';
/** Share of each series, its end, that is held out for the choice of options. The model itself then learns from all of it. */
const VALIDATION_SHARE = 0.2;
/** The choice is made on no more packets than this of all series together. */
const MAX_SELECTION_PACKETS = 100_000;

const optionsSchema = z.object({
  quantizer: z.enum(QUANTIZER_KINDS),
  resolution: z.number().positive(),
  contextGroups: z.int().positive().nullable(),
  order: z.int().nonnegative(),
});
const summarySchema = optionsSchema.extend({
  tokens: z.int().positive(),
  contexts: z.int().positive(),
  /** Nats per packet of the held-out part under a model of the rest; null where there was too little to hold out. */
  heldOutLogLikelihood: z.number().nullable(),
  /** All options that were compared. */
  candidates: z.array(optionsSchema.extend({ heldOutLogLikelihood: z.number(), generatedKs: z.number().nullable() })),
  /** What the choice of the Gaussian mixtures' components compared; null for other quantizers. */
  mixtures: mixturesSchema.nullable(),
});
type MarkovSummary = z.infer<typeof summarySchema>;

class MarkovModel implements TrafficModel {
  readonly kind = KIND;
  readonly summary: MarkovSummary;
  readonly #chain: TokenChain;

  constructor(chain: TokenChain, summary: MarkovSummary) {
    this.#chain = chain;
    this.summary = summary;
  }

  sample(random: Random, limit: SampleLimit): Iterable<PacketBlock> {
    return this.#chain.sample(random, limit);
  }

  logLikelihood(series: PacketBlock): number {
    return mean(this.#chain.logLikelihoods(series));
  }

  describe(): readonly ComponentDescription[] {
    const { quantizer, tree } = this.#chain;
    const components = Array.from(tree.marginal(), (share, token) => ({
      share,
      stay: null,
      ...quantizer.describe(token),
    }));
    return maxFrequentFirst(components);
  }

  describeTraining(): TrainingDescription {
    const { quantizer, tokens, order, contexts, heldOutLogLikelihood, mixtures } = this.summary;
    const judged =
      heldOutLogLikelihood === null ? 'too short to choose' : `${heldOutLogLikelihood.toFixed(3)} nats/packet held out`;
    return {
      lines: [
        `Markov chain: ${formatCount(tokens)} ${quantizer} tokens, order ${order} (${judged}), ${formatCount(contexts)} contexts`,
      ],
      tables: candidateTables(mixtures),
    };
  }

  save(): SavedModel {
    const tensors = new Map<string, Tensor>();
    this.#chain.save(tensors);
    return { tensors, summary: this.summary };
  }
}

export async function fitMarkov(
  series: readonly PacketBlock[],
  fitOptions: TokenFitOptions,
  { onProgress, signal }: FitHooks,
): Promise<TrafficModel> {
  let furthest = 0;
  const hooks: FitHooks = {
    signal,
    // A quantizer that is being fitted does not know how far the whole is.
    onProgress(done, what) {
      furthest = Math.max(furthest, done);
      onProgress?.(furthest, what);
    },
  };
  const sources = quantizerSources(fitOptions, hooks);
  try {
    const choices = await chooseFrom(sources, series, hooks);
    const likeliest = choices.reduce<SourceChoice | undefined>(
      (a, b) => (a && a.best.heldOutLogLikelihood >= b.best.heldOutLogLikelihood ? a : b),
      undefined,
    );
    const source = likeliest?.source ?? sources[0];
    const { contextGroups, order } = likeliest?.best ?? DEFAULT_OPTIONS;
    const resolution = likeliest?.best.resolution ?? source.resolutions[0]!;
    await pause(hooks, 0.9, `order ${order} on all packets`);
    const chain = TokenChain.fit(tokenize(series, await source.fit(series, resolution)), { contextGroups, order });
    return new MarkovModel(chain, {
      quantizer: source.kind,
      resolution,
      contextGroups,
      order,
      tokens: chain.quantizer.vocabulary,
      contexts: chain.tree.contexts,
      heldOutLogLikelihood: likeliest?.best.heldOutLogLikelihood ?? null,
      candidates: choices.flatMap(({ candidates }) => candidates),
      mixtures: source.summary,
    });
  } finally {
    await Promise.all(sources.map((source) => source.close()));
  }
}

/** @throws SynthError `SYNTH_MODEL_INVALID` */
export function loadMarkov({ tensors, summary }: SavedModel): TrafficModel {
  const parsed = summarySchema.safeParse(summary);
  requireModel(parsed.success, 'has a summary that is not one of a Markov model');
  const reader = new TensorReader(tensors);
  return new MarkovModel(TokenChain.load(loadQuantizer(parsed.data.quantizer, reader), reader), parsed.data);
}

interface SourceChoice extends Choice {
  readonly source: QuantizerSource;
}

/** The best chain of each source; none where the series are too short to hold anything out. */
async function chooseFrom(
  sources: readonly QuantizerSource[],
  series: readonly PacketBlock[],
  hooks: FitHooks,
): Promise<readonly SourceChoice[]> {
  const { training, validation } = split(series);
  if (training.length === 0 || validation.length === 0) return [];
  const choices: SourceChoice[] = [];
  for (const [index, source] of sources.entries()) {
    const choice = await chooseChain(training, validation, source, (done, what) =>
      pause(hooks, (0.9 * (index + done)) / sources.length, what),
    );
    choices.push({ ...choice, source });
  }
  return choices;
}

/** Tells what comes next and lets signals in, between two long computations. */
async function pause({ onProgress, signal }: FitHooks, done: number, what: string): Promise<void> {
  onProgress?.(done, what);
  await setImmediate();
  if (signal?.aborted) throw new SynthError('SYNTH_INTERRUPTED', 'interrupted while training; no model was written');
}

/** The beginning and the end of each series, without those too short to learn or to judge from. */
function split(series: readonly PacketBlock[]): { training: PacketBlock[]; validation: PacketBlock[] } {
  const packets = series.reduce((sum, { length }) => sum + length, 0);
  const share = Math.min(1, MAX_SELECTION_PACKETS / packets);
  const looked = series.map((block) => sliceBlock(block, 0, Math.floor(block.length * share)));
  const cut = (block: PacketBlock) => Math.floor(block.length * (1 - VALIDATION_SHARE));
  return {
    training: looked.map((block) => sliceBlock(block, 0, cut(block))).filter(({ length }) => length > 1),
    // A packet is judged given the one before it, which may belong to the training part.
    validation: looked
      .map((block) => sliceBlock(block, Math.max(0, cut(block) - 1), block.length))
      .filter(({ length }) => length > 1),
  };
}
