/**
 * @module
 * From files to evaluations: finds the target in all of them, or samples the models, and ranks them.
 */
import { setImmediate } from 'node:timers/promises';
import type { TrafficModel } from '../../models/traffic-model.js';
import { captureInput, type NamedPath, withName } from '../capture/capture-file.js';
import { SynthError, throwIfInterrupted } from '../errors.js';
import { isModelHead, loadModelFile } from '../model-files/load-model.js';
import type { LoadedModel } from '../model-files/model-file.js';
import { collect, type PacketBlock, type PacketSeries, sliceSeries } from '../packets/packet-series.js';
import { type Random, randomStream } from '../random.js';
import type { ExtractOptions } from '../series/extract.js';
import { type LoadedSeries, loadSeries, readHead } from '../series/load.js';
import { detectTable } from '../series/table-reader.js';
import type { Target } from '../series/target.js';
import { DOCUMENTATION_TARGETS } from '../synthesis/documentation-addresses.js';
import { evaluateWith } from './evaluate.js';
import { Judge } from './judge.js';
import type { Evaluation } from './result.js';

export interface EvaluateFilesOptions {
  readonly payloadOnly: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Of all files; undefined for the busiest device of the real one. */
  readonly target: Target | undefined;
  /** For a model: series to sample. */
  readonly seeds: number;
  /** Where the randomness of the sampled series and of the resamplings comes from. */
  readonly seed: string;
  /** Resamplings for the bootstrap floor. */
  readonly bootstrap: number;
  /** Keeps a series of each candidate, to be drawn. */
  readonly keepSamples?: boolean | undefined;
  /** Told the share that is done, 0 to 1, and what is being done. */
  readonly onProgress?: ((done: number, what: string) => void) | undefined;
}

/** A synthetic capture or table, or a model, and how well it fits. */
export interface Candidate {
  readonly name: string;
  readonly evaluation: Evaluation;
  /** What the model, if it is one, says of itself, and how likely it finds the real packets. */
  readonly model: (LoadedModel & { readonly logLikelihood: LogLikelihood }) | undefined;
  /** Whose packets of the synthetic capture were taken; undefined for a table and a model. */
  readonly syntheticTarget: SyntheticTarget | undefined;
  readonly warnings: LoadedSeries['warnings'];
  /** One series, if samples are kept. */
  readonly sample: PacketBlock | undefined;
}

/** Mean in nats per packet; null where no packet has a gap. */
export interface LogLikelihood {
  readonly training: number | null;
  readonly heldOut: number | null;
}

export interface FileEvaluation {
  readonly real: LoadedSeries;
  readonly realName: string;
  readonly trainingPackets: number;
  readonly heldOutPackets: number;
  /** Of the real files and of the synthetic ones. */
  readonly warnings: LoadedSeries['warnings'];
  /** The best first. */
  readonly candidates: readonly Candidate[];
}

export interface SyntheticTarget {
  readonly target: Target;
  /** How it was found: as the target of the real capture, under a documentation address, or for want of both as the busiest. */
  readonly found: 'same' | 'documentation' | 'busiest';
}

/** @throws SynthError as `loadSeries`, `loadModelFile` and `evaluate` do */
export async function evaluateFiles(
  realFile: NamedPath,
  syntheticFiles: readonly NamedPath[],
  options: EvaluateFilesOptions,
): Promise<FileEvaluation> {
  const { signal, payloadOnly, onProgress } = options;
  const synthetic: { readonly file: NamedPath; readonly model: LoadedModel | undefined }[] = [];
  // Asked first: nobody should wait for the floors and then hear that a file is missing, or a model damaged.
  for (const file of syntheticFiles) {
    const isModel = isModelHead(await readHead(captureInput(file)));
    synthetic.push({ file, model: isModel ? await loadModelFile(file) : undefined });
  }
  const loading: ExtractOptions = { signal, payloadOnly };
  const real = await loadSeries([realFile], options.target, loading);
  const series = real.series[0]!;
  // The floors, the resamplings, and each series; one that is compared in parts takes longer than expected.
  const rounds = 1 + options.bootstrap + synthetic.reduce((sum, { model }) => sum + (model ? options.seeds : 1), 0);
  const judge = await Judge.of(series, {
    ...{ bootstrap: options.bootstrap, seed: options.seed, signal },
    onProgress: (done, what) => onProgress?.(Math.min(1, done / rounds), what),
  });
  const candidates: Candidate[] = [];
  for (const { file, model } of synthetic) {
    candidates.push(
      model
        ? await evaluateModel(judge, file, model, series, options)
        : await evaluateSeries(judge, file, real.target, loading, options.keepSamples),
    );
  }
  const { trainingPackets, heldOutPackets } = judge;
  const warnings = [...real.warnings, ...candidates.flatMap((candidate) => candidate.warnings)];
  return {
    real,
    realName: withName(realFile).name,
    trainingPackets,
    heldOutPackets,
    warnings,
    candidates: bestFirst(candidates),
  };
}

