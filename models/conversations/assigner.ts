/**
 * @module
 * Which conversation a packet belongs to. Each open conversation, and each service that may open one, is taken for a point process with marks:
 * at the time of a packet it has a rate, and a probability of the packet's direction, role and size after the packet that it had before.
 * The packet goes to one of them by the posterior probability, rate × probability. So every kind of model, which knows times, sizes and
 * directions only, gets conversations.
 *
 * How many packets a conversation has, how long it lives and how it closes it takes from a record of the capture.
 */
import type { Random } from '../../src/random.js';
import type { PacketBlock } from '../../src/series/packet-series.js';
import { contextsOf, hesitationOf, placeOf } from './counts.js';
import { FAR, markOf, type ServiceMarks, serviceMarks, soonness } from './foresight.js';
import type { Conversations } from './learn.js';
import { Likelihoods } from './likelihoods.js';
import { RecordDeck } from './record-deck.js';
import { NEW_PORT, RECORD_FLAG } from './records.js';
import { NO_STEP, ROLE, ROLES, STEPS, stepOf } from './role.js';

/** A conversation that is about to begin. */
export interface Opening {
  /** Indices of the service, and of the record it is like. */
  readonly service: number;
  readonly record: number;
  /** Ports as they are in the record; new ones are drawn. */
  readonly localPort: number;
  readonly peerPort: number;
}

/** What follows from the assignments: it makes frames of the packets. */
export interface ConversationFactory<C> {
  open(opening: Opening): C;
  /** Whether the state of its protocol allows a conversation to carry such a packet next. */
  mayCarry(channel: C, outbound: number, sizeBytes: number, role: number): boolean;
  /** Whether a conversation could begin with such a packet. */
  mayOpen(service: number, sizeBytes: number, role: number): boolean;
}

class OpenConversation<C> {
  readonly service: number;
  readonly record: number;
  readonly channel: C;
  readonly openedNs: number;
  lastNs: number;
  packets = 0;
  /** Packets since the first FIN or RST, that one included. */
  closing = 0;
  previous = NO_STEP;
  before = 0;
  hesitation = 0;

  constructor(service: number, record: number, channel: C, timeNs: number) {
    this.service = service;
    this.record = record;
    this.channel = channel;
    this.openedNs = timeNs;
    this.lastNs = timeNs;
  }
}

/** More are never open at a time; the one that was silent longest is left alone. */
const MAX_OPEN = 64;
/** Linux draws ephemeral ports from here (ip_local_port_range). */
const EPHEMERAL = { from: 32_768, count: 28_232 } as const;

export class ConversationAssigner<C> {
  /** Where the latest packet went, and what it does there. */
  channel!: C;
  role: number = ROLE.data;
  /** Conversations opened so far. */
  opened = 0;
  readonly #data: Conversations;
  readonly #likelihoods: Likelihoods;
  readonly #factory: ConversationFactory<C>;
  readonly #random: Random;
  readonly #decks: readonly RecordDeck[];
  readonly #open: OpenConversation<C>[] = [];
  readonly #busy = new Set<number>();
  /** Packets and conversations of each service so far, and packets of a conversation in the capture. */
  readonly #packets: Float64Array;
  readonly #openings: Float64Array;
  readonly #meanPackets: Float64Array;
  #context: number;
  #lastNs = 0;
  #index = 0;
  #soon: readonly (Uint8Array | undefined)[] = [];
  readonly #serviceMarks: readonly (ServiceMarks | undefined)[];
  // Candidates for a packet: an open conversation or, negative, ~service; the role that it would have, and the weight.
  #candidates = new Int32Array(1024);
  #roles = new Uint8Array(1024);
  #weights = new Float64Array(1024);
  #count = 0;
  #total = 0;

