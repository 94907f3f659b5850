/**
 * @module
 * The probabilities and rates of conversations, each shrunk to what is known from more: a step at its place after the one before, a size of a
 * step, the rate of a conversation's next packet, the rate of openings.
 */
import { type ConversationCounts, contextsOf, lengthIndex, openingIndex, stepIndex, waitIndex } from './counts.js';
import { closenesses, endProbabilities } from './end-probabilities.js';
import { markOf, type ServiceMarks, serviceMarks } from './foresight.js';
import { ROLES } from './role.js';
import { largestSizes, rolesOfSizes, seenRoles } from './seen-packets.js';
import { type SizeTable, sizeTables, UNSEEN_SIZE } from './size-probabilities.js';
import { partsOfSizeRow, sizeRow } from './sizes.js';
import { stepProbabilities } from './step-probabilities.js';
import { shrunkRate, TIME_BINS, timeBin } from './time-bins.js';
import { openingRates, RATE_WEIGHT, silences, waitRates } from './waiting-rates.js';

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
