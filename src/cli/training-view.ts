/**
 * @module
 * What a kind of model tells about its training, for people.
 */
import { z } from 'zod';
import type { TrafficModel } from '../../models/generator.js';
import { formatCount } from './format.js';

const markovSchema = z.object({
  tokens: z.number(),
  order: z.number(),
  contexts: z.number(),
  heldOutLogLikelihood: z.number().nullable(),
});

const VIEWS: Readonly<Record<string, (summary: unknown) => readonly string[]>> = {
  markov: (summary) => {
    const { tokens, order, contexts, heldOutLogLikelihood } = markovSchema.parse(summary);
    const judged =
      heldOutLogLikelihood === null ? 'too short to choose' : `${heldOutLogLikelihood.toFixed(3)} nats/packet held out`;
    return [
      `Markov chain: ${formatCount(tokens)} tokens, order ${order} (${judged}), ${formatCount(contexts)} contexts`,
    ];
  },
};

export function trainingLines(model: TrafficModel): readonly string[] {
  return VIEWS[model.kind]?.(model.summary) ?? [];
}