  constructor(data: Conversations, factory: ConversationFactory<C>, random: Random) {
    this.#data = data;
    this.#likelihoods = new Likelihoods(data.counts);
    this.#factory = factory;
    this.#random = random;
    const records: number[][] = data.services.map(() => []);
    data.records.service.forEach((service, record) => {
      records[service]!.push(record);
    });
    this.#serviceMarks = serviceMarks(data.counts);
    this.#packets = new Float64Array(records.length);
    this.#openings = new Float64Array(records.length);
    this.#meanPackets = Float64Array.from(
      records,
      (all) => all.reduce((sum, record) => sum + data.records.packets[record]!, 0) / all.length,
    );
    this.#decks = records.map((all) => new RecordDeck(data.records, all));
    this.#context = contextsOf(data.services.length) - 1;
  }

  lookAhead(block: PacketBlock): void {
    this.#soon = this.#serviceMarks.map((marks) => marks && soonness(block, marks));
  }

  /** Assigns the next packet in the order of time. */
  assign(timeNs: number, sizeBytes: number, outbound: number, index: number): void {
    this.#index = index;
    this.#weigh(timeNs, sizeBytes, outbound);
    const conversation = this.#choose(timeNs, sizeBytes, outbound);
    const step = stepOf(outbound, this.role);
    conversation.packets++;
    this.#packets[conversation.service]!++;
    if (conversation.closing > 0 || this.role === ROLE.fin || this.role === ROLE.rst) conversation.closing++;
    conversation.before = markOf(outbound, sizeBytes);
    conversation.hesitation = hesitationOf(step, timeNs - conversation.lastNs);
    conversation.previous = step;
    conversation.lastNs = timeNs;
    this.channel = conversation.channel;
    this.#context = conversation.service * STEPS + step;
    this.#lastNs = timeNs;
  }

  #close(conversation: OpenConversation<C>): void {
    this.#open.splice(this.#open.indexOf(conversation), 1);
    this.#busy.delete(conversation.record);
  }

  #weigh(timeNs: number, sizeBytes: number, outbound: number): void {
    const likelihoods = this.#likelihoods;
    const sizeIndex = likelihoods.sizeIndex(sizeBytes);
    this.#count = 0;
    this.#total = 0;
    const firstStep = stepOf(outbound, 0);
    for (let index = 0; index < this.#open.length; index++) {
      const conversation = this.#open[index]!;
      const { service, previous, lastNs, packets, closing } = conversation;
      const waitNs = timeNs - lastNs;
      const isClosing = closing > 0 ? 1 : 0;
      const alive = likelihoods.alive(service, isClosing, isClosing ? closing : packets, previous, waitNs);
      const rate = alive * likelihoods.waiting(service, previous, waitNs);
      const closingRate =
        isClosing === 1
          ? 0
          : alive *
            likelihoods.closing(service, previous, waitNs) *
            likelihoods.closeness(service, packets) *
            likelihoods.closingEvidence(
              service,
              this.#soon[service]?.[this.#index] ?? FAR,
              conversation.before,
              conversation.hesitation,
            );
      const place = placeOf(packets, closing === 0 ? -1 : closing);
      const closingPlace = placeOf(packets, 0);
      for (let role = 0; role < ROLES; role++) {
        const step = firstStep + role;
        let weight = rate * likelihoods.packet(service, place, previous, step, sizeBytes, sizeIndex);
        if (closingRate > 0) {
          weight += closingRate * likelihoods.packet(service, closingPlace, previous, step, sizeBytes, sizeIndex);
        }
        this.#add(index, role, weight);
      }
    }
    for (const service of likelihoods.openers(outbound, sizeBytes)) {
      const rate = likelihoods.opening(service, this.#context, timeNs - this.#lastNs) * this.#demand(service);
      for (let role = 0; role < ROLES; role++) {
        const fit = likelihoods.packet(service, 0, NO_STEP, firstStep + role, sizeBytes, sizeIndex);
        this.#add(~service, role, rate * fit);
      }
    }
  }

  /** How much a service lacks conversations for the packets that it has had. */
  #demand(service: number): number {
    const due = this.#packets[service]! / this.#meanPackets[service]!;
    return Math.min(4, ((due + 1) / (this.#openings[service]! + 1)) ** +(process.env['POW'] ?? 4));
  }

  #add(candidate: number, role: number, weight: number): void {
    this.#candidates[this.#count] = candidate;
    this.#roles[this.#count] = role;
    this.#weights[this.#count] = weight;
    this.#total += weight;
    this.#count++;
  }

  #choose(timeNs: number, sizeBytes: number, outbound: number): OpenConversation<C> {
    for (;;) {
      const chosen = this.#draw();
      if (chosen < 0) return this.#begin(this.#fallback(sizeBytes), timeNs, sizeBytes, outbound);
      const candidate = this.#candidates[chosen]!;
      this.role = this.#roles[chosen]!;
      if (candidate < 0) {
        if (this.#factory.mayOpen(~candidate, sizeBytes, this.role)) {
          return this.#begin(~candidate, timeNs, sizeBytes, outbound);
        }
      } else if (this.#factory.mayCarry(this.#open[candidate]!.channel, outbound, sizeBytes, this.role)) {
        return this.#open[candidate]!;
      }
      this.#total -= this.#weights[chosen]!;
      this.#weights[chosen] = 0;
    }
  }

  /** A candidate by weight, or -1 if none has any. */
  #draw(): number {
    let left = this.#random.next() * this.#total;
    let last = -1;
    for (let i = 0; i < this.#count; i++) {
      const weight = this.#weights[i]!;
      if (weight <= 0) continue;
      last = i;
      left -= weight;
      if (left < 0) return i;
    }
    return last;
  }

  /** The service of most packets: what nothing can carry has to go somewhere. */
  #fallback(_sizeBytes: number): number {
    this.role = ROLE.data;
    return this.#data.records.service[0]!;
  }

  #begin(service: number, timeNs: number, sizeBytes: number, outbound: number): OpenConversation<C> {
    if (this.#open.length === MAX_OPEN) this.#close(this.#longestSilent());
    const step = stepOf(outbound, this.role);
    const record = this.#decks[service]!.draw(step, sizeBytes, this.#random, (one) => this.#busy.has(one));
    const { localPort, peerPort, flags } = this.#data.records;
    const channel = this.#factory.open({
      service,
      record,
      localPort: this.#port(localPort[record]!),
      peerPort: this.#port(peerPort[record]!),
    });
    this.opened++;
    this.#openings[service]!++;
    const conversation = new OpenConversation(service, record, channel, timeNs);
    this.#open.push(conversation);
    if ((flags[record]! & RECORD_FLAG.unfinished) !== 0) this.#busy.add(record);
    return conversation;
  }

  #port(port: number): number {
    return port === NEW_PORT ? EPHEMERAL.from + Math.floor(this.#random.next() * EPHEMERAL.count) : port;
  }

  #longestSilent(): OpenConversation<C> {
    return this.#open.reduce((a, b) => (b.lastNs < a.lastNs ? b : a));
  }
}
