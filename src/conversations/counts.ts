/**
 * @module
 * What was counted of conversations while learning: which step follows which, sizes, waiting times, openings. Sparse, since of all that could
 * happen little does.
 */
import { MAX_SIZE_BYTES } from '../net/sizes.js';
import { requireModel, type Tensor, type TensorReader } from '../tensors.js';
import { Evidence } from './evidence.js';
import { MARKS, SOON_CLASSES } from './foresight.js';
import { NO_STEP, STEPS } from './role.js';
import { SIZE_PLACES, type SizeCounts, sizeRow } from './sizes.js';
import { loadSparse, saveSparse } from './sparse.js';
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
export const stepIndex = (service: number, place: number, previous: number, step: number): number =>
  ((service * PLACES + place) * PREVIOUS_STEPS + previous) * STEPS + step;
export const waitIndex = (service: number, previous: number, bin: number): number =>
  (service * PREVIOUS_STEPS + previous) * TIME_BINS + bin;
/** Numbers of packets that a conversation has had: up to 16 each for itself, then octaves. */
export const LENGTHS = 32;
export const lengthBin = (packets: number): number =>
  packets <= 16 ? packets - 1 : Math.min(LENGTHS - 1, 15 + 28 - Math.clz32(packets - 1));
export const lengthIndex = (service: number, closing: number, packets: number): number =>
  (service * 2 + closing) * LENGTHS + lengthBin(packets);

/** Of the packet before, of whatever conversation: its service and step. The last is for the beginning of a series. */
export const contextsOf = (services: number): number => services * STEPS + 1;
export const openingIndex = (contexts: number, service: number, context: number, bin: number): number =>
  (service * contexts + context) * TIME_BINS + bin;

/** A step and how long it was waited for. */
export const hesitationOf = (step: number, waitNs: number): number => step * TIME_BINS + timeBin(waitNs);

export class ConversationCounts {
  readonly services: number;
  readonly steps: Float64Array;
  readonly sizes: SizeCounts = new Map();
  /** Packets by the time since the one before in their conversation, those that begin its closing apart, and the time waited, in ns. */
  readonly waits: Float64Array;
  readonly closings: Float64Array;
  readonly waited: Float64Array;
  /**
   * Packets by how many a conversation has had with them, in its closing by how many that has had; of those, the ones that were the last,
   * and the ones that were followed by the closing.
   */
  readonly lengths: Float64Array;
  readonly ends: Float64Array;
  readonly closes: Float64Array;
  /**
   * What tells the packet that begins a closing from others: how soon the service opens again (`foresight.ts`), the packet before it
   * (`markOf`), and how long that one had been waited for (`hesitationOf`).
   */
  readonly soon = new Evidence(SOON_CLASSES);
  readonly before = new Evidence(MARKS);
  readonly hesitation = new Evidence(STEPS * TIME_BINS);
  /** Openings of each service by the time since any packet before, and the time waited, in ns, which all services share. */
  readonly openings = new Map<number, number>();
  readonly openingWaited: Float64Array;

  constructor(services: number) {
    this.services = services;
    this.steps = new Float64Array(services * PLACES * PREVIOUS_STEPS * STEPS);
    this.waits = new Float64Array(services * PREVIOUS_STEPS * TIME_BINS);
    this.closings = new Float64Array(this.waits.length);
    this.waited = new Float64Array(services * PREVIOUS_STEPS * TIME_BINS);
    this.lengths = new Float64Array(services * 2 * LENGTHS);
    this.ends = new Float64Array(this.lengths.length);
    this.closes = new Float64Array(this.lengths.length);
    this.openingWaited = new Float64Array(contextsOf(services) * TIME_BINS);
  }

  addStep(service: number, place: number, previous: number, step: number): void {
    this.steps[stepIndex(service, place, previous, step)]!++;
  }

  addSize(service: number, place: number, step: number, sizeBytes: number): void {
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

  /** A conversation has had so many packets, or its closing has (`closing` 1), and that was how it went on. */
  addLength(service: number, closing: number, packets: number, next: 'more' | 'closing' | 'end'): void {
    const index = lengthIndex(service, closing, packets);
    this.lengths[index]!++;
    if (next === 'end') this.ends[index]!++;
    if (next === 'closing') this.closes[index]!++;
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
    saveSparse(`${prefix}.lengths`, this.lengths.entries(), tensors);
    saveSparse(`${prefix}.ends`, this.ends.entries(), tensors);
    saveSparse(`${prefix}.closes`, this.closes.entries(), tensors);
    this.soon.save(`${prefix}.soon`, this.services, tensors);
    this.before.save(`${prefix}.before`, this.services, tensors);
    this.hesitation.save(`${prefix}.hesitation`, this.services, tensors);
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
    fill('lengths', counts.lengths);
    fill('ends', counts.ends);
    fill('closes', counts.closes);
    fill('opening.waited', counts.openingWaited);
    counts.soon.load(`${prefix}.soon`, services, reader);
    counts.before.load(`${prefix}.before`, services, reader);
    counts.hesitation.load(`${prefix}.hesitation`, services, reader);
    const openings = services * contextsOf(services) * TIME_BINS;
    for (const [index, value] of loadSparse(`${prefix}.openings`, reader, openings)) counts.openings.set(index, value);
    const shape = reader.shape(`${prefix}.sizes`) ?? [];
    const triples = reader.tensor(`${prefix}.sizes`, Uint32Array, [shape[0] ?? 0, 3]);
    for (let i = 0; i < triples.length; i += 3) {
      const [row, size, count] = [triples[i]!, triples[i + 1]!, triples[i + 2]!];
      requireModel(
        row < services * STEPS * SIZE_PLACES && size <= MAX_SIZE_BYTES && count > 0,
        'has sizes of conversations that contradict themselves',
      );
      const sizes = counts.sizes.get(row) ?? new Map<number, number>();
      counts.sizes.set(row, sizes.set(size, count));
    }
    return counts;
  }
}
