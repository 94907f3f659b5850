/**
 * @module
 * What a kind of model tells about its training, for people.
 */
import { z } from 'zod';
import type { TrafficModel } from '../../../models/generator.js';
import { formatCount, formatCounted } from '../../format.js';

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

const networkSchema = z.object({
  cell: z.enum(['gru', 'tcn']),
  vocabulary: z.number(),
  embedding: z.number(),
  hidden: z.number(),
  layers: z.number(),
  kernelSize: z.number(),
  quantizer: z.string(),
  parameters: z.number(),
  receptiveField: z.number().nullable(),
  period: z.number().nullable(),
  epochs: z.array(z.object({ training: z.number(), validation: z.number().nullable() })),
  bestEpoch: z.number(),
  end: z.enum(['patience', 'epochs', 'interrupted']),
  run: z.object({ steps: z.number() }).nullable(),
});
export type NetworkView = Readonly<z.infer<typeof networkSchema>>;

/** What is told of a network; undefined for other kinds of model. */
export function networkView({ kind, summary }: TrafficModel): NetworkView | undefined {
  return kind === 'rnn' || kind === 'tcn' ? networkSchema.parse(summary) : undefined;
}

function networkLines(summary: unknown): readonly string[] {
  const view = networkSchema.parse(summary);
  const { cell, hidden, layers, kernelSize, parameters, vocabulary, quantizer, embedding } = view;
  const network =
    cell === 'gru'
      ? `GRU: ${formatCounted(layers, 'layer')} of ${hidden} units`
      : `TCN: ${formatCounted(layers, 'block')} of ${hidden} channels, kernel ${kernelSize}`;
  const tokens = `${formatCounted(vocabulary, `${quantizer} token`)} (embedding ${embedding})`;
  return [`${network}, ${formatCount(parameters)} parameters; ${tokens}`, ...fieldLines(view), epochLine(view)];
}

function fieldLines({ receptiveField, period }: NetworkView): readonly string[] {
  if (receptiveField === null) return [];
  const dominant = period === null ? 'there is no dominant period' : `the dominant period is ${period}`;
  return [`Sees ${formatCount(receptiveField)} tokens; ${dominant}`];
}

function epochLine({ epochs, bestEpoch, end, run }: NetworkView): string {
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

const formatLosses = ({ training, validation }: NetworkView['epochs'][number]): string =>
  validation === null
    ? `loss ${training.toFixed(3)} nats per token (too few packets to hold any out)`
    : `loss ${training.toFixed(3)}, validation ${validation.toFixed(3)} nats per token`;

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
  rnn: networkLines,
  tcn: networkLines,
};

export function trainingLines(model: TrafficModel): readonly string[] {
  return VIEWS[model.kind]?.(model.summary) ?? [];
}
