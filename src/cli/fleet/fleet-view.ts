/**
 * @module
 * A fleet for people: while it runs, and what became of it; and for programs.
 */
import {
  byCount,
  DURATION_NAMES,
  durationText,
  formatNs,
  NOTHING,
  outageText,
  thresholdValue,
  unansweredCount,
  VERDICTS,
  waitingCount,
} from '../../fleet/account/describe.js';
import {
  DURATIONS,
  errorsOf,
  type FleetResult,
  type FleetSnapshot,
  type GroupInterval,
  type GroupSnapshot,
  type Interval,
} from '../../fleet/account/snapshot.js';
import { plain } from '../../fleet/plain.js';

export { fleetFailure } from './fleet-failure.js';

import { formatBytes, formatCount, formatCounted, formatSeconds } from '../../format.js';
import { formatTable } from '../table.js';

/** Rows of groups in a panel, and in a summary. */
const PANEL_ROWS = 20;
const SUMMARY_ROWS = 50;
const MAX_REASONS = 8;
const MAX_OUTAGES = 10;

/** Names may hold what moves the cursor. */
const shown = (text: string): string => text.replace(/\p{Cc}/gu, '�');

const perSecond = (count: number, seconds: number): string =>
  seconds > 0 ? `${formatCount(Math.round(count / seconds))}/s` : NOTHING;

/** Of the messages acknowledged in the interval. */
const p99Text = ({ acknowledged, latency }: GroupInterval): string =>
  acknowledged === 0 ? NOTHING : formatNs(latency.p99Ns);

const clock = ({ elapsedSeconds, plannedSeconds }: FleetSnapshot): string =>
  Number.isFinite(plannedSeconds) && plannedSeconds > 0
    ? `${formatSeconds(elapsedSeconds)} of ${formatSeconds(plannedSeconds)}`
    : formatSeconds(elapsedSeconds);

/** A run in one line. Rates and latency are those of the last interval. */
export function fleetLiveLine(snapshot: FleetSnapshot): string {
  const { phase, total, interval } = snapshot;
  const now =
    interval === undefined
      ? []
      : [
          `sent ${perSecond(interval.total.sent, interval.seconds)}`,
          `acknowledged ${perSecond(interval.total.acknowledged, interval.seconds)}`,
          `p99 ${p99Text(interval.total)}`,
        ];
  const errors = errorsOf(total.counts);
  return [
    `${shown(phase)} ${clock(snapshot)}`,
    `${formatCount(total.counts.up)}/${formatCount(total.devices)} up`,
    ...now,
    ...(errors > 0 ? [formatCounted(errors, 'error')] : []),
  ].join(', ');
}

const PANEL_HEAD = ['group', 'up', 'wanted', 'sent', 'acknowledged', 'p99', 'errors'];
const BAR_WIDTH = 24;

/** What the numbers of a row need, and what a name needs to be one. */
const NUMBERS_WIDTH = 58;
const MIN_NAME = 10;

const shorten = (name: string, most: number): string => {
  const letters = [...name];
  return letters.length > most ? `${letters.slice(0, most - 1).join('')}…` : name;
};

/**
 * A run in several lines, none wider than a terminal of so many columns: how far it is, a row for each group, what fails most.
 */
