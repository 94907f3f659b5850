/**
 * @module
 * How much a model makes a device say, told from a sample: for the plan, and for what a scenario leaves to the model.
 */

import { SynthError } from '../../errors.js';
import type { LoadedModel } from '../../model-files/model-file.js';
import { stackPacketBytes } from '../../packets/stack-packets.js';
import { randomStream } from '../../random.js';
import { action, wording } from '../../wording.js';
import { MessageTimes } from '../device/message-times.js';
import type { Group } from '../scenario/scenario.js';

const SAMPLE_MESSAGES = 2000;

export interface MessageRate {
  readonly perSecond: number;
  /** Of the IP packets that carry the messages. */
  readonly meanPacketBytes: number;
}

/** @throws SynthError `SYNTH_NOTHING_TO_SEND` if devices of the group would say nothing, or everything at once */
export function messageRate(file: LoadedModel, { name, model, speed, silence }: Group): MessageRate {
  const options = { speed, silence, stackBytes: stackPacketBytes(file), startNs: 0 };
  const messages = new MessageTimes(file.model, randomStream('probe', 'packets'), options);
  let count = 0;
  let bytes = 0;
  while (count < SAMPLE_MESSAGES && messages.advance()) {
    count++;
    bytes += messages.sizeBytes;
  }
  if (count === 0) {
    throw new SynthError(
      'SYNTH_NOTHING_TO_SEND',
      `group ${name}: the device of ${model} sends no packet that carries anything`,
      {
        hint: wording`Train the model of a device or flow that sends; see what it does with: ${action('describeModel')}`,
      },
    );
  }
  if (messages.ownNs === 0) {
    throw new SynthError('SYNTH_NOTHING_TO_SEND', `group ${name}: all messages of ${model} come at the same time`, {
      hint: 'A fleet needs a model in whose messages time passes.',
    });
  }
  return { perSecond: count / (messages.ownNs / 1e9), meanPacketBytes: bytes / count };
}
