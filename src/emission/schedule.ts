/**
 * @module
 * When packets are due: from their times in a capture or a model to deadlines since the start of the run. Every deadline is computed
 * from the start, never from the one before, so that nothing adds up over days.
 *
 * Rounds are what tcpreplay's --loop has: the next one begins as soon as the last packet of the one before is due, and after the
 * delay, if there is one. Its own first packet is then due at once; constant rates go on over rounds as if they were one.
 */
import { RateCeiling } from './rate-ceiling.js';

/** What says when packets are due. */
export type Pacing =
  /** Their own times, so many times as fast. */
  | { readonly kind: 'own'; readonly speed: number }
  /** A constant rate of packets. */
  | { readonly kind: 'packets'; readonly perSecond: number }
  /** A constant rate of bits, in 10^6 per second: of what is handed to the transport, without what the link adds. */
  | { readonly kind: 'megabits'; readonly perSecond: number }
  /** As soon as possible; under a ceiling, evenly as fast as that. */
  | { readonly kind: 'topspeed' };

export interface ScheduleOptions {
  readonly pacing: Pacing;
  /** For own times: longer gaps between packets are cut to this, before the speed applies. May be infinite. */
  readonly maxGapNs: number;
  /** How often everything is sent; 0 without end. */
  readonly rounds: number;
  /** Time from the end of a round to the beginning of the next one; the speed does not change it. */
  readonly loopDelayNs: number;
  /** Packets of the whole run at most; may be infinite. */
  readonly limit: number;
  /**
   * Packets that are due later do not belong to the run; may be infinite. At top speed all are due at once, and whoever sends them has
   * to see to the end.
   */
  readonly durationNs: number;
  /** Ceiling of the rate, in packets per second; may be infinite. */
  readonly maxPps: number;
}

/** Answer of `deadline` for a packet that does not belong to the run. */
export const NOT_PLANNED = -1;

export class Schedule {
  /** Planned so far. */
  packets = 0;
  bytes = 0;
  /** Whether no further packet belongs to the run. */
  ended = false;
  readonly #options: ScheduleOptions;
  readonly #ceiling: RateCeiling;
  /** When the last packet would be due without the ceiling. */
  #lastNs = 0;
  /** Rounds that are over. */
  #round = 0;
  /** Own time of these rounds. */
  #passedNs = 0;
  /** Own time that the round has come to, and what has been cut out of long gaps in all rounds. */
  #timeNs = 0;
  #cutNs = 0;

  constructor(options: ScheduleOptions) {
    this.#options = options;
    this.#ceiling = new RateCeiling(options.maxPps);
    this.ended = options.limit <= 0;
  }

  /** Whether packets have times to keep. */
  get paced(): boolean {
    const { pacing, maxPps } = this.#options;
    return pacing.kind !== 'topspeed' || maxPps < Number.POSITIVE_INFINITY;
  }

  /** The latest deadline; may be infinite. */
  get durationNs(): number {
    return this.#options.durationNs;
  }

  get rounds(): number {
    return this.#options.rounds;
  }

  /** Packets that are due later than they would be without the ceiling. */
  get delayedPackets(): number {
    const { pacing, maxPps } = this.#options;
    if (pacing.kind === 'topspeed') return maxPps === Number.POSITIVE_INFINITY ? 0 : Math.max(0, this.packets - 1);
    return this.#ceiling.delayedPackets;
  }

  /** Whether only the packets' own times can end the run. */
  get endsByOwnTime(): boolean {
    const { pacing, limit, durationNs } = this.#options;
    return pacing.kind === 'own' && limit === Number.POSITIVE_INFINITY && durationNs < Number.POSITIVE_INFINITY;
  }

  /**
   * Plans a packet.
   *
   * @param timeNs its own time since the beginning of the round; one that goes backwards counts as that of the packet before
   * @param bytes its length as it is handed to the transport
   * @returns when it is due, in ns since the start of the run, not before the packet before it; or `NOT_PLANNED`
   */
  deadline(timeNs: number, bytes: number): number {
    if (this.ended) return NOT_PLANNED;
    const { limit, durationNs } = this.#options;
    this.#lastNs = Math.max(this.#lastNs, this.#dueNs(timeNs));
    const dueNs = this.#ceiling.admit(this.#lastNs);
    if (dueNs > durationNs) {
      this.ended = true;
      return NOT_PLANNED;
    }
    this.#pass(timeNs);
    this.packets++;
    this.bytes += bytes;
    if (this.packets >= limit) this.ended = true;
    return dueNs;
  }

  /** Says that a packet of this time is not to be sent. Where times alone can end the run, it may be over. */
  skip(timeNs: number): void {
    if (this.#options.pacing.kind === 'own' && this.#dueNs(timeNs) > this.#options.durationNs) this.ended = true;
  }

  /**
   * Ends a round.
   *
   * @param timeNs of its last packet, sent or not
   * @returns false if no round follows
   */
  nextRound(timeNs: number): boolean {
    const { rounds } = this.#options;
    this.#round++;
    if (this.ended || this.#round === rounds) return false;
    this.#pass(timeNs);
    this.#passedNs += this.#timeNs;
    this.#timeNs = 0;
    return true;
  }

  #dueNs(timeNs: number): number {
    const { pacing, maxPps, loopDelayNs } = this.#options;
    const delayNs = this.#round * loopDelayNs;
    switch (pacing.kind) {
      case 'own': {
        const ownNs = Math.max(this.#timeNs, timeNs);
        return (this.#passedNs + ownNs - (this.#cutNs + this.#excessNs(ownNs))) / pacing.speed + delayNs;
      }
      case 'packets':
        return (this.packets * 1e9) / pacing.perSecond + delayNs;
      case 'megabits':
        return (this.bytes * 8000) / pacing.perSecond + delayNs;
      case 'topspeed':
        return (maxPps === Number.POSITIVE_INFINITY ? 0 : (this.packets * 1e9) / maxPps) + delayNs;
    }
  }

  /** What is cut out of the gap before a packet. */
  #excessNs(ownNs: number): number {
    return Math.max(0, ownNs - this.#timeNs - this.#options.maxGapNs);
  }

  #pass(timeNs: number): void {
    if (timeNs <= this.#timeNs) return;
    this.#cutNs += this.#excessNs(timeNs);
    this.#timeNs = timeNs;
  }
}
