/** The loop of a thread, which may come late to what is due. */
import { expect, test } from 'vitest';
import type { Device } from '../../../src/fleet/device/device.js';
import { Shard } from '../../../src/fleet/run/shard.js';

test('What came due while the loop was elsewhere is done in the order of its times', async () => {
  const done: string[] = [];
  const clock = { nowNs: () => 50e6, wallNs: () => 0n };
  const shard = new Shard({ clock, totalNs: 1e9, connectsPerSecond: Number.POSITIVE_INFINITY, countError: () => {} });
  const messages = {
    timeNs: 1e6,
    advance() {
      done.push(`message at ${this.timeNs / 1e6} ms`);
      this.timeNs += 20e6;
      return this.timeNs < 60e6;
    },
  };
  const begin = () => {
    shard.at(0, () => done.push('up'));
    shard.at(30e6, () => done.push('down'));
    shard.at(45e6, () => shard.deviceEnded());
    shard.addMessages(messages);
  };
  // All that a shard asks of a device in such a run.
  await shard.run([{ begin } as unknown as Device], 0); // all that is asked of it
  expect(done).toEqual(['up', 'message at 1 ms', 'message at 21 ms', 'down', 'message at 41 ms']);
});
