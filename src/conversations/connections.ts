/**
 * @module
 * The connections of a series: each packet's connection and role, and of each connection when it lived, how long, and how it opened and closed.
 * A TCP connection ends where a SYN begins another one between the same ports.
 */
import type { Conversation, PacketSeries } from '../packets/packet-series.js';
import { ROLE, roleOf } from './role.js';

export interface Connection {
  /** Its ends. */
  readonly conversation: Conversation;
  readonly openedByLocal: boolean;
  /** It was there before the capture: its first packet opens nothing. */
  readonly midstream: boolean;
  /** It was there when the capture ended. */
  readonly unfinished: boolean;
  readonly packets: number;
  /** Packets from the first FIN or RST on. */
  readonly closingPackets: number;
  readonly firstNs: number;
  readonly lastNs: number;
}

export interface SeriesConnections {
  readonly connections: readonly Connection[];
  /** For each packet its index in `connections`. */
  readonly connection: Uint32Array;
  /** For each packet a value of `ROLE`. */
  readonly roles: Uint8Array;
}

/** A connection as far as it has been read. */
class Reading {
  packets = 0;
  closingPackets = 0;
  lastNs: number;
  longestGapNs = 0;
  readonly conversation: Conversation;
  readonly firstNs: number;
  readonly firstOutbound: boolean;
  readonly firstRole: number;

  constructor(conversation: Conversation, timeNs: number, outbound: boolean, role: number) {
    this.conversation = conversation;
    this.firstNs = timeNs;
    this.lastNs = timeNs;
    this.firstOutbound = outbound;
    this.firstRole = role;
  }

  /** Whether a SYN begins a new connection instead of being the first one once more: it has had more than SYNs and their answers. */
  isUsed = false;

  take(timeNs: number, role: number): void {
    this.packets++;
    if (role !== ROLE.syn && role !== ROLE.synAck) this.isUsed = true;
    this.longestGapNs = Math.max(this.longestGapNs, timeNs - this.lastNs);
    this.lastNs = timeNs;
    if (this.closingPackets > 0 || role === ROLE.fin || role === ROLE.rst) this.closingPackets++;
  }

  finish(endNs: number, isTcp: boolean): Connection {
    const { conversation, packets, closingPackets, firstNs, lastNs, firstRole } = this;
    const handshake = firstRole === ROLE.syn || firstRole === ROLE.synAck;
    return {
      conversation,
      openedByLocal: handshake ? this.firstOutbound === (firstRole === ROLE.syn) : this.#openedByLocal(),
      midstream: isTcp && !handshake && closingPackets < packets,
      // Silent for no longer than it has been before: nobody can say that it was over.
      unfinished: packets > 1 && closingPackets === 0 && endNs - lastNs <= this.longestGapNs,
      packets,
      closingPackets,
      firstNs,
      lastNs,
    };
  }

  /** The end with the port of a service did not open; where ports do not tell, who spoke first did. */
  #openedByLocal(): boolean {
    const local = this.conversation.local.port ?? 0;
    const peer = this.conversation.peer.port ?? 0;
    const isService = (port: number, other: number) => port < FIRST_USER_PORT && other >= FIRST_USER_PORT;
    if (isService(local, peer)) return false;
    if (isService(peer, local)) return true;
    const isListening = (port: number, other: number) => port < FIRST_EPHEMERAL_PORT && other >= FIRST_EPHEMERAL_PORT;
    if (this.firstRole !== ROLE.data || this.conversation.protocol === IP_PROTOCOL_TCP) {
      if (isListening(local, peer)) return false;
      if (isListening(peer, local)) return true;
    }
    return this.firstOutbound;
  }
}

const IP_PROTOCOL_TCP = 6;
/** System ports end below it, and ephemeral ports of Linux begin at the other (RFC 6335 §6 has them from 49152). */
const FIRST_USER_PORT = 1024;
const FIRST_EPHEMERAL_PORT = 32_768;

/** Takes a series apart. */
export function connectionsOf(series: PacketSeries): SeriesConnections {
  const { length, offsetsNs, outbound, conversation, marks, conversations } = series;
  const readings: Reading[] = [];
  const current = new Int32Array(conversations.length).fill(-1);
  const connection = new Uint32Array(length);
  const roles = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const tuple = conversation[i]!;
    const between = conversations[tuple]!;
    const role = roleOf(between.protocol, marks[i]!);
    let index = current[tuple]!;
    if (index < 0 || (role === ROLE.syn && readings[index]!.isUsed)) {
      index = readings.length;
      current[tuple] = index;
      readings.push(new Reading(between, offsetsNs[i]!, outbound[i] === 1, role));
    }
    readings[index]!.take(offsetsNs[i]!, role);
    connection[i] = index;
    roles[i] = role;
  }
  const endNs = length > 0 ? offsetsNs[length - 1]! : 0;
  const connections = readings.map((one) => one.finish(endNs, one.conversation.protocol === IP_PROTOCOL_TCP));
  return { connections, connection, roles };
}
