/**
 * @module
 * The state of one generated TCP connection (RFC 9293 §3.3). It is told one sampled packet after the other and plans the segments:
 * the packet itself, and before it those that the model did not sample but TCP cannot do without, which are *forced*: the handshake, and an
 * ACK where the window of the receiver would be exceeded. What is planned is what a capture close to one of the ends would show of a
 * connection that loses nothing.
 */

import { ROLE } from '../conversations/role.js';
import { TCP_HEADER_BYTES } from '../net/header-bytes.js';
import { TCP_FLAG } from '../net/ip-protocol.js';
import { fittingOptions, optionBytes, TCP_OPTION } from '../net/tcp-options.js';
import type { Random } from '../random.js';
import type { ConversationSpec } from './conversation-spec.js';
import { TcpEnd } from './tcp-end.js';
import type { SegmentList } from './tcp-segments.js';

const MAX_HEADER_BYTES = 60;
const MAX_OPTION_BYTES = MAX_HEADER_BYTES - TCP_HEADER_BYTES;
/** What makes a header longer where the payload has to be shorter. */
const PADDING_BYTES = 4;
/** Of a segment that has timestamps and no other options. */
const TIMESTAMPED_HEADER_BYTES = TCP_HEADER_BYTES + optionBytes(TCP_OPTION.timestamps);
/** How old the timestamp is that is echoed to an end of which the capture shows nothing yet. */
const UNSEEN_AGE_MS = 20;
/** Analysers remember a limited number of segments, Wireshark 10000: a FIN beyond it would be forgotten. */
const MAX_IN_FLIGHT = 1000;

/** In their order. A midstream connection begins open. */
const STATE = { closed: 0, synSent: 1, synReceived: 2, open: 3, reset: 4 } as const;

const { syn: SYN, fin: FIN, rst: RST, psh: PSH, ack: ACK } = TCP_FLAG;

/** Whether a segment of `room` bytes can be all header. */
const isHeader = (room: number): boolean => (room & 3) === 0 && room <= MAX_HEADER_BYTES;

export class TcpConnection {
  /** Inbound, outbound: by who sends. */
  readonly ends: readonly [TcpEnd, TcpEnd];
  readonly #opener: number;
  readonly #strictSizes: boolean;
  #state: number;
  /** Options that the opener's SYN had room for. */
  #synOptions = 0;
  #timestamps = false;
  /** Of the packet that is being planned. */
  #timeMs = 0;
  #segments!: SegmentList;

  /** @param strictSizes no segment is ever forced */
  constructor({ openedByLocal, midstream, syn }: ConversationSpec, strictSizes: boolean, random: Random) {
    this.ends = [new TcpEnd(syn.peer, random), new TcpEnd(syn.local, random)];
    this.ends[0].startFrom(this.ends[1]);
    this.ends[1].startFrom(this.ends[0]);
    this.#opener = openedByLocal ? 1 : 0;
    this.#strictSizes = strictSizes;
    this.#state = STATE.closed;
    if (!midstream) return;
    this.#state = STATE.open;
    this.#negotiate(this.ends[0].offers & this.ends[1].offers);
  }

