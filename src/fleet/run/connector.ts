/**
 * @module
 * When devices may begin to connect: no faster than the limit of the scenario, and no more of them at a time than targets and this host take.
 */

/**
 * Attempts under way at a time in a thread. More of them overflow the queue of connections that a target has not yet accepted, 100 for mosquitto and many
 * others, and wait a second for TCP to try again.
 */
const MAX_CONNECTING = 64;

export interface ConnectorHost {
  nowNs(): number;
  at(ns: number, action: () => void): void;
}

export class Connector {
  readonly #host: ConnectorHost;
  readonly #intervalNs: number;
  #waiting: (() => void)[] = [];
  /** Of `waiting` those before it have begun. */
  #head = 0;
  #connecting = 0;
  /** When the next attempt may begin. */
  #nextNs = 0;
  #isTimed = false;
  #isBeginning = false;

  /** @param perSecond attempts begun in a second; may be infinite */
  constructor(perSecond: number, host: ConnectorHost) {
    this.#intervalNs = 1e9 / perSecond;
    this.#host = host;
  }

  request(attempt: () => void): void {
    this.#waiting.push(attempt);
    this.#begin();
  }

  /** An attempt has come to its end. */
  ended(): void {
    this.#connecting--;
    this.#begin();
  }

  #begin(): void {
    // An attempt that is called off ends while it begins.
    if (this.#isBeginning) return;
    this.#isBeginning = true;
    while (this.#mayBegin()) {
      this.#connecting++;
      this.#next()();
    }
    this.#isBeginning = false;
  }

  /** Takes a turn, if there is one now; if there is one later, that is waited for. */
  #mayBegin(): boolean {
    if (this.#head === this.#waiting.length || this.#connecting >= MAX_CONNECTING || this.#isTimed) return false;
    const now = this.#host.nowNs();
    if (now < this.#nextNs) {
      this.#isTimed = true;
      this.#host.at(this.#nextNs, () => {
        this.#isTimed = false;
        this.#begin();
      });
      return false;
    }
    // Turns that were missed are made up for, but no more than a second of them.
    this.#nextNs = Math.max(this.#nextNs, now - 1e9) + this.#intervalNs;
    return true;
  }

  #next(): () => void {
    const attempt = this.#waiting[this.#head++]!;
    if (this.#head > 1024 && 2 * this.#head > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    return attempt;
  }
}
