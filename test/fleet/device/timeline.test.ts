import { describe, expect, test } from 'vitest';
import { DeviceTime } from '../../../src/fleet/device/device-time.js';
import { placeOf, Timeline } from '../../../src/fleet/device/timeline.js';
import { wantedAfterStorms } from '../../../src/fleet/run/storms.js';
import type { Phase } from '../../../src/fleet/scenario/scenario.js';
import fc from '../../support/fast-check.js';

const S = 1e9;
const ramp = (seconds: number, toShare: number): Phase => ({ kind: 'ramp', durationNs: seconds * S, toShare });
const hold = (seconds: number): Phase => ({ kind: 'hold', durationNs: seconds * S });
const pause = (seconds: number): Phase => ({ kind: 'pause', durationNs: seconds * S });
const arrive = (seconds: number, perSecond: number): Phase => ({ kind: 'arrive', durationNs: seconds * S, perSecond });
const inSeconds = (spans: readonly { startNs: number; endNs: number }[]) =>
  spans.map(({ startNs, endNs }) => [startNs / S, endNs / S]);
const endless = Number.POSITIVE_INFINITY;

describe('a timeline', () => {
  test('lets devices come up one after the other in a ramp, and go in a ramp down, the last first', () => {
    const timeline = new Timeline([ramp(10, 1), hold(20), ramp(10, 0)], 10, endless);
    expect(timeline.totalNs / S).toBe(40);
    expect(inSeconds(timeline.upSpans(placeOf(0, 10)))).toEqual([[0.5, 39.5]]);
    expect(inSeconds(timeline.upSpans(placeOf(9, 10)))).toEqual([[9.5, 30.5]]);
  });

  test('goes to a part of the devices, and on from there', () => {
    const timeline = new Timeline([ramp(10, 0.5), hold(10), ramp(10, 1)], 4, endless);
    expect(inSeconds(timeline.upSpans(placeOf(0, 4)))).toEqual([[2.5, 30]]);
    expect(inSeconds(timeline.upSpans(placeOf(2, 4)))).toEqual([[22.5, 30]]);
    expect(timeline.wantedShare(15 * S)).toBe(0.5);
    expect(timeline.wantedShare(25 * S)).toBe(0.75);
    expect(timeline.wantedShare(30 * S)).toBe(0);
  });

  test('lets devices go and come again', () => {
    const timeline = new Timeline([ramp(0, 1), hold(5), ramp(0, 0), hold(5), ramp(0, 1), hold(5)], 3, endless);
    expect(inSeconds(timeline.upSpans(placeOf(1, 3)))).toEqual([
      [0, 5],
      [10, 15],
    ]);
  });

  test('counts arrivals by their rate, and stays when all are there', () => {
    const timeline = new Timeline([arrive(10, 50)], 100, endless);
    expect(inSeconds(timeline.upSpans(placeOf(0, 100)))).toEqual([[expect.closeTo(0.01, 9), 10]]);
    expect(inSeconds(timeline.upSpans(placeOf(99, 100)))[0]![0]).toBeCloseTo(1.99, 9);
    expect(timeline.wantedShare(1 * S)).toBeCloseTo(0.5, 9);
    expect(timeline.wantedShare(3 * S)).toBe(1);
    const some = new Timeline([arrive(1, 50)], 100, endless);
    expect(some.upSpans(placeOf(60, 100))).toEqual([]);
  });

  test('ends when the limit says so', () => {
    const timeline = new Timeline([ramp(10, 1), hold(20)], 10, 15 * S);
    expect(inSeconds(timeline.upSpans(placeOf(9, 10)))).toEqual([[9.5, 15]]);
    expect(timeline.phaseAt(14 * S)).toBe('hold');
    expect(timeline.phaseAt(15 * S)).toBeUndefined();
  });

  test('takes pauses out of the time to talk, not out of the time to be up', () => {
    const timeline = new Timeline([ramp(0, 1), hold(5), pause(10), hold(5)], 1, endless);
    const up = timeline.upSpans(0.5);
    expect(inSeconds(up)).toEqual([[0, 20]]);
    expect(inSeconds(timeline.talkSpans(up))).toEqual([
      [0, 5],
      [15, 20],
    ]);
  });

  test('has as many devices up as the share that is wanted, at any time of any phases', () => {
    const phase = fc.oneof(
      fc.record({
        kind: fc.constant('ramp' as const),
        durationNs: fc.integer({ min: 0, max: 1000 }),
        toShare: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      fc.record({ kind: fc.constant('hold' as const), durationNs: fc.integer({ min: 1, max: 1000 }) }),
      fc.record({
        kind: fc.constant('arrive' as const),
        durationNs: fc.integer({ min: 1, max: 1000 }),
        perSecond: fc.integer({ min: 1, max: 1e9 }),
      }),
    );
    fc.assert(
      fc.property(
        fc.array(phase, { minLength: 1, maxLength: 6 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (phases, at) => {
          const devices = 50;
          const timeline = new Timeline(phases, devices, endless);
          const ns = at * timeline.totalNs;
          const up = Array.from({ length: devices }, (_, i) => timeline.upSpans(placeOf(i, devices))).filter((spans) =>
            spans.some(({ startNs, endNs }) => ns >= startNs && ns < endNs),
          ).length;
          // A device is at the middle of its part of the order, so rounding is all that is between them.
          return timeline.totalNs === 0 || Math.abs(up - timeline.wantedShare(ns) * devices) <= 0.5 + 1e-6;
        },
      ),
    );
  });
});

test("a device's own time stands still while it may not talk", () => {
  const time = new DeviceTime([
    { startNs: 10, endNs: 20 },
    { startNs: 50, endNs: 55 },
  ]);
  expect([0, 9, 10, 14, 15].map((ns) => time.runNs(ns))).toEqual([10, 19, 50, 54, endless]);
});

test('storms take devices away for as long as they last', () => {
  const storm = { atNs: 10, share: 0.5, overNs: 10, awayNs: 20, graceful: false };
  expect([9, 10, 15, 20, 30, 35, 40, 100].map((ns) => wantedAfterStorms([storm], ns))).toEqual([
    1, 1, 0.75, 0.5, 0.5, 0.75, 1, 1,
  ]);
  expect(wantedAfterStorms([{ ...storm, overNs: 0 }], 10)).toBe(0.5);
});
