/**
 * @module
 * From counts to probabilities and rates, each shrunk to what is known from more: a step at its place after the one before, a size of a step,
 * the rate of a conversation's next packet, the rate of openings.
 */
import {
  type ConversationCounts,
  contextsOf,
  isClosingPlace,
  LENGTHS,
  lengthIndex,
  openingIndex,
  PLACES,
  PREVIOUS_STEPS,
  stepIndex,
  waitIndex,
} from './counts.js';
import { markOf, type ServiceMarks, serviceMarks } from './foresight.js';
import { NO_STEP, ROLES, STEPS, stepOf, stepRole } from './role.js';
import { partsOfSizeRow, SIZE_PLACES, sizeRow } from './sizes.js';
import { shrunkRate, TIME_BINS, timeBin, upperEdge } from './time-bins.js';

/** Probability of a step that was never seen, and of a size: small, not zero, since packets come from models that err. */
const UNSEEN_STEP = 1e-5;
const UNSEEN_SIZE = 1e-6;
/** And of a step that never opened a conversation. */
const UNSEEN_OPENING = 1e-9;
/** Sizes that were not seen are likelier near those that were: within as many bytes. */
const SIZE_BIN_BYTES = 16;
/** A background counts as much as so many observations. */
const STEP_WEIGHT = 0.5;
const SIZE_WEIGHT = 1;
const RATE_WEIGHT = 0.5;
/** Where no wait was as long, so many are thought to end within the octave. */
const UNSEEN_WAITS = 0.5;
const END_WEIGHT = 0.5;
const CLOSE_WEIGHT = 1;
/** A conversation may always go on. */
const MOST_CERTAIN_END = 0.98;

export class Likelihoods {
  readonly #counts: ConversationCounts;
  readonly #steps: Float64Array;
  /** Rates per ns. */
  readonly #waits: Float64Array;
  readonly #closings: Float64Array;
  /** Probability that a wait is longer. */
  readonly #silences: Float64Array;
  readonly #ends: Float64Array;
  readonly #closeness: Float64Array;
  readonly #soon: readonly ReadonlyMap<number, number>[];
  readonly #before: readonly ReadonlyMap<number, number>[];
  readonly #hesitation: readonly ReadonlyMap<number, number>[];
  /** Index of a size in the tables, or -1. */
  readonly #sizeIndex = new Map<number, number>();
  /** For each row of `sizeRow`, its probabilities by index of size, then by bin; undefined for rows without packets. */
  readonly #sizes: readonly (SizeTable | undefined)[];
  readonly #openingBackground: Float64Array;
  readonly #marks: readonly (ServiceMarks | undefined)[];
  readonly #contexts: number;
  /** Services that have opened with a direction and size (`markOf`). */
  readonly #openers = new Map<number, readonly number[]>();
  /** For each service and direction the roles that its packets had. */
  readonly #roles: readonly (readonly number[])[];
  readonly #largest: Float64Array;
  /** The same for each size. */
  readonly #rolesOfSize: readonly (readonly number[])[];

  constructor(counts: ConversationCounts) {
    this.#counts = counts;
    this.#contexts = contextsOf(counts.services);
    this.#steps = stepProbabilities(counts);
    this.#waits = waitRates(counts, counts.waits);
    this.#closings = waitRates(counts, counts.closings);
    this.#silences = silences(counts);
    this.#ends = endProbabilities(counts);
    this.#closeness = closenesses(counts);
    this.#soon = counts.soon.ratios(counts.services);
    this.#before = counts.before.ratios(counts.services);
    this.#hesitation = counts.hesitation.ratios(counts.services);
    for (const sizes of counts.sizes.values()) {
      for (const size of sizes.keys()) {
        if (!this.#sizeIndex.has(size)) this.#sizeIndex.set(size, this.#sizeIndex.size);
      }
    }
    this.#sizes = sizeTables(counts, this.#sizeIndex);
    this.#openingBackground = openingRates(counts);
    // Only what is closed asks how soon something is opened.
    this.#marks = serviceMarks(counts.services, counts.sizes).map((marks, service) =>
      this.#soon[service]!.size === 0 ? undefined : marks,
    );
    this.#findOpeners();
    this.#largest = largestSizes(counts);
    this.#roles = seenRoles(counts);
    this.#rolesOfSize = rolesOfSizes(counts, this.#sizeIndex);
  }

