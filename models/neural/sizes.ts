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

/** From here on there is more to learn than the usual network holds. */
const MANY_TOKENS = 262_144;
/** Steps that a gradient goes back; a recurrent network's state goes on from window to window. */
const RECURRENT_WINDOW = 32;
const MAX_AUTO_WINDOW = 512;
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
  const [few, many] = cell === 'gru' ? [64, 128] : [48, 64];
  const hidden = or(options.hidden, tokens < MANY_TOKENS ? few : many);
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

export function choosePlan(options: FitOptions, architecture: Architecture, tokens: number): TrainingPlan {
  // Some steps of the optimizer in every pass, and work enough for the processors in every step.
  const tokensPerStep = tokens < 16_384 ? 512 : tokens < MANY_TOKENS ? 1024 : 4096;
  const window = or(options.window, windowOf(architecture));
  return {
    window,
    batch: or(options.batch, Math.max(4, Math.floor(tokensPerStep / window))),
    learningRate: or(options.learningRate, architecture.cell === 'gru' && tokens < 16_384 ? 1e-3 : 2e-3),
    epochs: or(options.epochs, 200),
    patience: or(options.patience, 10),
    seed: options.seed,
  };
}

/** A window begins anew for convolutions, so it is longer than what they see. */
function windowOf(architecture: Architecture): number {
  if (architecture.cell === 'gru') return RECURRENT_WINDOW;
  let window = RECURRENT_WINDOW;
  while (window < Math.min(MAX_AUTO_WINDOW, receptiveField(architecture))) window *= 2;
  return window;
}
