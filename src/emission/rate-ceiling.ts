/**
 * @module
 * The ceiling on planned rates that keeps a mistake from flooding a network: whatever packets are planned for, within any 100 ms no
 * more than a tenth of the ceiling are.
 */

const WINDOW_NS = 100e6;
const WINDOWS_PER_SECOND = 10;
/** Beyond 10 million packets/s, more than this sends. */
const MAX_IN_WINDOW = 2 ** 20;

export class RateCeiling {
  /** Packets that were planned later than they would have been. */
  delayedPackets = 0;
  /** When the latest packets are due, as many as a window may hold, in turn. */
  readonly #dueNs: Float64Array;
  readonly #windowNs: number;
  #next = 0;
  #lastNs = 0;

  /** @param maxPps packets per second, above 0; may be infinite */
  constructor(maxPps: number) {
    const most = Math.min(MAX_IN_WINDOW, Math.max(1, Math.floor(maxPps / WINDOWS_PER_SECOND)));
    this.#dueNs = new Float64Array(maxPps === Number.POSITIVE_INFINITY ? 0 : most).fill(Number.NEGATIVE_INFINITY);
    // Longer only where not even one packet belongs into a window.
    this.#windowNs = Math.max(WINDOW_NS, (most / maxPps) * 1e9);
  }

  /**
   * Plans a packet.
   *
   * @param dueNs when it would be due, not before the packet before it
   * @returns the same, or the earliest time after it at which there may be a packet
   */
  admit(dueNs: number): number {
    const recent = this.#dueNs;
    if (recent.length === 0) return dueNs;
    const admittedNs = Math.max(dueNs, this.#lastNs, recent[this.#next]! + this.#windowNs);
    if (admittedNs > dueNs) this.delayedPackets++;
    recent[this.#next] = admittedNs;
    this.#next = this.#next + 1 === recent.length ? 0 : this.#next + 1;
    this.#lastNs = admittedNs;
    return admittedNs;
  }
}
