/**
 * @module
 * What a packet does in its conversation.
 */
import { MARK } from '../packets/packet-series.js';

/** `data` carries payload, or is any packet of a protocol without roles; `fin` may carry payload too. */
export const ROLE = { data: 0, ack: 1, syn: 2, synAck: 3, fin: 4, rst: 5 } as const;
export const ROLES = 6;

/** A packet's direction and role in one number: what a conversation remembers of its latest packet. */
export const STEPS = 2 * ROLES;
export const stepOf = (outbound: number, role: number): number => outbound * ROLES + role;
export const stepRole = (step: number): number => step % ROLES;
/** The step before the first one. */
export const NO_STEP = STEPS;

const IP_PROTOCOL_TCP = 6;

/** @param marks bits of `MARK` */
export function roleOf(protocol: number, marks: number): number {
  if (protocol !== IP_PROTOCOL_TCP) return ROLE.data;
  if ((marks & MARK.rst) !== 0) return ROLE.rst;
  if ((marks & MARK.syn) !== 0) return (marks & MARK.ack) !== 0 ? ROLE.synAck : ROLE.syn;
  if ((marks & MARK.fin) !== 0) return ROLE.fin;
  return (marks & MARK.payload) !== 0 ? ROLE.data : ROLE.ack;
}
