/**
 * @module
 * The contract of what says to which conversation a sampled packet belongs and what it does there, and the simplest one.
 */
import type { Channel } from './channel.js';
import { ROLE } from './conversation-spec.js';

export interface Assigner {
  /**
   * Decides on the next packet; then `channel` and `role` hold for it.
   *
   * @param timeNs since the first packet
   */
  next(timeNs: number, sizeBytes: number, outbound: number): void;
  /** A conversation that the composer has opened. */
  readonly channel: Channel;
  /** Of `ROLE`. */
  readonly role: number;
}

/** All packets belong to one conversation. */
export class OneConversation implements Assigner {
  readonly channel: Channel;
  readonly role = ROLE.data;

  constructor(channel: Channel) {
    this.channel = channel;
  }

  next(): void {}
}
