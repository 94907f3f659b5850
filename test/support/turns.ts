/**
 * Turns of the event loop. What has left a socket for another one of this process arrives within some of them, however slow the
 * machine is.
 */
import { setImmediate as turn } from 'node:timers/promises';

export async function turns(count: number): Promise<void> {
  for (let done = 0; done < count; done++) await turn();
}
