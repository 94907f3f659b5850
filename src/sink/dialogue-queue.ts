/**
 * @module
 * The replies of a dialogue, in the order of their times: of any number of partners, which join while it goes on. In the thread that sends.
 */

import { BATCH_PACKETS, type Batch } from '../emission/batch.js';
import { NONE_YET, type PacketQueue } from '../emission/packet-queue.js';
import { type TimedSource, TimeQueue } from '../packets/time-queue.js';

/** A partner at its next reply; times since the start of the run. */
export interface ReplySource extends TimedSource {
  readonly channel: number;
  /** Of the reply, as it is handed to the transport. */
  readonly length: number;
}

export class DialogueQueue implements PacketQueue {
  ended = false;
  readonly #partners = new TimeQueue<ReplySource>([]);
  /** What every reply lies in: they differ in their lengths only. */
  readonly #payload: Uint8Array;
  #announceChange: () => void = () => {};

  constructor(payload: Uint8Array) {
    this.#payload = payload;
  }

  /** @param partner at its first reply */
  join(partner: ReplySource): void {
    this.#partners.add(partner);
    if (this.#partners.first === partner) this.#announceChange();
  }

  /** Nothing more is to be sent. */
  end(): void {
    this.ended = true;
    this.#announceChange();
  }

  /** For one who waits: a promise that was given out before is forgotten, and takes no memory. */
  changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#announceChange = resolve;
    });
  }

  nextDeadlineNs(): number {
    return this.ended ? NONE_YET : (this.#partners.first?.timeNs ?? NONE_YET);
  }

  collect(batch: Batch, untilNs: number): void {
    batch.bytes = this.#payload;
    batch.first = 0;
    let count = 0;
    while (count < BATCH_PACKETS) {
      const partner = this.#partners.first;
      if (partner === undefined || partner.timeNs > untilNs) break;
      batch.at[count] = 0;
      batch.length[count] = partner.length;
      batch.channel[count] = partner.channel;
      batch.deadlineNs[count] = partner.timeNs;
      count++;
      this.#partners.advance();
    }
    batch.count = count;
  }

  /** The payload stays where it is. */
  release(): void {}
}
