/**
 * @module
 * The symbols that stand for the values of one quantity, sizes or gaps: exact values where they are frequent, quantile bins for
 * the rest.
 */
import type { Random } from '../src/random.js';
import { requireModel, type Tensor, type TensorData, type TensorReader, vector } from '../src/tensors.js';

/** A value that occurs in more than this share of the packets of a direction is a symbol of its own. */
const EXACT_SHARE = 0.01;
const EXACT_MINIMUM = 4;
/** Values that a bin keeps: all, or evenly spaced order statistics of them. */
const MAX_BIN_VALUES = 512;
/** A bin spans at most this ratio where it can be split with values enough on both sides. */
const MAX_BIN_RATIO = 4;
const MIN_SPLIT_VALUES = 4;

const MAX_BINS = 64;
const MIN_BINS = 8;

/**
 * How fine the bins are: the number of quantile bins for n values is `resolution`·√n, from 8 to 64. It grows like the root, as
 * the bins of a histogram do.
 */
export type Resolution = number;

function binCount(values: number, resolution: Resolution): number {
  return Math.min(MAX_BINS, Math.max(MIN_BINS, Math.round(Math.sqrt(values) * resolution)));
}

/** At most `limit` of the sorted values, at evenly spaced ranks. */
export function orderStatistics(sorted: Float64Array, limit: number): Float64Array {
  if (sorted.length <= limit) return sorted;
  return Float64Array.from({ length: limit }, (_, i) => sorted[Math.floor(((i + 0.5) * sorted.length) / limit)]!);
}

/** First index at which the sorted array is not below `value`, between `from` and `to`. */
export function lowerBound(sorted: Float64Array, value: number, from = 0, to = sorted.length): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The symbols of one quantity: exact values first, in rising order, then bins in rising order. */
export class SymbolTable {
  /** Values of all symbols, symbol by symbol, rising within each. */
  readonly values: Float64Array;
  /** Where the values of a symbol begin; one more than symbols. */
  readonly starts: Uint32Array;
  /** Number of symbols that stand for one exact value. */
  readonly exactCount: number;
  /** Least and greatest value seen in a symbol. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly #exact = new Map<number, number>();

  constructor(values: Float64Array, starts: Uint32Array, exactCount: number, low: Float64Array, high: Float64Array) {
    this.values = values;
    this.starts = starts;
    this.exactCount = exactCount;
    this.low = low;
    this.high = high;
    for (let symbol = 0; symbol < exactCount; symbol++) this.#exact.set(low[symbol]!, symbol);
  }

  /** @param ratioLimit whether bins that span a wide ratio are split */
  static fit(unsorted: Float64Array, resolution: Resolution, ratioLimit: boolean): SymbolTable {
    const sorted = unsorted.slice().sort();
    const minimum = Math.max(EXACT_MINIMUM, sorted.length * EXACT_SHARE);
    const exact: Float64Array[] = [];
    const rest = new Float64Array(sorted.length);
    let restLength = 0;
    for (let i = 0; i < sorted.length; ) {
      const value = sorted[i]!;
      let end = i + 1;
      while (end < sorted.length && sorted[end] === value) end++;
      if (end - i >= minimum || value === 0) exact.push(Float64Array.of(value));
      else for (let k = i; k < end; k++) rest[restLength++] = value;
      i = end;
    }
    const bins = quantileBins(rest.subarray(0, restLength), binCount(sorted.length, resolution));
    const groups = ratioLimit ? bins.flatMap(splitWide) : bins;
    const kept = [...exact, ...groups.map((group) => orderStatistics(group, MAX_BIN_VALUES))];
    const ranges = [...exact, ...groups];
    const starts = new Uint32Array(kept.length + 1);
    kept.forEach((group, symbol) => {
      starts[symbol + 1] = starts[symbol]! + group.length;
    });
    const values = new Float64Array(starts[kept.length]!);
    kept.forEach((group, symbol) => {
      values.set(group, starts[symbol]!);
    });
    return new SymbolTable(
      values,
      starts,
      exact.length,
      Float64Array.from(ranges, (group) => group[0]!),
      Float64Array.from(ranges, (group) => group[group.length - 1]!),
    );
  }

  get size(): number {
    return this.low.length;
  }

  /** The symbol of any value; a value that was never seen gets the nearest bin, or the nearest exact value. */
  encode(value: number): number {
    const exact = this.#exact.get(value);
    if (exact !== undefined) return exact;
    if (this.exactCount === this.size) return this.#nearestExact(value);
    const bin = lowerBound(this.high, value, this.exactCount);
    return Math.min(bin, this.size - 1);
  }

