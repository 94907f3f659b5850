/**
 * @module
 * Which packets of a capture are kept: by time, and by number.
 */
import type { Packet } from '../capture/packet.js';

/** A time since the Unix epoch, or since the first packet. */
export interface TimeBound {
  readonly ns: bigint;
  readonly sinceFirst: boolean;
}

export interface PacketRangeOptions {
  /** Packets at this time or later. */
  readonly after: TimeBound | undefined;
  /** Packets before this time. */
  readonly before: TimeBound | undefined;
  /** Packets to leave out at the beginning, of those within the times. */
  readonly skip: number;
  /** Packets to keep at most. */
  readonly packets: number;
}

export const ALL_PACKETS: PacketRangeOptions = {
  after: undefined,
  before: undefined,
  skip: 0,
  packets: Number.POSITIVE_INFINITY,
};

interface Instant {
  readonly seconds: number;
  readonly nanoseconds: number;
}

const ALWAYS: Instant = { seconds: Number.NEGATIVE_INFINITY, nanoseconds: 0 };
const NEVER: Instant = { seconds: Number.POSITIVE_INFINITY, nanoseconds: 0 };

export class PacketRange {
  /** Packets taken so far. */
  taken = 0;
  readonly #options: PacketRangeOptions;
  #started = false;
  #after = ALWAYS;
  #before = NEVER;
  #skipped = 0;

  constructor(options: PacketRangeOptions) {
    this.#options = options;
  }

  /** True if nothing more will be taken. */
  get isFull(): boolean {
    return this.taken >= this.#options.packets;
  }

  /** To be told the first packet of the capture, whether or not it is a candidate. */
  begin({ seconds, nanoseconds }: Packet): void {
    if (this.#started) return;
    this.#started = true;
    const { after, before } = this.#options;
    const firstNs = BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
    if (after) this.#after = instantOf(after, firstNs);
    if (before) this.#before = instantOf(before, firstNs);
  }

  /** Whether a candidate is kept. */
  take(packet: Packet): boolean {
    if (this.isFull || precedes(packet, this.#after) || !precedes(packet, this.#before)) return false;
    if (this.#skipped < this.#options.skip) {
      this.#skipped++;
      return false;
    }
    this.taken++;
    return true;
  }
}

function instantOf({ ns, sinceFirst }: TimeBound, firstNs: bigint): Instant {
  const time = sinceFirst ? firstNs + ns : ns;
  return { seconds: Number(time / 1_000_000_000n), nanoseconds: Number(time % 1_000_000_000n) };
}

const precedes = (a: Instant, b: Instant): boolean =>
  a.seconds < b.seconds || (a.seconds === b.seconds && a.nanoseconds < b.nanoseconds);
