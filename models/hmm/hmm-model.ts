/**
 * @module
 * `--model hmm`: two hidden Markov models, one a direction, sampled independently and merged by time.
 */
import { z } from 'zod';
import { formatCount } from '../../src/format.js';
import { FitPool } from '../../src/kernels/fit-pool.js';
import { Kernels } from '../../src/kernels/kernels.js';
import type { PacketBlock } from '../../src/packets/packet-series.js';
import type { Random } from '../../src/random.js';
import { requireModel, type Tensor, TensorReader } from '../../src/tensors.js';
import { logBackground } from '../background.js';
import { candidateTables } from '../gaussian/candidate-tables.js';
import { componentRowsSchema } from '../gaussian/component-search.js';
import { type Observations, observe } from '../gaussian/observations.js';
import { sampleBlocks } from '../sample-blocks.js';
import type { GaussianFitOptions } from '../shared-options.js';
import {
  type ComponentDescription,
  type FitHooks,
  maxFrequentFirst,
  type SampleLimit,
  type SavedModel,
  type TrafficModel,
  type TrainingDescription,
} from '../traffic-model.js';
import { DirectionHmm } from './direction-hmm.js';

const KIND = 'hmm';

const directionSchema = z.object({
  states: z.int().positive(),
  packets: z.int().positive(),
  curve: z.array(z.number()).readonly(),
  candidates: componentRowsSchema,
});
const summarySchema = z.object({
  seed: z.string(),
  outbound: directionSchema.nullable(),
  inbound: directionSchema.nullable(),
});
export type HmmSummary = z.infer<typeof summarySchema>;

/** One value a direction; undefined for a direction without packets. */
export interface Directions<T> {
  readonly outbound: T | undefined;
  readonly inbound: T | undefined;
}

export class HmmModel implements TrafficModel, Directions<DirectionHmm> {
  readonly kind = KIND;
  readonly summary: HmmSummary;
  readonly outbound: DirectionHmm | undefined;
  readonly inbound: DirectionHmm | undefined;

  constructor({ outbound, inbound }: Directions<DirectionHmm>, summary: HmmSummary) {
    this.outbound = outbound;
    this.inbound = inbound;
    this.summary = summary;
  }

  sample(random: Random, limit: SampleLimit): Iterable<PacketBlock> {
    const outgoing = new Sender(this.outbound, random.split('outbound'));
    const incoming = new Sender(this.inbound, random.split('inbound'));
    const originNs = Math.min(outgoing.timeNs, incoming.timeNs);
    const packet = { timeNs: 0, sizeBytes: 0, direction: 1 };
    return sampleBlocks(limit, () => {
      const isOutbound = outgoing.timeNs <= incoming.timeNs;
      const sender = isOutbound ? outgoing : incoming;
      packet.timeNs = sender.timeNs - originNs;
      packet.sizeBytes = sender.sizeBytes;
      packet.direction = isOutbound ? 1 : 0;
      sender.advance();
      return packet;
    });
  }

  logLikelihood(series: PacketBlock): number {
    let total = 0;
    let packets = 0;
    for (const [isOutbound, hmm] of [
      [true, this.outbound],
      [false, this.inbound],
    ] as const) {
      const observations = observe([series], isOutbound, false);
      packets += observations.sizes.length;
      // What a model without a direction says of its packets: that anything is as possible as anything else.
      total += hmm ? hmm.logLikelihood(observations) : logBackground(observations.gapsNs);
    }
    return total / packets;
  }

  /**
   * The likeliest states of a series. A direction's first packet has no gap and no state.
   *
   * @returns per direction a state for each of its packets but the first
   */
  viterbi(series: PacketBlock): Directions<Int32Array> {
    return this.#decode(series, (hmm, observations) => hmm.viterbi(observations));
  }

  /**
   * How probable each state is at each packet, given the whole series.
   *
   * @returns per direction a row of states for each of its packets but the first
   */
  posterior(series: PacketBlock): Directions<Float64Array> {
    return this.#decode(series, (hmm, observations) => hmm.posterior(observations));
  }

