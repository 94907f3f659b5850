/**
 * @module
 * From files to an evaluation: finds the target in both, or samples the model.
 */
import { setImmediate } from 'node:timers/promises';
import type { TrafficModel } from '../../models/generator.js';
import { captureInput, type NamedPath } from '../capture/capture-file.js';
import { SynthError, throwIfInterrupted } from '../errors.js';
import { isModelHead, loadModelFile } from '../load-model.js';
import { type Random, randomStream } from '../random.js';
import type { ExtractOptions } from '../series/extract.js';
import { type LoadedSeries, loadSeries, readHead } from '../series/load.js';
import { collect, type PacketBlock } from '../series/packet-series.js';
import { detectTable } from '../series/table-reader.js';
import type { Target } from '../series/target.js';
import { DOCUMENTATION_TARGETS } from '../synthesis/identity.js';
import { type Evaluation, Evaluator } from './evaluate.js';

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
  /** What the model, if there is one, says of its training. */
  readonly model: { readonly hash: string; readonly holdout: number; readonly payloadOnly: boolean } | undefined;
  /** Whose packets of the synthetic capture were taken; undefined for a table and a model. */
  readonly syntheticTarget: SyntheticTarget | undefined;
}

export interface SyntheticTarget {
  readonly target: Target;
  /** How it was found: as the target of the real capture, under a documentation address, or for want of both as the busiest. */
  readonly found: 'same' | 'documentation' | 'busiest';
}

/** @throws SynthError as `loadSeries`, `loadModelFile` and `evaluate` do */
export async function evaluateFiles(
  realFile: NamedPath,
  syntheticFile: NamedPath,
  options: EvaluateFilesOptions,
): Promise<FileEvaluation> {
  const isModel = isModelHead(await readHead(captureInput(syntheticFile)));
  const real = await loadSeries([realFile], options.target, options);
  const evaluator = new Evaluator(real.series[0]!);
  if (isModel) {
    const { model, hash, training } = await loadModelFile(syntheticFile);
    const packets = Math.max(real.series[0]!.length, MIN_SAMPLED_PACKETS);
    for (let index = 0; index < options.seeds; index++) {
      const random = randomStream(options.seed, `evaluate/${index}`);
      evaluator.add(await sampleSeries(model, random, packets, options.signal));
    }
    const { holdout, payloadOnly } = training;
    return { ...evaluator.result(), real, model: { hash, holdout, payloadOnly }, syntheticTarget: undefined };
  }
  const { series, syntheticTarget } = await loadSynthetic(syntheticFile, real.target, options);
  evaluator.add(series);
  return { ...evaluator.result(), real, model: undefined, syntheticTarget };
}

/** @throws SynthError `SYNTH_INTERRUPTED` */
async function sampleSeries(
  model: TrafficModel,
  random: Random,
  packets: number,
  signal: AbortSignal | undefined,
): Promise<PacketBlock> {
  const blocks: PacketBlock[] = [];
  for (const block of model.sample(random, { packets, durationNs: Number.POSITIVE_INFINITY })) {
    blocks.push(collect([block]));
    // Sampling never waits for anything: without a pause no signal would arrive.
    await setImmediate();
    throwIfInterrupted(signal, 'sampling');
  }
  return collect(blocks);
}

/** Looks for the target under its own name, then under the addresses that generated captures have. */
async function loadSynthetic(
  file: NamedPath,
  target: Target | undefined,
  options: ExtractOptions,
): Promise<{ series: PacketBlock; syntheticTarget: SyntheticTarget | undefined }> {
  const input = captureInput(file);
  if (detectTable(await readHead(input)) !== undefined) {
    // It has no target, whatever the real file is.
    const { series } = await loadSeries([file], undefined);
    return { series: series[0]!, syntheticTarget: undefined };
  }
  const candidates: (Omit<SyntheticTarget, 'target'> & { target: Target | undefined })[] = [
    ...(target === undefined ? [] : [{ target, found: 'same' as const }]),
    ...DOCUMENTATION_TARGETS.map((documented) => ({ target: documented, found: 'documentation' as const })),
    ...(target === undefined ? [{ target, found: 'busiest' as const }] : []),
  ];
  let notFound: unknown;
  for (const candidate of candidates) {
    try {
      const loaded = await loadSeries([file], candidate.target, options);
      return { series: loaded.series[0]!, syntheticTarget: { target: loaded.target!, found: candidate.found } };
    } catch (error) {
      if (!(error instanceof SynthError) || error.code !== 'SYNTH_TARGET_NOT_FOUND') throw error;
      notFound ??= error;
    }
  }
  throw notFound;
}
