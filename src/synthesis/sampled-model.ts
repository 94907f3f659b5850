/**
 * @module
 * A model as somebody wants it to draw, and whether that ever comes to an end.
 */
import type { Sampling, TrafficModel } from '../../models/traffic-model.js';
import { SynthError } from '../errors.js';
import { randomStream } from '../random.js';
import type { Wording } from '../wording.js';

/** @throws SynthError `SYNTH_USAGE` if the model cannot be told how to draw */
export function samplingModel(model: TrafficModel, sampling: Sampling | undefined): TrafficModel {
  if (sampling === undefined) return model;
  const told = model.sampling?.(sampling);
  if (told !== undefined) return told;
  throw new SynthError('SYNTH_USAGE', `a model of kind ${model.kind} has no temperature and no top-p`, {
    hint: 'Models of kind rnn and tcn have.',
  });
}

const PROBE_PACKETS = 10_000;

/**
 * For whoever ends the packets of a model by their times alone.
 *
 * @param hint how to end them otherwise
 * @throws SynthError `SYNTH_USAGE` if no time passes in what the model generates
 */
export function requireProgress(model: TrafficModel, hint: Wording): void {
  const limit = { packets: PROBE_PACKETS, durationNs: Number.POSITIVE_INFINITY };
  for (const { offsetsNs, length } of model.sample(randomStream('probe', 'packets'), limit)) {
    if (offsetsNs[length - 1]! > 0) return;
  }
  const message = 'all packets of the model come at the same time; no duration is reached';
  throw new SynthError('SYNTH_USAGE', message, { hint });
}