  #decode<T>(series: PacketBlock, decode: (hmm: DirectionHmm, observations: Observations) => T): Directions<T> {
    return {
      outbound: this.outbound && decode(this.outbound, observe([series], true, false)),
      inbound: this.inbound && decode(this.inbound, observe([series], false, false)),
    };
  }

  describe(): readonly ComponentDescription[] {
    const components = [this.outbound, this.inbound].flatMap((direction, index) => {
      if (direction === undefined) return [];
      const { stationary, transitions, states, emission } = direction;
      return Array.from(stationary, (share, k) => ({
        outbound: index === 0,
        share,
        stay: transitions[k * states + k]!,
        ...emission.describe(k),
      }));
    });
    return maxFrequentFirst(components);
  }

  describeTraining(): TrainingDescription {
    const lines = (['outbound', 'inbound'] as const).map((name) => {
      const direction = this.summary[name];
      if (direction === null) return `${name}: no packets`;
      const { states, packets, candidates, curve } = direction;
      const tried = candidates.map(({ components }) => components).join(', ');
      return `${name}: ${states} states by BIC among ${tried}; ${formatCount(packets)} gaps, ${curve.length - 1} iterations`;
    });
    return { lines, tables: candidateTables(this.summary) };
  }

  save(): SavedModel {
    const tensors = new Map<string, Tensor>();
    this.outbound?.save('outbound', tensors);
    this.inbound?.save('inbound', tensors);
    return { tensors, summary: this.summary };
  }
}

/** The packets of one direction, one after the other. */
class Sender {
  /** Of the next packet; infinite where the direction has none. */
  timeNs: number;
  sizeBytes = 0;
  readonly #hmm: DirectionHmm | undefined;
  readonly #random: Random;
  #state = 0;

  constructor(hmm: DirectionHmm | undefined, random: Random) {
    this.#hmm = hmm;
    this.#random = random;
    this.timeNs = hmm === undefined ? Number.POSITIVE_INFINITY : hmm.leadNs;
    if (hmm === undefined) return;
    this.#state = hmm.drawFirst(random);
    hmm.emission.draw(this.#state, random);
    this.sizeBytes = hmm.emission.sizeBytes;
  }

  advance(): void {
    const hmm = this.#hmm!; // a direction without packets is never the next to send
    this.#state = hmm.drawNext(this.#state, this.#random);
    hmm.emission.draw(this.#state, this.#random);
    this.timeNs += hmm.emission.gapNs;
    this.sizeBytes = hmm.emission.sizeBytes;
  }
}

export async function fitHmm(
  series: readonly PacketBlock[],
  options: GaussianFitOptions,
  { onProgress, signal }: FitHooks,
): Promise<HmmModel> {
  const { fitDirection } = await import('./fit-direction.js'); // with the algebra that only training needs
  const pool = new FitPool(options.threads, signal);
  try {
    const kernels = new Kernels();
    const done = [0, 0];
    const directions = [true, false].map((outbound, index) =>
      fitDirection(series, outbound, options, {
        pool,
        kernels,
        onRow(row, share) {
          done[index] = share;
          // What is left is to learn from all packets of a long series.
          onProgress?.(0.45 * (done[0]! + done[1]!), `${row.components} states`);
        },
      }),
    );
    const [outbound, inbound] = await Promise.all(directions);
    return new HmmModel(
      { outbound: outbound?.hmm, inbound: inbound?.hmm },
      {
        seed: options.seed,
        outbound: outbound?.summary ?? null,
        inbound: inbound?.summary ?? null,
      },
    );
  } finally {
    await pool.close();
  }
}

/** @throws SynthError `SYNTH_MODEL_INVALID` */
export function loadHmm({ tensors, summary }: SavedModel): HmmModel {
  const parsed = summarySchema.safeParse(summary);
  requireModel(parsed.success, 'has a summary that is not one of a hidden Markov model');
  const reader = new TensorReader(tensors);
  const kernels = new Kernels();
  const load = (prefix: 'outbound' | 'inbound') =>
    parsed.data[prefix] === null ? undefined : DirectionHmm.load(kernels, prefix, reader);
  const directions = { outbound: load('outbound'), inbound: load('inbound') };
  requireModel(directions.outbound !== undefined || directions.inbound !== undefined, 'has no direction');
  for (const prefix of ['outbound', 'inbound'] as const) {
    requireModel(
      parsed.data[prefix]?.states === directions[prefix]?.states,
      `has a summary of another ${prefix} model`,
    );
  }
  return new HmmModel(directions, parsed.data);
}
