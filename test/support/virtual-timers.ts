/**
 * Timers that fire when a test says so, on a clock that stands still in between. However slow the machine is, no timeout comes
 * too early, and nobody waits for one. Sockets are real.
 */
import { vi } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { turns } from './turns.js';

/** What passes between two looks. */
const STEP_MS = 25;
/** In each step: enough for a question within this process, and its answer. */
const TURNS = 10;

export interface VirtualTimers {
  /**
   * Lets time pass until a condition holds.
   *
   * @throws Error if it does not after `maxMs`
   */
  passUntil(condition: () => boolean, what: string, maxMs?: number): Promise<void>;
}

export async function withVirtualTimers(body: (timers: VirtualTimers) => Promise<void>): Promise<void> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
  const clock = vi.spyOn(systemClock, 'nowNs').mockImplementation(() => Date.now() * 1e6);
  const passUntil = async (condition: () => boolean, what: string, maxMs = 3_600_000) => {
    for (let passedMs = 0; !condition(); passedMs += STEP_MS) {
      if (passedMs >= maxMs) throw new Error(`not ${what} within ${maxMs} ms`);
      vi.advanceTimersByTime(STEP_MS);
      await turns(TURNS);
    }
  };
  try {
    await body({ passUntil });
  } finally {
    clock.mockRestore();
    vi.useRealTimers();
  }
}
