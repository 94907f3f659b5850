/**
 * @module
 * One timer for all clients of a factory: each is asked a few times a second whether something of it is overdue. Tens of thousands of timers
 * that nearly never fire cost more than that.
 */
import type { Clock } from '../../clock.js';

export interface Watched {
  /** @param nowMs of the clock of the watch */
  check(nowMs: number): void;
}

/** How long after its time something that is overdue is noticed, at most. */
export const CHECK_PERIOD_MS = 250;
/** Clients are asked in so many groups, one after the other, so that no turn of the event loop takes long. */
const GROUPS = 10;

export class Watch {
  readonly #clock: Clock;
  readonly #groups: readonly Set<Watched>[] = Array.from({ length: GROUPS }, () => new Set<Watched>());
  #timer: NodeJS.Timeout | undefined;
  #size = 0;
  /** Of the group that the next client joins. */
  #next = 0;
  /** Of the group that is asked next. */
  #turn = 0;
  #lastMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  nowMs(): number {
    return this.#clock.nowNs() / 1e6;
  }

  /** @returns what `remove` wants */
  add(client: Watched): number {
    this.#next = (this.#next + 1) % GROUPS;
    this.#groups[this.#next]!.add(client);
    if (this.#size++ === 0) this.#begin();
    return this.#next;
  }

  remove(client: Watched, group: number): void {
    if (!this.#groups[group]!.delete(client)) return;
    if (--this.#size === 0) clearInterval(this.#timer);
  }

  #begin(): void {
    this.#lastMs = this.nowMs();
    this.#timer = setInterval(() => this.#check(), CHECK_PERIOD_MS / GROUPS);
  }

  #check(): void {
    const nowMs = this.nowMs();
    const isLate = nowMs - this.#lastMs > CHECK_PERIOD_MS;
    this.#lastMs = nowMs;
    // This thread was busy: what has come in the meantime is read before anybody complains that it has not.
    if (isLate) return;
    this.#turn = (this.#turn + 1) % GROUPS;
    for (const client of this.#groups[this.#turn]!) client.check(nowMs);
  }
}
