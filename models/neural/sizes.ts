/**
 * @module
 * How large a network is and how it is trained, where nobody said so: by the number of tokens that there are to learn from.
 */
import { MAX_LAYERS } from '../limits.js';
import { type Architecture, type Cell, receptiveField } from './architecture.js';
import type { NetworkFitOptions } from './options.js';

/** The way of a training, as far as it does not lie in the network. */
export interface TrainingPlan {
  readonly batch: number;
  readonly window: number;
  readonly learningRate: number;
  readonly epochs: number;
  readonly patience: number;
  readonly seed: string;
}

/** Below this there is little to learn from. */
const SOME_TOKENS = 16_384;
/** From here on there is more to learn than the usual network holds. */
const MANY_TOKENS = 262_144;
/** Passes of a short series have few steps, and the loss may rise before it falls. */
const PATIENT_STEPS = 100;
const MIN_PATIENCE = 10;
const MAX_PATIENCE = 50;
/** Steps that a gradient goes back; a recurrent network's state goes on from window to window. */
const MIN_WINDOW = 64;
const MAX_AUTO_WINDOW = 512;
/** Blocks of convolutions where no period asks for more. */
const MIN_BLOCKS = 4;

const or = <T>(given: T | 'auto', otherwise: T): T => (given === 'auto' ? otherwise : given);

/**
 * The network for so many tokens.
 *
 * @param period dominant period of the sequence in tokens, which convolutions have to cover; 0 for none
 */
export function chooseArchitecture(
  cell: Cell,
  options: NetworkFitOptions,
  { tokens, vocabulary, period }: { tokens: number; vocabulary: number; period: number },
): Architecture {
  const [few, many] = cell === 'gru' ? [64, 128] : [40, 64];
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
  let layers = MIN_BLOCKS;
  while (layers < MAX_LAYERS && receptiveField({ ...base, layers }) <= period) layers++;
  return { ...base, layers };
}

export function choosePlan(options: NetworkFitOptions, architecture: Architecture, tokens: number): TrainingPlan {
  // Some steps of the optimizer in every pass, and work enough for the processors in every step.
  const tokensPerStep = tokens < SOME_TOKENS ? 256 : tokens < MANY_TOKENS ? 1024 : 4096;
  const window = or(options.window, windowOf(architecture));
  const batch = or(options.batch, Math.max(4, Math.floor(tokensPerStep / window)));
  const patience = Math.max(MIN_PATIENCE, Math.min(MAX_PATIENCE, Math.ceil((PATIENT_STEPS * batch * window) / tokens)));
  return {
    window,
    batch,
    learningRate: or(options.learningRate, architecture.cell === 'gru' && tokens < SOME_TOKENS ? 1e-3 : 2e-3),
    epochs: or(options.epochs, 200),
    patience: or(options.patience, patience),
    seed: options.seed,
  };
}

/** A window begins anew for convolutions, so it is longer than what they see. */
function windowOf(architecture: Architecture): number {
  if (architecture.cell === 'gru') return MIN_WINDOW;
  let window = MIN_WINDOW;
  while (window < Math.min(MAX_AUTO_WINDOW, receptiveField(architecture))) window *= 2;
  return window;
}
