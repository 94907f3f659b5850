/**
 * @module
 * What a fleet did in the words that the terminal, the dashboard and the report share.
 */
import { formatCount, formatNumber, formatSeconds, formatShare } from '../../format.js';
import type { Counts, DurationName, DurationSummary, FleetVerdict, Outage, ThresholdResult } from './snapshot.js';

export const VERDICTS: Readonly<Record<FleetVerdict, { readonly name: string; readonly meaning: string }>> = {
  'on-time': { name: 'on time', meaning: 'The plan was kept.' },
  'target-bound': {
    name: 'target-bound',
    meaning: 'The target took connections or messages more slowly than planned.',
  },
  'generator-bound': {
    name: 'generator-bound',
    meaning: 'This machine could not keep to the plan, so nothing is said about the target.',
  },
  interrupted: { name: 'interrupted', meaning: 'The run was interrupted before its end.' },
  aborted: { name: 'aborted', meaning: 'A threshold failed that ends the run.' },
};

export const DURATION_NAMES: Readonly<Record<DurationName, { readonly name: string; readonly about: string }>> = {
  connect: { name: 'connecting', about: 'from the attempt to the connection' },
  latency: { name: 'latency', about: 'from the planned time of a message to its acknowledgement' },
  serviceTime: { name: 'service time', about: 'from sending to acknowledgement' },
  lateness: { name: 'lateness', about: 'from the planned time to sending' },
};

export const NOTHING = '–';

export const formatNs = (ns: number): string => formatSeconds(ns / 1e9);

/** A number of a distribution, in words; a dash where there is nothing to distribute. */
export const durationText = (summary: DurationSummary, which: 'p50Ns' | 'p95Ns' | 'p99Ns' | 'maxNs'): string =>
  summary.count === 0 ? NOTHING : formatNs(summary[which]);

/** Messages that came due and were neither sent nor dropped. */
export const waitingCount = ({ planned, sent, dropped }: Counts): number => Math.max(0, planned - sent - dropped);

/** Messages that were sent and have neither been acknowledged nor failed. */
export const unansweredCount = ({ sent, acknowledged, failed }: Counts): number =>
  Math.max(0, sent - acknowledged - failed);

/** The most frequent first. */
export const byCount = (errors: ReadonlyMap<string, number>): readonly (readonly [string, number])[] =>
  [...errors].sort(([, a], [, b]) => b - a);

/** Of a threshold as it was written: what stands behind its number. */
const UNIT = /[<>=!]=?\s*[-+]?[\d._]+(?:e[-+]?\d+)?\s*(%|\/\s*s\b|[a-zµ]+)?/i;
const DURATIONS_UNITS = new Set(['ns', 'us', 'µs', 'ms', 's', 'm', 'min', 'h', 'd']);

/** What was measured, in the unit in which the threshold was written. */
export function thresholdValue({ threshold, value }: ThresholdResult): string {
  if (value === null || !Number.isFinite(value)) return 'nothing to measure';
  const unit = UNIT.exec(threshold.text)?.[1]?.toLowerCase() ?? '';
  if (unit === '%') return formatShare(value);
  if (DURATIONS_UNITS.has(unit)) return formatNs(value);
  return unit.startsWith('/') ? `${formatNumber(value)}/s` : formatNumber(value);
}

export function outageText({ fromSeconds, toSeconds, missing, reason }: Outage): string {
  const span =
    toSeconds === null
      ? `from ${formatSeconds(fromSeconds)} to the end`
      : `${formatSeconds(fromSeconds)} to ${formatSeconds(toSeconds)}`;
  return `${span}, ${formatCount(missing)} ${missing === 1 ? 'device' : 'devices'} missing, mostly ${reason}`;
}
