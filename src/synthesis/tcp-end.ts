/**
 * @module
 * One end of a generated TCP connection: its sequence numbers, and how much of what it has received its next segment acknowledges.
 *
 * Sizes and directions come from a model, so an end may have to send many pure ACKs in a row. Each has to say something new, since
 * one that repeats the segment before it is a duplicate ACK: the sign of a loss (RFC 5681 §2). An end therefore spares what it has
 * to acknowledge, as if the last segments that passed the point of capture had not reached it yet. Numbers are 32-bit integers that
 * wrap around, and are compared by the sign of their difference (RFC 9293 §3.4).
 */

import type { SynOptions } from '../net/syn-options.js';
import { type OptionValues, offeredOptions } from '../net/tcp-options.js';
import type { Random } from '../random.js';
import { SegmentQueue } from './segment-queue.js';

/** Windows of the SYNs, and of connections without window scale: what Linux offers first on a path with an MTU of 1500. */
const UNSCALED_WINDOW = 64_240;
/** Windows with window scale, as far as the scale allows. */
const SCALED_WINDOW = 2 ** 20;
/** A segment that passed before the capture, or beside it: 1500 bytes without headers and timestamps. */
const UNSEEN_BYTES = 1448;
/** Weight of a round in what is expected of the next but one, compared with that of the next. */
const MEMORY = 0.75;
/** Segments of a round are counted up to this. */
const LONGEST_ROUND = 64;

/** Neither the number nor its successor is 0, which analysers take for a number not yet known. */
const drawNumber = (random: Random): number => (1 + Math.floor(random.next() * (2 ** 32 - 2))) | 0;

export class TcpEnd implements OptionValues {
  readonly mss: number;
  readonly windowScale: number;
  /** Set of `TCP_OPTION` that its SYN would like to carry. */
  readonly offers: number;
  /** Added to the time to make its timestamps. */
  readonly clock: number;

  hasSent = false;
  hasFinished = false;
  /** Sequence number of its next segment. */
  next: number;
  /** Segments with payload, SYN or FIN that have not been acknowledged as a whole. */
  inFlight = 0;
  readonly #unacknowledged = new SegmentQueue();
  /** The latest TSval, for the other end to echo. */
  timestamp = 0;

  /** Everything before it has been acknowledged by this end. */
  acknowledged = 0;
  /** What the last segment of this end said. */
  lastAcknowledged = 0;
  /** What it has said before `acknowledged`. */
  #olderAcknowledged = 0;
  /** Segments of the other end in this round and pure ACKs for them, and the same of earlier rounds, weighted by age. */
  #segments = 0;
  #pureAcks = 0;
  #earlierSegments = 1;
  #earlierAcks = 1;

  /** Field of the header of its next segment, and what that says. */
  windowField = UNSCALED_WINDOW;
  #windowSaid = UNSCALED_WINDOW;
  /** What its last segment has granted to the other end. */
  windowBytes = UNSCALED_WINDOW;

  constructor(syn: SynOptions, random: Random) {
    this.mss = syn.mss ?? 0;
    this.windowScale = syn.windowScale ?? 0;
    this.offers = offeredOptions(syn);
    this.clock = drawNumber(random);
    this.next = drawNumber(random);
  }

  /** Everything that the other end sent before the capture has been acknowledged. */
  startFrom(peer: TcpEnd): void {
    this.acknowledged = peer.next;
    this.lastAcknowledged = peer.next;
    this.#olderAcknowledged = (peer.next - 1) | 0;
  }

  /** The next windows are scaled (RFC 7323 §2.2). */
  scaleWindow(): void {
    this.windowField = Math.min(0xffff, SCALED_WINDOW >>> this.windowScale);
    this.#windowSaid = this.windowField * 2 ** this.windowScale;
  }

  /** How much of what `peer` has sent the next segment acknowledges. @param pure whether that is all it does */
  nextAcknowledgement(peer: TcpEnd, pure: boolean): number {
    if (pure && this.hasSent && !peer.hasSent) peer.#passUnseen();
    if (peer.next === this.acknowledged) return pure ? this.#repeated() : this.acknowledged;
    if (peer.hasFinished) return peer.next;
    return pure ? this.#share(peer) : this.#besidePayload(peer);
  }

  /** A pure ACK gets its share, so that something is left for as many as are expected to follow. */
  #share(peer: TcpEnd): number {
    const { count } = peer.#unacknowledged;
    const expected = Math.max(1, Math.round(this.#acksPerSegment() * this.#segments) - this.#pureAcks);
    if (count > 1) return peer.#unacknowledged.endOf(Math.ceil(count / expected));
    const pending = (peer.next - this.acknowledged) | 0;
    return (this.acknowledged + Math.ceil(pending / expected)) | 0;
  }

  /** Payload takes an acknowledgement along, except the last if that is likely to come in an ACK of its own. */
  #besidePayload(peer: TcpEnd): number {
    const { count } = peer.#unacknowledged;
    if (this.#acksPerSegment() <= (count > 1 ? 0.5 : 1)) return peer.next;
    return count > 1 ? peer.#unacknowledged.endOf(count - 1) : this.acknowledged;
  }

  #acksPerSegment(): number {
    return this.#earlierAcks / this.#earlierSegments;
  }

  /**
   * An ACK where there is nothing to acknowledge. Of two in a row one is an earlier one that was overtaken on the way: receivers
   * ignore it (RFC 9293 §3.10.7.4), and it is no duplicate.
   */
  #repeated(): number {
    return this.hasSent && this.lastAcknowledged === this.acknowledged ? this.#olderAcknowledged : this.acknowledged;
  }

  /** This end sends where the capture does not see it. */
  #passUnseen(): void {
    this.next = (this.next + UNSEEN_BYTES) | 0;
  }

  /** This end has sent a segment to `peer`. @param length in sequence numbers: payload, SYN and FIN */
  sent(peer: TcpEnd, length: number, acknowledgement: number): void {
    this.hasSent = true;
    this.windowBytes = this.#windowSaid;
    this.lastAcknowledged = acknowledgement;
    if (((acknowledgement - this.acknowledged) | 0) > 0) {
      this.#olderAcknowledged = this.acknowledged;
      this.acknowledged = acknowledgement;
      peer.#acknowledge(acknowledgement);
    }
    if (length === 0) {
      this.#pureAcks++;
      return;
    }
    this.next = (this.next + length) | 0;
    this.inFlight++;
    this.#unacknowledged.push(this.next);
    peer.#receive();
  }

  /** A round is a run of segments from the other end and the pure ACKs that follow. */
  #receive(): void {
    if (this.#pureAcks > 0) {
      this.#earlierAcks = MEMORY * this.#earlierAcks + this.#pureAcks;
      this.#earlierSegments = MEMORY * this.#earlierSegments + this.#segments;
      this.#pureAcks = 0;
      this.#segments = 0;
    }
    if (this.#segments < LONGEST_ROUND) this.#segments++;
  }

  #acknowledge(number: number): void {
    this.inFlight -= this.#unacknowledged.acknowledge(number);
    if (this.#unacknowledged.count === 0) this.inFlight = 0;
  }
}
