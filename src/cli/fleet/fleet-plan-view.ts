/** @module What a fleet will do, for people. */

import type { Threshold } from '../../fleet/account/threshold.js';
import type { FleetPlan, GroupPlan, PhasePlan, PreparedFleet } from '../../fleet/plan/prepare-fleet.js';
import { formatBytes, formatCount, formatCounted, formatNumber, formatSeconds } from '../../format.js';
import { formatTable } from '../table.js';

const MAX_ROWS = 30;

export function fleetPlanLines(plan: FleetPlan, thresholds: readonly Threshold[]): string[] {
  const { devices, peakDevices, seconds, messages, messagesPerSecond, bytesPerSecond, threads } = plan;
  return [
    groupTable(plan.groups),
    '',
    phaseTable(plan.phases),
    '',
    `${formatCounted(devices, 'device')}, ${formatCount(peakDevices)} at a time, for ${formatSeconds(seconds)} in ${formatCounted(threads, 'thread')}`,
    `about ${formatCount(messages)} messages; with all devices up ${formatNumber(messagesPerSecond)} messages/s, ${formatBytes(Math.round(bytesPerSecond))}/s with headers`,
    limitLine('open files', plan.descriptors.needed, plan.descriptors.allowed),
    limitLine('ports to one target', plan.ports.needed, plan.ports.available),
    ...thresholds.map(({ text, abortOnFail }) => `threshold ${text}${abortOnFail ? ', else the run is aborted' : ''}`),
  ];
}

function groupTable(groups: readonly GroupPlan[]): string {
  const rows = groups
    .slice(0, MAX_ROWS)
    .map((group) => [
      group.name,
      formatCount(group.devices),
      group.target,
      `${formatNumber(group.messagesPerSecondPerDevice * 60)}/min`,
      formatBytes(Math.round(group.meanPacketBytes)),
      formatSeconds(group.spreadSeconds),
      formatCount(group.messages),
    ]);
  const head = ['group', 'devices', 'target', 'messages each', 'packet', 'spread over', 'messages'];
  const more = groups.length > MAX_ROWS ? `\n… and ${groups.length - MAX_ROWS} more` : '';
  return formatTable(head, rows, [1, 3, 4, 5, 6]) + more;
}

function phaseTable(phases: readonly PhasePlan[]): string {
  const rows = phases.map(({ kind, fromSeconds, toSeconds, devices, connectsPerSecond }) => [
    kind,
    `${formatSeconds(fromSeconds)} – ${formatSeconds(toSeconds)}`,
    formatCount(devices),
    toSeconds > fromSeconds || connectsPerSecond === 0 ? formatNumber(connectsPerSecond) : 'all at once',
  ]);
  return formatTable(['phase', 'time', 'devices at its end', 'connects/s'], rows, [2, 3]);
}

const limitLine = (what: string, needed: number, allowed: number | null): string =>
  `${what}: ${formatCount(needed)} needed, ${allowed === null ? 'no limit known' : `${formatCount(allowed)} there are`}`;

/** Before a run, in short. */
export function fleetPlanNote({ plan, seed }: PreparedFleet): string[] {
  const targets = [...new Set(plan.groups.map(({ target }) => target))].join(', ');
  return [
    `${formatCounted(plan.devices, 'device')} → ${targets}, for ${formatSeconds(plan.seconds)}; about ${formatCount(plan.messages)} messages`,
    `seed ${seed}`,
  ];
}
