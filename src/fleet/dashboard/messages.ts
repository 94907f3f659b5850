/**
 * @module
 * What the page of the dashboard is told, as JSON. `static/page.js` is the other end.
 */
import { byCount, thresholdValue, VERDICTS } from '../account/describe.js';
import type { FleetResult, FleetSnapshot, GroupInterval, GroupSnapshot, Interval } from '../account/snapshot.js';
import { errorsOf } from '../account/snapshot.js';

/** First of all: which run this is. */
export interface Hello {
  readonly scenario: string;
  readonly seed: string;
  readonly groups: readonly DashboardGroup[];
}

export interface DashboardGroup {
  readonly name: string;
  readonly devices: number;
  /** URL of its target, for people. */
  readonly target: string;
}

/** A point of the charts: an interval of all groups together. Rates are per second, latencies in ns, null where nothing was acknowledged. */
export interface Point {
  readonly at: number;
  readonly up: number;
  readonly wanted: number;
  readonly planned: number;
  readonly sent: number;
  readonly acknowledged: number;
  readonly errors: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly p50: number | null;
  readonly p99: number | null;
}

export interface GroupRow {
  readonly name: string;
  readonly devices: number;
  readonly up: number;
  readonly errors: number;
  /** Messages so far. */
  readonly sentSoFar: number;
  readonly acknowledgedSoFar: number;
  /** Per second in the last interval. */
  readonly sent: number | null;
  readonly acknowledged: number | null;
  /** Of the whole run, in ns; null where nothing was acknowledged. */
  readonly p50: number | null;
  readonly p99: number | null;
}

/** Each second. */
export interface Now {
  readonly elapsedSeconds: number;
  /** Null where the run has no planned end. */
  readonly plannedSeconds: number | null;
  readonly phase: string;
  readonly total: GroupRow;
  readonly groups: readonly GroupRow[];
  readonly reasons: readonly (readonly [string, number])[];
  readonly point: Point | null;
}

/** Once. */
export interface Finished {
  readonly verdict: string;
  readonly meaning: string;
  readonly thresholds: readonly { readonly text: string; readonly value: string; readonly passed: boolean }[];
  readonly hasReport: boolean;
}

const MAX_REASONS = 20;

export function pointOf({ atSeconds, seconds, total }: Interval): Point {
  const rate = (count: number) => (seconds > 0 ? count / seconds : 0);
  const hasLatency = total.acknowledged > 0;
  return {
    at: atSeconds,
    up: total.up,
    wanted: total.wanted,
    planned: rate(total.planned),
    sent: rate(total.sent),
    acknowledged: rate(total.acknowledged),
    errors: rate(total.errors),
    sentBytes: rate(total.sentBytes),
    receivedBytes: rate(total.receivedBytes),
    p50: hasLatency ? total.latency.p50Ns : null,
    p99: hasLatency ? total.latency.p99Ns : null,
  };
}

function rowOf(
  { name, devices, counts, durations }: GroupSnapshot,
  interval: GroupInterval | undefined,
  seconds: number,
): GroupRow {
  const { latency } = durations;
  const rate = (count: number | undefined) => (count === undefined || seconds <= 0 ? null : count / seconds);
  return {
    name,
    devices,
    up: counts.up,
    errors: errorsOf(counts),
    sentSoFar: counts.sent,
    acknowledgedSoFar: counts.acknowledged,
    sent: rate(interval?.sent),
    acknowledged: rate(interval?.acknowledged),
    p50: latency.count > 0 ? latency.p50Ns : null,
    p99: latency.count > 0 ? latency.p99Ns : null,
  };
}

export function nowOf({ elapsedSeconds, plannedSeconds, phase, groups, total, interval }: FleetSnapshot): Now {
  const seconds = interval?.seconds ?? 0;
  return {
    elapsedSeconds,
    plannedSeconds: Number.isFinite(plannedSeconds) ? plannedSeconds : null,
    phase,
    total: rowOf(total, interval?.total, seconds),
    groups: groups.map((group, index) => rowOf(group, interval?.groups[index], seconds)),
    reasons: byCount(total.errors).slice(0, MAX_REASONS),
    point: interval === undefined ? null : pointOf(interval),
  };
}

export function finishedOf(result: FleetResult, hasReport: boolean): Finished {
  const { name, meaning } = VERDICTS[result.verdict];
  const thresholds = result.thresholds.map((one) => ({
    text: one.threshold.text,
    value: thresholdValue(one),
    passed: one.passed,
  }));
  return { verdict: name, meaning, thresholds, hasReport };
}
