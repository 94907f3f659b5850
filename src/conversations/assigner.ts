/**
 * @module
 * Which conversation a packet belongs to. Each open conversation, and each service that may open one, is taken for a point process with marks:
 * at the time of a packet it has a rate, and a probability of the packet's direction, role and size after the packet that it had before.
 * The packet goes to one of them by the posterior probability, rate × probability. So every kind of model, which knows times, sizes and
 * directions only, gets conversations.
 *
 * A new conversation is like one of the capture: its record says with whom it is, and how it opens.
 */
import type { Random } from '../random.js';
import { contextsOf, hesitationOf, placeOf } from './counts.js';
import { markOf } from './foresight.js';
import type { Likelihoods } from './likelihoods.js';
import { RecordSampler } from './record-sampler.js';
import { type Conversations, NEW_PORT, NO_PORT, RECORD_FLAG } from './records.js';
import { NO_STEP, ROLE, ROLES, STEPS, stepOf } from './role.js';
import { timeBin } from './time-bins.js';

/** A conversation that is about to begin. */
export interface Opening {
  /** Index of the record that it is like. */
  readonly record: number;
  /** Undefined for protocols without ports. */
  readonly localPort: number | undefined;
  readonly peerPort: number | undefined;
}

/** What becomes of the conversations; `C` stands for one of them. */
export interface ConversationFactory<C> {
  open(opening: Opening): C;
  /** Whether the state of its protocol allows a conversation to carry such a packet next. */
  mayCarry(conversation: C, outbound: number, sizeBytes: number, role: number): boolean;
  /** Whether a conversation like this record may begin with such a packet. */
  mayOpen(record: number, outbound: number, sizeBytes: number): boolean;
  /** Whether it can carry nothing any more. */
  isOver(conversation: C): boolean;
  /** Where a packet goes that no conversation can carry. */
  stray(outbound: number): C;
}

export interface AssignerOptions<C> {
  readonly conversations: Conversations;
  /** By the counts of `conversations`. */
  readonly likelihoods: Likelihoods;
  readonly factory: ConversationFactory<C>;
  readonly random: Random;
  /** Whether all packets are of one conversation, like the first record, which is never closed. */
  readonly isSingle: boolean;
}

class OpenConversation<C> {
  readonly service: number;
  readonly record: number;
  readonly it: C;
  lastNs: number;
  packets = 0;
  /** Packets since the first FIN or RST, that one included. */
  closing = 0;
  previous = NO_STEP;
  /** The latest packet (`markOf`), and how long it was waited for (`hesitationOf`). */
  before = 0;
  hesitation = 0;

  constructor(service: number, record: number, it: C, timeNs: number) {
    this.service = service;
    this.record = record;
    this.it = it;
    this.lastNs = timeNs;
  }
}

/** More are never open at a time; the one that was silent longest is left alone. */
const MAX_OPEN = 64;
/** A service that lacks conversations opens at most so much faster. */
const MAX_DEMAND = 4;
/** A service may have so many times more or fewer conversations than is due. */
const DEMAND_SLACK = 1.15;
/** Linux takes ephemeral ports from here (ip_local_port_range). One after the other, so that none comes again soon. */
const EPHEMERAL = { from: 32_768, count: 28_232 } as const;
/** What looks like an opening may be one all the same. */
const MIN_ROOM = 1e-3;
const NO_SERVICE: readonly number[] = [];
const MAX_CANDIDATES = (MAX_OPEN + 64) * ROLES;

export class ConversationAssigner<C> {
  /** Where the latest packet went, and what it does there. */
  conversation!: C;
  role: number = ROLE.data;
  readonly #isSingle: boolean;
  readonly #services: readonly number[];
  readonly #data: Conversations;
  readonly #likelihoods: Likelihoods;
  readonly #factory: ConversationFactory<C>;
  readonly #random: Random;
  readonly #decks: readonly RecordSampler[];
  /** Any record of each service. */
  readonly #someRecord: readonly number[];
  readonly #open: OpenConversation<C>[] = [];
  /** The one that had the latest packet. */
  #last: OpenConversation<C> | undefined;
  readonly #busy = new Set<number>();
  /** Packets and conversations of each service so far, and packets of a conversation in the capture. */
  readonly #packets: Float64Array;
  readonly #openings: Float64Array;
  readonly #meanPackets: Float64Array;
  /** Conversations of each service that were closed so far; and in the capture, for each packet. */
  readonly #closings: Float64Array;
  readonly #closedShare: Float64Array;
  /** Where the next new port is taken, from the beginning of those. */
  #newPorts: number;
  /** Of the packet before: its service and step. */
  #context: number;
  #lastNs = 0;
  // Candidates for a packet: an open conversation or, negative, ~service; the role that it would have, and the weight.
  readonly #candidates = new Int32Array(MAX_CANDIDATES);
  readonly #roles = new Uint8Array(MAX_CANDIDATES);
  readonly #weights = new Float64Array(MAX_CANDIDATES);
  #count = 0;
  #total = 0;

