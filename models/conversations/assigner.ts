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
import { contextsOf, placeOf } from './counts.js';
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
/** How much a conversation may be hurried or held back to live as long as its record. */
const MAX_HURRY = +(process.env['HURRY']??4);
/** The rate of packets after the last one of the record, as a share of the rate before. */
const EXHAUSTED = +(process.env['EX']??0.02);
/** A conversation silent for so many times the longest wait of its service is over. */
const PATIENCE = 1.5;
const EXPIRED = +(process.env['EXPIRED']??1e-3);
const CLOSES = { early: +(process.env['EARLY']??0.1), due: +(process.env['DUE']??10) } as const;
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
  readonly #longestWaitNs: Float64Array;
  /** Packets and conversations of each service so far, and packets of a conversation in the capture. */
  readonly #packets: Float64Array;
  readonly #openings: Float64Array;
  readonly #meanPackets: Float64Array;
  #context: number;
  #lastNs = 0;
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
    this.#packets = new Float64Array(records.length);
    this.#openings = new Float64Array(records.length);
    this.#meanPackets = Float64Array.from(
      records,
      (all) => all.reduce((sum, record) => sum + data.records.packets[record]!, 0) / all.length,
    );
    this.#longestWaitNs = this.#likelihoods.longestWaits();
    this.#decks = records.map((all) => new RecordDeck(data.records, all));
    this.#context = contextsOf(data.services.length) - 1;
  }

  /** Assigns the next packet in the order of time. */
  assign(timeNs: number, sizeBytes: number, outbound: number): void {
    this.#weigh(timeNs, sizeBytes, outbound);
    const conversation = this.#choose(timeNs, sizeBytes, outbound);
    const step = stepOf(outbound, this.role);
    conversation.packets++;
    this.#packets[conversation.service]!++;
    if (conversation.closing > 0 || this.role === ROLE.fin || this.role === ROLE.rst) conversation.closing++;
    conversation.previous = step;
    conversation.lastNs = timeNs;
    this.channel = conversation.channel;
    this.#context = conversation.service * STEPS + step;
    this.#lastNs = timeNs;
    if (this.#isOver(conversation)) this.#close(conversation);
  }

  /** A connection that is being closed is over when that has taken as many packets as in its record. */
  #isOver({ record, closing }: OpenConversation<C>): boolean {
    return closing > 0 && closing >= this.#data.records.closingPackets[record]!;
  }

  /** Unlimited for what went on when the capture ended. */
  #packetsOf(record: number): number {
    const { packets, flags } = this.#data.records;
    return (flags[record]! & RECORD_FLAG.unfinished) !== 0 ? Number.POSITIVE_INFINITY : packets[record]!;
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
      const { service, previous, lastNs, packets, closing, record } = conversation;
      const waitNs = timeNs - lastNs;
      const patience = waitNs > PATIENCE * this.#longestWaitNs[service]! && !this.#busy.has(record) ? EXPIRED : 1;
      const begins = closing === 0 ? this.#closes(conversation) : 0;
      const rate = patience * likelihoods.waiting(service, previous, waitNs) * this.#hurry(conversation, timeNs);
      const closingRate = begins === 0 ? 0 : patience * begins * likelihoods.closing(service, previous, waitNs);
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
    return Math.min(4, ((due + 1) / (this.#openings[service]! + 1)) ** +(process.env['POW']??4));
  }

  #add(candidate: number, role: number, weight: number): void {
    this.#candidates[this.#count] = candidate;
    this.#roles[this.#count] = role;
    this.#weights[this.#count] = weight;
    this.#total += weight;
    this.#count++;
  }

  /** How much likelier than usual a conversation is closed next: it has had as many packets as its record, or not. */
  #closes({ record, packets }: OpenConversation<C>): number {
    const { closingPackets } = this.#data.records;
    if (closingPackets[record] === 0) return 0;
    return packets < this.#packetsOf(record) - closingPackets[record]! ? CLOSES.early : CLOSES.due;
  }

  /** How much faster than usual a conversation must go on to have its packets when its time is over. */
  #hurry({ record, packets, openedNs }: OpenConversation<C>, timeNs: number): number {
    const { lifeNs, flags } = this.#data.records;
    if ((flags[record]! & RECORD_FLAG.unfinished) !== 0) return 1;
    const all = this.#packetsOf(record);
    if (packets >= all) return EXHAUSTED;
    const life = lifeNs[record]!;
    const age = timeNs - openedNs;
    if (age >= life) return 1;
    const hurry = ((all - packets) / all) * (life / (life - age));
    return Math.min(MAX_HURRY, Math.max(1 / MAX_HURRY, hurry));
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