  /** After a reset, or when both ends have finished and know it of each other. */
  get isClosed(): boolean {
    const [peer, local] = this.ends;
    if (this.#state === STATE.reset) return true;
    return peer.hasFinished && local.hasFinished && !this.owesAck(0) && !this.owesAck(1);
  }

  /** Whether this end has received something that it has not acknowledged. */
  owesAck(outbound: number): boolean {
    return this.ends[outbound]!.acknowledged !== this.ends[1 - outbound]!.next;
  }

  /** Whether a packet can be what `role` says, now. @param room bytes above the IP header */
  mayCarry(outbound: number, room: number, role: number): boolean {
    if (room < TCP_HEADER_BYTES || this.isClosed) return false;
    const end = this.ends[outbound]!;
    switch (role) {
      case ROLE.syn:
        return this.#state === STATE.closed && outbound === this.#opener && isHeader(room);
      case ROLE.synAck:
        return (
          (this.#state === STATE.synSent || (this.#state === STATE.closed && !this.#strictSizes)) &&
          outbound !== this.#opener &&
          isHeader(room)
        );
      case ROLE.rst:
        return isHeader(room);
      case ROLE.fin:
        return !end.hasFinished && !(this.#strictSizes && end.inFlight >= MAX_IN_FLIGHT);
      default:
        if (this.#isPure(room, role)) return true;
        return !end.hasFinished && !(this.#strictSizes && this.#mustFillWindow(outbound, room, role));
    }
  }

  /**
   * Plans the segments of one packet. If they cannot be what `role` says they carry payload or acknowledge, as their size allows.
   *
   * @param room bytes above the IP header
   * @param maxRoom a larger packet is cut into segments of at most this size, of which the first stands for the packet and the others
   *   are forced
   * @returns false if the connection cannot take this packet at all
   */
  plan(outbound: number, room: number, role: number, timeMs: number, segments: SegmentList, maxRoom: number): boolean {
    this.#timeMs = timeMs;
    this.#segments = segments;
    let actual = role;
    if (!this.mayCarry(outbound, room, role)) {
      actual = this.#isPure(room, ROLE.data) ? ROLE.ack : ROLE.data;
      if (!this.mayCarry(outbound, room, actual)) return false;
    }
    if (actual === ROLE.syn) this.#sendSyn(room, 0);
    else if (actual === ROLE.synAck) this.#answerSyn(room);
    else if (actual === ROLE.rst) this.#reset(outbound, room);
    else this.#exchange(outbound, room, actual, maxRoom);
    return true;
  }

  /** Whether a packet is an ACK without payload: if it is meant to, or too small for more. */
  #isPure(room: number, role: number): boolean {
    if (role === ROLE.ack) return isHeader(room);
    return room === TCP_HEADER_BYTES || (room === TIMESTAMPED_HEADER_BYTES && this.#timestamps);
  }

  /** RFC 9293 §3.5. @param room 0 for as much as the options need */
  #sendSyn(room: number, forced: number): void {
    const offers = this.ends[this.#opener]!.offers;
    this.#synOptions = fittingOptions(offers, room === 0 ? MAX_OPTION_BYTES : room - TCP_HEADER_BYTES);
    this.#send(
      this.#opener,
      SYN,
      room || TCP_HEADER_BYTES + optionBytes(this.#synOptions),
      this.#synOptions,
      0,
      0,
      forced,
    );
    this.#state = STATE.synSent;
  }

  #answerSyn(room: number): void {
    if (this.#state === STATE.closed) this.#sendSyn(0, 1);
    this.#sendSynAck(room, 0);
  }

  /** Offers nothing but the MSS that the SYN has not offered (RFC 7323 §2.2, §3.2; RFC 2018 §2). */
  #sendSynAck(room: number, forced: number): void {
    const acceptor = 1 - this.#opener;
    const offers = this.ends[acceptor]!.offers & (this.#synOptions | TCP_OPTION.mss);
    const options = fittingOptions(offers, room === 0 ? MAX_OPTION_BYTES : room - TCP_HEADER_BYTES);
    const headerBytes = room || TCP_HEADER_BYTES + optionBytes(options);
    this.#send(acceptor, SYN | ACK, headerBytes, options, 0, this.ends[this.#opener]!.next, forced);
    this.#state = STATE.synReceived;
    this.#negotiate(options & this.#synOptions);
  }

  #negotiate(options: number): void {
    this.#timestamps = (options & TCP_OPTION.timestamps) !== 0;
    if ((options & TCP_OPTION.windowScale) === 0) return;
    for (const end of this.ends) end.scaleWindow();
  }

  /** Goes through what is missing of the handshake before a packet. @param pure whether that can be the last part of it */
  #establish(outbound: number, pure: boolean): void {
    if (!this.#strictSizes) {
      if (this.#state === STATE.closed) this.#sendSyn(0, 1);
      if (this.#state === STATE.synSent) this.#sendSynAck(0, 1);
      if (this.#state === STATE.synReceived && !(pure && outbound === this.#opener)) this.#forceAck(this.#opener);
    }
    this.#state = STATE.open;
  }

  /** Payload, ACK or FIN. */
  #exchange(outbound: number, room: number, role: number, maxRoom: number): void {
    // Asked first: whether timestamps are in use may change with the handshake.
    if (this.#state < STATE.open) this.#establish(outbound, role !== ROLE.fin && this.#isPure(room, role));
    const pure = role !== ROLE.fin && this.#isPure(room, role);
    const headerBytes = this.#headerBytes(room, role, pure);
    const payloadBytes = room - headerBytes;
    const fin = role === ROLE.fin ? FIN : 0;
    if (!pure) this.#openWindow(outbound, payloadBytes, fin);
    if (room > maxRoom) {
      this.#cut(outbound, headerBytes, payloadBytes, fin, maxRoom);
    } else {
      this.#sendData(outbound, headerBytes, payloadBytes, fin, 0);
    }
  }

  /** Length of a header that leaves no payload to an ACK, and space for timestamps where they are in use. */
  #headerBytes(room: number, role: number, pure: boolean): number {
    if (pure) return room;
    if (role === ROLE.ack) return Math.min(MAX_HEADER_BYTES - PADDING_BYTES, room & ~3);
    const needed = this.#timestamps ? TIMESTAMPED_HEADER_BYTES : TCP_HEADER_BYTES;
    // Without payload, a FIN is as long as its header.
    return room > needed || (role === ROLE.fin && room === needed) ? needed : TCP_HEADER_BYTES;
  }

  #cut(outbound: number, headerBytes: number, payloadBytes: number, fin: number, maxRoom: number): void {
    const most = maxRoom - headerBytes;
    let forced = 0;
    let left = payloadBytes;
    for (; left > most; left -= most) {
      this.#sendData(outbound, headerBytes, most, 0, forced);
      forced = 1;
    }
    this.#sendData(outbound, headerBytes, left, fin, 1);
  }

  #sendData(outbound: number, headerBytes: number, payloadBytes: number, fin: number, forced: number): void {
    const end = this.ends[outbound]!;
    const peer = this.ends[1 - outbound]!;
    const pure = payloadBytes === 0 && fin === 0;
    const mayPad = fin === 0 && payloadBytes > PADDING_BYTES;
    const padding = mayPad && this.#wouldFillWindow(outbound, payloadBytes) ? PADDING_BYTES : 0;
    const acknowledgement = fin !== 0 ? peer.next : end.nextAcknowledgement(peer, pure);
    const flags = ACK | fin | (payloadBytes > 0 ? PSH : 0);
    this.#sendEstablished(outbound, flags, headerBytes + padding, payloadBytes - padding, acknowledgement, forced);
    if (fin !== 0) end.hasFinished = true;
  }

  #reset(outbound: number, room: number): void {
    if (this.#state === STATE.closed && !this.#strictSizes) this.#sendSyn(0, 1);
    // RFC 9293 §3.10.7.1: what refuses a connection has no numbers of its own.
    if (this.#state === STATE.synSent && outbound !== this.#opener) this.ends[outbound]!.next = 0;
    // A connection that was never answered is given up without a word (RFC 9293 §3.10.5).
    if (this.#state === STATE.synSent && outbound === this.#opener && !this.#strictSizes) this.#sendSynAck(0, 1);
    this.#sendEstablished(outbound, RST | ACK, room, 0, this.ends[1 - outbound]!.next, 0);
    this.#state = STATE.reset;
  }

  /** Lets the receiver acknowledge if it would otherwise be sent more than its window allows, or more than can be kept track of. */
  #openWindow(outbound: number, payloadBytes: number, fin: number): void {
    const end = this.ends[outbound]!;
    const receiver = this.ends[1 - outbound]!;
    if (this.#strictSizes || end.next === receiver.lastAcknowledged) return;
    const inFlight = (end.next + payloadBytes - receiver.lastAcknowledged) | 0;
    const isExceeded = receiver.hasSent && inFlight >= receiver.windowBytes;
    if (isExceeded || (fin !== 0 && end.inFlight >= MAX_IN_FLIGHT)) this.#forceAck(1 - outbound);
  }

  /** Acknowledges everything; there has to be something that the last segment of this end has not acknowledged. */
  #forceAck(outbound: number): void {
    const headerBytes = this.#timestamps ? TIMESTAMPED_HEADER_BYTES : TCP_HEADER_BYTES;
    this.#sendEstablished(outbound, ACK, headerBytes, 0, this.ends[1 - outbound]!.next, 1);
  }

  /** A segment that goes exactly to the end of the window says that the sender has been stopped by it. */
  #wouldFillWindow(outbound: number, payloadBytes: number): boolean {
    const receiver = this.ends[1 - outbound]!;
    if (!receiver.hasSent) return false;
    return ((this.ends[outbound]!.next + payloadBytes - receiver.lastAcknowledged - receiver.windowBytes) | 0) === 0;
  }

  /** The same where there is no payload to spare for padding. */
  #mustFillWindow(outbound: number, room: number, role: number): boolean {
    const payloadBytes = room - this.#headerBytes(room, role, false);
    return payloadBytes <= PADDING_BYTES && this.#wouldFillWindow(outbound, payloadBytes);
  }

  #sendEstablished(
    outbound: number,
    flags: number,
    headerBytes: number,
    payloadBytes: number,
    acknowledgement: number,
    forced: number,
  ): void {
    const options = this.#timestamps && headerBytes >= TIMESTAMPED_HEADER_BYTES ? TCP_OPTION.timestamps : 0;
    this.#send(outbound, flags, headerBytes, options, payloadBytes, acknowledgement, forced);
  }

  #send(
    outbound: number,
    flags: number,
    headerBytes: number,
    options: number,
    payloadBytes: number,
    acknowledgement: number,
    forced: number,
  ): void {
    const end = this.ends[outbound]!;
    const peer = this.ends[1 - outbound]!;
    const segments = this.#segments;
    const index = segments.count++;
    segments.outbound[index] = outbound;
    segments.forced[index] = forced;
    segments.flags[index] = flags;
    segments.headerBytes[index] = headerBytes;
    segments.options[index] = options;
    segments.payloadBytes[index] = payloadBytes;
    segments.window[index] = end.windowField;
    segments.sequence[index] = end.next;
    segments.acknowledged[index] = acknowledgement;
    if ((options & TCP_OPTION.timestamps) !== 0) {
      end.timestamp = (end.clock + this.#timeMs) | 0;
      segments.timestamp[index] = end.timestamp;
      const latest = peer.hasSent ? peer.timestamp : peer.clock + this.#timeMs - UNSEEN_AGE_MS;
      segments.echoed[index] = (flags & ACK) === 0 ? 0 : latest;
    }
    const length = payloadBytes + ((flags & (SYN | FIN)) === 0 ? 0 : 1);
    end.sent(peer, length, (flags & ACK) === 0 ? end.acknowledged : acknowledgement);
  }
}
