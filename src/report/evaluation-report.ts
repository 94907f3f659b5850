import type { Evaluation } from '../evaluation/result.js';
import type { PacketBlock, PacketSeries } from '../series/packet-series.js';
export interface ReportedCandidate {
  readonly name: string;
  readonly facts: readonly (readonly [string, string])[];
  readonly evaluation: Evaluation;
  readonly logLikelihood: { readonly heldOut: number | null; readonly training: number | null } | null;
  readonly sample: PacketBlock;
}
export interface EvaluationReportInput {
  readonly real: {
    readonly name: string;
    readonly facts: readonly (readonly [string, string])[];
    readonly series: PacketSeries;
  };
  readonly heldOutFrom: number;
  readonly candidates: readonly ReportedCandidate[];
  readonly command: string;
  readonly version: string;
  readonly created: string;
  readonly notes: readonly string[];
}
export async function evaluationReport(input: EvaluationReportInput): Promise<string> {
  return input.command;
}
