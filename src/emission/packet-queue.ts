/**
 * @module
 * The contract of what a sender takes packets from, in the order of their deadlines: the ring that another thread fills, or a
 * dialogue that goes on in the same thread.
 */
import type { Batch } from './batch.js';

/** Answer of `nextDeadlineNs` where no packet is there (yet). */
export const NONE_YET = -1;

export interface PacketQueue {
  /** Whether no packet will come after those that are there. */
  readonly ended: boolean;
  /** When the next packet is due, in ns since the start of the run, or `NONE_YET`. */
  nextDeadlineNs(): number;
  /** Puts the packets that are due at `untilNs` into a batch that is empty, as many as it takes. Their memory is theirs until `release`. */
  collect(batch: Batch, untilNs: number): void;
  /** All that was collected has been settled. */
  release(): void;
  /**
   * Of a queue that is filled in the thread that sends: resolves when a packet has come that is due before those that were there, or the queue has
   * ended, so that nobody has to look again and again.
   */
  changed?(): Promise<void>;
}
