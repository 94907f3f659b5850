/**
 * @module
 * A training that ended before its end: what there is of it, and how it can go on.
 */
import type { TrafficModel } from '../../../models/generator.js';
import { formatCounted } from '../../format.js';
import { commandLine } from '../command-line.js';
import { networkView } from './training-view.js';

/** What an interrupted training has left. @param out where the model was written */
export function interruption(model: TrafficModel, out: string): string {
  const file = out === '-' ? 'what was written' : out;
  const view = networkView(model);
  if (view === undefined) return `interrupted; ${file} has the model as far as it was`;
  const { epochs, bestEpoch, run } = view;
  const best = epochs[bestEpoch - 1];
  const kept = best
    ? `the best weights so far, of epoch ${bestEpoch} (${lossOf(best)})`
    : `the weights after ${formatCounted(run?.steps ?? 0, 'step')}`;
  return `interrupted in epoch ${epochs.length + 1}; ${file} has ${kept}`;
}

const lossOf = ({ training, validation }: { readonly training: number; readonly validation: number | null }): string =>
  validation === null ? `loss ${training.toFixed(3)}` : `validation ${validation.toFixed(3)}`;

/** The command that goes on with a training; undefined where it has come to its end, or never goes on. */
export function resumeCommand(
  model: TrafficModel,
  captures: readonly string[],
  {
    device,
    flow,
    out,
  }: { readonly device: string | undefined; readonly flow: string | undefined; readonly out: string },
): string | undefined {
  const view = networkView(model);
  if (view === undefined || view.run === null) return undefined;
  const file = out === '-' ? 'FILE' : out;
  return commandLine('train', [
    ...captures,
    ...(device === undefined ? [] : ['--device', device]),
    ...(flow === undefined ? [] : ['--flow', flow]),
    ...(view.end === 'epochs' ? ['--epochs', String(2 * view.epochs.length)] : []),
    ...['--resume', file, '--out', file, '--force'],
  ]);
}