  /**
   * The roles that packets of a service have had in a direction with a size; none if it has had no such packets. What nobody has had may be
   * anything that the service has had in the direction.
   */
  roles(service: number, outbound: number, sizeIndex: number): readonly number[] {
    const row = 2 * service + outbound;
    return sizeIndex < 0 ? this.#roles[row]! : this.#rolesOfSize[row * this.#sizeIndex.size + sizeIndex]!;
  }

  /** The largest packet that a service has had in a direction, in bytes; 0 if it has had none. */
  largest(service: number, outbound: number): number {
    return this.#largest[2 * service + outbound]!;
  }

  /** How the packets of each service look (`foresight.ts`). */
  get marks(): readonly (ServiceMarks | undefined)[] {
    return this.#marks;
  }

  /** Where the tables have a size; to be passed on. */
  sizeIndex(sizeBytes: number): number {
    return this.#sizeIndex.get(sizeBytes) ?? -1;
  }

  /** Probability of a step and a size at a place after `previous`. */
  packet(service: number, place: number, previous: number, step: number, sizeBytes: number, sizeIndex: number): number {
    const probability = this.#steps[stepIndex(service, place, previous, step)]!;
    const table = this.#sizes[sizeRow(service, step, place)];
    return probability * (table === undefined ? UNSEEN_SIZE : table.probability(sizeBytes, sizeIndex));
  }

  /** Rate of a conversation's next packet, per ns, at a time (`timeBin`) since the latest, which was `previous`. */
  waiting(service: number, previous: number, bin: number): number {
    return this.#waits[waitIndex(service, previous, bin)]!;
  }

  /** The same for a packet that begins to close its connection. */
  closing(service: number, previous: number, bin: number): number {
    return this.#closings[waitIndex(service, previous, bin)]!;
  }

  /**
   * Probability that a conversation goes on, after so many packets and a silence (`timeBin`) since the latest. Some end with a packet; the
   * longer the silence, the likelier this one has.
   *
   * @param closing packets of its closing; 0 if that has not begun
   */
  alive(service: number, closing: number, packets: number, previous: number, bin: number): number {
    const length = closing > 0 ? lengthIndex(service, 1, closing) : lengthIndex(service, 0, packets);
    const ends = this.#ends[length]!;
    const silent = (1 - ends) * this.#silences[waitIndex(service, previous, bin)]!;
    return silent / (ends + silent);
  }

