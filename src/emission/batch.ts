/**
 * @module
 * Packets that are due, as columns: where each lies in memory, how long it is and which channel it goes through. Between the
 * queue, which fills it, and a transport, which sends from its head.
 */

/** As many as one system call takes without holding up those behind them for long. */
export const BATCH_PACKETS = 64;

export class Batch {
  /** What all packets lie in; the same memory as long as the queue lives. */
  bytes: Uint8Array = new Uint8Array(0);
  readonly at = new Uint32Array(BATCH_PACKETS);
  readonly length = new Uint32Array(BATCH_PACKETS);
  /** One connection or socket of the transport: the device, counted from 0. */
  readonly channel = new Uint32Array(BATCH_PACKETS);
  /** Time since the start of the run at which each is to be sent, in ns. */
  readonly deadlineNs = new Float64Array(BATCH_PACKETS);
  /** Those before `first` have been settled. */
  first = 0;
  count = 0;

  get remaining(): number {
    return this.count - this.first;
  }

  /** How many from the head on go through the same channel as the first. */
  sameChannel(): number {
    const channel = this.channel[this.first]!;
    let end = this.first + 1;
    while (end < this.count && this.channel[end] === channel) end++;
    return end - this.first;
  }
}