const bestFirst = (candidates: readonly Candidate[]): readonly Candidate[] =>
  candidates.toSorted((a, b) => (b.evaluation.score ?? -1) - (a.evaluation.score ?? -1));

async function evaluateSeries(
  judge: Judge,
  file: NamedPath,
  target: Target | undefined,
  loading: ExtractOptions,
  keepSample: boolean | undefined,
): Promise<Candidate> {
  const { series, syntheticTarget, warnings } = await loadSynthetic(file, target, loading);
  const evaluation = await evaluateWith(judge, [series]);
  return {
    name: withName(file).name,
    evaluation,
    model: undefined,
    syntheticTarget,
    warnings,
    sample: keepSample ? series : undefined,
  };
}

async function evaluateModel(
  judge: Judge,
  file: NamedPath,
  loaded: LoadedModel,
  real: PacketSeries,
  { seeds, seed, signal, keepSamples }: EvaluateFilesOptions,
): Promise<Candidate> {
  let sample: PacketBlock | undefined;
  const sampled = async function* () {
    for (let index = 0; index < seeds; index++) {
      const series = await sampleSeries(
        loaded.model,
        randomStream(seed, `evaluate/${index}`),
        judge.trainingPackets,
        signal,
      );
      if (keepSamples) sample ??= series;
      yield series;
    }
  };
  const evaluation = await evaluateWith(judge, sampled());
  const nats = (from: number, to: number) => {
    const mean = loaded.model.logLikelihood(sliceSeries(real, from, to));
    return Number.isFinite(mean) ? mean : null;
  };
  const logLikelihood = {
    training: nats(0, judge.trainingPackets),
    heldOut: nats(judge.trainingPackets, real.length),
  };
  return {
    name: withName(file).name,
    evaluation,
    model: { ...loaded, logLikelihood },
    syntheticTarget: undefined,
    warnings: [],
    sample,
  };
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
): Promise<Pick<Candidate, 'syntheticTarget' | 'warnings'> & { readonly series: PacketBlock }> {
  const input = captureInput(file);
  if (detectTable(await readHead(input)) !== undefined) {
    // It has no target, whatever the real file is.
    const { series, warnings } = await loadSeries([file], undefined);
    return { series: series[0]!, syntheticTarget: undefined, warnings };
  }
  const candidates: (Omit<SyntheticTarget, 'target'> & { target: Target | undefined })[] = [
    ...(target === undefined ? [] : [{ target, found: 'same' as const }]),
    ...DOCUMENTATION_TARGETS.map((documented) => ({ target: documented, found: 'documentation' as const })),
    ...(target === undefined ? [{ target, found: 'busiest' as const }] : []),
  ];
  let notFound: unknown;
  for (const candidate of candidates) {
    try {
      const { series, target: taken, warnings } = await loadSeries([file], candidate.target, options);
      return { series: series[0]!, syntheticTarget: { target: taken!, found: candidate.found }, warnings };
    } catch (error) {
      if (!(error instanceof SynthError) || error.code !== 'SYNTH_TARGET_NOT_FOUND') throw error;
      notFound ??= error;
    }
  }
  throw notFound;
}
