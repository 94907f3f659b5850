/**
 * @module
 * From counts to probabilities and rates, each shrunk to what is known from more: a step at its place after the one before, a size of a step,
 * the rate of a conversation's next packet, the rate of openings.
 */
import {
  type ConversationCounts,
  contextsOf,
  isClosingPlace,
  openingIndex,
  PLACES,
  PREVIOUS_STEPS,
  SIZE_PLACES,
  sizeRow,
  stepIndex,
  waitIndex,
} from './counts.js';
import { NO_STEP, STEPS } from './role.js';
import { shrunkRate, TIME_BINS, timeBin, upperEdge } from './time-bins.js';

/** Probability of a step that was never seen, and of a size: small, not zero, since packets come from models that err. */
const UNSEEN_STEP = 1e-5;
const UNSEEN_SIZE = 1e-6;
/** Sizes that were not seen are likelier near those that were: within as many bytes. */
const SIZE_BIN_BYTES = 16;
/** A background counts as much as so many observations. */
const STEP_WEIGHT = 0.5;
const SIZE_WEIGHT = 1;
const RATE_WEIGHT = 0.5;

export class Likelihoods {
  readonly #counts: ConversationCounts;
  readonly #steps: Float64Array;
  /** Rates per ns. */
  readonly #waits: Float64Array;
  readonly #closings: Float64Array;
  /** Index of a size in the tables, or -1. */
  readonly #sizeIndex = new Map<number, number>();
  /** For each row of `sizeRow`, its probabilities by index of size, then by bin; undefined for rows without packets. */
  readonly #sizes: readonly (SizeTable | undefined)[];
  readonly #openingBackground: Float64Array;
  readonly #contexts: number;
  /** Services that have opened with a step and a size, or with a step. */
  readonly #openers = new Map<number, readonly number[]>();

  constructor(counts: ConversationCounts) {
    this.#counts = counts;
    this.#contexts = contextsOf(counts.services);
    this.#steps = stepProbabilities(counts);
    this.#waits = waitRates(counts, counts.waits);
    this.#closings = waitRates(counts, counts.closings);
    for (const sizes of counts.sizes.values()) {
      for (const size of sizes.keys()) {
        if (!this.#sizeIndex.has(size)) this.#sizeIndex.set(size, this.#sizeIndex.size);
      }
    }
    this.#sizes = sizeTables(counts, this.#sizeIndex);
    this.#openingBackground = openingRates(counts);
    this.#findOpeners();
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

  /** Rate of a conversation's next packet, per ns, `waitNs` after the latest, which was `previous`. */
  waiting(service: number, previous: number, waitNs: number): number {
    return this.#waits[waitIndex(service, previous, timeBin(waitNs))]!;
  }

  /** The same for a packet that begins to close its connection. */
  closing(service: number, previous: number, waitNs: number): number {
    return this.#closings[waitIndex(service, previous, timeBin(waitNs))]!;
  }

  /** The longest time between two packets of a conversation, for each service, in ns, rounded up to an octave. */
  longestWaits(): Float64Array {
    const { services, waits, closings } = this.#counts;
    return Float64Array.from({ length: services }, (_, service) => {
      let longest = 0;
      for (let previous = 0; previous <= NO_STEP; previous++) {
        for (let bin = 0; bin < TIME_BINS; bin++) {
          const at = waitIndex(service, previous, bin);
          if (waits[at]! + closings[at]! > 0) longest = Math.max(longest, upperEdge(bin));
        }
      }
      return longest;
    });
  }

  /** Rate of openings of a service, per ns, `gapNs` after any packet, which was one of `context`. */
  opening(service: number, context: number, gapNs: number): number {
    const bin = timeBin(gapNs);
    const events = this.#counts.openings.get(openingIndex(this.#contexts, service, context, bin)) ?? 0;
    const exposure = this.#counts.openingWaited[context * TIME_BINS + bin]!;
    return shrunkRate(events, exposure, this.#openingBackground[service * TIME_BINS + bin]!, RATE_WEIGHT);
  }

  /** Services that may have opened with a packet of this direction and size: those that did, or else all. */
  openers(outbound: number, sizeBytes: number): readonly number[] {
    return this.#openers.get(openerKey(outbound, sizeBytes)) ?? this.#openers.get(ALL_OPENERS)!;
  }

  #findOpeners(): void {
    const { services, sizes } = this.#counts;
    const found = new Map<number, Set<number>>();
    for (let service = 0; service < services; service++) {
      for (let step = 0; step < STEPS; step++) {
        for (const size of sizes.get(sizeRow(service, step, 0))?.keys() ?? []) {
          const key = openerKey(step >= STEPS / 2 ? 1 : 0, size);
          found.set(key, (found.get(key) ?? new Set()).add(service));
        }
      }
    }
    for (const [key, openers] of found) this.#openers.set(key, [...openers]);
    this.#openers.set(
      ALL_OPENERS,
      Array.from({ length: services }, (_, service) => service),
    );
  }
}

const openerKey = (outbound: number, sizeBytes: number): number => 2 * sizeBytes + outbound;
const ALL_OPENERS = -1;

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
          shrinkTo(probabilities, at, (step) => anywhere[previous * STEPS + step]!, STEP_WEIGHT);
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
function waitRates({ services, waited, steps }: ConversationCounts, waits: Float64Array): Float64Array {
  const rates = new Float64Array(waits.length);
  const connections = Float64Array.from({ length: services }, (_, service) => {
    let count = 0;
    for (let step = 0; step < STEPS; step++) count += steps[stepIndex(service, 0, NO_STEP, step)]!;
    return count;
  });
  for (let service = 0; service < services; service++) {
    const events = new Float64Array(TIME_BINS);
    const exposure = new Float64Array(TIME_BINS);
    for (let previous = 0; previous <= NO_STEP; previous++) {
      for (let bin = 0; bin < TIME_BINS; bin++) {
        events[bin]! += waits[waitIndex(service, previous, bin)]!;
        exposure[bin]! += waited[waitIndex(service, previous, bin)]!;
      }
    }
    const allEvents = sum(events);
    const q = +(process.env['Q_OVER'] ?? 0.5) * Math.min(1, connections[service]! / Math.max(1, allEvents));
    for (let bin = 0; bin < TIME_BINS; bin++) exposure[bin]! += q * allEvents * (upperEdge(bin) - (bin ? upperEdge(bin - 1) : 0));
    const mean = (sum(events) + +(process.env['MEAN']??0.01)) / (sum(exposure) + 1e9);
    for (let previous = 0; previous <= NO_STEP; previous++) {
      let own = 0;
      for (let bin = 0; bin < TIME_BINS; bin++) own += waits[waitIndex(service, previous, bin)]!;
      for (let bin = 0; bin < TIME_BINS; bin++) {
        const over = q * own * (upperEdge(bin) - (bin ? upperEdge(bin - 1) : 0));
        const background = shrunkRate(events[bin]!, exposure[bin]!, mean, RATE_WEIGHT);
        const at = waitIndex(service, previous, bin);
        rates[at] = shrunkRate(waits[at]!, waited[at]! + over, background, RATE_WEIGHT);
      }
    }
  }
  return rates;
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
