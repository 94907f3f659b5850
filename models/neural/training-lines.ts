/**
 * @module
 * What the training of a network came to, in lines for people.
 */
import { formatCount, formatCounted } from '../../src/format.js';

/** What is told of a network and its training, see `NeuralSummary`. */
export interface TrainedNetwork {
  readonly cell: 'gru' | 'tcn';
  readonly vocabulary: number;
  readonly embedding: number;
  readonly hidden: number;
  readonly layers: number;
  readonly kernelSize: number;
  readonly quantizer: string;
  readonly parameters: number;
  readonly receptiveField: number | null;
  readonly period: number | null;
  readonly epochs: readonly { readonly training: number; readonly validation: number | null }[];
  readonly bestEpoch: number;
  readonly end: 'patience' | 'epochs' | 'interrupted';
  readonly run: { readonly steps: number } | null;
}

export function networkLines(summary: TrainedNetwork): readonly string[] {
  const { cell, hidden, layers, kernelSize, parameters, vocabulary, quantizer, embedding } = summary;
  const network =
    cell === 'gru'
      ? `GRU: ${formatCounted(layers, 'layer')} of ${hidden} units`
      : `TCN: ${formatCounted(layers, 'block')} of ${hidden} channels, kernel ${kernelSize}`;
  const tokens = `${formatCounted(vocabulary, `${quantizer} token`)} (embedding ${embedding})`;
  return [`${network}, ${formatCount(parameters)} parameters; ${tokens}`, ...fieldLines(summary), epochLine(summary)];
}

function fieldLines({ receptiveField, period }: TrainedNetwork): readonly string[] {
  if (receptiveField === null) return [];
  const dominant = period === null ? 'there is no dominant period' : `the dominant period is ${period}`;
  return [`Sees ${formatCount(receptiveField)} tokens; ${dominant}`];
}

function epochLine({ epochs, bestEpoch, end, run }: TrainedNetwork): string {
  const made = epochs.length;
  const best = epochs[bestEpoch - 1];
  const ends = {
    patience: `stopped after ${formatCounted(made - bestEpoch, 'epoch')} without a better one`,
    epochs: 'no more were allowed, it can be resumed',
    interrupted: `interrupted in epoch ${made + 1}, it can be resumed`,
  } as const;
  if (best === undefined) {
    return `No epoch is complete: interrupted after ${formatCounted(run?.steps ?? 0, 'step')}, it can be resumed`;
  }
  return `Epoch ${bestEpoch} of ${made} is the best: ${formatLosses(best)}; ${ends[end]}`;
}

const formatLosses = ({ training, validation }: TrainedNetwork['epochs'][number]): string =>
  validation === null
    ? `loss ${training.toFixed(3)} nats per token (too few packets to hold any out)`
    : `loss ${training.toFixed(3)}, validation ${validation.toFixed(3)} nats per token`;
