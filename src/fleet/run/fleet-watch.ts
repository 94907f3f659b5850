/**
 * @module
 * Looks at a fleet about once a second: what it has done so far, and what it did since the last look.
 */
import { difference, GroupSums, quantilesNs, summaryOf } from '../account/group-counts.js';
import {
  type CountName,
  DURATIONS,
  type DurationName,
  type DurationSummary,
  errorsOf,
  type FleetSnapshot,
  type GroupInterval,
  type GroupSnapshot,
  type Interval,
} from '../account/snapshot.js';
import type { PreparedFleet } from '../plan/prepare-fleet.js';
import { wantedAfterStorms } from './storms.js';

/** What is looked at: sums of each group, and errors by reason. */
export interface Watched {
  readonly errors: readonly ReadonlyMap<string, number>[];
  sums(): readonly GroupSums[];
}

const ALL = 'all';

export class FleetWatch {
  readonly #fleet: PreparedFleet;
  readonly #watched: Watched;
  /** At the last look: of each group, and of all. */
  #before: readonly GroupSums[] | undefined;
  #beforeNs = 0;
  #interval: Interval | undefined;

  constructor(fleet: PreparedFleet, watched: Watched) {
    this.#fleet = fleet;
    this.#watched = watched;
  }

  /** @param elapsedNs since the beginning of the run */
  look(elapsedNs: number): FleetSnapshot {
    const { groups, timeline, plan } = this.#fleet;
    const sums = this.#watched.sums();
    const total = new GroupSums();
    for (const group of sums) total.add(group);
    this.#interval = this.#intervalTo(elapsedNs, sums, total);
    this.#before = [...sums, total];
    this.#beforeNs = elapsedNs;
    const allErrors = new Map<string, number>();
    for (const errors of this.#watched.errors) {
      for (const [reason, count] of errors) allErrors.set(reason, (allErrors.get(reason) ?? 0) + count);
    }
    return {
      elapsedSeconds: elapsedNs / 1e9,
      plannedSeconds: timeline.totalNs / 1e9,
      phase: timeline.phaseAt(elapsedNs) ?? (elapsedNs < 0 ? 'starting' : 'closing'),
      groups: groups.map(({ name, count }, i) => snapshotOf(name, count, sums[i]!, this.#watched.errors[i]!)),
      total: snapshotOf(ALL, plan.devices, total, allErrors),
      interval: this.#interval,
    };
  }

  #intervalTo(elapsedNs: number, sums: readonly GroupSums[], total: GroupSums): Interval {
    const { groups, timeline, scenario } = this.#fleet;
    const before = this.#before;
    const share = timeline.wantedShare(elapsedNs) * wantedAfterStorms(scenario.storms, elapsedNs);
    const wanted = groups.map(({ count }) => Math.round(share * count));
    const groupIntervals = sums.map((now, i) => intervalOf(now, before?.[i], wanted[i]!));
    return {
      atSeconds: elapsedNs / 1e9,
      seconds: (elapsedNs - this.#beforeNs) / 1e9,
      groups: groupIntervals,
      total: intervalOf(
        total,
        before?.at(-1),
        wanted.reduce((sum, devices) => sum + devices, 0),
      ),
    };
  }
}

function snapshotOf(
  name: string,
  devices: number,
  sums: GroupSums,
  errors: ReadonlyMap<string, number>,
): GroupSnapshot {
  const durations = DURATIONS.map((duration) => [duration, summaryOf(sums.durations[duration])]);
  return {
    name,
    devices,
    counts: sums.named(),
    durations: Object.fromEntries(durations) as Record<DurationName, DurationSummary>, // all of them
    errors: new Map(errors),
  };
}

function intervalOf(now: GroupSums, before: GroupSums | undefined, wanted: number): GroupInterval {
  const counts = now.named();
  const earlier = before?.named();
  const since = (name: CountName) => counts[name] - (earlier?.[name] ?? 0);
  const ofDuration = (name: DurationName, shares: readonly number[]) =>
    quantilesNs(difference(now.durations[name], before?.durations[name]), shares) as [number, number, number]; // as many as shares
  const [p50Ns, p99Ns, maxNs] = ofDuration('latency', [0.5, 0.99, 1]);
  const [latenessP99Ns] = ofDuration('lateness', [0.99]);
  return {
    up: counts.up,
    wanted,
    connects: since('connects'),
    planned: since('planned'),
    sent: since('sent'),
    acknowledged: since('acknowledged'),
    received: since('received'),
    sentBytes: since('sentBytes'),
    receivedBytes: since('receivedBytes'),
    errors: errorsOf(counts) - (earlier === undefined ? 0 : errorsOf(earlier)),
    latency: { p50Ns, p99Ns, maxNs },
    lateness: { p99Ns: latenessP99Ns },
  };
}
