/**
 * @module
 * What an evaluation of files puts into its report: the facts about each side, in words.
 */
import type { Candidate, FileEvaluation } from '../../evaluation/evaluate-files.js';
import { formatCount, formatCounted, formatSeconds, formatShare, isoTime } from '../../format.js';
import { spanNs } from '../../packets/packet-series.js';
import type { EvaluationReportInput } from '../../report/evaluation-report.js';
import { formatDecimals, trueMinus } from '../../report/numbers.js';
import type { ReportedCandidate } from '../../report/reported-candidate.js';
import { formatTarget } from '../../series/target.js';
import { packageVersion } from '../../version.js';

export interface ReportContext {
  /** To repeat the evaluation. */
  readonly command: string;
  readonly notes: readonly string[];
  /** ns since the Unix epoch. */
  readonly created: bigint;
}

type Facts = [string, string][];

export function evaluationReportInput(
  { real, realName, trainingPackets, warnings, candidates }: FileEvaluation,
  { command, notes, created }: ReportContext,
): EvaluationReportInput {
  const series = real.series[0]!;
  const facts: Facts = [
    ...(real.target ? [['Target', formatTarget(real.target)] as [string, string]] : []),
    ['Packets', `${formatCount(series.length)} in ${formatSeconds(spanNs(series) / 1e9)}`],
  ];
  return {
    real: { name: realName, facts, series },
    heldOutFrom: trainingPackets,
    candidates: candidates.map(reportedCandidate),
    command,
    version: packageVersion,
    created: isoTime(created),
    notes: [...warnings.map(({ message }) => message), ...notes],
  };
}

function reportedCandidate({ name, evaluation, model, syntheticTarget, sample }: Candidate): ReportedCandidate {
  return {
    name,
    facts: model ? modelFacts(model) : captureFacts(syntheticTarget),
    evaluation,
    logLikelihood: model?.logLikelihood ?? null,
    sample: sample!,
  };
}

const nats = (mean: number | null): string => formatDecimals(mean, 2);

function modelFacts({
  model,
  hash,
  training,
  logLikelihood,
  packageVersion: version,
}: NonNullable<Candidate['model']>): Facts {
  const { packets, spanSeconds, series, holdout } = training;
  const several = series > 1 ? `, ${series} series` : '';
  const left = holdout > 0 ? `; the last ${formatShare(holdout)} held out` : '';
  return [
    ['Model', model.kind],
    ['Trained on', `${formatCounted(packets, 'packet')}, ${formatSeconds(spanSeconds)}${several}${left}`],
    ...model.describeTraining().lines.map((line): [string, string] => ['', trueMinus(line)]),
    ['Made by', `synth ${version}`],
    ['SHA-256', hash],
    [
      'Log-likelihood',
      `${nats(logLikelihood.heldOut)} nats per held-out packet, ${nats(logLikelihood.training)} in training`,
    ],
  ];
}

const captureFacts = (syntheticTarget: Candidate['syntheticTarget']): Facts =>
  syntheticTarget ? [['Target', formatTarget(syntheticTarget.target)]] : [];
