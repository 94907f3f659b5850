/**
 * @module
 * How well a synthetic series fits a real one. A number means something only beside its *floor*: the same metric between the
 * training part and the held-out part of the real series itself. The *excess* is what the generator adds to it; 0 is perfect.
 */
import { SynthError } from '../errors.js';
import {
  directionGapsNs,
  directionSizes,
  type PacketBlock,
  type PacketSeries,
  sliceSeries,
} from '../series/packet-series.js';
import { throughputBytes } from '../series/throughput.js';
import { ksStatistic } from '../statistics/ks.js';

/** Share of the real series, its beginning, that a generator is supposed to have learned from. */
export const TRAINING_SHARE = 2 / 3;
const THROUGHPUT_BIN_NS = 1e9;
/** With fewer full bins than this on either side, throughput is not compared. */
const MIN_THROUGHPUT_BINS = 10;
/** A series of more bins than this (a year of seconds) is not cut into them. */
const MAX_THROUGHPUT_BINS = 366 * 86_400;

export type Quantity = 'size' | 'gap' | 'throughput';

/** One metric. `value`, `floor` and `excess` are null, and `reason` says why, where there was not enough data. */
export interface MetricResult {
  readonly metric: 'ks';
  readonly quantity: Quantity;
  readonly direction: 'outbound' | 'inbound';
  /** Between synthetic and held-out; the mean where several synthetic series were given. */
  readonly value: number | null;
  readonly floor: number | null;
  readonly excess: number | null;
  readonly reason: string | null;
}

export interface Evaluation {
  readonly trainingPackets: number;
  readonly heldOutPackets: number;
  /** Packets of each synthetic series. */
  readonly syntheticPackets: readonly number[];
  readonly metrics: readonly MetricResult[];
  /** Mean of the excesses that could be computed; null if there is none. */
  readonly meanExcess: number | null;
}

/** The values that a metric compares, or why there are none. */
type Sample = Float64Array | string;

function sampleOf(series: PacketBlock, quantity: Quantity, outbound: boolean): Sample {
  if (quantity === 'size') return nonEmpty(directionSizes(series, outbound), 'no packets');
  if (quantity === 'gap') return nonEmpty(directionGapsNs(series, outbound), 'fewer than two packets');
  const spanNs = series.length > 0 ? series.offsetsNs[series.length - 1]! - series.offsetsNs[0]! : 0;
  if (spanNs / THROUGHPUT_BIN_NS > MAX_THROUGHPUT_BINS) return 'more than a year long';
  const bins = throughputBytes(series, outbound, THROUGHPUT_BIN_NS);
  return bins.length < MIN_THROUGHPUT_BINS ? `${bins.length} full seconds, fewer than ${MIN_THROUGHPUT_BINS}` : bins;
}

/**
 * As `sampleOf`, for a part of the real series: a direction that it does not use has no throughput to compare, which would be
 * a perfect 0 for every generator. A synthetic series that falls silent has a throughput of 0, and is judged by it.
 */
function realSampleOf(series: PacketBlock, quantity: Quantity, outbound: boolean): Sample {
  if (quantity === 'throughput' && directionSizes(series, outbound).length === 0) return 'no packets';
  return sampleOf(series, quantity, outbound);
}

function nonEmpty(values: Float64Array, reason: string): Sample {
  return values.length > 0 ? values : reason;
}

/**
 * Compares synthetic series with a real one.
 *
 * @param real the whole real series; its first two thirds by packets are the training part, the rest is held out
 * @param synthetic one or more, taken one after the other; a metric is its mean over them
 * @throws SynthError `SYNTH_EVALUATION_IMPOSSIBLE` if the real series has fewer than three packets
 */
export function evaluate(real: PacketSeries, synthetic: Iterable<PacketBlock>): Evaluation {
  const evaluator = new Evaluator(real);
  for (const series of synthetic) evaluator.add(series);
  return evaluator.result();
}

/** An evaluation that is given its synthetic series one at a time, and holds none of them. */
export class Evaluator {
  readonly #trainingPackets: number;
  readonly #heldOutPackets: number;
  readonly #syntheticPackets: number[] = [];
  readonly #comparisons: readonly Comparison[];

  /** @throws SynthError `SYNTH_EVALUATION_IMPOSSIBLE` if the real series has fewer than three packets */
  constructor(real: PacketSeries) {
    if (real.length < 3) {
      const message = `the real series has ${real.length} packets; it takes three to hold any out`;
      throw new SynthError('SYNTH_EVALUATION_IMPOSSIBLE', message);
    }
    const cut = Math.floor(real.length * TRAINING_SHARE);
    const training = sliceSeries(real, 0, cut);
    const heldOut = sliceSeries(real, cut, real.length);
    this.#trainingPackets = training.length;
    this.#heldOutPackets = heldOut.length;
    this.#comparisons = (['size', 'gap', 'throughput'] as const).flatMap((quantity) =>
      [true, false].map((outbound) => new Comparison(quantity, outbound, training, heldOut)),
    );
  }

  add(synthetic: PacketBlock): void {
    this.#syntheticPackets.push(synthetic.length);
    for (const comparison of this.#comparisons) comparison.add(synthetic);
  }

  result(): Evaluation {
    const metrics = this.#comparisons.map((comparison) => comparison.result());
    const excesses = metrics.flatMap(({ excess }) => (excess === null ? [] : [excess]));
    return {
      trainingPackets: this.#trainingPackets,
      heldOutPackets: this.#heldOutPackets,
      syntheticPackets: this.#syntheticPackets,
      metrics,
      meanExcess: excesses.length > 0 ? excesses.reduce((sum, excess) => sum + excess, 0) / excesses.length : null,
    };
  }
}

/** One metric on its way: the sum over the synthetic series so far, or why there will be none. */
class Comparison {
  readonly #quantity: Quantity;
  readonly #outbound: boolean;
  readonly #heldOut: Float64Array = new Float64Array(0);
  readonly #floor: number = 0;
  #missing: string | undefined;
  #sum = 0;
  #count = 0;

  constructor(quantity: Quantity, outbound: boolean, training: PacketBlock, heldOut: PacketBlock) {
    this.#quantity = quantity;
    this.#outbound = outbound;
    const learned = realSampleOf(training, quantity, outbound);
    const judge = realSampleOf(heldOut, quantity, outbound);
    if (typeof learned === 'string') this.#missing = `training part has ${learned}`;
    else if (typeof judge === 'string') this.#missing = `held-out part has ${judge}`;
    else {
      this.#heldOut = judge;
      this.#floor = ksStatistic(learned, judge);
    }
  }

  add(synthetic: PacketBlock): void {
    if (this.#missing !== undefined) return;
    const sample = sampleOf(synthetic, this.#quantity, this.#outbound);
    if (typeof sample === 'string') this.#missing = `synthetic series has ${sample}`;
    else {
      this.#sum += ksStatistic(sample, this.#heldOut);
      this.#count++;
    }
  }

  result(): MetricResult {
    const direction = this.#outbound ? 'outbound' : 'inbound';
    const name = { metric: 'ks', quantity: this.#quantity, direction } as const;
    if (this.#missing !== undefined) {
      return { ...name, value: null, floor: null, excess: null, reason: `not enough data: the ${this.#missing}` };
    }
    const value = this.#sum / this.#count;
    return { ...name, value, floor: this.#floor, excess: value - this.#floor, reason: null };
  }
}
