/** Invented fleets, for everything that shows what a fleet does. */
import {
  COUNTS,
  type Counts,
  type DurationName,
  type DurationSummary,
  type FleetResult,
  type FleetSnapshot,
  type GroupInterval,
  type GroupSnapshot,
  type Interval,
  type ThresholdResult,
} from '../../src/fleet/account/snapshot.js';

export const MS = 1e6;

export const countsOf = (some: Partial<Counts> = {}): Counts => ({
  // All names are there, so this is Counts.
  ...(Object.fromEntries(COUNTS.map((name) => [name, 0])) as Counts),
  ...some,
});

/** A distribution around its median. */
export function durationOf(count: number, p50Ms: number): DurationSummary {
  const ns = count === 0 ? 0 : p50Ms * MS;
  return {
    count,
    meanNs: ns * 1.25,
    p50Ns: ns,
    p90Ns: ns * 2,
    p95Ns: ns * 3,
    p99Ns: ns * 5,
    p999Ns: ns * 8,
    maxNs: ns * 10,
  };
}

export const durationsOf = (count: number, p50Ms: number): Readonly<Record<DurationName, DurationSummary>> => ({
  connect: durationOf(count, p50Ms * 2),
  latency: durationOf(count, p50Ms),
  serviceTime: durationOf(count, p50Ms * 0.75),
  lateness: durationOf(count, 0.5),
});

export function groupOf(some: Partial<GroupSnapshot> = {}): GroupSnapshot {
  return {
    name: 'hub',
    devices: 100,
    counts: countsOf(),
    durations: durationsOf(0, 0),
    errors: new Map(),
    ...some,
  };
}

export const groupIntervalOf = (some: Partial<GroupInterval> = {}): GroupInterval => ({
  up: 0,
  wanted: 0,
  connects: 0,
  planned: 0,
  sent: 0,
  acknowledged: 0,
  received: 0,
  sentBytes: 0,
  receivedBytes: 0,
  errors: 0,
  latency: { p50Ns: 0, p99Ns: 0, maxNs: 0 },
  lateness: { p99Ns: 0 },
  ...some,
});

/** An interval of a second, of one group. */
export function intervalOf(atSeconds: number, some: Partial<GroupInterval> = {}): Interval {
  const total = groupIntervalOf(some);
  return { atSeconds, seconds: 1, groups: [total], total };
}

/** A run of 100 hubs and 20 doorbells, of which half are lost from 60 s to 72 s. */
export function movingInterval(atSeconds: number): Interval {
  const isDown = atSeconds > 60 && atSeconds <= 72;
  const wanted = Math.min(120, atSeconds * 6);
  const share = (of: number): GroupInterval => {
    const up = Math.round((isDown ? wanted * 0.3 : wanted) * of);
    const planned = Math.round(up * 4 * (1 + 0.3 * Math.sin(atSeconds / 5)));
    const p50Ns = (8 + 3 * Math.sin(atSeconds / 9)) * MS * (isDown ? 20 : 1);
    return groupIntervalOf({
      up,
      wanted: Math.round(wanted * of),
      connects: atSeconds <= 20 ? Math.round(6 * of) : 0,
      planned,
      sent: planned,
      acknowledged: isDown ? Math.round(planned * 0.6) : planned,
      received: planned,
      sentBytes: planned * 180,
      receivedBytes: planned * 4,
      errors: isDown ? Math.round(40 * of) : 0,
      latency: { p50Ns, p99Ns: p50Ns * 5, maxNs: p50Ns * 9 },
      lateness: { p99Ns: 0.4 * MS },
    });
  };
  return { atSeconds, seconds: 1, groups: [share(5 / 6), share(1 / 6)], total: share(1) };
}

const hubs = (): GroupSnapshot =>
  groupOf({
    name: 'hub',
    devices: 100,
    counts: countsOf({
      up: 98,
      attempts: 180,
      connects: 160,
      reconnects: 60,
      refused: 20,
      lost: 62,
      planned: 50_000,
      sent: 49_000,
      resent: 12,
      sentBytes: 8_820_000,
      acknowledged: 48_800,
      failed: 150,
      dropped: 700,
      unfinished: 350,
      received: 48_800,
      receivedBytes: 195_200,
    }),
    durations: durationsOf(48_800, 8),
    errors: new Map([
      ['connect: ECONNREFUSED', 20],
      ['connection: ECONNRESET', 62],
      ['message: http-503', 150],
      ['dropped: offline', 700],
    ]),
  });

