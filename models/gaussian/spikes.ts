/**
 * @module
 * Values that repeat exactly, and the patterns in which packets have them: an exact size with an exact gap, one of them with any other
 * value, or neither exact.
 */

import { requireModel, type Tensor, type TensorReader, vector } from '../../src/tensors.js';
import { isPossibleGap, isPossibleSize } from '../limits.js';
import { isRising } from '../symbol-table.js';
import type { Observations } from './observations.js';

/** Which parts of a pattern are exact: see `Spikes.category`. */
export const CATEGORIES = 4;

/** A value is exact if it is this often, and this share of the packets of its direction. */
const EXACT_MINIMUM = 4;
const EXACT_SHARE = 0.002;

export class Spikes {
  readonly sizes: Float64Array;
  readonly gapsNs: Float64Array;
  /** Per pattern the index of its exact size and gap; one above the last index stands for any other value. */
  readonly patternSize: Uint32Array;
  readonly patternGap: Uint32Array;
  readonly #sizeIndex: ReadonlyMap<number, number>;
  readonly #gapIndex: ReadonlyMap<number, number>;
  readonly #patterns: ReadonlyMap<number, number>;

  constructor(sizes: Float64Array, gapsNs: Float64Array, patternSize: Uint32Array, patternGap: Uint32Array) {
    this.sizes = sizes;
    this.gapsNs = gapsNs;
    this.patternSize = patternSize;
    this.patternGap = patternGap;
    this.#sizeIndex = new Map(Array.from(sizes, (value, index) => [value, index]));
    this.#gapIndex = new Map(Array.from(gapsNs, (value, index) => [value, index]));
    this.#patterns = new Map(
      Array.from(patternSize, (size, pattern) => [this.#key(size, patternGap[pattern]!), pattern]),
    );
  }

  static fit({ sizes, gapsNs }: Observations): Spikes {
    const draft = new Spikes(exactValues(sizes), exactValues(gapsNs), new Uint32Array(0), new Uint32Array(0));
    const keys = new Set<number>();
    for (let i = 0; i < sizes.length; i++) {
      keys.add(draft.#key(draft.sizeIndex(sizes[i]!), draft.gapIndex(gapsNs[i]!)));
    }
    const sorted = Float64Array.from(keys).sort();
    const base = draft.gapsNs.length + 1;
    return new Spikes(
      draft.sizes,
      draft.gapsNs,
      Uint32Array.from(sorted, (key) => Math.floor(key / base)),
      Uint32Array.from(sorted, (key) => key % base),
    );
  }

  get patterns(): number {
    return this.patternSize.length;
  }

  #key(sizeIndex: number, gapIndex: number): number {
    return sizeIndex * (this.gapsNs.length + 1) + gapIndex;
  }

  /** The index of an exact size, or the number of them for any other. */
  sizeIndex(sizeBytes: number): number {
    return this.#sizeIndex.get(sizeBytes) ?? this.sizes.length;
  }

  gapIndex(gapNs: number): number {
    return this.#gapIndex.get(gapNs) ?? this.gapsNs.length;
  }

  /** The pattern with these indices, or -1 if there is none. */
  pattern(sizeIndex: number, gapIndex: number): number {
    return this.#patterns.get(this.#key(sizeIndex, gapIndex)) ?? -1;
  }

  patternsOf({ sizes, gapsNs }: Observations): Int32Array {
    return Int32Array.from(sizes, (size, i) => this.pattern(this.sizeIndex(size), this.gapIndex(gapsNs[i]!)));
  }

  /** Which parts of a pattern are exact: 0 none, 1 the size, 2 the gap, 3 both. */
  category(pattern: number): number {
    const exactSize = this.patternSize[pattern]! < this.sizes.length ? 1 : 0;
    return exactSize + (this.patternGap[pattern]! < this.gapsNs.length ? 2 : 0);
  }

  save(prefix: string, tensors: Map<string, Tensor>): void {
    tensors.set(`${prefix}.size.exact`, vector(this.sizes));
    tensors.set(`${prefix}.gap.exact`, vector(this.gapsNs));
    tensors.set(`${prefix}.pattern.size`, vector(this.patternSize));
    tensors.set(`${prefix}.pattern.gap`, vector(this.patternGap));
  }

  /** @throws SynthError `SYNTH_MODEL_INVALID` */
  static load(prefix: string, reader: TensorReader): Spikes {
    const sizes = reader.vector(`${prefix}.size.exact`, Float64Array);
    const gapsNs = reader.vector(`${prefix}.gap.exact`, Float64Array);
    const patternSize = reader.vector(`${prefix}.pattern.size`, Uint32Array);
    const patternGap = reader.vector(`${prefix}.pattern.gap`, Uint32Array);
    requireModel(
      patternSize.length > 0 &&
        patternGap.length === patternSize.length &&
        sizes.every(isPossibleSize) &&
        gapsNs.every(isPossibleGap) &&
        isRising(sizes, true) &&
        isRising(gapsNs, true) &&
        patternSize.every((index) => index <= sizes.length) &&
        patternGap.every((index) => index <= gapsNs.length),
      `has exact values “${prefix}” that contradict themselves`,
    );
    return new Spikes(sizes, gapsNs, patternSize, patternGap);
  }
}

/** Values that occur often enough, rising; zero always counts where it occurs. */
function exactValues(values: Float64Array): Float64Array {
  const sorted = values.slice().sort();
  const minimum = Math.max(EXACT_MINIMUM, sorted.length * EXACT_SHARE);
  const exact: number[] = [];
  for (let i = 0; i < sorted.length; ) {
    let end = i + 1;
    while (end < sorted.length && sorted[end] === sorted[i]) end++;
    if (end - i >= minimum || sorted[i] === 0) exact.push(sorted[i]!);
    i = end;
  }
  return Float64Array.from(exact);
}
