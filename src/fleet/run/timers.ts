/**
 * @module
 * What is to be done when, for thousands of devices: one heap instead of a timer of the system for each.
 */
import { type TimedSource, TimeQueue } from '../../packets/time-queue.js';

class Timer implements TimedSource {
  readonly timeNs: number;
  readonly action: () => void;

  constructor(timeNs: number, action: () => void) {
    this.timeNs = timeNs;
    this.action = action;
  }

  /** Once only. */
  advance(): boolean {
    return false;
  }
}

export class Timers {
  readonly #queue = new TimeQueue<Timer>([]);

  at(ns: number, action: () => void): void {
    this.#queue.add(new Timer(ns, action));
  }

  /** When the next is due; infinite if there is none. */
  get nextNs(): number {
    return this.#queue.first?.timeNs ?? Number.POSITIVE_INFINITY;
  }

  /** Takes the next out, and does it. There must be one. */
  runNext(): void {
    const { action } = this.#queue.first!;
    this.#queue.advance();
    action();
  }
}
