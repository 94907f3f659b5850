/**
 * @module
 * Pauses before connecting again: twice as long each time, and random, so that devices that were thrown out together do not come back together.
 */
import type { Random } from '../random.js';

/** Pauses before connecting again: random between half of it and all, and twice as long each time. */
export interface BackOff {
  readonly firstMs: number;
  readonly maxMs: number;
}

export class BackOffPauses {
  readonly #backOff: BackOff;
  readonly #random: Random;
  #limitMs: number;

  constructor(backOff: BackOff, random: Random) {
    this.#backOff = backOff;
    this.#random = random;
    this.#limitMs = backOff.firstMs;
  }

  /** Between half of the limit and all of it; the limit then doubles. */
  nextMs(): number {
    const limitMs = this.#limitMs;
    this.#limitMs = Math.min(this.#backOff.maxMs, 2 * limitMs);
    return (limitMs * (1 + this.#random.next())) / 2;
  }

  /** The next pause is the first again. */
  restart(): void {
    this.#limitMs = this.#backOff.firstMs;
  }

  /** A connection that lasted longer than the pause that would come next makes it begin anew: a target that throws out who has just come in does not. */
  connectionLasted(ms: number): void {
    if (ms > this.#limitMs) this.restart();
  }
}
