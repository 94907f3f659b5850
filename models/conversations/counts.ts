/**
 * @module
 * What was counted of conversations while learning: which step follows which, sizes, waiting times, openings. Sparse, since of all that could
 * happen little does.
 */
import { requireModel, type Tensor, type TensorReader, vector } from '../tensors.js';
import { NO_STEP, STEPS } from './role.js';
import { addExposure, TIME_BINS, timeBin } from './time-bins.js';

/** Places of a packet in its conversation: first, second, third, fourth to seventh, later; of its closing: first, second, later. */
export const PLACES = 8;
const FIRST_CLOSING_PLACE = 5;
export function placeOf(index: number, closingIndex: number): number {
  if (closingIndex >= 0) return FIRST_CLOSING_PLACE + Math.min(2, closingIndex);
  return index < 3 ? index : index < 7 ? 3 : 4;
}
export const isClosingPlace = (place: number): boolean => place >= FIRST_CLOSING_PLACE;

/** Steps that may come before one, `NO_STEP` included. */
export const PREVIOUS_STEPS = NO_STEP + 1;
/** Places that sizes are told apart by: first, second, third packet, all others. */
export const SIZE_PLACES = 4;
export const sizePlace = (place: number): number => Math.min(SIZE_PLACES - 1, place);

export const stepIndex = (service: number, place: number, previous: number, step: number): number =>
  ((service * PLACES + place) * PREVIOUS_STEPS + previous) * STEPS + step;
export const sizeRow = (service: number, step: number, place: number): number =>
  (service * STEPS + step) * SIZE_PLACES + sizePlace(place);
export const waitIndex = (service: number, previous: number, bin: number): number =>
  (service * PREVIOUS_STEPS + previous) * TIME_BINS + bin;
/** Of the packet before, of whatever conversation: its service and step. The last is for the beginning of a series. */
export const contextsOf = (services: number): number => services * STEPS + 1;
export const openingIndex = (contexts: number, service: number, context: number, bin: number): number =>
  (service * contexts + context) * TIME_BINS + bin;

/** Counts of sizes: for each row of `sizeRow` its sizes. */
export type SizeCounts = Map<number, Map<number, number>>;

/** Saves the numbers of a column that are not zero. */
function saveSparse(name: string, column: Iterable<readonly [number, number]>, tensors: Map<string, Tensor>): void {
  const entries = [...column].filter(([, value]) => value !== 0).sort(([a], [b]) => a - b);
  tensors.set(`${name}.index`, vector(Uint32Array.from(entries, ([index]) => index)));
  tensors.set(`${name}.value`, vector(Float64Array.from(entries, ([, value]) => value)));
}

/** @throws SynthError `SYNTH_MODEL_INVALID` */
function* loadSparse(name: string, reader: TensorReader, length: number): Generator<readonly [number, number], void> {
  const index = reader.vector(`${name}.index`, Uint32Array);
  const value = reader.vector(`${name}.value`, Float64Array);
  const valid = index.length === value.length && value.every((one) => one > 0) && index.every((one) => one < length);
  requireModel(valid, `has counts “${name}” that contradict themselves`);
  for (let i = 0; i < index.length; i++) yield [index[i]!, value[i]!];
}

export class ConversationCounts {
  readonly services: number;
  readonly steps: Float64Array;
  readonly sizes: SizeCounts = new Map();
  /** Packets by the time since the one before in their conversation, those that begin its closing apart, and the time waited, in ns. */
  readonly waits: Float64Array;
  readonly closings: Float64Array;
  readonly waited: Float64Array;
  /** Openings of each service by the time since any packet before, and the time waited, in ns, which all services share. */
  readonly openings = new Map<number, number>();
  readonly openingWaited: Float64Array;

  constructor(services: number) {
    this.services = services;
    this.steps = new Float64Array(services * PLACES * PREVIOUS_STEPS * STEPS);
    this.waits = new Float64Array(services * PREVIOUS_STEPS * TIME_BINS);
    this.closings = new Float64Array(this.waits.length);
    this.waited = new Float64Array(services * PREVIOUS_STEPS * TIME_BINS);
    this.openingWaited = new Float64Array(contextsOf(services) * TIME_BINS);
  }

  addPacket(service: number, place: number, previous: number, step: number, sizeBytes: number): void {
    this.steps[stepIndex(service, place, previous, step)]!++;
    const row = sizeRow(service, step, place);
    let sizes = this.sizes.get(row);
    if (sizes === undefined) {
      sizes = new Map();
      this.sizes.set(row, sizes);
    }
    sizes.set(sizeBytes, (sizes.get(sizeBytes) ?? 0) + 1);
  }

  addWait(service: number, previous: number, waitNs: number, closes: boolean): void {
    const at = waitIndex(service, previous, 0);
    (closes ? this.closings : this.waits)[at + timeBin(waitNs)]!++;
    addExposure(this.waited, at, waitNs);
  }

  /** A packet came `gapNs` after one of `context`; it opened a connection of `opened`, or of none (-1). */
  addGap(context: number, gapNs: number, opened: number): void {
    if (opened >= 0) {
      const index = openingIndex(contextsOf(this.services), opened, context, timeBin(gapNs));
      this.openings.set(index, (this.openings.get(index) ?? 0) + 1);
    }
    addExposure(this.openingWaited, context * TIME_BINS, gapNs);
  }

  save(prefix: string, tensors: Map<string, Tensor>): void {
    saveSparse(`${prefix}.steps`, this.steps.entries(), tensors);
    saveSparse(`${prefix}.waits`, this.waits.entries(), tensors);
    saveSparse(`${prefix}.closings`, this.closings.entries(), tensors);
    saveSparse(`${prefix}.waited`, this.waited.entries(), tensors);
    saveSparse(`${prefix}.openings`, this.openings, tensors);
    saveSparse(`${prefix}.opening.waited`, this.openingWaited.entries(), tensors);
    const rows = [...this.sizes].sort(([a], [b]) => a - b);
    const triples = rows.flatMap(([row, sizes]) =>
      [...sizes].sort(([a], [b]) => a - b).map(([size, count]) => [row, size, count]),
    );
    tensors.set(`${prefix}.sizes`, { shape: [triples.length, 3], data: Uint32Array.from(triples.flat()) });
  }

  /** @throws SynthError `SYNTH_MODEL_INVALID` */
  static load(prefix: string, services: number, reader: TensorReader): ConversationCounts {
    const counts = new ConversationCounts(services);
    const fill = (name: string, column: Float64Array) => {
      for (const [index, value] of loadSparse(`${prefix}.${name}`, reader, column.length)) column[index] = value;
    };
    fill('steps', counts.steps);
    fill('waits', counts.waits);
    fill('closings', counts.closings);
    fill('waited', counts.waited);
    fill('opening.waited', counts.openingWaited);
    const openings = services * contextsOf(services) * TIME_BINS;
    for (const [index, value] of loadSparse(`${prefix}.openings`, reader, openings)) counts.openings.set(index, value);
    const shape = reader.shape(`${prefix}.sizes`) ?? [];
    const triples = reader.tensor(`${prefix}.sizes`, Uint32Array, [shape[0] ?? 0, 3]);
    for (let i = 0; i < triples.length; i += 3) {
      const [row, size, count] = [triples[i]!, triples[i + 1]!, triples[i + 2]!];
      requireModel(
        row < services * STEPS * SIZE_PLACES && count > 0,
        'has sizes of conversations that contradict themselves',
      );
      const sizes = counts.sizes.get(row) ?? new Map<number, number>();
      counts.sizes.set(row, sizes.set(size, count));
    }
    return counts;
  }
}