const doorbells = (): GroupSnapshot =>
  groupOf({
    name: 'doorbell',
    devices: 20,
    counts: countsOf({
      up: 20,
      attempts: 20,
      connects: 20,
      planned: 4000,
      sent: 4000,
      sentBytes: 720_000,
      acknowledged: 4000,
      received: 3,
      receivedBytes: 300,
    }),
    durations: durationsOf(4000, 21),
  });

function totalOf(groups: readonly GroupSnapshot[]): GroupSnapshot {
  const sum = (name: keyof Counts) => groups.reduce((all, { counts }) => all + counts[name], 0);
  const errors = new Map<string, number>();
  for (const [reason, count] of groups.flatMap((group) => [...group.errors]))
    errors.set(reason, (errors.get(reason) ?? 0) + count);
  return groupOf({
    name: 'total',
    devices: groups.reduce((all, { devices }) => all + devices, 0),
    counts: countsOf(Object.fromEntries(COUNTS.map((name) => [name, sum(name)]))),
    durations: durationsOf(sum('acknowledged'), 9),
    errors,
  });
}

export function snapshotOf(some: Partial<FleetSnapshot> = {}): FleetSnapshot {
  const groups = some.groups ?? [hubs(), doorbells()];
  return {
    elapsedSeconds: 90,
    plannedSeconds: 120,
    phase: 'hold',
    groups,
    total: totalOf(groups),
    interval: movingInterval(90),
    ...some,
  };
}

export function thresholdOf(text: string, value: number | null, passed: boolean): ThresholdResult {
  const threshold = {
    text,
    group: undefined,
    metric: text.split(' ')[0]!,
    operator: '<',
    value: 1,
    abortOnFail: false,
    graceNs: 0,
  } as const;
  return { threshold, value, passed };
}

export function resultOf(some: Partial<FleetResult> = {}): FleetResult {
  const groups = some.groups ?? [hubs(), doorbells()];
  return {
    scenario: 'morning',
    seed: 'seed-7',
    startedAt: '2026-03-01T08:00:00.000Z',
    elapsedSeconds: 120.4,
    plannedSeconds: 120,
    threads: 2,
    verdict: 'on-time',
    groups,
    total: totalOf(groups),
    fidelity: new Map([
      ['hub', { devices: 10, messages: 4900, score: 93.4, gapKs: 0.066, sizeKs: 0.01 }],
      ['doorbell', { devices: 10, messages: 2000, score: 97.1, gapKs: 0.029, sizeKs: 0 }],
    ]),
    totalFidelity: { devices: 20, messages: 6900, score: 95.2, gapKs: 0.048, sizeKs: 0.005 },
    intervals: Array.from({ length: 120 }, (_, index) => movingInterval(index + 1)),
    outages: [{ fromSeconds: 60, toSeconds: 73, missing: 84, reason: 'connection: ECONNRESET' }],
    thresholds: [
      thresholdOf('latency.p99 < 200ms', 45 * MS, true),
      thresholdOf('hub: errors.share < 0.1%', 0.019, false),
      thresholdOf('acknowledged.rate > 100/s', 438.6, true),
    ],
    memoryPerDeviceBytes: 41_000,
    peakMemoryBytes: 180_000_000,
    warnings: ['12 messages of 40 bytes are shorter than the headers of MQTT: they were sent with none of a payload'],
    ...some,
  };
}

/** A run in which nothing happened. */
export function emptyResult(some: Partial<FleetResult> = {}): FleetResult {
  return resultOf({
    groups: [groupOf({ devices: 0 })],
    fidelity: new Map(),
    totalFidelity: null,
    intervals: [],
    outages: [],
    thresholds: [],
    memoryPerDeviceBytes: 0,
    peakMemoryBytes: 0,
    warnings: [],
    elapsedSeconds: 0,
    plannedSeconds: 0,
    ...some,
  });
}
