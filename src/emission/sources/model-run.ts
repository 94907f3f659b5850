/**
 * @module
 * What all sources that draw from a model ask of a run: that it is one a model can fill, and comes to an end.
 */
import type { SampleLimit, TrafficModel } from '../../../models/traffic-model.js';
import { SynthError } from '../../errors.js';
import { requireProgress } from '../../synthesis/sampled-model.js';
import { option, wording } from '../../wording.js';
import type { ScheduledOutput } from '../scheduled-output.js';
import type { SourceCounts } from './source.js';

/** When so many packets were drawn and not one of them is sent, none will be. */
const MAX_IN_VAIN = 1_000_000;

/** @throws SynthError `SYNTH_USAGE` for rounds, and where only times can end what has none */
export function requireSampling(output: ScheduledOutput, model: TrafficModel, limit: SampleLimit): void {
  if (output.rounds !== 1) {
    throw new SynthError('SYNTH_USAGE', 'a model cannot be sent in rounds', {
      hint: wording`It goes on as long as it is asked to, with ${option('duration')} or ${option('schedule.limit')}; ${option('schedule.rounds')} is for captures.`,
    });
  }
  const isEndless = limit.packets === Number.POSITIVE_INFINITY;
  if (isEndless && output.endsByOwnTime)
    requireProgress(model, wording`Say how many packets with ${option('schedule.limit')}.`);
}

/** Whether so much of the model goes the other way, or is left to the stack, that there is nothing to wait for. */
export function isInVain({ packets }: ScheduledOutput, { otherDirection, leftToStack }: SourceCounts): boolean {
  return packets === 0 && otherDirection + leftToStack >= MAX_IN_VAIN;
}
