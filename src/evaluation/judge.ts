/**
 * @module
 * The real side of an evaluation: what is fixed before any synthetic series is seen – the parts, the metrics, their floors – and the
 * comparison of one synthetic series with it.
 */
import { setImmediate } from 'node:timers/promises';
import { SynthError, throwIfInterrupted } from '../errors.js';
import { type PacketBlock, type PacketSeries, sliceSeries } from '../packets/packet-series.js';
import { randomStream } from '../random.js';
import type { Interval } from '../statistics/confidence.js';
import { resampleBlocks } from './block-bootstrap.js';
import type { Aspect, Comparison, Lack, Metric } from './metric.js';
import { allMetrics } from './metrics/index.js';
import { Reference } from './reference.js';
import type { BootstrapFloor } from './result.js';
import { lossOf } from './score.js';
import { SeriesView } from './series-view.js';

/** Share of the real series, its beginning, that a generator is supposed to have learned from. */
const TRAINING_SHARE = 2 / 3;
/** Blocks of a resampling, on average: few enough that a block holds whole bursts, enough that they mix. */
const BLOCKS = 20;
/** A resampling is not longer than this: what chance does to a metric is small by then, and known well enough. */
const MAX_RESAMPLED_PACKETS = 200_000;
/** Where so many of the resamplings lack something, or fewer, a synthetic series should not: one of twenty. */
const MAX_LACKING = 0.05;
/** 97.5 % quantile of the normal distribution. */
const Z = 1.959964;

export interface JudgeOptions {
  /** Resamplings of the training part for the bootstrap floor; 0 for none. */
  readonly bootstrap: number;
  /** Of the resamplings. */
  readonly seed: string;
  readonly signal?: AbortSignal | undefined;
  /** Told before each comparison how often all metrics have been computed so far, and what is being compared. */
  readonly onProgress?: ((rounds: number, what: string) => void) | undefined;
}

/** One metric of one synthetic series. */
export interface Judgement {
  /** NaN where the series lacks something. */
  readonly value: number;
  readonly lack: Lack | undefined;
  readonly detail: unknown;
  readonly bootstrap: BootstrapFloor | null;
  /** Null where the metric does not count. */
  readonly loss: number | null;
}

/** A metric with its floor, or why it has none. */
export interface JudgedMetric {
  readonly metric: Metric;
  readonly floor: number | null;
  /** Of the floor, where the metric has one of its own. */
  readonly interval: Interval | null;
  readonly reason: string | null;
}

/** What resamplings of one length say of a metric. */
interface Resampled {
  readonly range: BootstrapFloor | null;
  /** Share of them that lack what the metric needs; null where there are none. */
  readonly lacking: number | null;
}

export class Judge {
  readonly trainingPackets: number;
  readonly heldOutPackets: number;
  readonly #options: JudgeOptions;
  readonly #metrics: readonly Metric[];
  #floors: readonly JudgedMetric[] = [];
  readonly #heldOut: SeriesView;
  #training: SeriesView;
  #comparisons = 0;
  /** Of each metric, by the length of the resamplings. */
  readonly #bootstraps = new Map<number, readonly Resampled[]>();

  private constructor(real: PacketSeries, options: JudgeOptions) {
    this.#options = options;
    const cut = Math.floor(real.length * TRAINING_SHARE);
    this.#metrics = allMetrics(new Reference(new SeriesView(real)));
    this.#training = new SeriesView(sliceSeries(real, 0, cut));
    this.#heldOut = new SeriesView(sliceSeries(real, cut, real.length));
    this.trainingPackets = this.#training.length;
    this.heldOutPackets = this.#heldOut.length;
  }

  /**
   * @param real the whole real series; its first two thirds by packets are the training part, the rest is held out
   * @throws SynthError `SYNTH_EVALUATION_IMPOSSIBLE` if it has fewer than three packets, `SYNTH_INTERRUPTED`
   */
  static async of(real: PacketSeries, options: JudgeOptions): Promise<Judge> {
    if (real.length < 3) {
      const message = `the real series has ${real.length} packets; it takes three to hold any out`;
      throw new SynthError('SYNTH_EVALUATION_IMPOSSIBLE', message);
    }
    const judge = new Judge(real, options);
    await judge.#measureFloors();
    return judge;
  }

  get metrics(): readonly JudgedMetric[] {
    return this.#floors;
  }