  #nearestExact(value: number): number {
    const after = Math.min(lowerBound(this.low, value), this.exactCount - 1);
    const before = Math.max(0, after - 1);
    return value - this.low[before]! < this.low[after]! - value ? before : after;
  }

  /** The values that a symbol is decoded to. */
  valuesOf(symbol: number): Float64Array {
    return this.values.subarray(this.starts[symbol]!, this.starts[symbol + 1]!);
  }

  /** One of the values that were seen in a symbol. */
  decode(symbol: number, random: Random): number {
    const start = this.starts[symbol]!;
    const count = this.starts[symbol + 1]! - start;
    return count === 1 ? this.values[start]! : this.values[start + Math.floor(random.next() * count)]!;
  }

  /** Probability of a whole number given its symbol: all of it for an exact value, evenly spread over the range of a bin. */
  probability(symbol: number, value: number): number {
    const low = this.low[symbol]!;
    const high = this.high[symbol]!;
    return value < low || value > high ? 0 : 1 / (high - low + 1);
  }

  save(prefix: string, tensors: Map<string, Tensor>): void {
    tensors.set(`${prefix}.values`, vector(this.values));
    tensors.set(`${prefix}.starts`, vector(this.starts));
    tensors.set(`${prefix}.exact`, vector(Uint32Array.of(this.exactCount)));
    tensors.set(`${prefix}.low`, vector(this.low));
    tensors.set(`${prefix}.high`, vector(this.high));
  }

  /** @param least, limit no value may be below or above */
  static load(prefix: string, reader: TensorReader, least: number, limit: number): SymbolTable {
    const values = reader.vector(`${prefix}.values`, Float64Array);
    const starts = reader.vector(`${prefix}.starts`, Uint32Array);
    const exact = reader.vector(`${prefix}.exact`, Uint32Array);
    const low = reader.vector(`${prefix}.low`, Float64Array);
    const high = reader.vector(`${prefix}.high`, Float64Array);
    const size = low.length;
    const valid =
      exact.length === 1 &&
      exact[0]! <= size &&
      high.length === size &&
      starts.length === size + 1 &&
      isRising(starts, true) &&
      starts[0] === 0 &&
      starts[size] === values.length &&
      low.every((value, i) => value >= least && value <= high[i]! && high[i]! <= limit) &&
      low.every((value, i) => i >= exact[0]! || value === high[i]) &&
      low.every((value, i) =>
        values.subarray(starts[i]!, starts[i + 1]!).every((one) => one >= value && one <= high[i]!),
      ) &&
      [low, high, values].every((numbers) => numbers.every(Number.isInteger));
    requireModel(valid, `has a symbol table “${prefix}” that contradicts itself`);
    return new SymbolTable(values, starts, exact[0]!, low, high);
  }
}

export function isRising(values: TensorData, strictly: boolean): boolean {
  for (let i = 1; i < values.length; i++) {
    if (values[i]! < values[i - 1]! || (strictly && values[i] === values[i - 1])) return false;
  }
  return true;
}

/** Sorted values in groups of about equal size; equal values stay together. */
function quantileBins(sorted: Float64Array, bins: number): Float64Array[] {
  const groups: Float64Array[] = [];
  const count = Math.min(bins, Math.max(1, Math.floor(sorted.length / (2 * MIN_SPLIT_VALUES))));
  let start = 0;
  for (let bin = 1; bin <= count && start < sorted.length; bin++) {
    let end = Math.max(start + 1, Math.round((bin * sorted.length) / count));
    while (end < sorted.length && sorted[end] === sorted[end - 1]) end++;
    groups.push(sorted.subarray(start, end));
    start = end;
  }
  return groups;
}

/** Splits a bin at its widest ratio until no part spans more than `MAX_BIN_RATIO`: a pause of a second is not one of a minute. */
function splitWide(group: Float64Array): Float64Array[] {
  const first = Math.max(1, group[0]!);
  if (group.length < 2 * MIN_SPLIT_VALUES || group[group.length - 1]! / first <= MAX_BIN_RATIO) return [group];
  let widest = 1; // never between equal values
  let cut = -1;
  for (let i = MIN_SPLIT_VALUES; i <= group.length - MIN_SPLIT_VALUES; i++) {
    const ratio = group[i]! / Math.max(1, group[i - 1]!);
    if (ratio > widest) {
      widest = ratio;
      cut = i;
    }
  }
  if (cut < 0) return [group];
  return [...splitWide(group.subarray(0, cut)), ...splitWide(group.subarray(cut))];
}
