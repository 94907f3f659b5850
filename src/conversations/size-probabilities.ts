/**
 * @module
 * From counts to the probabilities of packet sizes, by step and place.
 */
import type { ConversationCounts } from './counts.js';
import { STEPS } from './role.js';
import { SIZE_PLACES, sizeRow } from './sizes.js';

/** Probability of a size that was never seen: small, not zero, since packets come from models that err. */
export const UNSEEN_SIZE = 1e-6;
/** Sizes that were not seen are likelier near those that were: within as many bytes. */
const SIZE_BIN_BYTES = 16;
/** A background counts as much as so many observations. */
const SIZE_WEIGHT = 1;

/** Probabilities of the sizes of a step. */
export class SizeTable {
  readonly #bySize: Float64Array;
  readonly #byBin: Float64Array;

  /** @param background probability of a size that this step had nowhere in its conversations */
  constructor(
    counts: ReadonlyMap<number, number>,
    indices: ReadonlyMap<number, number>,
    background: (sizeBytes: number) => number,
  ) {
    const total = [...counts.values()].reduce((a, b) => a + b, 0) + SIZE_WEIGHT;
    this.#bySize = new Float64Array(indices.size);
    for (const [size, index] of indices) {
      this.#bySize[index] = ((counts.get(size) ?? 0) + SIZE_WEIGHT * background(size)) / total;
    }
    const bins = Math.max(0, ...[...indices.keys()].map((size) => Math.floor(size / SIZE_BIN_BYTES))) + 2;
    this.#byBin = Float64Array.from(
      { length: bins },
      (_, bin) => (SIZE_WEIGHT * background(bin * SIZE_BIN_BYTES)) / total,
    );
  }

  probability(sizeBytes: number, sizeIndex: number): number {
    if (sizeIndex >= 0) return this.#bySize[sizeIndex]!;
    const bin = Math.floor(sizeBytes / SIZE_BIN_BYTES);
    return bin < this.#byBin.length ? this.#byBin[bin]! : UNSEEN_SIZE;
  }
}

/** Of a step at a place; shrunk to the step anywhere in the conversation, and that to sizes near by. */
export function sizeTables(
  { services, sizes }: ConversationCounts,
  indices: ReadonlyMap<number, number>,
): (SizeTable | undefined)[] {
  const tables: (SizeTable | undefined)[] = [];
  for (let service = 0; service < services; service++) {
    for (let step = 0; step < STEPS; step++) {
      const rows = Array.from({ length: SIZE_PLACES }, (_, place) => sizes.get(sizeRow(service, step, place)));
      const anywhere = new Map<number, number>();
      const bins = new Map<number, number>();
      let packets = 0;
      for (const row of rows) {
        for (const [size, count] of row ?? []) {
          packets += count;
          anywhere.set(size, (anywhere.get(size) ?? 0) + count);
          const bin = Math.floor(size / SIZE_BIN_BYTES);
          bins.set(bin, (bins.get(bin) ?? 0) + count);
        }
      }
      const nearBy = (size: number) =>
        (bins.get(Math.floor(size / SIZE_BIN_BYTES)) ?? 0) / (Math.max(1, packets) * SIZE_BIN_BYTES) + UNSEEN_SIZE;
      const background = (size: number) =>
        ((anywhere.get(size) ?? 0) + SIZE_WEIGHT * nearBy(size)) / (packets + SIZE_WEIGHT);
      for (const row of rows)
        tables.push(packets === 0 ? undefined : new SizeTable(row ?? new Map(), indices, background));
    }
  }
  return tables;
}
