/**
 * @module
 * The course of a training, for people.
 */
import { z } from 'zod';
import type { TrafficModel } from '../../../models/generator.js';

const networkSchema = z.object({
  epochs: z.array(z.object({ training: z.number(), validation: z.number().nullable() })),
  bestEpoch: z.number(),
  end: z.enum(['patience', 'epochs', 'interrupted']),
  run: z.object({ steps: z.number() }).nullable(),
});
export type NetworkView = Readonly<z.infer<typeof networkSchema>>;

/** The course of a training by epochs; undefined for models that have none. */
export function networkView({ summary }: TrafficModel): NetworkView | undefined {
  return networkSchema.safeParse(summary).data;
}
