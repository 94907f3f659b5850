/**
 * @module
 * A device's own time, which runs while it may talk and stands still otherwise, and the time of the run.
 */
import type { Span } from './timeline.js';

export class DeviceTime {
  readonly #spans: readonly Span[];
  /** The span that the time last asked for lies in, and the device's own time at its beginning. */
  #at = 0;
  #beforeNs = 0;

  /** @param spans in order, in which the device may talk */
  constructor(spans: readonly Span[]) {
    this.#spans = spans;
  }

  /** The time of the run at a device's own time, which must not go back from call to call; infinite when it has none left. */
  runNs(ownNs: number): number {
    for (let span = this.#spans[this.#at]; span !== undefined; span = this.#spans[this.#at]) {
      const atNs = span.startNs + ownNs - this.#beforeNs;
      if (atNs < span.endNs) return atNs;
      this.#beforeNs += span.endNs - span.startNs;
      this.#at++;
    }
    return Number.POSITIVE_INFINITY;
  }
}
