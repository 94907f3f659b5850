/**
 * @module
 * How well synthetic series fit a real one. A number means something only beside its *floor*: the same metric between the
 * training part and the held-out part of the real series itself. The *excess* is what the generator adds to it; 0 is perfect.
 */
import { formatCount } from '../format.js';
import { type PacketBlock, type PacketSeries, sliceBlock } from '../packets/packet-series.js';
import { drawSeed } from '../random.js';
import { meanInterval } from '../statistics/confidence.js';
import { Judge, type JudgedMetric, type Judgement, type JudgeOptions, lackReason } from './judge.js';
import { ASPECTS, type Aspect, eachAspect, type Metric } from './metric.js';
import type { Evaluation, MetricResult } from './result.js';
import { type AspectLoss, aspectLosses, scoreOf } from './score.js';

export const DEFAULT_BOOTSTRAP = 20;
/** A synthetic series longer than the training part is compared in so many parts at most. */
const MAX_PARTS = 20;

/**
 * Compares synthetic series with a real one.
 *
 * @param real the whole real series; its first two thirds by packets are the training part, the rest is held out
 * @param synthetic one or more, taken one after the other; a metric is its mean over them
 * @param options what is left out is the default: 20 resamplings, and a fresh seed for them
 * @throws SynthError `SYNTH_EVALUATION_IMPOSSIBLE` if the real series has fewer than three packets, `SYNTH_INTERRUPTED`
 */
export async function evaluate(
  real: PacketSeries,
  synthetic: Iterable<PacketBlock> | AsyncIterable<PacketBlock>,
  options: Partial<JudgeOptions> = {},
): Promise<Evaluation> {
  const { bootstrap = DEFAULT_BOOTSTRAP, seed = drawSeed(), signal, onProgress } = options;
  const judge = await Judge.of(real, { bootstrap, seed, signal, onProgress });
  return evaluateWith(judge, synthetic);
}

/** The same where the real side is ready, so that several generators are compared with it. */
export async function evaluateWith(
  judge: Judge,
  synthetic: Iterable<PacketBlock> | AsyncIterable<PacketBlock>,
): Promise<Evaluation> {
  const syntheticPackets: number[] = [];
  const judged: (readonly (Judgement | undefined)[])[] = [];
  for await (const series of synthetic) {
    syntheticPackets.push(series.length);
    for (const part of partsOf(series, judge.trainingPackets)) judged.push(await judge.judge(part));
  }
  const scores = judged.map((judgements) => scoresOf(judge.metrics, judgements));
  // Without an aspect the score would be that of the others: too good.
  const missing = ASPECTS.filter(
    (aspect) => judge.aspects.has(aspect) && scores.some(({ aspects }) => aspects[aspect] === null),
  );
  const all = missing.length > 0 ? [] : scores.flatMap((one) => one.score ?? []);
  const scoreInterval = all.length > 0 ? meanInterval(all).interval : null;
  const metrics = judge.metrics.map((metric, i) =>
    resultOf(
      metric,
      judged.map((judgements) => judgements[i]),
    ),
  );
  return {
    score: meanOf(all),
    reason: all.length > 0 ? null : judged.length > 0 ? noScore(missing, judge) : NO_SERIES,
    scoreInterval: scoreInterval && { low: Math.max(0, scoreInterval.low), high: Math.min(100, scoreInterval.high) },
    aspects: eachAspect((aspect) => meanOf(scores.flatMap(({ aspects }) => aspects[aspect] ?? []))),
    trainingPackets: judge.trainingPackets,
    heldOutPackets: judge.heldOutPackets,
    syntheticPackets,
    seriesCompared: judged.length,
    scores: scores.map(({ score }) => score),
    metrics,
    meanExcess: meanOf(metrics.filter(isInMeanExcess).flatMap(excessOf)),
  };
}

/** Of a series that lacks what it should have: all that there can be. */
const excessOf = ({ excess, loss, floor }: MetricResult): number[] =>
  excess !== null ? [excess] : loss === 1 ? [1 - floor!] : [];

const NO_SERIES = 'not enough data: there is no synthetic series';

const noScore = (missing: readonly Aspect[], { heldOutPackets }: Judge): string =>
  missing.length > 0
    ? `not enough data: the synthetic series is too short for ${missing.join(', ')}; with as many packets as are held out, ${formatCount(heldOutPackets)}, it has a score`
    : 'not enough data: nothing of the real series can be compared';

/**
 * A series as parts about as long as the training part: many metrics depend on how many packets there are, and only what is equally
 * long can be held against the floor.
 */
export function partsOf(series: PacketBlock, length: number): readonly PacketBlock[] {
  const count = Math.max(1, Math.round(series.length / length));
  const size = count > MAX_PARTS ? length : Math.floor(series.length / count);
  const parts = Math.min(count, MAX_PARTS);
  const step = parts > 1 ? (series.length - size) / (parts - 1) : 0;
  return Array.from({ length: parts }, (_, i) => sliceBlock(series, Math.floor(i * step), Math.floor(i * step) + size));
}

function scoresOf(metrics: readonly JudgedMetric[], judgements: readonly (Judgement | undefined)[]) {
  const losses = judgements.flatMap((judgement, i): AspectLoss[] => {
    const { scored } = metrics[i]!.metric;
    return judgement?.loss == null || !scored ? [] : [{ aspect: scored.aspect, loss: judgement.loss }];
  });
  const aspects = aspectLosses(losses);
  return { aspects, score: scoreOf(aspects) };
}

function resultOf(
  { metric, floor, reason }: JudgedMetric,
  judgements: readonly (Judgement | undefined)[],
): MetricResult {
  const { metric: name, quantity, direction, unit, scored } = metric;
  const head = { metric: name, quantity, direction, unit, aspect: scored?.aspect ?? null };
  const given = judgements.filter((judgement) => judgement !== undefined);
  if (floor === null) return { ...head, ...NOTHING, floor, reason };
  if (given.length === 0) return { ...head, ...NOTHING, floor, reason: NO_SERIES };
  const first = given[0]!;
  const loss = meanOf(given.flatMap((judgement) => judgement.loss ?? []));
  const lacking = given.find(({ lack }) => lack !== undefined);
  if (lacking) {
    const part = metric.against === 'training' ? 'training part' : 'held-out part';
    return {
      ...{ ...head, ...NOTHING, floor, bootstrap: first.bootstrap, loss },
      reason: lackReason(lacking.lack!, 'synthetic series', part),
    };
  }
  const { mean: value, interval } = meanInterval(given.map((judgement) => judgement.value));
  // No metric goes below 0.
  const range = interval && {
    low: Math.max(0, interval.low),
    high: Math.min(metric.most ?? Number.POSITIVE_INFINITY, interval.high),
  };
  const excess = value - floor;
  return {
    ...head,
    value,
    interval: range,
    floor,
    bootstrap: first.bootstrap,
    excess,
    loss,
    reason,
    detail: first.detail ?? null,
  };
}

const meanOf = (values: readonly number[]): number | null =>
  values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : null;

const NOTHING = { value: null, interval: null, bootstrap: null, excess: null, loss: null, detail: null } as const;

/** The metrics that this project has been judged by from its beginning. */
export const isInMeanExcess = ({ metric, quantity }: Pick<Metric, 'metric' | 'quantity'>): boolean =>
  metric === 'ks' && ['size', 'gap', 'throughput 1 s'].includes(quantity);
