/**
 * @module
 * The training of a network in words: its size, its epochs, how it ended and how it can be resumed.
 */
import { formatCount, formatCounted } from '../../src/format.js';
import { candidateTables } from '../gaussian/candidate-tables.js';
import type { TrainingDescription, TrainingTable, UnfinishedTraining } from '../traffic-model.js';
import type { NeuralSummary } from './neural-summary.js';

export function describeNetworkTraining(summary: NeuralSummary): TrainingDescription {
  return {
    lines: [networkLine(summary), ...fieldLines(summary), epochLine(summary)],
    tables: [...epochTables(summary), ...candidateTables(summary.mixtures)],
    unfinished: unfinished(summary),
  };
}

function networkLine(summary: NeuralSummary): string {
  const { cell, hidden, layers, kernelSize, parameters, vocabulary, quantizer, embedding } = summary;
  const network =
    cell === 'gru'
      ? `GRU: ${formatCounted(layers, 'layer')} of ${hidden} units`
      : `TCN: ${formatCounted(layers, 'block')} of ${hidden} channels, kernel ${kernelSize}`;
  const tokens = `${formatCounted(vocabulary, `${quantizer} token`)} (embedding ${embedding})`;
  return `${network}, ${formatCount(parameters)} parameters; ${tokens}`;
}

function fieldLines({ receptiveField, period }: NeuralSummary): readonly string[] {
  if (receptiveField === null) return [];
  const dominant = period === null ? 'there is no dominant period' : `the dominant period is ${period}`;
  return [`Sees ${formatCount(receptiveField)} tokens; ${dominant}`];
}

function epochLine({ epochs, bestEpoch, end, run }: NeuralSummary): string {
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
  return `Epoch ${bestEpoch} of ${made} is the best: ${lossesOf(best)}; ${ends[end]}`;
}

type Epoch = NeuralSummary['epochs'][number];

const lossesOf = ({ training, validation }: Epoch): string =>
  validation === null
    ? `loss ${training.toFixed(3)} nats per token (too few packets to hold any out)`
    : `loss ${training.toFixed(3)}, validation ${validation.toFixed(3)} nats per token`;

const lossOf = ({ training, validation }: Epoch): string =>
  validation === null ? `loss ${training.toFixed(3)}` : `validation ${validation.toFixed(3)}`;

function unfinished({ epochs, bestEpoch, end, run }: NeuralSummary): UnfinishedTraining | undefined {
  if (run === null) return undefined;
  const best = epochs[bestEpoch - 1];
  return {
    at: `epoch ${epochs.length + 1}`,
    kept: best
      ? `the best weights so far, of epoch ${bestEpoch} (${lossOf(best)})`
      : `the weights after ${formatCounted(run.steps, 'step')}`,
    resumeWith: end === 'epochs' ? { epochs: 2 * epochs.length } : {},
  };
}

/** Rows that show a course from beginning to end. */
const EPOCH_ROWS = 12;

function epochTables({ epochs, bestEpoch }: NeuralSummary): readonly TrainingTable[] {
  if (epochs.length === 0) return [];
  const between = Math.max(1, (epochs.length - 1) / (EPOCH_ROWS - 1));
  const shown = new Set([bestEpoch, epochs.length]);
  for (let epoch = 1; epoch < epochs.length; epoch += between) shown.add(Math.round(epoch));
  const rows = [...shown]
    .filter((epoch) => epoch > 0)
    .sort((a, b) => a - b)
    .map((epoch) => {
      const { training, validation } = epochs[epoch - 1]!;
      return [String(epoch), training.toFixed(3), validation?.toFixed(3) ?? '–', epoch === bestEpoch ? '← best' : ''];
    });
  return [{ columns: ['Epoch', 'loss (nats per token)', 'validation', ''], rows }];
}
