/**
 * @module
 * What a program needs: read captures, extract series, train, generate, evaluate, emit, receive. No command line in here.
 */
export { defaultFitOptions, type FitOptions } from '../models/fit-options.js';
export type { ComponentRow } from '../models/gaussian/component-search.js';
export type {
  ComponentDescription,
  FitHooks,
  FitStart,
  ModelKind,
  SampleLimit,
  Sampling,
  TrafficModel,
} from '../models/generator.js';
export type { DirectionHmm } from '../models/hmm/direction-hmm.js';
export { type Directions, HmmModel, type HmmSummary } from '../models/hmm/hmm-model.js';
export { type CaptureInput, type CaptureWarning, captureInput } from './capture/capture-file.js';
export type { Packet } from './capture/packet.js';
export { type CaptureReport, type ReadOptions, readCaptures } from './capture/read-captures.js';
export { type Clock, systemClock } from './clock.js';
export { type Emission, type EmitOptions, emit, type LatenessSummary, type LiveCounts } from './emission/emit.js';
export {
  type Destination,
  type EmissionRequest,
  type PreparedEmission,
  prepareEmission,
  type TlsOptions,
} from './emission/prepare-emission.js';
export type { Pacing, ScheduleOptions } from './emission/schedule.js';
export type { CapturesInput, ModelInput } from './emission/sources/open-source.js';
export type { Verdict } from './emission/verdict.js';
export type { Precision } from './emission/waiter.js';
export { SynthError, type SynthErrorCode } from './errors.js';
export { evaluate } from './evaluation/evaluate.js';
export type { JudgeOptions } from './evaluation/judge.js';
export type { Aspect, Direction } from './evaluation/metric.js';
export type { BootstrapFloor, Evaluation, MetricResult } from './evaluation/result.js';
export type { FleetResult, FleetSnapshot, FleetVerdict } from './fleet/account/snapshot.js';
export { type FleetPlan, type PreparedFleet, type PrepareOptions, prepareFleet } from './fleet/plan/prepare-fleet.js';
export { type RunFleetOptions, runFleet } from './fleet/run/run-fleet.js';
export { type Overrides, readScenario } from './fleet/scenario/read-scenario.js';
export type { Group, Phase, Scenario, Storm, Target as FleetTarget } from './fleet/scenario/scenario.js';
export { type EmissionTarget, parseBindAddresses, parseTarget } from './host/target-url.js';
export { loadModelFile } from './model-files/load-model.js';
export {
  decodeModelFile,
  encodeModelFile,
  type LoadedModelFile,
  type ModelFile,
  type TargetProfile,
  type TrainingRecord,
} from './model-files/model-file.js';
export type { Rotation, WrittenFile, WrittenSeries } from './output/output-series.js';
export {
  type Conversation,
  collect,
  type PacketBlock,
  type PacketSeries,
  sliceSeries,
} from './packets/packet-series.js';
export { throughputBytes } from './packets/throughput.js';
export { type Random, randomStream } from './random.js';
export type { AddressChange } from './rewrite/address-change.js';
export { AddressMaps, parseAddressMaps, parseMacMaps } from './rewrite/address-map.js';
export { readAnonymizationKey } from './rewrite/anonymization-key.js';
export { Anonymizer } from './rewrite/anonymizer.js';
export { type FrameChangeOptions, SAME_FRAMES } from './rewrite/frame-change.js';
export { ALL_PACKETS, type PacketRangeOptions } from './rewrite/packet-range.js';
export { type RewriteOptions, type Rewritten, rewriteCaptures } from './rewrite/rewrite.js';
export { SAME_TIMES, type TimeChangeOptions } from './rewrite/time-change.js';
export { type ExtractOptions, extractSeries, type SeriesExtraction, streamTarget } from './series/extract.js';
export { type LoadedSeries, loadSeries } from './series/load.js';
export type { SelectedPacket, SelectedPacketHandler } from './series/select.js';
export { type Survey, surveyCaptures } from './series/survey.js';
export { formatTarget, parseDevice, parseFlow, type Target } from './series/target.js';
export { runSink, type SinkOptions, type SinkOutput } from './sink/sink.js';
export type { SinkReport } from './sink/sink-report.js';
export type { Interval } from './statistics/confidence.js';
export { emd } from './statistics/emd.js';
export { ksStatistic } from './statistics/ks.js';
export { type GeneratedPackets, type GenerateOptions, generate } from './synthesis/generate.js';
export { type Identity, type IdentityOptions, identityOf } from './synthesis/identity.js';
export { type TrainOptions, train } from './training/train.js';
