/**
 * @module
 * What a fleet has done so far, and what it came to in the end: numbers for the live line, the dashboard, exporters, thresholds and the report.
 */
import type { Threshold } from './threshold.js';

/** Counts of a group, or of all. They grow during a run, except `up`. */
export const COUNTS = [
  /** Devices that are connected now. */
  'up',
  /** Connections begun, and those that came to be. */
  'attempts',
  'connects',
  /** Of these the ones of devices that had been connected before. */
  'reconnects',
  /** Attempts that failed. */
  'refused',
  /** Connections that ended and were not meant to. */
  'lost',
  /** Messages that came due. = sent + dropped + waiting at the end */
  'planned',
  /** Messages handed to the connection for the first time; sent again after a lost connection; and their payload. */
  'sent',
  'resent',
  'sentBytes',
  /** Messages that the target has acknowledged; where the protocol has no such thing, that the system has taken. */
  'acknowledged',
  /** Messages that had to wait, since the connection took no more. */
  'waited',
  /** Messages that the target refused, or that were given up. */
  'failed',
  /** Messages that came due without a connection and were not kept, or found the queue full. */
  'dropped',
  /** Messages that found no end before the run did: queued, or sent and never acknowledged. Known at the end. */
  'unfinished',
  /** What targets sent: messages or answers, and their bytes. */
  'received',
  'receivedBytes',
  /** Messages that the model wants shorter than the headers of the protocol. */
  'belowOverhead',
  /** Packets of the model that carry nothing, left to the stack of the system. */
  'leftToStack',
] as const;
export type CountName = (typeof COUNTS)[number];
export type Counts = Readonly<Record<CountName, number>>;

/** The distribution of a duration, in ns; all 0 where there is none. */
export interface DurationSummary {
  readonly count: number;
  readonly meanNs: number;
  readonly p50Ns: number;
  readonly p90Ns: number;
  readonly p95Ns: number;
  readonly p99Ns: number;
  readonly p999Ns: number;
  readonly maxNs: number;
}

export const DURATIONS = [
  /** From the attempt to the connection, with all that the protocol wants (TLS, CONNACK). */
  'connect',
  /** From the planned time of a message to its acknowledgement: corrected for coordinated omission. */
  'latency',
  /** From sending to acknowledgement. */
  'serviceTime',
  /** From the planned time to sending, of messages that were due while connected. */
  'lateness',
] as const;
export type DurationName = (typeof DURATIONS)[number];

export interface GroupSnapshot {
  readonly name: string;
  /** How many devices it has. */
  readonly devices: number;
  readonly counts: Counts;
  readonly durations: Readonly<Record<DurationName, DurationSummary>>;
  /** By reason, prefixed with what failed: `connect: ECONNREFUSED`, `connection: ECONNRESET`, `message: http-503`, `dropped: offline`. */
  readonly errors: ReadonlyMap<string, number>;
}

/** Whatever went wrong: messages that failed or were dropped, attempts that were refused, connections that were lost. */
export const errorsOf = ({ failed, dropped, refused, lost }: Counts): number => failed + dropped + refused + lost;

/** What happened between two looks, about a second apart (more in long runs). */
export interface Interval {
  /** Since the beginning of the run, at the end of the interval. */
  readonly atSeconds: number;
  readonly seconds: number;
  readonly groups: readonly GroupInterval[];
  /** Of all groups together. */
  readonly total: GroupInterval;
}

export interface GroupInterval {
  /** Devices connected at the end of it, and how many ought to be. */
  readonly up: number;
  readonly wanted: number;
  readonly connects: number;
  readonly planned: number;
  readonly sent: number;
  readonly acknowledged: number;
  readonly received: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** failed + refused + lost + dropped */
  readonly errors: number;
  /** Of the messages acknowledged, sent, in the interval; 0 where there are none. */
  readonly latency: { readonly p50Ns: number; readonly p99Ns: number; readonly maxNs: number };
  readonly lateness: { readonly p99Ns: number };
}

export interface FleetSnapshot {
  readonly elapsedSeconds: number;
  /** How long the run is planned to be. */
  readonly plannedSeconds: number;
  /** Of the phase that it is in: `ramp`, `hold` …, `closing` behind the last. */
  readonly phase: string;
  readonly groups: readonly GroupSnapshot[];
  readonly total: GroupSnapshot;
  /** The latest. */
  readonly interval: Interval | undefined;
}

/** A time in which devices were down that ought to have been up: from half of those up lost, or of attempts refused, until nine in ten are back. */
export interface Outage {
  readonly fromSeconds: number;
  /** Null if it lasted to the end. */
  readonly toSeconds: number | null;
  /** Largest number of devices that were missing. */
  readonly missing: number;
  /** Most frequent reason. */
  readonly reason: string;
}

export interface ThresholdResult {
  readonly threshold: Threshold;
  /** In the unit of the threshold; null where there was nothing to measure, which fails it. */
  readonly value: number | null;
  readonly passed: boolean;
}

/** How the messages of observed devices left, beside what their models want. */
export interface FleetFidelity {
  readonly devices: number;
  readonly messages: number;
  /** 0 to 100: 100 · (1 − the larger of both distances), median over the devices. */
  readonly score: number;
  /** Kolmogorov–Smirnov distances between planned and sent, medians over the devices. */
  readonly gapKs: number;
  readonly sizeKs: number;
}

export const FLEET_VERDICTS = ['on-time', 'target-bound', 'generator-bound', 'interrupted', 'aborted'] as const;
/**
 * - `target-bound`: one message in a hundred had to wait for the target, was dropped, or was left without an answer or a connection.
 * - `generator-bound`: one message in a hundred was sent 100 ms too late for want of time on this machine.
 * - `aborted`: by a threshold.
 */
export type FleetVerdict = (typeof FLEET_VERDICTS)[number];

export interface FleetResult {
  readonly scenario: string;
  readonly seed: string;
  /** ISO time. */
  readonly startedAt: string;
  readonly elapsedSeconds: number;
  readonly plannedSeconds: number;
  readonly threads: number;
  readonly verdict: FleetVerdict;
  readonly groups: readonly GroupSnapshot[];
  readonly total: GroupSnapshot;
  readonly fidelity: ReadonlyMap<string, FleetFidelity>;
  readonly totalFidelity: FleetFidelity | null;
  /** At most some hundreds, whatever the length of the run. */
  readonly intervals: readonly Interval[];
  readonly outages: readonly Outage[];
  readonly thresholds: readonly ThresholdResult[];
  /** Growth of the memory of the process from before the devices were made to its peak, divided by them. */
  readonly memoryPerDeviceBytes: number;
  readonly peakMemoryBytes: number;
  readonly warnings: readonly string[];
}
