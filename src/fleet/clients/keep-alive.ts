/**
 * @module
 * When an MQTT client has to ask whether the broker is still there, and when it has waited for the answer long enough.
 */
import { CHECK_PERIOD_MS } from './watch.js';

const NEVER = Number.POSITIVE_INFINITY;

export class KeepAlive {
  /** 0 for none. */
  periodMs: number;
  sentMs = 0;
  receivedMs = 0;
  /** When a PINGREQ was sent that is not answered yet. */
  #pingMs = NEVER;

  constructor(periodMs: number) {
    this.periodMs = periodMs;
  }

  answered(): void {
    this.#pingMs = NEVER;
  }

  /** What is to be done now, by whoever asks once in `CHECK_PERIOD_MS`. After `ping` an answer is waited for. */
  check(nowMs: number): 'ping' | 'over' | undefined {
    if (this.periodMs === 0) return undefined;
    // A dead connection is noticed within one and a half periods, so an answer may take half of one, less what the next look would be late.
    const patienceMs = Math.max(this.periodMs / 2 - CHECK_PERIOD_MS, this.periodMs / 4);
    if (nowMs >= this.#pingMs + patienceMs) return 'over';
    // Also where only this side talks: what goes into a dead connection is not missed by anybody.
    const sinceMs = Math.min(this.sentMs, this.receivedMs);
    if (this.#pingMs !== NEVER || nowMs + CHECK_PERIOD_MS < sinceMs + this.periodMs) return undefined;
    this.#pingMs = nowMs;
    return 'ping';
  }
}