  /** Those that the real series can be judged by. */
  get aspects(): ReadonlySet<Aspect> {
    return new Set(this.#floors.flatMap(({ metric, floor }) => (floor === null ? [] : (metric.scored?.aspect ?? []))));
  }

  async #measureFloors(): Promise<void> {
    const floors: JudgedMetric[] = [];
    for (const metric of this.#metrics) {
      const toTraining = metric.against === 'training';
      const [sample, real] = toTraining ? [this.#heldOut, this.#training] : [this.#training, this.#heldOut];
      const found = await this.#compare(metric, sample, real, 'the real parts');
      const names = toTraining ? (['held-out', 'training'] as const) : (['training', 'held-out'] as const);
      floors.push(
        'value' in found
          ? { metric, floor: found.value, interval: found.interval ?? null, reason: null }
          : { metric, floor: null, interval: null, reason: lackReason(found, `${names[0]} part`, `${names[1]} part`) },
      );
    }
    this.#floors = floors;
    // What has been derived from the training part is not needed again.
    this.#training = new SeriesView(this.#training.block);
  }

  /** One judgement for each metric; undefined for those without a floor. @throws SynthError `SYNTH_INTERRUPTED` */
  async judge(synthetic: PacketBlock): Promise<readonly (Judgement | undefined)[]> {
    const bootstraps = await this.#bootstrapFloors(
      Math.min(synthetic.length, this.trainingPackets, MAX_RESAMPLED_PACKETS),
    );
    const view = new SeriesView(synthetic);
    const judgements: (Judgement | undefined)[] = [];
    for (const [i, { metric, floor }] of this.#floors.entries()) {
      if (floor === null) judgements.push(undefined);
      else {
        const against = metric.against === 'training' ? this.#training : this.#heldOut;
        const found = await this.#compare(metric, view, against, 'synthetic with real packets');
        judgements.push(this.#judgement(metric, found, floor, bootstraps[i]!, view));
      }
    }
    return judgements;
  }

  #judgement(
    metric: Metric,
    found: Comparison,
    floor: number,
    { range: bootstrap, lacking }: Resampled,
    view: SeriesView,
  ): Judgement {
    const { scored, most } = metric;
    if ('value' in found) {
      const loss = scored ? lossOf(found.value, Math.max(floor, bootstrap?.high ?? 0), scored, most) : null;
      return { value: found.value, lack: undefined, detail: found.detail, bootstrap, loss };
    }
    const loss = scored && this.#isFault(metric, lacking, view) ? 1 : null;
    return { value: Number.NaN, lack: found, detail: undefined, bootstrap, loss };
  }

  /**
   * Whether a series that lacks something should have it, and so could not be further from real packets: where it is about time, if it is as long in time as the
   * held-out part; otherwise if hardly a resampling of its length lacks it too, or, without resamplings, if it has as many packets as are held out.
   */
  #isFault({ inTime }: Metric, lacking: number | null, view: SeriesView): boolean {
    if (inTime) return view.spanNs >= this.#heldOut.spanNs;
    return lacking === null ? view.length >= this.heldOutPackets : lacking <= MAX_LACKING;
  }

  /** The floors by block bootstrap, with resamplings as long as the synthetic series. */
  async #bootstrapFloors(length: number): Promise<readonly Resampled[]> {
    const { bootstrap: count, seed } = this.#options;
    const known = this.#bootstraps.get(length);
    if (known) return known;
    const values: number[][] = this.#floors.map(() => []);
    const rounds = length > 0 ? count : 0;
    for (let round = 0; round < rounds; round++) {
      const random = randomStream(seed, `bootstrap/${round}`);
      const blocks = resampleBlocks(this.#training.block, length, Math.max(1, length / BLOCKS), random);
      const view = new SeriesView(blocks);
      for (const [i, judged] of this.#floors.entries()) {
        if (!isResampled(judged)) continue;
        const found = await this.#compare(
          judged.metric,
          view,
          this.#heldOut,
          `resampled packets, ${round + 1} of ${count}`,
        );
        if ('value' in found) values[i]!.push(found.value);
      }
    }
    const floors = this.#floors.map((judged, i): Resampled => {
      const { metric, floor, interval } = judged;
      if (floor !== null && interval) return { range: { mean: floor, ...interval }, lacking: null };
      const lacking = rounds > 0 && isResampled(judged) ? 1 - values[i]!.length / rounds : null;
      return { range: rangeOf(values[i]!, metric.most), lacking };
    });
    this.#bootstraps.set(length, floors);
    return floors;
  }

  async #compare(metric: Metric, sample: SeriesView, real: SeriesView, what: string): Promise<Comparison> {
    this.#options.onProgress?.(this.#comparisons++ / this.#metrics.length, what);
    // Comparing never waits for anything: without a pause no signal would arrive.
    await setImmediate();
    throwIfInterrupted(this.#options.signal, 'evaluating');
    return metric.compare(sample, real);
  }
}

/** What is compared with the training part cannot be resampled from it, and what has an interval of its own need not be. */
const isResampled = ({ metric, floor, interval }: JudgedMetric): boolean =>
  floor !== null && interval === null && metric.against !== 'training';

/** Where 95 % of the values lie, if they are normally distributed. */
function rangeOf(values: readonly number[], most = Number.POSITIVE_INFINITY): BootstrapFloor | null {
  if (values.length < 2) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  const reach = Z * Math.sqrt(variance);
  return { mean, low: Math.max(0, mean - reach), high: Math.min(most, mean + reach) };
}

/** Why a metric has no number, with the name of the part that lacks something. */
export const lackReason = ({ lacks, what }: Lack, sample: string, real: string): string =>
  `not enough data: the ${lacks === 'sample' ? sample : real} has ${what}`;
