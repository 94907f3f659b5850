/**
 * @module
 * The account of one group in one thread, in shared memory: that thread writes it, the main one reads it while the run goes on.
 */
import { LATENESS_BYTES, LATENESS_RANGES, LatenessCounts, middleOf } from '../../emission/lateness.js';
import { COUNTS, type CountName, DURATIONS, type DurationName, type DurationSummary } from './snapshot.js';

const COUNTS_BYTES = COUNTS.length * Float64Array.BYTES_PER_ELEMENT;
export const GROUP_COUNTS_BYTES = COUNTS_BYTES + DURATIONS.length * LATENESS_BYTES;

const INDEX = Object.fromEntries(COUNTS.map((name, i) => [name, i])) as Readonly<Record<CountName, number>>; // all of them

export class GroupCounts {
  readonly durations: Readonly<Record<DurationName, LatenessCounts>>;
  readonly #counts: Float64Array;

  /** @param memory `GROUP_COUNTS_BYTES`, at first zeros */
  constructor(memory: SharedArrayBuffer) {
    this.#counts = new Float64Array(memory, 0, COUNTS.length);
    const durations = DURATIONS.map((name, i) => [name, new LatenessCounts(memory, COUNTS_BYTES + i * LATENESS_BYTES)]);
    this.durations = Object.fromEntries(durations) as Record<DurationName, LatenessCounts>; // all of them
  }

  add(name: CountName, by = 1): void {
    this.#counts[INDEX[name]]! += by;
  }

  get(name: CountName): number {
    return this.#counts[INDEX[name]]!;
  }

  /** Adds itself to the sums of a group in all threads. */
  addTo(sums: GroupSums): void {
    for (let i = 0; i < COUNTS.length; i++) sums.counts[i]! += this.#counts[i]!;
    for (const name of DURATIONS) this.durations[name].addTo(sums.durations[name]);
  }
}

/** The same of several threads together, at one moment. */
export class GroupSums {
  readonly counts = new Float64Array(COUNTS.length);
  readonly durations = Object.fromEntries(
    DURATIONS.map((name) => [name, new Float64Array(LATENESS_RANGES)]),
  ) as Readonly<Record<DurationName, Float64Array>>; // all of them

  get(name: CountName): number {
    return this.counts[INDEX[name]]!;
  }

  add(other: GroupSums): void {
    for (let i = 0; i < COUNTS.length; i++) this.counts[i]! += other.counts[i]!;
    for (const name of DURATIONS) {
      const [own, others] = [this.durations[name], other.durations[name]];
      for (let i = 0; i < LATENESS_RANGES; i++) own[i]! += others[i]!;
    }
  }

  named(): Record<CountName, number> {
    return Object.fromEntries(COUNTS.map((name, i) => [name, this.counts[i]!])) as Record<CountName, number>; // all of them
  }
}

/** What has been counted between two moments. */
export function difference(now: Float64Array, before: Float64Array | undefined): Float64Array {
  return before === undefined ? now : now.map((count, i) => count - before[i]!);
}

/** Values, in ns, at shares of the counts; 0 where nothing was counted. @param shares in order */
export function quantilesNs(counts: Float64Array, shares: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return shares.map(() => 0);
  const values: number[] = [];
  let seen = 0;
  for (let i = 0; i < LATENESS_RANGES && values.length < shares.length; i++) {
    seen += counts[i]!;
    while (values.length < shares.length && seen >= shares[values.length]! * total && seen > 0)
      values.push(middleOf(i));
  }
  return values;
}

export function summaryOf(counts: Float64Array): DurationSummary {
  let count = 0;
  let sumNs = 0;
  for (let i = 0; i < LATENESS_RANGES; i++) {
    count += counts[i]!;
    sumNs += counts[i]! * middleOf(i);
  }
  const [p50Ns, p90Ns, p95Ns, p99Ns, p999Ns, maxNs] = quantilesNs(counts, [0.5, 0.9, 0.95, 0.99, 0.999, 1]) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]; // as many as shares
  return { count, meanNs: count === 0 ? 0 : sumNs / count, p50Ns, p90Ns, p95Ns, p99Ns, p999Ns, maxNs };
}
