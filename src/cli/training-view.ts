/**
 * @module
 * What a kind of model tells about its training, for people.
 */
import { z } from 'zod';
import type { TrafficModel } from '../../models/generator.js';
import { formatCount } from '../format.js';

const markovSchema = z.object({
  quantizer: z.string(),
  tokens: z.number(),
  order: z.number(),
  contexts: z.number(),
  heldOutLogLikelihood: z.number().nullable(),
});

const directionSchema = z.object({
  states: z.number(),
  packets: z.number(),
  curve: z.array(z.number()),
  candidates: z.array(z.object({ components: z.number(), bic: z.number() })),
});
const hmmSchema = z.object({ outbound: directionSchema.nullable(), inbound: directionSchema.nullable() });

const VIEWS: Readonly<Record<string, (summary: unknown) => readonly string[]>> = {
  markov: (summary) => {
    const { quantizer, tokens, order, contexts, heldOutLogLikelihood } = markovSchema.parse(summary);
    const judged =
      heldOutLogLikelihood === null ? 'too short to choose' : `${heldOutLogLikelihood.toFixed(3)} nats/packet held out`;
    return [
      `Markov chain: ${formatCount(tokens)} ${quantizer} tokens, order ${order} (${judged}), ${formatCount(contexts)} contexts`,
    ];
  },
  hmm: (summary) => {
    const directions = hmmSchema.parse(summary);
    return (['outbound', 'inbound'] as const).map((name) => {
      const direction = directions[name];
      if (direction === null) return `${name}: no packets`;
      const { states, packets, candidates, curve } = direction;
      const tried = candidates.map(({ components }) => components).join(', ');
      return `${name}: ${states} states by BIC among ${tried}; ${formatCount(packets)} gaps, ${curve.length - 1} iterations`;
    });
  },
};

export function trainingLines(model: TrafficModel): readonly string[] {
  return VIEWS[model.kind]?.(model.summary) ?? [];
}