  /**
   * How much likelier than usual the next packet begins the closing of a connection; 0 where none was ever closed.
   *
   * @param packets so far
   * @param mark of the latest packet (`markOf`)
   * @param hesitation before it (`hesitationOf`)
   */
  closeness(service: number, packets: number, mark: number, hesitation: number): number {
    return (
      this.#closeness[lengthIndex(service, 0, packets)]! *
      (this.#before[service]!.get(mark) ?? 1) *
      (this.#hesitation[service]!.get(hesitation) ?? 1)
    );
  }

  /** The same by how soon after the packet its service opens again. */
  closingBefore(service: number, soon: number): number {
    return this.#soon[service]!.get(soon) ?? 1;
  }

  /** Rate of openings of a service, per ns, `gapNs` after any packet, which was one of `context`. */
  opening(service: number, context: number, gapNs: number): number {
    const bin = timeBin(gapNs);
    const events = this.#counts.openings.get(openingIndex(this.#contexts, service, context, bin)) ?? 0;
    const exposure = this.#counts.openingWaited[context * TIME_BINS + bin]!;
    return shrunkRate(events, exposure, this.#openingBackground[service * TIME_BINS + bin]!, RATE_WEIGHT);
  }

  /** Services that have opened with a packet of this direction and size. */
  openers(outbound: number, sizeBytes: number): readonly number[] {
    return this.#openers.get(markOf(outbound, sizeBytes)) ?? NO_SERVICE;
  }

  #findOpeners(): void {
    for (const [row, sizes] of this.#counts.sizes) {
      const { service, step, place } = partsOfSizeRow(row);
      if (place !== 0) continue;
      for (const size of sizes.keys()) {
        const mark = markOf(step < ROLES ? 0 : 1, size);
        const known = this.#openers.get(mark) ?? [];
        // In the same order whatever that of the counts is.
        if (!known.includes(service))
          this.#openers.set(
            mark,
            [...known, service].sort((a, b) => a - b),
          );
      }
    }
  }
}

const NO_SERVICE: readonly number[] = [];

function seenRoles({ services, sizes }: ConversationCounts): readonly (readonly number[])[] {
  return Array.from({ length: 2 * services }, (_, row) => {
    const service = row >> 1;
    const roles = Array.from({ length: ROLES }, (_, role) => role);
    return roles.filter((role) => {
      const step = stepOf(row & 1, role);
      return Array.from({ length: SIZE_PLACES }, (_, place) => sizes.has(sizeRow(service, step, place))).includes(true);
    });
  });
}

/** At a place after a step; shrunk to after the step in the same part of the conversation, and that to the part alone. */
function stepProbabilities({ services, steps }: ConversationCounts): Float64Array {
  const probabilities = new Float64Array(steps.length);
  const anywhere = new Float64Array(PREVIOUS_STEPS * STEPS);
  const part = new Float64Array(STEPS);
  const places = Array.from({ length: PLACES }, (_, place) => place);
  for (let service = 0; service < services; service++) {
    for (const closing of [false, true]) {
      const ofPart = places.filter((place) => isClosingPlace(place) === closing);
      anywhere.fill(0);
      part.fill(0);
      for (const place of ofPart) {
        for (let previous = 0; previous <= NO_STEP; previous++) {
          for (let step = 0; step < STEPS; step++) {
            const count = steps[stepIndex(service, place, previous, step)]!;
            anywhere[previous * STEPS + step]! += count;
            part[step]! += count;
          }
        }
      }
      shrinkTo(part, 0, () => UNSEEN_STEP, STEP_WEIGHT);

      for (let previous = 0; previous <= NO_STEP; previous++) {
        shrinkTo(anywhere, previous * STEPS, (step) => part[step]!, STEP_WEIGHT);
        for (const place of ofPart) {
          const at = stepIndex(service, place, previous, 0);
          for (let step = 0; step < STEPS; step++) probabilities[at + step] = steps[at + step]!;
          shrinkTo(
            probabilities,
            at,
            (step) => (place === 0 ? UNSEEN_OPENING : anywhere[previous * STEPS + step]!),
            STEP_WEIGHT,
          );
        }
      }
    }
  }
  return probabilities;
}

/** Counts of steps, from `at` on, become probabilities. */
function shrinkTo(counts: Float64Array, at: number, background: (step: number) => number, weight: number): void {
  let total = 0;
  for (let step = 0; step < STEPS; step++) total += counts[at + step]!;
  for (let step = 0; step < STEPS; step++) {
    counts[at + step] = (counts[at + step]! + weight * background(step)) / (total + weight);
  }
}

/** After a step; shrunk to any step of the service, and that to the mean of the service. */
function waitRates({ services, waited }: ConversationCounts, waits: Float64Array): Float64Array {
  const rates = new Float64Array(waits.length);
  for (let service = 0; service < services; service++) {
    const events = new Float64Array(TIME_BINS);
    const exposure = new Float64Array(TIME_BINS);
    for (let previous = 0; previous <= NO_STEP; previous++) {
      for (let bin = 0; bin < TIME_BINS; bin++) {
        events[bin]! += waits[waitIndex(service, previous, bin)]!;
        exposure[bin]! += waited[waitIndex(service, previous, bin)]!;
      }
    }
    const mean = (sum(events) + 0.01) / (sum(exposure) + 1e9);
    for (let previous = 0; previous <= NO_STEP; previous++) {
      for (let bin = 0; bin < TIME_BINS; bin++) {
        const background = shrunkRate(
          events[bin]!,
          exposure[bin]!,
          Math.min(mean, UNSEEN_WAITS / upperEdge(bin)),
          RATE_WEIGHT,
        );
        const at = waitIndex(service, previous, bin);
        rates[at] = shrunkRate(waits[at]!, waited[at]!, background, RATE_WEIGHT);
      }
    }
  }
  return rates;
}

/** Probability that a wait after a step is at least as long as the middle of a bin; shrunk to any step of the service. */
function silences({ services, waits, closings }: ConversationCounts): Float64Array {
  const longer = new Float64Array(waits.length);
  for (let service = 0; service < services; service++) {
    const all = new Float64Array(TIME_BINS);
    for (let previous = 0; previous <= NO_STEP; previous++) {
      for (let bin = 0; bin < TIME_BINS; bin++) {
        const at = waitIndex(service, previous, bin);
        all[bin]! += waits[at]! + closings[at]!;
      }
    }
    const background = tails(all, RATE_WEIGHT, () => 1);
    for (let previous = 0; previous <= NO_STEP; previous++) {
      const at = waitIndex(service, previous, 0);
      const own = all.map((_, bin) => waits[at + bin]! + closings[at + bin]!);
      longer.set(
        tails(own, RATE_WEIGHT, (bin) => background[bin]!),
        at,
      );
    }
  }
  return longer;
}

/** Share of counts in later bins and of half of those in the same. */
function tails(counts: Float64Array, weight: number, background: (bin: number) => number): Float64Array {
  const shares = new Float64Array(counts.length);
  const total = sum(counts) + weight;
  let later = 0;
  for (let bin = counts.length - 1; bin >= 0; bin--) {
    const count = counts[bin]!;
    shares[bin] = total === 0 ? 0 : (later + count / 2 + weight * background(bin)) / total;
    later += count;
  }
  return shares;
}

/** Probability that a packet is the last of its conversation. */
function endProbabilities({ services, lengths, ends }: ConversationCounts): Float64Array {
  const probabilities = new Float64Array(lengths.length);
  for (let row = 0; row < 2 * services; row++) {
    const from = row * LENGTHS;
    const to = from + LENGTHS;
    const usual = (sum(ends.subarray(from, to)) + 1e-3) / (sum(lengths.subarray(from, to)) + 1);
    for (let at = from; at < to; at++) {
      probabilities[at] = Math.min(MOST_CERTAIN_END, (ends[at]! + END_WEIGHT * usual) / (lengths[at]! + END_WEIGHT));
    }
  }
  return probabilities;
}

/** 0 for services whose connections were never closed. */
function closenesses({ services, lengths, closes }: ConversationCounts): Float64Array {
  const factors = new Float64Array(lengths.length);
  for (let service = 0; service < services; service++) {
    const from = lengthIndex(service, 0, 1);
    const to = from + LENGTHS;
    const usual = sum(closes.subarray(from, to)) / Math.max(1, sum(lengths.subarray(from, to)));
    if (usual === 0) continue;
    for (let at = from; at < to; at++) {
      factors[at] = (closes[at]! + CLOSE_WEIGHT * usual) / (lengths[at]! + CLOSE_WEIGHT) / usual;
    }
  }
  return factors;
}

/** Of each service by the time since any packet, whatever that was. */
function openingRates({ services, openings, openingWaited }: ConversationCounts): Float64Array {
  const contexts = contextsOf(services);
  const events = new Float64Array(services * TIME_BINS);
  for (const [index, count] of openings) {
    const service = Math.floor(index / (contexts * TIME_BINS));
    events[service * TIME_BINS + (index % TIME_BINS)]! += count;
  }
  const exposure = new Float64Array(TIME_BINS);
  openingWaited.forEach((waited, index) => {
    exposure[index % TIME_BINS]! += waited;
  });
  const total = sum(exposure) + 1e9;
  return Float64Array.from(events, (count, index) => {
    const service = Math.floor(index / TIME_BINS);
    const ofService = sum(events.subarray(service * TIME_BINS, (service + 1) * TIME_BINS));
    return shrunkRate(count, exposure[index % TIME_BINS]!, (ofService + RATE_WEIGHT) / total, RATE_WEIGHT);
  });
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

/** Probabilities of the sizes of a step. */
class SizeTable {
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

function largestSizes({ services, sizes }: ConversationCounts): Float64Array {
  const largest = new Float64Array(2 * services);
  for (const [row, counts] of sizes) {
    const { service, step } = partsOfSizeRow(row);
    const at = 2 * service + (step < ROLES ? 0 : 1);
    for (const size of counts.keys()) largest[at] = Math.max(largest[at]!, size);
  }
  return largest;
}

/** For each service, direction and size the roles of such packets. Equal lists are one. */
function rolesOfSizes(
  { services, sizes }: ConversationCounts,
  indices: ReadonlyMap<number, number>,
): readonly (readonly number[])[] {
  const sets = new Uint8Array(2 * services * indices.size);
  for (const [row, counts] of sizes) {
    const { service, step } = partsOfSizeRow(row);
    const at = (2 * service + (step < ROLES ? 0 : 1)) * indices.size;
    for (const size of counts.keys()) sets[at + indices.get(size)!]! |= 1 << stepRole(step);
  }
  const lists = Array.from({ length: 2 ** ROLES }, (_, set) =>
    Array.from({ length: ROLES }, (_, role) => role).filter((role) => (set & (1 << role)) !== 0),
  );
  return Array.from(sets, (set) => lists[set]!);
}

/** Of a step at a place; shrunk to the step anywhere in the conversation, and that to sizes near by. */
function sizeTables(
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
