/**
 * @module
 * What a report is told of a candidate.
 */
import type { Evaluation } from '../evaluation/result.js';
import type { PacketBlock } from '../packets/packet-series.js';

/** Something that was compared with the real series. */
export interface ReportedCandidate {
  /** File name of the synthetic capture, table or model. */
  readonly name: string;
  /** What it is, for people: [name, value]. */
  readonly facts: readonly (readonly [string, string])[];
  readonly evaluation: Evaluation;
  /** In nats per packet, where it is a model. */
  readonly logLikelihood: { readonly heldOut: number | null; readonly training: number | null } | null;
  /** A synthetic series to draw. */
  readonly sample: PacketBlock;
}
