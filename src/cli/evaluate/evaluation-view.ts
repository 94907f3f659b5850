/**
 * @module
 * An evaluation as tables for people, at most 100 columns wide where names are not too long, and as an object for programs.
 */
import { isInMeanExcess } from '../../evaluation/evaluate.js';
import type { Candidate, FileEvaluation } from '../../evaluation/evaluate-files.js';
import { ASPECTS } from '../../evaluation/metric.js';
import type { Evaluation, MetricResult } from '../../evaluation/result.js';
import { formatCount, formatCounted, formatQuantity, joinQuantities, shortNames } from '../../format.js';
import { formatTarget } from '../../series/target.js';
import type { Interval } from '../../statistics/confidence.js';
import { formatTable } from '../table.js';

const WIDTH = 100;

const NOTHING = '–';
const decimals = (value: number | null, digits: number): string => value?.toFixed(digits) ?? NOTHING;

/** In a table units stand behind the names; only seconds have one that depends on how many they are. */
const inTable = (value: number | null, unit: string): string =>
  value === null ? NOTHING : formatQuantity(value, unit === 's' ? unit : '');

const points = (loss: number | null): string => (loss === null ? NOTHING : (100 * (1 - loss)).toFixed(1));

/** A ranking where there are several, then of each the score, its aspects and its metrics. */
export function evaluationLines(candidates: readonly Candidate[], allMetrics = false): readonly string[] {
  if (candidates.length === 1) return candidateLines(candidates[0]!, allMetrics);
  const shown = allMetrics ? candidates : candidates.slice(0, 1);
  const each = shown.flatMap((candidate) => ['', `── ${candidate.name}`, ...candidateLines(candidate, allMetrics)]);
  return [...rankingLines(candidates), ...each];
}

function candidateLines({ evaluation, model }: Candidate, allMetrics: boolean): readonly string[] {
  const { metrics, meanExcess, trainingPackets, heldOutPackets, syntheticPackets } = evaluation;
  const series = syntheticPackets.length === 1 ? '' : `${syntheticPackets.length} × `;
  const synthetic = formatCounted(syntheticPackets[0] ?? 0, 'synthetic packet');
  const shown = allMetrics ? metrics : metrics.filter(isInMeanExcess);
  return [
    `${series}${synthetic} against ${formatCount(heldOutPackets)} held out; the floor is from the ${formatCount(trainingPackets)} before them`,
    '',
    ...scoreLines(evaluation),
    '',
    aspectTable(evaluation),
    ...metricLines(shown),
    '',
    `Mean excess of KS (size, gap, throughput per second) ${decimals(meanExcess, 3)} (0 is perfect)`,
    ...(model ? [`Log-likelihood ${decimals(model.logLikelihood.heldOut, 2)} nats per held-out packet`] : []),
  ];
}

function scoreLines({ score, scoreInterval, reason, aspects }: Evaluation): readonly string[] {
  if (score === null) return wrap(`No fidelity score: ${reason}`);
  const interval =
    scoreInterval && scoreInterval.high > scoreInterval.low
      ? ` (95 %: ${scoreInterval.low.toFixed(1)} to ${scoreInterval.high.toFixed(1)})`
      : '';
  const judged = ASPECTS.filter((aspect) => aspects[aspect] !== null).length;
  const partly =
    judged < ASPECTS.length
      ? wrap(`Only ${judged} of ${ASPECTS.length} aspects could be judged: the real series is too short for the others`)
      : [];
  return [`Fidelity score ${score.toFixed(1)}${interval}; 100 = not to be told from held-out real packets`, ...partly];
}

/** Each aspect with its own score and the metric that costs it most. */
function aspectTable({ aspects, metrics }: Evaluation): string {
  const rows = ASPECTS.map((aspect) => {
    const [worst] = metrics
      .filter((one) => one.aspect === aspect && (one.loss ?? 0) > 0)
      .toSorted((a, b) => b.loss! - a.loss!);
    return [aspect, points(aspects[aspect]), worst ? [...namesOf(worst), costOf(worst)].join(' ') : ''];
  });
  return formatTable(['Aspect', 'score', 'what costs most'], rows, [1]);
}

const nameOf = ({ metric, quantity, unit }: MetricResult): string =>
  quantity === unit ? metric : `${metric} ${quantity}`;

const namesOf = (one: MetricResult): readonly string[] => [
  nameOf(one),
  ...(one.direction === 'both' ? [] : [one.direction]),
];

