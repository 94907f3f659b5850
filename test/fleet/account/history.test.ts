import { expect, test } from 'vitest';
import { History, MAX_INTERVALS } from '../../../src/fleet/account/history.js';
import { findOutages } from '../../../src/fleet/account/outages.js';
import fc from '../../support/fast-check.js';
import { groupIntervalOf, intervalOf, MS } from '../sample-fleet.js';

function historyOf(count: number): History {
  const history = new History();
  for (let second = 1; second <= count; second++) {
    history.add(intervalOf(second, { up: second, wanted: second + 1, sent: 3, acknowledged: 2, errors: 1 }));
  }
  return history;
}

test('As long as there is room, intervals are kept as they are', () => {
  const history = new History();
  const intervals = Array.from({ length: MAX_INTERVALS - 1 }, (_, index) => intervalOf(index + 1, { sent: index }));
  for (const interval of intervals) history.add(interval);
  expect(history.intervals).toEqual(intervals);
});

test('However long a run is, the number of intervals stays bounded, no count is lost and they follow each other', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), (count) => {
      const { intervals } = historyOf(count);
      expect(intervals.length).toBeLessThanOrEqual(MAX_INTERVALS);
      expect(intervals.length).toBeGreaterThanOrEqual(Math.min(count, MAX_INTERVALS / 2));
      expect(intervals.reduce((sum, { total }) => sum + total.sent, 0)).toBe(3 * count);
      expect(intervals.reduce((sum, { groups }) => sum + groups[0]!.acknowledged, 0)).toBe(2 * count);
      let begin = 0;
      for (const { atSeconds, seconds } of intervals) {
        expect(atSeconds - seconds).toBe(begin);
        begin = atSeconds;
      }
      expect(begin).toBe(count);
    }),
    { numRuns: 25 },
  );
});

test('Of a long run all intervals but the last have the same width', () => {
  const { intervals } = historyOf(3001);
  expect(new Set(intervals.slice(0, -1).map(({ seconds }) => seconds))).toEqual(new Set([8]));
});

test('Devices that are up are those at the end of an interval', () => {
  const last = historyOf(2000).intervals.at(-1)!;
  expect(last.total.up).toBe(2000);
  expect(last.total.wanted).toBe(2001);
});

test('Of two latencies the larger p99 and maximum stay, and the median is weighted by the messages', () => {
  const history = new History();
  const latencies = [
    { acknowledged: 30, latency: { p50Ns: 10 * MS, p99Ns: 90 * MS, maxNs: 95 * MS }, lateness: { p99Ns: 1 * MS } },
    { acknowledged: 10, latency: { p50Ns: 50 * MS, p99Ns: 60 * MS, maxNs: 400 * MS }, lateness: { p99Ns: 3 * MS } },
  ];
  for (let second = 1; second <= MAX_INTERVALS; second++) history.add(intervalOf(second, latencies[(second + 1) % 2]));
  expect(history.intervals[0]!.total).toMatchObject({
    acknowledged: 40,
    // (30 · 10 ms + 10 · 50 ms) / 40
    latency: { p50Ns: 20 * MS, p99Ns: 90 * MS, maxNs: 400 * MS },
    lateness: { p99Ns: 3 * MS },
  });
});

test('A median of no messages is 0 and weighs nothing', () => {
  const history = new History();
  for (let second = 1; second <= MAX_INTERVALS; second++) {
    const isBusy = second === 4;
    history.add(intervalOf(second, isBusy ? { acknowledged: 5, latency: { p50Ns: 7, p99Ns: 8, maxNs: 9 } } : {}));
  }
  expect(history.intervals[0]!.total.latency).toEqual(groupIntervalOf().latency);
  expect(history.intervals[1]!.total.latency.p50Ns).toBe(7);
});

test('devices that go because the run is stopped are no outage', () => {
  const history = new History();
  for (const second of [1, 2]) history.add(intervalOf(second, { up: 10, wanted: 10 }));
  history.stop();
  history.add(intervalOf(3, { up: 0, wanted: 10 }));
  expect(history.intervals).toHaveLength(3);
  expect(findOutages(history.beforeStop, new Map())).toEqual([]);
});

test.each([100, MAX_INTERVALS - 1, MAX_INTERVALS, 2 * MAX_INTERVALS])(
  'an outage in second %i that has the run stopped lasts to its end',
  (second) => {
    const history = new History();
    for (let at = 1; at < second; at++) history.add(intervalOf(at, { up: 10, wanted: 10 }));
    history.add(intervalOf(second, { up: 0, wanted: 10 }));
    history.stop();
    history.add(intervalOf(second + 1, { up: 0, wanted: 10 }));
    expect(findOutages(history.beforeStop, new Map())).toMatchObject([{ missing: 10, toSeconds: null }]);
  },
);
