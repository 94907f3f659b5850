/**
 * @module
 * Values of components by rank: the inverse of an empirical distribution function, one for each component.
 */

import { requireModel, type Tensor, type TensorReader, vector } from '../../src/tensors.js';
import { isRising } from '../symbol-table.js';

/** A component keeps all of its values up to this many. Of more it keeps the least and the greatest, and means of those between. */
const MAX_VALUES = 512;
const MAX_EXTREMES = 64;

export class RankedValues {
  /** Component by component, rising within each. */
  readonly values: Float64Array;
  /** Share of a component's values up to and including this one; ends with 1. */
  readonly cumulative: Float64Array;
  /** Where the values of a component begin; one more than components. */
  readonly starts: Uint32Array;

  constructor(values: Float64Array, cumulative: Float64Array, starts: Uint32Array) {
    this.values = values;
    this.cumulative = cumulative;
    this.starts = starts;
  }

  /**
   * @param values whole numbers
   * @param labels the component of each value
   * @param wanted which values count; a component without any takes those of all components
   */
  static fit(
    values: Float64Array,
    labels: Int32Array,
    components: number,
    wanted: (value: number) => boolean,
  ): RankedValues {
    const counts = new Uint32Array(components + 1);
    const kept = Uint8Array.from(values, (value, i) => {
      const isKept = wanted(value);
      if (isKept) counts[labels[i]! + 1]!++;
      return isKept ? 1 : 0;
    });
    for (let k = 0; k < components; k++) counts[k + 1]! += counts[k]!;
    const grouped = new Float64Array(counts[components]!);
    const next = counts.slice();
    values.forEach((value, i) => {
      if (kept[i] === 1) grouped[next[labels[i]!]!++] = value;
    });
    const own = (k: number) => grouped.subarray(counts[k]!, counts[k + 1]!);
    const ofAll = summarize(grouped.slice().sort());
    const parts = Array.from({ length: components }, (_, k) => (own(k).length > 0 ? summarize(own(k).sort()) : ofAll));
    const starts = new Uint32Array(components + 1);
    parts.forEach((part, k) => {
      starts[k + 1] = starts[k]! + part.values.length;
    });
    const all = { values: new Float64Array(starts[components]!), cumulative: new Float64Array(starts[components]!) };
    parts.forEach((part, k) => {
      all.values.set(part.values, starts[k]!);
      all.cumulative.set(part.cumulative, starts[k]!);
    });
    return new RankedValues(all.values, all.cumulative, starts);
  }

  /** The value of a component at a rank, 0 ≤ rank < 1; 0 if there never was any. */
  at(component: number, rank: number): number {
    let low = this.starts[component]!;
    const end = this.starts[component + 1]!;
    if (low === end) return 0;
    let high = end - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.cumulative[middle]! <= rank) low = middle + 1;
      else high = middle;
    }
    return this.values[low]!;
  }

  /** The least and the greatest value of a component. */
  range(component: number): [number, number] {
    const from = this.starts[component]!;
    const to = this.starts[component + 1]!;
    return from === to ? [0, 0] : [this.values[from]!, this.values[to - 1]!];
  }

  save(prefix: string, tensors: Map<string, Tensor>): void {
    tensors.set(`${prefix}.values`, vector(this.values));
    tensors.set(`${prefix}.cumulative`, vector(this.cumulative));
    tensors.set(`${prefix}.starts`, vector(this.starts));
  }

  /** @throws SynthError `SYNTH_MODEL_INVALID` */
  static load(
    prefix: string,
    components: number,
    reader: TensorReader,
    isPossible: (value: number) => boolean,
  ): RankedValues {
    const values = reader.vector(`${prefix}.values`, Float64Array);
    const cumulative = reader.vector(`${prefix}.cumulative`, Float64Array);
    const starts = reader.vector(`${prefix}.starts`, Uint32Array);
    const valid =
      starts.length === components + 1 &&
      starts[0] === 0 &&
      starts[components] === values.length &&
      cumulative.length === values.length &&
      isRising(starts, false) &&
      values.every(isPossible) &&
      starts.subarray(1).every((to, k) => {
        const from = starts[k]!;
        return (
          isRising(values.subarray(from, to), false) &&
          isRising(cumulative.subarray(from, to), true) &&
          (from === to || (cumulative[from]! > 0 && cumulative[to - 1] === 1))
        );
      });
    requireModel(valid, `has values “${prefix}” that contradict themselves`);
    return new RankedValues(values, cumulative, starts);
  }
}

/** Few enough values, with their shares, for the sorted ones; their mean is kept. */
function summarize(sorted: Float64Array): { values: Float64Array; cumulative: Float64Array } {
  const n = sorted.length;
  const values: number[] = [];
  const ends: number[] = [];
  for (let from = 0; from < n; ) {
    const between = from >= MAX_EXTREMES && from < n - MAX_EXTREMES && n > MAX_VALUES;
    const share = (n - 2 * MAX_EXTREMES) / (MAX_VALUES - 2 * MAX_EXTREMES);
    const bin = between ? Math.floor((from - MAX_EXTREMES) / share) + 1 : 0;
    const to = between
      ? Math.max(from + 1, Math.min(n - MAX_EXTREMES, MAX_EXTREMES + Math.round(bin * share)))
      : from + 1;
    const part = sorted.subarray(from, to);
    values.push(Math.round(part.reduce((sum, value) => sum + value, 0) / part.length));
    ends.push(to);
    from = to;
  }
  return { values: Float64Array.from(values), cumulative: Float64Array.from(ends, (end) => end / n) };
}
