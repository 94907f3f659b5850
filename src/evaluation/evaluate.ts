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

function nonEmpty(values: Float64Array, reason: string): Sample {
  return values.length > 0 ? values : reason;
}

/**
 * Compares synthetic series with a real one.
 *
 * @param real the whole real series; its first two thirds by packets are the training part, the rest is held out
 * @param synthetic one or more; a metric is its mean over them
 * @throws SynthError `SYNTH_EVALUATION_IMPOSSIBLE` if the real series has fewer than three packets
 */
export function evaluate(real: PacketSeries, synthetic: readonly PacketBlock[]): Evaluation {
  if (real.length < 3) {
    const message = `the real series has ${real.length} packets; it takes three to hold any out`;
    throw new SynthError('SYNTH_EVALUATION_IMPOSSIBLE', message);
  }
  const cut = Math.floor(real.length * TRAINING_SHARE);
  const training = sliceSeries(real, 0, cut);
  const heldOut = sliceSeries(real, cut, real.length);
  const metrics: MetricResult[] = [];
  for (const quantity of ['size', 'gap', 'throughput'] as const) {
    for (const outbound of [true, false]) metrics.push(compare(quantity, outbound, training, heldOut, synthetic));
  }
  const excesses = metrics.flatMap(({ excess }) => (excess === null ? [] : [excess]));
  return {
    trainingPackets: training.length,
    heldOutPackets: heldOut.length,
    syntheticPackets: synthetic.map(({ length }) => length),
    metrics,
    meanExcess: excesses.length > 0 ? excesses.reduce((sum, excess) => sum + excess, 0) / excesses.length : null,
  };
}

function compare(
  quantity: Quantity,
  outbound: boolean,
  training: PacketBlock,
  heldOut: PacketBlock,
  synthetic: readonly PacketBlock[],
): MetricResult {
  const direction = outbound ? 'outbound' : 'inbound';
  const samples = [training, heldOut, ...synthetic].map((series) => sampleOf(series, quantity, outbound));
  const names = ['training part', 'held-out part', ...synthetic.map(() => 'synthetic series')];
  const missing = samples.findIndex((sample) => typeof sample === 'string');
  if (missing >= 0) {
    const reason = `not enough data: the ${names[missing]} has ${samples[missing]}`;
    return { metric: 'ks', quantity, direction, value: null, floor: null, excess: null, reason };
  }
  const [reference, judge, ...generated] = samples.filter((sample) => typeof sample !== 'string');
  const floor = ksStatistic(reference!, judge!);
  const value = generated.reduce((sum, sample) => sum + ksStatistic(sample, judge!), 0) / generated.length;
  return { metric: 'ks', quantity, direction, value, floor, excess: value - floor, reason: null };
}