const costOf = ({ value, floor, unit, reason }: MetricResult): string =>
  value === null ? `(${reason})` : `${formatQuantity(value, unit)} against ${formatQuantity(floor!, unit)}`;

/** A table of those that have a value, and why the others have none. */
function metricLines(metrics: readonly MetricResult[]): readonly string[] {
  const given = metrics.filter(({ value }) => value !== null);
  const table = given.length > 0 ? ['', metricTable(given), ...wrap(legendOf(given))] : [];
  const reasons = new Map<string, MetricResult[]>();
  for (const one of metrics) {
    if (one.value === null) reasons.set(one.reason ?? '', [...(reasons.get(one.reason ?? '') ?? []), one]);
  }
  const lacking = [...reasons].flatMap(([reason, members]) => [
    ...wrap(`${reason}:`),
    ...wrap(members.map((one) => namesOf(one).join(' ')).join(', '), '  '),
  ]);
  return lacking.length > 0 ? [...table, '', ...lacking] : table;
}

function metricTable(metrics: readonly MetricResult[]): string {
  const rows = metrics.map((result) => {
    const { value, interval, floor, bootstrap, excess, unit, direction } = result;
    // The lower end may be cut off at 0.
    const spread = interval && interval.high > value! ? inTable(interval.high - value!, unit) : undefined;
    return [
      unit === '' || unit === 's' ? nameOf(result) : `${nameOf(result)} (${unit})`,
      direction === 'both' ? '' : direction.replace('bound', ''),
      spread === undefined ? inTable(value, unit) : joinQuantities(inTable(value, unit), ' ±', spread),
      inTable(floor, unit),
      rangeOf(bootstrap, unit),
      inTable(excess, unit),
    ];
  });
  return formatTable(['Metric', '', 'synthetic', 'floor', 'chance', 'excess'], rows, [2, 3, 4, 5]);
}

const rangeOf = (range: Interval | null, unit: string): string =>
  range === null ? '' : joinQuantities(inTable(range.low, unit), '…', inTable(range.high, unit));

function legendOf(metrics: readonly MetricResult[]): string {
  const parts = [
    ...(metrics.some(({ interval }) => interval) ? ['±: 95 % interval of the mean'] : []),
    ...(metrics.some(({ bootstrap }) => bootstrap)
      ? ['chance: 95 % of the floors if the training part is resampled']
      : []),
  ];
  return parts.length > 0 ? `(${parts.join('; ')})` : '';
}

/** Of an interval that may be cut off at 0 or at 100. */
const halfWidth = (score: number, { low, high }: Interval): string => Math.max(score - low, high - score).toFixed(1);

/** Several candidates, the best first. */
function rankingLines(candidates: readonly Candidate[]): readonly string[] {
  const names = shortNames(candidates.map(({ name }) => name));
  const hasModel = candidates.some(({ model }) => model);
  const rows = candidates.map(({ evaluation: { score, scoreInterval, aspects, meanExcess }, model }, rank) => [
    `${rank + 1}. ${names[rank]}`,
    score === null
      ? 'none'
      : `${score.toFixed(1)}${scoreInterval && scoreInterval.high > scoreInterval.low ? ` ±${halfWidth(score, scoreInterval)}` : ''}`,
    ...ASPECTS.map((aspect) => {
      const loss = aspects[aspect];
      return loss === null ? NOTHING : (100 * (1 - loss)).toFixed(0);
    }),
    decimals(meanExcess, 3),
    ...(hasModel ? [model ? decimals(model.logLikelihood.heldOut, 2) : ''] : []),
  ]);
  const head = ['Candidate', 'score', ...ASPECTS, 'excess', ...(hasModel ? ['nats'] : [])];
  const unscored = candidates.flatMap(({ evaluation }, rank) =>
    evaluation.score === null ? wrap(`No score for ${names[rank]}: ${evaluation.reason}`) : [],
  );
  return [formatTable(head, rows, head.map((_, column) => column).slice(1)), ...unscored];
}

/** Text in lines of at most 100 columns, none for no text. */
function wrap(text: string, indent = ''): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else if (word !== '') lines.push(`${indent}${word}`);
  }
  return lines;
}

/** For programs: what was compared, the best candidate at the top level, and all of them, the best first. */
export function evaluationJson({ real, realName, candidates }: FileEvaluation, seed: string) {
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
