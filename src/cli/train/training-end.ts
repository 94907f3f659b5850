/**
 * @module
 * A training that ended before its end: what there is of it, and how it can go on.
 */
import type { TrafficModel } from '../../../models/traffic-model.js';
import { commandLine } from '../command-line.js';
import { flagNameOf } from '../option-flags.js';

/** What an interrupted training has left. @param out where the model was written */
export function interruption(model: TrafficModel, out: string): string {
  const file = out === '-' ? 'what was written' : out;
  const { unfinished } = model.describeTraining();
  if (unfinished === undefined) return `interrupted; ${file} has the model as far as it was`;
  return `interrupted in ${unfinished.at}; ${file} has ${unfinished.kept}`;
}

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
  const { unfinished } = model.describeTraining();
  if (unfinished === undefined) return undefined;
  const file = out === '-' ? 'FILE' : out;
  return commandLine('train', [
    ...captures,
    ...(device === undefined ? [] : ['--device', device]),
    ...(flow === undefined ? [] : ['--flow', flow]),
    ...Object.entries(unfinished.resumeWith).flatMap(([name, value]) => [`--${flagNameOf(name)}`, String(value)]),
    ...['--resume', file, '--out', file, '--force'],
  ]);
}
