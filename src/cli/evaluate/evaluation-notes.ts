/**
 * @module
 * What somebody should know who reads an evaluation: whose packets were taken, and what makes the comparison less than fair.
 */

import type { FileEvaluation, SyntheticTarget } from '../../evaluation/evaluate-files.js';
import { formatTarget } from '../../series/target.js';

/** A model that has held out less than this has seen some of what it is judged on, which is a third. */
const FAIR_HOLDOUT = 0.33;

export interface EvaluationFlags {
  readonly payloadOnly: boolean;
}

/** What was drawn at random: series of models, if there are any, and always the resamplings. */
export function samplingNote({ candidates }: FileEvaluation, seeds: number, seed: string): string {
  if (!candidates.some(({ model }) => model)) return `Seed ${seed}`;
  return `${seeds === 1 ? 'one series' : `${seeds} series`} sampled from each model; seed ${seed}`;
}

export function evaluationNotes({ real, candidates }: FileEvaluation, flags: EvaluationFlags): readonly string[] {
  const target = real.target && formatTarget(real.target);
  const notes = real.busiestTaken ? [`No --device or --flow: taking the busiest device, ${target}`] : [];
  for (const { name, model, syntheticTarget } of candidates) {
    if (syntheticTarget) notes.push(...syntheticTargetNotes(name, syntheticTarget, target));
    if (model && model.training.holdout < FAIR_HOLDOUT) {
      notes.push(
        `${name}: the model was trained without --holdout 1/3: if on this capture, it has seen the part it is judged on`,
      );
    }
    // Of a table nobody knows whether it has all packets.
    if (model && target && model.training.payloadOnly !== flags.payloadOnly) {
      const [trained, judged] = flags.payloadOnly ? ['without', 'with'] : ['with', 'without'];
      notes.push(
        `${name}: the model was trained ${trained} --payload-only and is judged ${judged} it: other packets are compared`,
      );
    }
  }
  return notes;
}

function syntheticTargetNotes(name: string, { target, found }: SyntheticTarget, real: string | undefined): string[] {
  const taken = formatTarget(target);
  if (found === 'documentation') {
    return [`${name} has documentation addresses: taking ${taken}${real ? ` in place of ${real}` : ''}`];
  }
  return found === 'busiest' ? [`${name} has no documentation addresses: taking its busiest device, ${taken}`] : [];
}