  constructor({ conversations: data, likelihoods, factory, random, isSingle }: AssignerOptions<C>) {
    this.#isSingle = isSingle;
    this.#newPorts = Math.floor(random.next() * EPHEMERAL.count);
    this.#data = data;
    this.#likelihoods = likelihoods;
    this.#factory = factory;
    this.#random = random;
    const records: number[][] = data.services.map(() => []);
    data.records.service.forEach((service, record) => {
      records[service]!.push(record);
    });
    this.#services = records.map((_, service) => service);
    this.#packets = new Float64Array(records.length);
    this.#openings = new Float64Array(records.length);
    // Where all packets are of one conversation, other services have no records.
    this.#meanPackets = Float64Array.from(
      records,
      (all) => all.reduce((sum, record) => sum + data.records.packets[record]!, 0) / Math.max(1, all.length) || 1,
    );
    this.#closings = new Float64Array(records.length);
    this.#closedShare = Float64Array.from(records, (all, service) => {
      const closed = all.filter((record) => data.records.closingPackets[record]! > 0).length;
      return closed / (this.#meanPackets[service]! * all.length);
    });
    this.#decks = records.map((all) => new RecordSampler(data.records, all));
    this.#someRecord = records.map(([record]) => record ?? 0);
    this.#context = contextsOf(data.services.length) - 1;
  }

  /**
   * Assigns the next packet in the order of time.
   *
   * @param soon for each service how soon it opens again (`foresight.ts`)
   */
  assign(timeNs: number, sizeBytes: number, outbound: number, soon: (service: number) => number): void {
    this.#leaveIfOver();
    this.#weigh(timeNs, sizeBytes, outbound, soon);
    const chosen = this.#choose(timeNs, sizeBytes, outbound) ?? this.#anywhere(timeNs, sizeBytes, outbound);
    if (chosen === undefined) {
      this.role = ROLE.data;
      this.conversation = this.#factory.stray(outbound);
      return;
    }
    this.#record(chosen, timeNs, sizeBytes, outbound);
    this.#last = chosen;
    this.conversation = chosen.it;
  }

  /** Whether a conversation is over with a packet is known when that has been sent: before the next one. */
  #leaveIfOver(): void {
    if (this.#last === undefined || !this.#factory.isOver(this.#last.it)) return;
    const index = this.#open.indexOf(this.#last);
    if (index >= 0) this.#leave(index);
    this.#last = undefined;
  }

  #record(conversation: OpenConversation<C>, timeNs: number, sizeBytes: number, outbound: number): void {
    const { service, lastNs } = conversation;
    const step = stepOf(outbound, this.role);
    conversation.packets++;
    if (conversation.closing > 0 || this.role === ROLE.fin || this.role === ROLE.rst) {
      if (conversation.closing === 0) this.#closings[service]!++;
      conversation.closing++;
    }
    conversation.before = markOf(outbound, sizeBytes);
    conversation.hesitation = hesitationOf(step, timeNs - lastNs);
    conversation.previous = step;
    conversation.lastNs = timeNs;
    this.#packets[service]!++;
    this.#context = service * STEPS + step;
    this.#lastNs = timeNs;
  }

  #weigh(timeNs: number, sizeBytes: number, outbound: number, soon: (service: number) => number): void {
    this.#count = 0;
    this.#total = 0;
    const likelihoods = this.#likelihoods;
    const sizeIndex = likelihoods.sizeIndex(sizeBytes);
    const openers = this.#isSingle && this.#open.length > 0 ? NO_SERVICE : likelihoods.openers(outbound, sizeBytes);
    if (openers.length === 0 && this.#isClear(outbound, sizeIndex)) return;
    for (let index = 0; index < this.#open.length; index++) {
      this.#weighOpen(index, timeNs, sizeBytes, sizeIndex, outbound, soon);
    }
    const gapNs = timeNs - this.#lastNs;
    for (const service of openers) {
      const rate =
        likelihoods.opening(service, this.#context, gapNs) *
        this.#demand(this.#lack(service)) *
        this.#room(service, timeNs);
      for (const role of likelihoods.roles(service, outbound, sizeIndex)) {
        const step = stepOf(outbound, role);
        this.#add(~service, role, rate * likelihoods.packet(service, 0, NO_STEP, step, sizeBytes, sizeIndex));
      }
    }
  }

  /** Whether only one of the open conversations has had such packets, in one role: then it gets all weight. */
  #isClear(outbound: number, sizeIndex: number): boolean {
    let only = -1;
    let role = -1;
    for (let index = 0; index < this.#open.length; index++) {
      const roles = this.#likelihoods.roles(this.#open[index]!.service, outbound, sizeIndex);
      if (roles.length === 0) continue;
      if (only >= 0 || roles.length > 1) return false;
      only = index;
      role = roles[0]!;
    }
    if (only < 0 || role >= ROLE.fin) return false;
    this.#add(only, role, 1);
    return true;
  }

  #weighOpen(
    index: number,
    timeNs: number,
    sizeBytes: number,
    sizeIndex: number,
    outbound: number,
    soon: (service: number) => number,
  ): void {
    const likelihoods = this.#likelihoods;
    const conversation = this.#open[index]!;
    const { service, previous, packets, closing } = conversation;
    const roles = likelihoods.roles(service, outbound, sizeIndex);
    if (roles.length === 0) return;
    const bin = timeBin(timeNs - conversation.lastNs);
    const alive = likelihoods.alive(service, closing, packets, previous, bin);
    const rate = alive * likelihoods.waiting(service, previous, bin);
    const closingRate =
      closing > 0 || this.#isSingle || !mayClose(roles)
        ? 0
        : alive *
          likelihoods.closing(service, previous, bin) *
          likelihoods.closeness(service, packets, conversation.before, conversation.hesitation) *
          this.#demand(this.#lackOfClosings(service)) *
          likelihoods.closingBefore(service, soon(service));
    const place = placeOf(packets, closing === 0 ? -1 : closing);
    for (const role of roles) {
      const step = stepOf(outbound, role);
      let weight = rate * likelihoods.packet(service, place, previous, step, sizeBytes, sizeIndex);
      if (closingRate > 0) {
        weight += closingRate * likelihoods.packet(service, CLOSING_PLACE, previous, step, sizeBytes, sizeIndex);
      }
      if (!(this.#isSingle && (role === ROLE.fin || role === ROLE.rst))) this.#add(index, role, weight);
    }
  }

  /** How much a service lacks conversations, or closings: models that err must not open and close more and more. */
  #demand(ratio: number): number {
    const lack = ratio < 1 ? Math.min(1, ratio * DEMAND_SLACK) : Math.max(1, ratio / DEMAND_SLACK);
    const squared = lack * lack;
    return Math.min(MAX_DEMAND, squared * squared * squared * squared);
  }

  /** Conversations that are due for the packets that a service has had, over those that it has. */
  #lack(service: number): number {
    const due = this.#packets[service]! / this.#meanPackets[service]!;
    return (due + 1) / (this.#openings[service]! + 1);
  }

  #lackOfClosings(service: number): number {
    const due = this.#packets[service]! * this.#closedShare[service]!;
    return (due + 1) / (this.#closings[service]! + 1);
  }

  #add(candidate: number, role: number, weight: number): void {
    this.#candidates[this.#count] = candidate;
    this.#roles[this.#count] = role;
    this.#weights[this.#count] = weight;
    this.#total += weight;
    this.#count++;
  }

  /** Undefined if no candidate can carry the packet. */
  #choose(timeNs: number, sizeBytes: number, outbound: number): OpenConversation<C> | undefined {
    for (let chosen = this.#draw(); chosen >= 0; chosen = this.#draw()) {
      const candidate = this.#candidates[chosen]!;
      const role = this.#roles[chosen]!;
      this.role = role;
      if (candidate >= 0) {
        const conversation = this.#open[candidate]!;
        if (this.#factory.mayCarry(conversation.it, outbound, sizeBytes, role)) return conversation;
      } else if (this.#factory.mayOpen(this.#someRecord[~candidate]!, outbound, sizeBytes)) {
        return this.#begin(~candidate, timeNs, sizeBytes, outbound);
      }
      this.#total -= this.#weights[chosen]!;
      this.#weights[chosen] = 0;
    }
    return undefined;
  }

  /** A candidate by weight, or -1 if none has any. */
  #draw(): number {
    if (this.#count === 1) return this.#weights[0]! > 0 ? 0 : -1;
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

  /**
   * A packet that none of the open conversations has had before opens one of the service that has, and lacks conversations; or goes to whoever
   * spoke last and can carry it; or opens one of any service that can.
   */
  #anywhere(timeNs: number, sizeBytes: number, outbound: number): OpenConversation<C> | undefined {
    const mayOpen = (service: number) => this.#factory.mayOpen(this.#someRecord[service]!, outbound, sizeBytes);
    const services =
      this.#isSingle && this.#open.length > 0 ? [] : this.#services.toSorted((a, b) => this.#lack(b) - this.#lack(a));
    const sizeIndex = this.#likelihoods.sizeIndex(sizeBytes);
    const begin = (service: number) => {
      this.role = ROLE.data;
      return this.#begin(service, timeNs, sizeBytes, outbound);
    };
    const lacking = services.find(
      (service) =>
        this.#lack(service) >= 1 &&
        this.#likelihoods.roles(service, outbound, sizeIndex).length > 0 &&
        mayOpen(service),
    );
    if (lacking !== undefined) return begin(lacking);
    const fits = (service: number) => this.#likelihoods.largest(service, outbound) >= sizeBytes;
    const byTime = this.#open.toSorted((a, b) => b.lastNs - a.lastNs);
    const carrier = (candidates: readonly OpenConversation<C>[]) => {
      for (const role of [ROLE.data, ROLE.ack]) {
        this.role = role;
        const found = candidates.find(({ it }) => this.#factory.mayCarry(it, outbound, sizeBytes, role));
        if (found) return found;
      }
      return undefined;
    };
    // A service that never had such large packets gets them only where there is no other.
    const fitting = carrier(byTime.filter(({ service }) => fits(service)));
    if (fitting) return fitting;
    const opener = services.find((service) => this.#lack(service) >= 1 && fits(service) && mayOpen(service));
    if (opener !== undefined) return begin(opener);
    const other = carrier(byTime);
    if (other) return other;
    const able = services.find(mayOpen);
    return able === undefined ? undefined : begin(able);
  }

  #begin(service: number, timeNs: number, sizeBytes: number, outbound: number): OpenConversation<C> {
    this.#makeRoom(service, timeNs);
    const step = stepOf(outbound, this.role);
    const record = this.#isSingle
      ? 0
      : this.#decks[service]!.draw(step, sizeBytes, this.#random, (one) => this.#busy.has(one));
    const { localPort, peerPort, flags } = this.#data.records;
    const it = this.#factory.open({
      record,
      localPort: this.#port(localPort[record]!),
      peerPort: this.#port(peerPort[record]!),
    });
    this.#openings[service]!++;
    const conversation = new OpenConversation(service, record, it, timeNs);
    this.#open.push(conversation);
    if ((flags[record]! & RECORD_FLAG.unfinished) !== 0) this.#busy.add(record);
    return conversation;
  }

  #port(port: number): number | undefined {
    if (port === NO_PORT) return undefined;
    if (port !== NEW_PORT) return port;
    this.#newPorts = (this.#newPorts + 1) % EPHEMERAL.count;
    return EPHEMERAL.from + this.#newPorts;
  }

  /** How many conversations of a service are open, and which of them has most likely ended. */
  #minAlive(service: number, timeNs: number): { open: number; ended: number; alive: number } {
    let open = 0;
    let ended = -1;
    let alive = Number.POSITIVE_INFINITY;
    for (let index = 0; index < this.#open.length; index++) {
      const { service: other, closing, packets, previous, lastNs } = this.#open[index]!;
      if (other !== service) continue;
      open++;
      const one = this.#likelihoods.alive(service, closing, packets, previous, timeBin(timeNs - lastNs));
      if (one < alive) {
        alive = one;
        ended = index;
      }
    }
    return { open, ended, alive };
  }

  /** Probability that a service has room for another conversation: that one of as many as there were at a time has ended. */
  #room(service: number, timeNs: number): number {
    const { open, alive } = this.#minAlive(service, timeNs);
    return open < this.#data.services[service]!.concurrent ? 1 : Math.max(MIN_ROOM, 1 - alive);
  }

  /** No more conversations of a service are open at a time than there were in the capture: the ones that have most likely ended are left. */
  #makeRoom(service: number, timeNs: number): void {
    const { open, ended } = this.#minAlive(service, timeNs);
    if (open >= this.#data.services[service]!.concurrent) this.#leave(ended);
    else if (this.#open.length === MAX_OPEN) this.#leave(this.#longestSilent());
  }

  #longestSilent(): number {
    let longest = 0;
    for (let index = 1; index < this.#open.length; index++) {
      if (this.#open[index]!.lastNs < this.#open[longest]!.lastNs) longest = index;
    }
    return longest;
  }

  /** The conversation gets no more packets. The last one takes its place. */
  #leave(index: number): void {
    this.#busy.delete(this.#open[index]!.record);
    this.#open[index] = this.#open[this.#open.length - 1]!;
    this.#open.pop();
  }
}

const CLOSING_PLACE = placeOf(0, 0);

/** Whether one of these roles begins a closing. Roles rise. */
const mayClose = (roles: readonly number[]): boolean => roles[roles.length - 1]! >= ROLE.fin;
