/**
 * @module
 * From files to an evaluation: finds the target in both, or samples the model.
 */
import { captureInput } from '../capture/capture-file.js';
import { SynthError } from '../errors.js';
import { isModelHead, loadModelFile } from '../load-model.js';
import { randomStream } from '../random.js';
import type { ExtractOptions } from '../series/extract.js';
import { type LoadedSeries, loadSeries, readHead } from '../series/load.js';
import { collect, type PacketBlock } from '../series/packet-series.js';
import { detectTable } from '../series/table-reader.js';
import type { Target } from '../series/target.js';
import { DOCUMENTATION_TARGETS } from '../synthesis/identity.js';
import { type Evaluation, evaluate } from './evaluate.js';

/** A model is sampled at least this long, so that a short real series does not make the comparison a matter of luck. */
const MIN_SAMPLED_PACKETS = 20_000;

export interface EvaluateFilesOptions extends ExtractOptions {
  /** Of both files; undefined for the busiest device of the real one. */
  readonly target: Target | undefined;
  /** For a model: series to sample, and where their randomness comes from. */
  readonly seeds: number;
  readonly seed: string;
}

export interface FileEvaluation extends Evaluation {
  readonly real: LoadedSeries;
  /** Share of the series that the model, if there is one, was not trained on. */
  readonly model: { readonly hash: string; readonly holdout: number } | undefined;
  /** True if the target was found in the synthetic capture under a documentation address. */
  readonly documentationAddress: boolean;
}

/** @throws SynthError as `loadSeries`, `loadModelFile` and `evaluate` do */
export async function evaluateFiles(
  realPath: string,
  syntheticPath: string,
  options: EvaluateFilesOptions,
): Promise<FileEvaluation> {
  const isModel = isModelHead(await readHead(captureInput(syntheticPath)));
  const real = await loadOne(realPath, options.target, options);
  const [series] = real.series;
  if (isModel) {
    const { model, hash, training } = await loadModelFile(syntheticPath);
    const limit = { packets: Math.max(series!.length, MIN_SAMPLED_PACKETS), durationNs: Number.POSITIVE_INFINITY };
    const sampled = Array.from({ length: options.seeds }, (_, index) =>
      collect(model.sample(randomStream(options.seed, `evaluate/${index}`), limit)),
    );
    return {
      ...evaluate(series!, sampled),
      real,
      model: { hash, holdout: training.holdout },
      documentationAddress: false,
    };
  }
  const { synthetic, documentationAddress } = await loadSynthetic(syntheticPath, real.target, options);
  return { ...evaluate(series!, [synthetic]), real, model: undefined, documentationAddress };
}

/** A table has no target, whatever the other file is. */
async function loadOne(path: string, target: Target | undefined, options: ExtractOptions): Promise<LoadedSeries> {
  const isTable = detectTable(await readHead(captureInput(path))) !== undefined;
  return isTable ? loadSeries([path], undefined) : loadSeries([path], target, options);
}

/** Looks for the target under its own name, then under the addresses that generated captures have. */
async function loadSynthetic(
  path: string,
  target: Target | undefined,
  options: ExtractOptions,
): Promise<{ synthetic: PacketBlock; documentationAddress: boolean }> {
  const candidates = target === undefined ? [undefined] : [target, ...DOCUMENTATION_TARGETS];
  let notFound: unknown;
  for (const candidate of candidates) {
    try {
      const { series } = await loadOne(path, candidate, options);
      return { synthetic: series[0]!, documentationAddress: candidate !== target };
    } catch (error) {
      if (!(error instanceof SynthError) || error.code !== 'SYNTH_TARGET_NOT_FOUND') throw error;
      notFound ??= error;
    }
  }
  throw notFound;
}
