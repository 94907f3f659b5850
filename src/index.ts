/**
 * @module
 * The public API: train, generate, evaluate, emit, receive, run fleets, read and write captures. No command line in here.
 *
 * Functions take paths and plain options with defaults; times are seconds or texts such as `'10m'`. Mistakes are `SynthError`s with a stable `code`.
 */

export type { ModelOption, OptionSet, Refusal, StartHow } from '../models/model-options.js';
export { type FitOptions, registerModelKind } from '../models/registry.js';
export type {
  ComponentDescription,
  FitHooks,
  FitStart,
  FitSummary,
  ModelKind,
  SampleLimit,
  Sampling,
  SavedModel,
  TrafficModel,
  TrainingDescription,
  TrainingTable,
  UnfinishedTraining,
} from '../models/traffic-model.js';
export { type EmitOptions, emit } from './api/emit.js';
export { compare, type EvaluateOptions, evaluate } from './api/evaluate.js';
export { type FleetOptions, planFleet, type RunFleetOptions, runFleet } from './api/fleet.js';
export { type GenerateOptions, generate, type LimitOptions, type SampleOptions, sample } from './api/generate.js';
export type { Duration, TargetOptions } from './api/inputs.js';
export { inspect, type ReadSeriesOptions, readSeries } from './api/read.js';
export { type ExtractOptions, extract, type RewriteOptions, rewrite } from './api/rewrite.js';
export { type SinkOptions, sink } from './api/sink.js';
export { loadModel, saveModel, type TrainedModel, type TrainOptions, train } from './api/train.js';
export { type CaptureInput, captureInput } from './capture/capture-file.js';
export type { Packet } from './capture/packet.js';
export { type CaptureReport, type ReadOptions, readCaptures } from './capture/read-captures.js';
export type { EmissionEnd } from './emission/emit.js';
export { SynthError, type SynthErrorCode } from './errors.js';
export type { FileEvaluation } from './evaluation/evaluate-files.js';
export type { Evaluation, MetricResult } from './evaluation/result.js';
export type { FleetResult, FleetSnapshot } from './fleet/account/snapshot.js';
export type { FleetPlan } from './fleet/plan/prepare-fleet.js';
export { type Conversation, collect, type PacketBlock, type PacketSeries } from './packets/packet-series.js';
export type { Rewritten } from './rewrite/rewrite.js';
export type { LoadedSeries } from './series/load.js';
export type { Survey } from './series/survey.js';
export type { SinkReport } from './sink/sink-report.js';
export type { GeneratedPackets } from './synthesis/generate.js';
export type { OptionName } from './wording.js';
