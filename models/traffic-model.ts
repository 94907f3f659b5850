/**
 * @module
 * The contract of every traffic model: learn from series, sample series, say how likely a series is, and become a file.
 * Models know packets as columns and nothing of captures, sockets or files.
 */

import type { PacketBlock } from '../src/packets/packet-series.js';
import type { Random } from '../src/random.js';
import type { Tensors } from '../src/tensors.js';
import type { OptionSet, StartHow } from './model-options.js';

/** How much to sample: whichever is reached first ends the series. */
export interface SampleLimit {
  readonly packets: number;
  /** Time from the first packet, in ns; a packet at exactly this time still belongs. */
  readonly durationNs: number;
  /** Packets in a block at most: fewer where many devices are drawn in turn, and the first packets wanted soon. It changes no packet. */
  readonly blockPackets?: number | undefined;
}

/** How packets are drawn, for kinds that can be told. */
export interface Sampling {
  /** Logarithms of probabilities are divided by it: below 1 what is likely gets likelier, above 1 everything gets more alike. */
  readonly temperature: number;
  /** Only the likeliest that together have this probability are drawn; 1 for all. */
  readonly topP: number;
}

export interface FitHooks {
  /** Told from time to time: the share that is done, 0 to 1, and what is being done. */
  readonly onProgress?: ((done: number, what: string) => void) | undefined;
  /** Aborting ends the training: with the model as far as it is where the kind can, else with `SYNTH_INTERRUPTED`. */
  readonly signal?: AbortSignal | undefined;
}

/** What a kind of model tells about its training beside what all kinds tell. Numbers, texts and lists of them. */
export type FitSummary = Readonly<Record<string, unknown>>;

/** One thing that a model may emit: a state or a token, for people who look into a model. */
export interface ComponentDescription {
  readonly outbound: boolean;
  /** Its share of the packets: of its direction where each has a model of its own, else of all. */
  readonly share: number;
  /** Probability of being followed by itself; null for kinds whose memory is longer. */
  readonly stay: number | null;
  readonly meanSizeBytes: number;
  /** Geometric mean of its gaps, e^(mean of ln(1 + gap in ns)) - 1, in ms. */
  readonly geometricMeanGapMs: number;
  /** Share of its packets whose size, or gap, is one of the values that are reproduced exactly. */
  readonly exactSizes: number;
  readonly exactGaps: number;
}

/** A table for people; columns with a heading hold numbers. */
export interface TrainingTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface UnfinishedTraining {
  /** Part of the training that was not completed: `epoch 4`. */
  readonly at: string;
  /** What the model holds: `the best weights so far, of epoch 3`. */
  readonly kept: string;
  /** Options that a resumed training needs. */
  readonly resumeWith: Readonly<Record<string, string | number>>;
}

/** Result of a training in words. */
export interface TrainingDescription {
  /** Size of the model, the choices that were made, how the training ended: one line each. */
  readonly lines: readonly string[];
  /** The alternatives that were compared and the course of the training, if any. */
  readonly tables: readonly TrainingTable[];
  /** Only for trainings that can be resumed. */
  readonly unfinished?: UnfinishedTraining | undefined;
}

export interface TrafficModel {
  readonly kind: string;
  readonly summary: FitSummary;
  /**
   * Draws packets until the limit is reached; the first is at offset 0. The same random stream gives the same packets.
   *
   * @returns blocks of packets in the order of time; a block is only valid until the next one is asked for
   */
  sample(random: Random, limit: SampleLimit): Iterable<PacketBlock>;
  /** Mean log-likelihood in nats per packet, of the size and of the gap in ns; packets without a gap are given. NaN where none has one. */
  logLikelihood(series: PacketBlock): number;
  /** The same model, drawing otherwise; only where the kind can be told. */
  sampling?(sampling: Sampling): TrafficModel;
  /**
   * Draws for several devices side by side, which takes less time than one after the other; only where that is so. A device's packets are
   * those that `sample` draws from the same random stream.
   *
   * @returns rounds of blocks, one a device, undefined for one whose limit is reached; valid until the next round is asked for
   */
  sampleMany?(randoms: readonly Random[], limit: SampleLimit): Iterable<readonly (PacketBlock | undefined)[]>;
  /** True where the training was interrupted and the model is the best that there was by then. */
  readonly interrupted?: boolean;
  /** Its states or tokens, outbound first, the most frequent first. */
  describe(): readonly ComponentDescription[];
  /** The result of its training, for people: shown after training, by `synth model info` and in reports. */
  describeTraining(): TrainingDescription;
  /** What `load` of the same kind makes the model from again. */
  save(): SavedModel;
}

/** Where a training begins, other than from nothing. */
export interface FitStart {
  readonly how: StartHow;
  readonly model: TrafficModel;
}

export interface SavedModel {
  readonly tensors: Tensors;
  readonly summary: FitSummary;
}

/**
 * A kind of model. It is at hand whenever a kind is named, so code that only training or sampling needs is better imported by its
 * methods.
 */
export interface ModelKind<Options = Readonly<Record<string, unknown>>> {
  readonly kind: string;
  /** One line for `--help`. */
  readonly description: string;
  /** Options of its training. The command line derives a flag from each: `kernelSize` is `--kernel-size`. */
  readonly options: OptionSet<Options>;
  /**
   * Learns from one or more series, in the order of time each.
   *
   * @param series at least one packet in all
   * @param options checked, with defaults for what was left out
   * @throws SynthError `SYNTH_TRAINING_FAILED`, `SYNTH_INTERRUPTED`
   */
  fit(series: readonly PacketBlock[], options: Options, hooks: FitHooks): Promise<TrafficModel>;
  /**
   * The same from another model of the kind; only where the kind can.
   *
   * @throws SynthError also `SYNTH_MODEL_INVALID` if the model does not fit
   */
  fitFrom?(start: FitStart, series: readonly PacketBlock[], options: Options, hooks: FitHooks): Promise<TrafficModel>;
  /** @throws SynthError `SYNTH_MODEL_INVALID` if the tensors do not make a model */
  load(saved: SavedModel): TrafficModel | Promise<TrafficModel>;
}

/** Outbound first, within a direction the most frequent first. */
export const maxFrequentFirst = (components: readonly ComponentDescription[]): readonly ComponentDescription[] =>
  components.toSorted((a, b) => Number(b.outbound) - Number(a.outbound) || b.share - a.share);