export function fleetPanel(snapshot: FleetSnapshot, columns: number): string[] {
  const { elapsedSeconds, plannedSeconds, phase, groups, total, interval } = snapshot;
  const share = plannedSeconds > 0 ? Math.min(1, elapsedSeconds / plannedSeconds) : 0;
  const filled = Math.round(share * BAR_WIDTH);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}`;
  const names = Math.max(MIN_NAME, columns - NUMBERS_WIDTH);
  const rows = groups
    .slice(0, PANEL_ROWS)
    .map((group, index) => panelRow({ ...group, name: shorten(group.name, names) }, interval, index));
  if (groups.length > 1) rows.push(panelRow({ ...total, name: 'all' }, interval, undefined));
  const table = formatTable(PANEL_HEAD, rows, [1, 2, 3, 4, 5, 6]).split('\n');
  const hidden = groups.length - Math.min(groups.length, PANEL_ROWS);
  const [reason] = byCount(total.errors);
  const lines = [
    `${bar} ${shown(phase)}, ${clock(snapshot)}`,
    ...table,
    ...(hidden > 0 ? [`and ${formatCount(hidden)} more`] : []),
    ...(reason === undefined ? [] : [`most frequent error: ${formatCount(reason[1])} × ${shown(reason[0])}`]),
  ];
  return lines.map((line) => [...line].slice(0, Math.max(0, columns)).join(''));
}

/** @param index of the group in the interval; undefined for all of them */
function panelRow(group: GroupSnapshot, interval: Interval | undefined, index: number | undefined): readonly string[] {
  const now = index === undefined ? interval?.total : interval?.groups[index];
  const errors = formatCount(errorsOf(group.counts));
  const up = `${formatCount(group.counts.up)}/${formatCount(group.devices)}`;
  const name = shown(group.name);
  if (interval === undefined || now === undefined) return [name, up, NOTHING, NOTHING, NOTHING, NOTHING, errors];
  return [
    name,
    up,
    formatCount(now.wanted),
    perSecond(now.sent, interval.seconds),
    perSecond(now.acknowledged, interval.seconds),
    p99Text(now),
    errors,
  ];
}

/** The lines of a summary. */
export function fleetLines(result: FleetResult): string[] {
  const { total, elapsedSeconds, plannedSeconds, verdict, warnings } = result;
  const { counts } = total;
  return [
    ...groupsTable(result),
    `${formatCounted(total.devices, 'device')}, ${formatCounted(counts.connects, 'connection')} ` +
      `(${formatCounted(counts.reconnects, 'reconnect')}) of ${formatCounted(counts.attempts, 'attempt')}, ${formatCount(counts.lost)} lost`,
    `${formatCounted(counts.sent, 'message')} sent (${formatBytes(counts.sentBytes)}) in ${formatSeconds(elapsedSeconds)}` +
      ` (planned ${formatSeconds(plannedSeconds)}): ${perSecond(counts.sent, elapsedSeconds)}`,
    ...accountLines(result),
    ...(counts.received > 0
      ? [`received ${formatCounted(counts.received, 'message')} (${formatBytes(counts.receivedBytes)})`]
      : []),
    ...durationLines(total),
    ...errorLines(total),
    ...fidelityLines(result),
    ...outageLines(result),
    ...result.thresholds.map((one) => `${one.passed ? '✓' : '✗'} ${shown(one.threshold.text)}: ${thresholdValue(one)}`),
    ...(result.memoryPerDeviceBytes > 0
      ? [
          `memory: ${formatBytes(Math.round(result.memoryPerDeviceBytes))} per device, ${formatBytes(result.peakMemoryBytes)} at its peak`,
        ]
      : []),
    ...warnings.map((warning) => `Warning: ${shown(warning)}`),
    `verdict: ${VERDICTS[verdict].name}: ${VERDICTS[verdict].meaning}`,
  ];
}

function groupsTable({ groups, total }: FleetResult): readonly string[] {
  const row = (name: string, { devices, counts, durations, errors }: GroupSnapshot) => [
    shown(name),
    formatCount(devices),
    formatCount(counts.connects),
    formatCount(counts.sent),
    formatCount(counts.acknowledged),
    formatCount([...errors.values()].reduce((sum, count) => sum + count, 0)),
    durationText(durations.latency, 'p50Ns'),
    durationText(durations.latency, 'p99Ns'),
    durationText(durations.lateness, 'p99Ns'),
  ];
  const rows = groups.slice(0, SUMMARY_ROWS).map((group) => row(group.name, group));
  if (groups.length > 1) rows.push(row('all', total));
  const head = ['group', 'devices', 'connects', 'sent', 'acknowledged', 'errors', 'latency p50', 'p99', 'late p99'];
  const hidden = groups.length - Math.min(groups.length, SUMMARY_ROWS);
  return [
    ...formatTable(head, rows, [1, 2, 3, 4, 5, 6, 7, 8]).split('\n'),
    ...(hidden > 0 ? [`… and ${formatCount(hidden)} more`] : []),
  ];
}

function accountLines({ total: { counts } }: FleetResult): readonly string[] {
  return [
    `planned ${formatCount(counts.planned)} = sent ${formatCount(counts.sent)} + dropped ${formatCount(counts.dropped)} + waiting ` +
      `at the end ${formatCount(waitingCount(counts))}`,
    `of those sent: ${formatCount(counts.acknowledged)} acknowledged, ${formatCount(counts.failed)} failed, ` +
      `${formatCount(unansweredCount(counts))} without an answer at the end`,
  ];
}

const durationLines = ({ durations }: GroupSnapshot): readonly string[] =>
  DURATIONS.filter((name) => durations[name].count > 0).map((name) => {
    const { p50Ns, p95Ns, p99Ns, maxNs } = durations[name];
    return (
      `${DURATION_NAMES[name].name}: p50 ${formatNs(p50Ns)} · p95 ${formatNs(p95Ns)} · p99 ${formatNs(p99Ns)} · ` +
      `max ${formatNs(maxNs)}`
    );
  });

function errorLines({ errors }: GroupSnapshot): readonly string[] {
  if (errors.size === 0) return [];
  const reasons = byCount(errors);
  const hidden = reasons.length - Math.min(reasons.length, MAX_REASONS);
  const parts = reasons.slice(0, MAX_REASONS).map(([reason, count]) => `${formatCount(count)} × ${shown(reason)}`);
  return [`errors: ${parts.join(', ')}${hidden > 0 ? ` and ${formatCounted(hidden, 'further reason')}` : ''}`];
}

function fidelityLines({ totalFidelity }: FleetResult): readonly string[] {
  if (totalFidelity === null) return [];
  const { score, devices, messages, gapKs, sizeKs } = totalFidelity;
  return [
    `fidelity: ${score.toFixed(1)} of 100 over ${formatCounted(devices, 'device')} and ${formatCounted(messages, 'message')} ` +
      `(KS of gaps ${gapKs.toFixed(3)}, of sizes ${sizeKs.toFixed(3)})`,
  ];
}

function outageLines({ outages }: FleetResult): readonly string[] {
  const hidden = outages.length - Math.min(outages.length, MAX_OUTAGES);
  return [
    ...outages.slice(0, MAX_OUTAGES).map((outage) => `outage: ${shown(outageText(outage))}`),
    ...(hidden > 0 ? [`… and ${formatCounted(hidden, 'outage')} more`] : []),
  ];
}

/**
 * What `--json` and `--summary` have: the result with maps as objects, groups of intervals by their names, and null for what is no number.
 * Times are in seconds or in ns, sizes in bytes, as the names of the fields say; values of thresholds in the unit of their metric (ns,
 * shares from 0 to 1, per second).
 */
export function fleetJson(result: FleetResult): Readonly<Record<string, unknown>> {
  const names = result.groups.map(({ name }) => name);
  const intervals = result.intervals.map(({ groups, ...interval }) => ({
    ...interval,
    groups: new Map(groups.map((group, index) => [names[index] ?? String(index), group])),
  }));
  // A plain object stays an object.
  return plain({ ...result, intervals }) as Readonly<Record<string, unknown>>;
}
