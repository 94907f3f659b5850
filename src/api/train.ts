/**
 * @module
 * Training from captures, and files of models.
 */
import type { FitOptions } from '../../models/registry.js';
import { loadModelFile } from '../model-files/load-model.js';
import { decodeModelFile, encodeModelFile, type LoadedModel } from '../model-files/model-file.js';
import { writeOutput } from '../output-file.js';
import { loadSeries } from '../series/load.js';
import { train as trainSeries } from '../training/train.js';
import { pathsOf, requireShare, type TargetOptions, targetOf } from './inputs.js';

/** A trained model: the generator itself (`model`), what it was trained on (`training`, `profile`) and its `hash`. */
export type TrainedModel = LoadedModel;

export interface TrainOptions extends TargetOptions {
  /** Kind of the model: `markov` (default), `hmm`, `rnn`, `tcn`, or one of `registerModelKind`. */
  readonly model?: string | undefined;
  /** Share of each series, its end, that is left out of training: 0 (default) up to below 1. */
  readonly holdout?: number | undefined;
  /** Stores captured addresses in the model, and generates with them. Default: false. */
  readonly keepAddresses?: boolean | undefined;
  /** Learns from packets with payload alone. Default: false. */
  readonly payloadOnly?: boolean | undefined;
  /** Options of the kind, such as `{ components: [12] }` for `hmm`. What is left out has its default. */
  readonly fit?: (Partial<FitOptions> & Readonly<Record<string, unknown>>) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with the share that is done, 0 to 1, and what is being done. */
  readonly onProgress?: ((done: number, what: string) => void) | undefined;
}

/**
 * Trains a model from captures or series tables.
 *
 * @param captures paths of pcap, pcapng, CSV or NDJSON files; several captures are merged by time
 * @throws SynthError `SYNTH_FILE_UNREADABLE`, `SYNTH_TARGET_NOT_FOUND`, `SYNTH_TRAINING_FAILED`, `SYNTH_INTERRUPTED`, and others of bad input
 * @example
 * const model = await train('capture.pcap', { device: '44:65:0d:56:cc:d3', model: 'hmm' });
 */
export async function train(captures: string | readonly string[], options: TrainOptions = {}): Promise<TrainedModel> {
  const { model: kind = 'markov', holdout = 0, keepAddresses = false, payloadOnly = false } = options;
  const { fit, signal, onProgress } = options;
  requireShare('holdout', holdout);
  const loaded = await loadSeries(pathsOf(captures), targetOf(options), { payloadOnly, signal });
  const training = { kind, holdout, keepAddresses, payloadOnly, fit };
  const trained = await trainSeries(loaded.series, loaded.target, training, { signal, onProgress });
  return decodeModelFile('model', encodeModelFile(trained));
}

/**
 * Writes a model to a file, which appears when it is complete.
 *
 * @param path `-` is standard output
 * @param options `force` writes over a file that exists; it is refused otherwise
 * @throws SynthError `SYNTH_OUTPUT_EXISTS`, `SYNTH_OUTPUT_FAILED`
 */
export async function saveModel(
  model: TrainedModel,
  path: string,
  { force = false }: { readonly force?: boolean | undefined } = {},
): Promise<void> {
  await writeOutput(path, encodeModelFile(model), { force, inputs: [] });
}

/** Reads a model from a file. @throws SynthError `SYNTH_FILE_UNREADABLE`, `SYNTH_MODEL_INVALID` */
export const loadModel = (path: string): Promise<TrainedModel> => loadModelFile(path);
