/**
 * @module
 * A run of a fleet from its beginning to its end: threads are started, watched, ended, and judged.
 */

import type { Clock } from '../../clock.js';
import { isBehind } from '../../emission/verdict.js';
import { unansweredCount } from '../account/describe.js';
import { History } from '../account/history.js';
import { findOutages } from '../account/outages.js';
import type { Counts, FleetFidelity, FleetResult, FleetSnapshot, FleetVerdict } from '../account/snapshot.js';
import { judgeThresholds } from '../account/thresholds.js';
import type { PreparedFleet } from '../plan/prepare-fleet.js';
import type { DeviceFidelity } from '../plan/shard-task.js';
import { fleetFidelity } from './fidelity.js';
import { FleetThreads } from './fleet-threads.js';
import { FleetWatch } from './fleet-watch.js';

export interface RunFleetOptions {
  readonly clock: Clock;
  /** Ends the run before its time: what is under way is waited for. */
  readonly signal: AbortSignal;
  /** Told about once a second. */
  readonly onSnapshot: (snapshot: FleetSnapshot) => void;
  /** Told of lines of the record, where the scenario wants one. */
  readonly onRecord: (lines: string) => void;
}

/** Threads have their first things to do before the first deadline. */
const START_DELAY_NS = 0.1e9;
const LOOK_MS = 1000;
/** Messages of which no more than this share had to wait, or found no connection, say nothing about the target. */
const MAX_WAITING = 0.01;

/** @throws SynthError of targets whose names have no address, of files that threads cannot read */
export async function runFleet(fleet: PreparedFleet, options: RunFleetOptions): Promise<FleetResult> {
  const { clock, signal, onRecord } = options;
  const { scenario, seed, groups, threads } = fleet;
  const memory = new MemoryPeak();
  const { phases, storms, limits, outputs } = scenario;
  const recordDevices = outputs.record === undefined ? 0 : outputs.recordDevices;
  const task = { seed, groups, phases, storms, limits, threads, recordDevices };
  const running = new FleetThreads({ task, onRecord });
  const history = new History();
  const stop = () => {
    running.stop();
    history.stop();
  };
  try {
    await running.ready();
    const startNs = clock.nowNs() + START_DELAY_NS;
    const startWallMs = Number(clock.wallNs() / 1_000_000n) + START_DELAY_NS / 1e6;
    running.start(startNs, startWallMs);
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    const watch = new FleetWatch(fleet, running);
    const judge = new AbortJudge(fleet, stop);
    const look = () => {
      const snapshot = watch.look(clock.nowNs() - startNs);
      memory.sample();
      if (snapshot.interval !== undefined) history.add(snapshot.interval);
      judge.look(snapshot);
      options.onSnapshot(snapshot);
      return snapshot;
    };
    const timer = setInterval(look, LOOK_MS);
    const devices = await running.done().finally(() => clearInterval(timer));
    const last = look();
    const startedAt = new Date(startWallMs).toISOString();
    const verdict = signal.aborted ? 'interrupted' : judge.aborted ? 'aborted' : verdictOf(last);
    return resultOf(fleet, { last, devices, history, startedAt, verdict, memory });
  } finally {
    signal.removeEventListener('abort', stop);
    await running.terminate();
  }
}

/** Ends a run whose threshold has failed, where that is wished. */
class AbortJudge {
  aborted = false;
  readonly #fleet: PreparedFleet;
  readonly #stop: () => void;

  constructor(fleet: PreparedFleet, stop: () => void) {
    this.#fleet = fleet;
    this.#stop = stop;
  }

  look(snapshot: FleetSnapshot): void {
    if (this.aborted) return;
    const elapsedNs = snapshot.elapsedSeconds * 1e9;
    const due = this.#fleet.scenario.thresholds.filter((one) => one.abortOnFail && elapsedNs >= one.graceNs);
    // What has no value yet has not failed yet.
    if (!judgeThresholds(due, snapshot).some(({ passed, value }) => value !== null && !passed)) return;
    this.aborted = true;
    this.#stop();
  }
}

class MemoryPeak {
  readonly before = process.memoryUsage.rss();
  peak = this.before;

  sample(): void {
    this.peak = Math.max(this.peak, process.memoryUsage.rss());
  }
}

/** Of a run that has come to its end by itself. */
export function verdictOf({ total }: Pick<FleetSnapshot, 'total'>): FleetVerdict {
  const { counts, durations } = total;
  const late = counts.dropped + Math.max(counts.waited, leftByTarget(counts));
  if (late > MAX_WAITING * counts.planned) return 'target-bound';
  return isBehind(durations.lateness.p99Ns) ? 'generator-bound' : 'on-time';
}

/** Unfinished messages: those without an answer, and where connections were refused or lost those without a connection. Storms of the scenario are not the target's. */
function leftByTarget(counts: Counts): number {
  const { connects, refused, lost, unfinished } = counts;
  return connects === 0 || refused + lost > 0 ? unfinished : unansweredCount(counts);
}

interface End {
  readonly last: FleetSnapshot;
  readonly devices: readonly DeviceFidelity[];
  readonly history: History;
  readonly startedAt: string;
  readonly verdict: FleetVerdict;
  readonly memory: MemoryPeak;
}

function resultOf(fleet: PreparedFleet, end: End): FleetResult {
  const { last, devices, history, startedAt, verdict, memory } = end;
  const { scenario, seed, groups, threads, plan } = fleet;
  requireAccount(last);
  const fidelity = new Map<string, FleetFidelity>();
  groups.forEach(({ name }, group) => {
    const found = fleetFidelity(devices.filter((device) => device.group === group));
    if (found !== null) fidelity.set(name, found);
  });
  const result = {
    scenario: scenario.name,
    seed,
    startedAt,
    elapsedSeconds: last.elapsedSeconds,
    plannedSeconds: last.plannedSeconds,
    threads,
    verdict,
    groups: last.groups,
    total: last.total,
    fidelity,
    totalFidelity: fleetFidelity(devices),
    intervals: history.intervals,
    outages: findOutages(history.beforeStop, last.total.errors),
    thresholds: [],
    memoryPerDeviceBytes: Math.max(0, memory.peak - memory.before) / plan.devices,
    peakMemoryBytes: memory.peak,
    warnings: [],
  };
  return { ...result, thresholds: judgeThresholds(scenario.thresholds, result) };
}

/** @throws Error if the account does not add up, which would be a bug */
function requireAccount({ groups }: FleetSnapshot): void {
  for (const { name, counts } of groups) {
    const { planned, acknowledged, failed, dropped, unfinished } = counts;
    if (planned === acknowledged + failed + dropped + unfinished) continue;
    throw new Error(
      `${name}: ${planned} messages planned, but ${acknowledged} acknowledged, ${failed} failed, ${dropped} dropped and ${unfinished} unfinished`,
    );
  }
}
