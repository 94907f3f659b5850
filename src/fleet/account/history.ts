/**
 * @module
 * The course of a run in a bounded number of intervals: the longer it takes, the wider they become.
 */
import type { GroupInterval, Interval } from './snapshot.js';

/** As many points as a chart can show. */
export const MAX_INTERVALS = 600;

/**
 * Collects intervals. When there are 600 of them, neighbours become one, and from then on twice as many make one.
 *
 * Of two intervals that are merged, counts are added; `up` and `wanted` are those at the end of the later one, so that a short dip may
 * go unseen; maxima and p99 are the larger of both, which may be more than the p99 of both together and is never less; p50 is the mean
 * of both, weighted by the messages acknowledged, which is an estimate.
 */
export class History {
  #kept: Interval[] = [];
  /** The one that is being put together of `#width` intervals, and of how many it is made so far. */
  #growing: Interval | undefined;
  #parts = 0;
  #width = 1;
  #beforeStop: readonly Interval[] | undefined;

  add(interval: Interval): void {
    this.#growing = this.#growing === undefined ? interval : merge(this.#growing, interval);
    this.#parts++;
    if (this.#parts < this.#width) return;
    this.#kept.push(this.#growing);
    this.#growing = undefined;
    this.#parts = 0;
    if (this.#kept.length === MAX_INTERVALS) this.#halve();
  }

  /** In the order of time, at most 600; the last one may be shorter than the others. */
  get intervals(): readonly Interval[] {
    return this.#growing === undefined ? [...this.#kept] : [...this.#kept, this.#growing];
  }

  /** The run is stopped now: what devices do from here on is its end. */
  stop(): void {
    this.#beforeStop ??= this.intervals;
  }

  /** The intervals before the run was stopped; all of them if it was not. */
  get beforeStop(): readonly Interval[] {
    return this.#beforeStop ?? this.intervals;
  }

  #halve(): void {
    const pairs: Interval[] = [];
    for (let at = 0; at < this.#kept.length; at += 2) pairs.push(merge(this.#kept[at]!, this.#kept[at + 1]!));
    this.#kept = pairs;
    this.#width *= 2;
  }
}

function merge(earlier: Interval, later: Interval): Interval {
  return {
    atSeconds: later.atSeconds,
    seconds: earlier.seconds + later.seconds,
    groups: later.groups.map((group, index) => {
      const before = earlier.groups[index];
      return before === undefined ? group : mergeGroups(before, group);
    }),
    total: mergeGroups(earlier.total, later.total),
  };
}

function mergeGroups(a: GroupInterval, b: GroupInterval): GroupInterval {
  return {
    up: b.up,
    wanted: b.wanted,
    connects: a.connects + b.connects,
    planned: a.planned + b.planned,
    sent: a.sent + b.sent,
    acknowledged: a.acknowledged + b.acknowledged,
    received: a.received + b.received,
    sentBytes: a.sentBytes + b.sentBytes,
    receivedBytes: a.receivedBytes + b.receivedBytes,
    errors: a.errors + b.errors,
    latency: {
      p50Ns: weightedMean(a.latency.p50Ns, a.acknowledged, b.latency.p50Ns, b.acknowledged),
      p99Ns: Math.max(a.latency.p99Ns, b.latency.p99Ns),
      maxNs: Math.max(a.latency.maxNs, b.latency.maxNs),
    },
    lateness: { p99Ns: Math.max(a.lateness.p99Ns, b.lateness.p99Ns) },
  };
}

const weightedMean = (a: number, weightA: number, b: number, weightB: number): number =>
  weightA + weightB === 0 ? 0 : (a * weightA + b * weightB) / (weightA + weightB);
