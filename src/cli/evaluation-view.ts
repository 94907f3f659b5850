/**
 * @module
 * An evaluation as tables for people.
 */
import { isInMeanExcess } from '../evaluation/evaluate.js';
import type { Candidate, FileEvaluation } from '../evaluation/evaluate-files.js';
import { ASPECTS } from '../evaluation/metric.js';
import type { Evaluation, MetricResult } from '../evaluation/result.js';
import { formatCount } from '../format.js';
import { formatTarget } from '../series/target.js';
import type { Interval } from '../statistics/confidence.js';
import { formatTable } from './table.js';

const number = (value: number | null, digits = 3): string => (value === null ? '–' : value.toFixed(digits));

/** Numbers of any size: three digits that count. */
const anyNumber = (value: number | null): string => {
  if (value === null) return '–';
  const size = Math.abs(value);
  return size >= 1000 ? value.toFixed(0) : size >= 0.001 || size === 0 ? value.toFixed(3) : value.toExponential(1);
};

const range = (interval: Interval | null, format: (value: number) => string): string =>
  interval === null ? '' : `${format(interval.low)}…${format(interval.high)}`;

const scoreText = ({ score, scoreInterval, reason }: Evaluation): string =>
  score === null
    ? `none (${reason})`
    : `${score.toFixed(1)}${scoreInterval ? ` (${range(scoreInterval, (value) => value.toFixed(1))})` : ''}`;

/** A ranking where there are several, then of each the score, its aspects and its metrics. */
export function evaluationLines(candidates: readonly Candidate[], allMetrics = false): readonly string[] {
  if (candidates.length === 1) return candidateLines(candidates[0]!, allMetrics);
  const each = candidates.flatMap((candidate) => ['', candidate.name, ...candidateLines(candidate, allMetrics)]);
  return [rankingTable(candidates), ...(allMetrics ? each : ['', ...candidateLines(candidates[0]!, false)])];
}

function candidateLines({ evaluation, model }: Candidate, allMetrics: boolean): readonly string[] {
  const { metrics, meanExcess, trainingPackets, heldOutPackets, syntheticPackets } = evaluation;
  const series = syntheticPackets.length === 1 ? '' : `${syntheticPackets.length} × `;
  const synthetic = `${series}${formatCount(syntheticPackets[0] ?? 0)}`;
  return [
    `${synthetic} synthetic packets against ${formatCount(heldOutPackets)} held out; floor from ${formatCount(trainingPackets)} before them`,
    '',
    `Fidelity score ${scoreText(evaluation)}${evaluation.score === null ? '' : '; 100 = not to be told from held-out real packets'}`,
    '',
    aspectTable(evaluation),
    '',
    metricTable(allMetrics ? metrics : metrics.filter(isInMeanExcess)),
    '',
    `Mean excess of KS (size, gap, throughput per second) ${number(meanExcess)} (0 is perfect)`,
    ...(model ? [`Log-likelihood ${number(model.logLikelihood.heldOut)} nats per held-out packet`] : []),
  ];
}

/** Each aspect with its own score and the metric that costs it most. */
function aspectTable({ aspects, metrics }: Evaluation): string {
  const rows = ASPECTS.map((aspect) => {
    const loss = aspects[aspect];
    const [worst] = metrics
      .filter((one) => one.aspect === aspect && (one.loss ?? 0) > 0)
      .toSorted((a, b) => b.loss! - a.loss!);
    return [
      aspect,
      loss === null ? '–' : (100 * (1 - loss)).toFixed(1),
      worst ? `${nameOf(worst)} ${costOf(worst)}` : '',
    ];
  });
  return formatTable(['Aspect', 'score', 'what costs most'], rows, [1]);
}

const nameOf = ({ metric, quantity, direction }: MetricResult): string =>
  `${metric} ${quantity}${direction === 'both' ? '' : ` ${direction}`}`;

const costOf = ({ value, floor, reason }: MetricResult): string =>
  value === null ? `(${reason})` : `${anyNumber(value)} against ${anyNumber(floor)}`;

function metricTable(metrics: readonly MetricResult[]): string {
  const rows = metrics.map((result) => [
    `${nameOf(result)}${result.unit ? ` (${result.unit})` : ''}`,
    anyNumber(result.value),
    range(result.interval, anyNumber),
    anyNumber(result.floor),
    range(result.bootstrap, anyNumber),
    anyNumber(result.excess),
    result.reason ?? '',
  ]);
  return formatTable(['Metric', 'synthetic', '95 %', 'floor', 'by resampling', 'excess', ''], rows, [1, 2, 3, 4, 5]);
}

/** Several candidates, the best first. */
function rankingTable(candidates: readonly Candidate[]): string {
  const rows = candidates.map(({ name, evaluation, model }, rank) => [
    String(rank + 1),
    name,
    evaluation.score === null ? 'none' : scoreText(evaluation),
    ...ASPECTS.map((aspect) => {
      const loss = evaluation.aspects[aspect];
      return loss === null ? '–' : (100 * (1 - loss)).toFixed(0);
    }),
    number(evaluation.meanExcess),
    model ? number(model.logLikelihood.heldOut, 2) : '',
  ]);
  return formatTable(
    ['', 'Candidate', 'score', ...ASPECTS, 'mean excess', 'nats/packet'],
    rows,
    [0, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  );
}

/** For programs: what was compared, the best candidate at the top level, and all of them, the best first. */
export function evaluationJson(realName: string, { real, candidates }: FileEvaluation, seed: string) {
  const each = candidates.map(({ name, evaluation, model, syntheticTarget }) => ({
    synthetic: name,
    syntheticTarget: syntheticTarget ? formatTarget(syntheticTarget.target) : null,
    modelKind: model?.model.kind ?? null,
    modelHash: model?.hash ?? null,
    logLikelihood: model?.logLikelihood ?? null,
    ...evaluation,
  }));
  return {
    real: realName,
    target: real.target ? formatTarget(real.target) : null,
    seed,
    ...each[0],
    candidates: each,
  };
}
