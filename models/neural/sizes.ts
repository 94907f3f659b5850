/**
 * @module
 * How large a network is and how it is trained, where nobody said so: by the number of tokens that there are to learn from.
 */
import type { FitOptions } from '../fit-options.js';
import type { Architecture, Cell } from './architecture.js';
import { receptiveField } from './architecture.js';

/** The way of a training, as far as it does not lie in the network. */
export interface TrainingPlan {
  readonly batch: number;
  readonly window: number;
  readonly learningRate: number;
  readonly epochs: number;
  readonly patience: number;
  readonly seed: string;
}

/** A block of convolutions doubles the field; more are not worth their time. */
const MAX_AUTO_BLOCKS = 7;

const or = <T>(given: T | 'auto', otherwise: T): T => (given === 'auto' ? otherwise : given);

/**
 * The network for so many tokens.
 *
 * @param period dominant period of the sequence in tokens, which convolutions have to cover; 0 for none
 */
export function chooseArchitecture(
  cell: Cell,
  options: FitOptions,
  { tokens, vocabulary, period }: { tokens: number; vocabulary: number; period: number },
): Architecture {
  const hidden = or(options.hidden, tokens < 200_000 ? 64 : 128);
  const kernelSize = cell === 'gru' ? 1 : or(options.kernelSize, 3);
  const base = {
    cell,
    vocabulary,
    hidden,
    embedding: or(options.embedding, 32),
    kernelSize,
    dropout: or(options.dropout, cell === 'gru' ? 0.2 : 0.3),
  };
  if (options.layers !== 'auto' || cell === 'gru') return { ...base, layers: or(options.layers, 1) };
  let layers = 4;
  while (layers < MAX_AUTO_BLOCKS && receptiveField({ ...base, layers }) <= period) layers++;
  return { ...base, layers };
}

export function choosePlan(options: FitOptions, { cell }: Architecture, tokens: number): TrainingPlan {
  // Some steps of the optimizer in every pass, and work enough for the processors in every step.
  const batch = or(options.batch, tokens < 16_384 ? 8 : tokens < 262_144 ? 16 : 64);
  return {
    batch,
    window: or(options.window, cell === 'gru' ? 32 : 64),
    learningRate: or(options.learningRate, tokens < 16_384 ? 1e-3 : 2e-3),
    epochs: or(options.epochs, 200),
    patience: or(options.patience, 12),
    seed: options.seed,
  };
}
