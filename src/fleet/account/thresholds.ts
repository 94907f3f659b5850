/**
 * @module
 * What a run must reach: thresholds by name, checked before the run for names that do not exist and at its end for their values.
 */
import { nearest } from '../../did-you-mean.js';
import { SynthError } from '../../errors.js';
import { durationParts, parseRate } from '../../units.js';
import {
  type CountName,
  type DurationName,
  type DurationSummary,
  errorsOf,
  type FleetFidelity,
  type GroupSnapshot,
  type Outage,
  type ThresholdResult,
} from './snapshot.js';
import { OPERATORS, type Operator, type Threshold } from './threshold.js';

/** What thresholds are judged by: a run so far, or one that is over. */
export interface Judged {
  readonly elapsedSeconds: number;
  readonly groups: readonly GroupSnapshot[];
  readonly total: GroupSnapshot;
  /** Known in the end. */
  readonly fidelity?: ReadonlyMap<string, FleetFidelity>;
  readonly totalFidelity?: FleetFidelity | null;
  readonly outages?: readonly Outage[];
}

type Unit = 'duration' | 'share' | 'rate' | 'number';

interface Metric {
  readonly unit: Unit;
  /** Null where there is nothing to measure. @param group undefined for all */
  read(snapshot: GroupSnapshot, judged: Judged, group: string | undefined): number | null;
}

const QUANTILES = {
  mean: 'meanNs',
  p50: 'p50Ns',
  p90: 'p90Ns',
  p95: 'p95Ns',
  p99: 'p99Ns',
  p999: 'p999Ns',
  max: 'maxNs',
} as const satisfies Readonly<Record<string, keyof DurationSummary>>;

const DURATION_METRICS: Readonly<Record<string, DurationName>> = {
  connect: 'connect',
  latency: 'latency',
  service_time: 'serviceTime',
  lateness: 'lateness',
};

const COUNT_METRICS: Readonly<Record<string, CountName>> = {
  attempts: 'attempts',
  connects: 'connects',
  reconnects: 'reconnects',
  refused: 'refused',
  lost: 'lost',
  planned: 'planned',
  sent: 'sent',
  resent: 'resent',
  acknowledged: 'acknowledged',
  waited: 'waited',
  failed: 'failed',
  dropped: 'dropped',
  unfinished: 'unfinished',
  received: 'received',
};

/** Every metric by its name. */
export const METRICS: ReadonlyMap<string, Metric> = new Map([
  ...Object.entries(DURATION_METRICS).flatMap(([name, duration]) => durationMetrics(name, duration)),
  ...Object.entries(COUNT_METRICS).flatMap(([name, count]) => countMetrics(name, count)),
  ['errors.count', { unit: 'number', read: ({ counts }) => errorsOf(counts) }],
  ['errors.rate', { unit: 'share', read: errorRate }],
  ['outages.count', { unit: 'number', read: (_, { outages }) => outages?.length ?? null }],
  ['fidelity', { unit: 'number', read: fidelityScore }],
] satisfies (readonly [string, Metric])[]);

function durationMetrics(name: string, duration: DurationName): (readonly [string, Metric])[] {
  return Object.entries(QUANTILES).map(([quantile, field]) => {
    const read = ({ durations }: GroupSnapshot) =>
      durations[duration].count === 0 ? null : durations[duration][field];
    return [`${name}.${quantile}`, { unit: 'duration', read }];
  });
}

function countMetrics(name: string, count: CountName): (readonly [string, Metric])[] {
  return [
    [`${name}.count`, { unit: 'number', read: ({ counts }) => counts[count] }],
    [
      `${name}.rate`,
      {
        unit: 'rate',
        read: ({ counts }, { elapsedSeconds }) => (elapsedSeconds > 0 ? counts[count] / elapsedSeconds : null),
      },
    ],
  ];
}

/** Of all messages and attempts to connect. */
function errorRate({ counts }: GroupSnapshot): number | null {
  const tries = counts.planned + counts.attempts;
  return tries === 0 ? null : errorsOf(counts) / tries;
}

function fidelityScore(
  _: GroupSnapshot,
  { fidelity, totalFidelity }: Judged,
  group: string | undefined,
): number | null {
  return (group === undefined ? totalFidelity : fidelity?.get(group))?.score ?? null;
}

const FORM = /^(?:(.+?)\s*:\s*)?([a-z_0-9.]+)\s*(<=|>=|==|!=|<|>)\s*(\S(?:.*\S)?)$/;

/** @throws SynthError `SYNTH_USAGE` for groups and metrics that there are not, and values without the right unit */
export function parseThreshold(
  text: string,
  groups: readonly string[],
  { abortOnFail = false, graceNs = 0 }: { readonly abortOnFail?: boolean; readonly graceNs?: number } = {},
): Threshold {
  const [, group, name = '', operator, valueText = ''] = FORM.exec(text.trim()) ?? [];
  if (operator === undefined) {
    throw usage(`“${text}” is not a threshold`, 'Write it like latency.p99 < 200ms, or hub: errors.rate < 1%.');
  }
  if (group !== undefined && !groups.includes(group)) {
    const meant = nearest(group, groups);
    throw usage(
      `there is no group “${group}”`,
      meant === undefined ? `There are ${groups.join(', ')}.` : `Did you mean ${meant}?`,
    );
  }
  const metric = METRICS.get(name);
  if (metric === undefined) throw unknownMetric(name);
  const value = parseValue(valueText, metric.unit, text);
  return { text, group, metric: name, operator: operator as Operator, value, abortOnFail, graceNs }; // as FORM has it
}

const usage = (message: string, hint: string): SynthError => new SynthError('SYNTH_USAGE', message, { hint });

function unknownMetric(name: string): SynthError {
  const names = [...METRICS.keys()];
  const meant = nearest(name, names);
  if (meant !== undefined) return usage(`there is no metric “${name}”`, `Did you mean ${meant}?`);
  const family = names.filter((known) => known.startsWith(`${name.split('.')[0]}.`));
  const shown = family.length > 0 ? family : [...new Set(names.map((known) => known.split('.')[0]!))];
  return usage(`there is no metric “${name}”`, `There are ${shown.join(', ')}.`);
}

function parseValue(text: string, unit: Unit, threshold: string): number {
  const number = /^\d+(?:\.\d+)?(?:e-?\d+)?$/.test(text) ? Number(text) : Number.NaN;
  const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(text)?.[1];
  switch (unit) {
    case 'duration': {
      if (number === 0) return 0;
      if (!Number.isNaN(number)) throw usage(`“${threshold}”: durations need a unit`, `Write it like ${text}ms.`);
      return durationParts(text).reduce((sum, part) => sum + part, 0);
    }
    case 'share':
      if (percent !== undefined) return Number(percent) / 100;
      if (number <= 1) return number;
      throw usage(`“${threshold}”: “${text}” is not a share`, 'Write it like 0.1% or 0.001.');
    case 'rate':
      return number === 0 ? 0 : parseRate(text);
    case 'number':
      if (!Number.isNaN(number)) return number;
      throw usage(`“${threshold}”: “${text}” is not a number`, 'Write it like 0 or 90.');
  }
}

/** What has nothing to measure fails. */
export function judgeThresholds(thresholds: readonly Threshold[], judged: Judged): ThresholdResult[] {
  return thresholds.map((threshold) => {
    const { group, metric, operator } = threshold;
    const snapshot = group === undefined ? judged.total : judged.groups.find(({ name }) => name === group)!;
    const value = METRICS.get(metric)!.read(snapshot, judged, group);
    return { threshold, value, passed: value !== null && OPERATORS[operator](value, threshold.value) };
  });
}
