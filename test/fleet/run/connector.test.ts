import { describe, expect, test } from 'vitest';
import { Connector } from '../../../src/fleet/run/connector.js';
import { Timers } from '../../../src/fleet/run/timers.js';
import { BackOffPauses } from '../../../src/host/back-off.js';
import { randomStream } from '../../../src/random.js';

/** Virtual time for a connector. */
function world() {
  const timers = new Timers();
  let now = 0;
  return {
    nowNs: () => now,
    at: (ns: number, action: () => void) => timers.at(ns, action),
    runTo(ns: number) {
      while (timers.nextNs <= ns) {
        now = Math.max(now, timers.nextNs);
        timers.runNext();
      }
      now = ns;
    },
  };
}

describe('a connector', () => {
  test('keeps to the rate, and makes up for turns that were missed by no more than a second of them', () => {
    const host = world();
    const connector = new Connector(10, host);
    const begun: number[] = [];
    const attempt = () => {
      begun.push(host.nowNs() / 1e9);
      connector.ended();
    };
    host.runTo(100e9);
    for (let i = 0; i < 30; i++) connector.request(attempt);
    host.runTo(200e9);
    // ten that were missed and one that is due, then one every tenth of a second
    expect(begun.filter((at) => at === 100).length).toBe(11);
    expect(begun.slice(11).map((at, i) => at - 100 - (i + 1) / 10)).toEqual(Array(19).fill(expect.closeTo(0, 6)));
  });

  test('has no more than 64 attempts under way, and begins the next when one ends', () => {
    const connector = new Connector(Number.POSITIVE_INFINITY, world());
    let begun = 0;
    for (let i = 0; i < 100; i++) connector.request(() => begun++);
    expect(begun).toBe(64);
    connector.ended();
    connector.ended();
    expect(begun).toBe(66);
  });

  test('goes past thousands of attempts that have been called off', () => {
    const connector = new Connector(Number.POSITIVE_INFINITY, world());
    let begun = 0;
    for (let i = 0; i < 64; i++) connector.request(() => {});
    for (let i = 0; i < 50_000; i++) connector.request(() => connector.ended());
    connector.request(() => begun++);
    connector.ended();
    expect(begun).toBe(1);
  });
});

describe('pauses of the back-off', () => {
  const pauses = () => new BackOffPauses({ firstMs: 100, maxMs: 1000 }, randomStream('seed', 'back-off'));

  test('lie between half and all of a limit that doubles up to the most', () => {
    const made = pauses();
    for (const limit of [100, 200, 400, 800, 1000, 1000]) {
      const pause = made.nextMs();
      expect(pause).toBeGreaterThanOrEqual(limit / 2);
      expect(pause).toBeLessThan(limit);
    }
  });

  test('begin anew after a connection that lasted, not after one that was cut at once', () => {
    const made = pauses();
    made.nextMs();
    made.nextMs();
    made.connectionLasted(50);
    expect(made.nextMs()).toBeGreaterThanOrEqual(200);
    made.connectionLasted(5000);
    expect(made.nextMs()).toBeLessThan(100);
  });
});
