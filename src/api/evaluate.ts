/**
 * @module
 * How well synthetic traffic, or a model, fits the real one.
 */
import { DEFAULT_BOOTSTRAP, evaluate as evaluateSeries } from '../evaluation/evaluate.js';
import { evaluateFiles, type FileEvaluation } from '../evaluation/evaluate-files.js';
import type { Evaluation } from '../evaluation/result.js';
import type { PacketBlock, PacketSeries } from '../packets/packet-series.js';
import { drawSeed } from '../random.js';
import { pathsOf, requireWhole, type TargetOptions, targetOf } from './inputs.js';

export interface EvaluateOptions extends TargetOptions {
  /** Judges by packets with payload alone. Default: false. */
  readonly payloadOnly?: boolean | undefined;
  /** Series to sample from each model; metrics are their means. Default: 5. */
  readonly seeds?: number | undefined;
  /** Seed of samples and resamplings. Default: a fresh one, which is returned. */
  readonly seed?: string | undefined;
  /** Resamplings of the real training part for the bootstrap floor; 0 for none. Default: 20. */
  readonly bootstrap?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with the share that is done, 0 to 1, and what is being done. */
  readonly onProgress?: ((done: number, what: string) => void) | undefined;
}

/**
 * Compares synthetic captures, tables or models with a real capture, and ranks them: `candidates`, the best first.
 *
 * The first two thirds of the real packets are the training part, the rest is held out.
 *
 * @param real path of a capture or table
 * @param synthetic paths of captures, tables or models
 * @throws SynthError `SYNTH_EVALUATION_IMPOSSIBLE` for fewer than three real packets, `SYNTH_FILE_UNREADABLE`, `SYNTH_INTERRUPTED`
 * @example
 * const { candidates } = await evaluate('real.pcap', 'model.safetensors', { device: '44:65:0d:56:cc:d3' });
 * console.log(candidates[0].evaluation.score);
 */
export async function evaluate(
  real: string,
  synthetic: string | readonly string[],
  options: EvaluateOptions = {},
): Promise<FileEvaluation & { readonly seed: string }> {
  const { payloadOnly = false, seeds = 5, seed = drawSeed(), bootstrap = DEFAULT_BOOTSTRAP } = options;
  const { signal, onProgress } = options;
  requireWhole('seeds', seeds, 1);
  requireWhole('bootstrap', bootstrap, 0);
  const target = targetOf(options);
  const result = await evaluateFiles(real, pathsOf(synthetic), {
    ...{ target, payloadOnly, seeds, seed, bootstrap, signal, onProgress },
  });
  return { ...result, seed };
}

/**
 * The same for packets in memory.
 *
 * @param synthetic one or more series, taken one after the other; a metric is its mean over them
 */
export const compare = (
  real: PacketSeries,
  synthetic: Iterable<PacketBlock> | AsyncIterable<PacketBlock>,
  options: Pick<EvaluateOptions, 'seed' | 'bootstrap' | 'signal'> = {},
): Promise<Evaluation> => {
  const { seed = drawSeed(), bootstrap = DEFAULT_BOOTSTRAP, signal } = options;
  requireWhole('bootstrap', bootstrap, 0);
  return evaluateSeries(real, synthetic, { seed, bootstrap, signal });
};
