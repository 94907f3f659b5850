import { describe, expect, test } from 'vitest';
import { NOT_PLANNED, type Pacing, Schedule, type ScheduleOptions } from '../../src/emission/schedule.js';
import fc from '../support/fast-check.js';

const INFINITE = Number.POSITIVE_INFINITY;
const OWN: Pacing = { kind: 'own', speed: 1 };

const scheduleOf = (options: Partial<ScheduleOptions> = {}): Schedule =>
  new Schedule({
    pacing: OWN,
    maxGapNs: INFINITE,
    rounds: 1,
    loopDelayNs: 0,
    limit: INFINITE,
    durationNs: INFINITE,
    maxPps: INFINITE,
    ...options,
  });

const deadlines = (schedule: Schedule, times: readonly number[], bytes = 100): number[] =>
  times.map((timeNs) => schedule.deadline(timeNs, bytes));

const DAY_NS = 86_400e9;

const pacings: fc.Arbitrary<Pacing> = fc.oneof(
  fc.record({ kind: fc.constant('own' as const), speed: fc.double({ min: 0.01, max: 1000, noNaN: true }) }),
  fc.record({ kind: fc.constant('packets' as const), perSecond: fc.double({ min: 0.1, max: 1e6, noNaN: true }) }),
  fc.record({ kind: fc.constant('megabits' as const), perSecond: fc.double({ min: 0.01, max: 1e4, noNaN: true }) }),
  fc.constant({ kind: 'topspeed' as const }),
);
/** Of captures, which may go backwards. */
const times = fc.array(fc.integer({ min: 0, max: 300 * DAY_NS }), { minLength: 1, maxLength: 200 });
const sortedTimes = times.map((all) => all.toSorted((a, b) => a - b));

describe('whatever the pacing', () => {
  test('no packet is due before the one before it', () => {
    const options = fc.record({
      pacing: pacings,
      maxGapNs: fc.constantFrom(INFINITE, 0, 1e6),
      maxPps: fc.constantFrom(INFINITE, 5, 1000),
      loopDelayNs: fc.constantFrom(0, 1e9),
    });
    fc.assert(
      fc.property(options, times, times, (chosen, first, second) => {
        const schedule = scheduleOf({ ...chosen, rounds: 2 });
        const due = deadlines(schedule, first);
        expect(schedule.nextRound(Math.max(...first))).toBe(true);
        due.push(...deadlines(schedule, second));
        expect(due).toEqual(due.toSorted((a, b) => a - b));
        expect(due.every((one) => Number.isFinite(one) && one >= 0)).toBe(true);
      }),
    );
  });

  test('the limit ends the run with the last packet, not with the one behind it', () => {
    fc.assert(
      fc.property(pacings, fc.integer({ min: 1, max: 20 }), (pacing, limit) => {
        const schedule = scheduleOf({ pacing, limit });
        for (let packet = 0; packet < limit; packet++) {
          expect(schedule.ended).toBe(false);
          expect(schedule.deadline(packet, 60)).not.toBe(NOT_PLANNED);
        }
        expect(schedule.ended).toBe(true);
        expect(schedule.deadline(limit, 60)).toBe(NOT_PLANNED);
        expect(schedule.packets).toBe(limit);
        expect(schedule.bytes).toBe(limit * 60);
      }),
    );
  });
});

describe('own times', () => {
  test('are the deadlines, to the nanosecond, for 300 days', () => {
    fc.assert(
      fc.property(sortedTimes, (all) => {
        expect(deadlines(scheduleOf(), all)).toEqual(all);
      }),
    );
  });

  test('at twice the speed are half of them', () => {
    fc.assert(
      fc.property(sortedTimes, (all) => {
        const schedule = scheduleOf({ pacing: { kind: 'own', speed: 2 } });
        expect(deadlines(schedule, all)).toEqual(all.map((timeNs) => timeNs / 2));
      }),
    );
  });

  test('that go backwards are those of the packet before', () => {
    expect(deadlines(scheduleOf(), [0, 500, 200, 499, 700])).toEqual([0, 500, 500, 500, 700]);
  });

  test('have gaps of at most the longest one, and keep the shorter ones', () => {
    const schedule = scheduleOf({ maxGapNs: 100, pacing: { kind: 'own', speed: 0.5 } });
    expect(deadlines(schedule, [0, 50, 1050, 1060, 5060])).toEqual([0, 100, 300, 320, 520]);
  });

  test('beyond the duration end the run, those at its very end do not', () => {
    const schedule = scheduleOf({ durationNs: 1000 });
    expect(deadlines(schedule, [0, 1000, 1001, 5])).toEqual([0, 1000, NOT_PLANNED, NOT_PLANNED]);
    expect(schedule.ended).toBe(true);
  });

  test('of packets that are not sent end the run too, and change nothing before', () => {
    const schedule = scheduleOf({ durationNs: 1000, maxGapNs: 100 });
    schedule.deadline(0, 60);
    schedule.skip(500);
    expect(schedule.deadline(510, 60)).toBe(100);
    for (let packet = 2; packet < 20; packet++) schedule.deadline(packet * 1000, 60);
    expect(schedule.ended).toBe(true);
    const uncut = scheduleOf({ durationNs: 1000 });
    uncut.skip(1000);
    expect(uncut.ended).toBe(false);
    uncut.skip(1001);
    expect(uncut.ended).toBe(true);
  });

  test('of further rounds follow those of the first at once, or after the delay, which has no speed', () => {
    const round = (schedule: Schedule) => deadlines(schedule, [0, 30, 100]);
    const atOnce = scheduleOf({ rounds: 3 });
    expect(round(atOnce)).toEqual([0, 30, 100]);
    expect(atOnce.nextRound(100)).toBe(true);
    expect(round(atOnce)).toEqual([100, 130, 200]);
    expect(atOnce.nextRound(100)).toBe(true);
    expect(round(atOnce)).toEqual([200, 230, 300]);
    expect(atOnce.nextRound(100)).toBe(false);
    const delayed = scheduleOf({ rounds: 0, loopDelayNs: 1000, pacing: { kind: 'own', speed: 10 } });
    expect(round(delayed)).toEqual([0, 3, 10]);
    expect(delayed.nextRound(100)).toBe(true);
    expect(round(delayed)).toEqual([1010, 1013, 1020]);
  });

  test('of a round last to its last packet, even if that is not sent', () => {
    const schedule = scheduleOf({ rounds: 2 });
    deadlines(schedule, [20, 30]);
    schedule.nextRound(100);
    expect(deadlines(schedule, [20, 30])).toEqual([120, 130]);
  });

  test('of endless rounds do not drift', () => {
    const schedule = scheduleOf({ rounds: 0, loopDelayNs: 0.1, pacing: { kind: 'own', speed: 3 } });
    const rounds = 1_000_000;
    for (let round = 0; round < rounds; round++) schedule.nextRound(1_000_001);
    // One rounding of the result: (10^6 × 1 000 001) / 3 + 10^6 × 0.1
    expect(schedule.deadline(0, 60)).toBe((rounds * 1_000_001) / 3 + rounds * 0.1);
  });
});

describe('a constant rate', () => {
  test('of packets is exact after 10^9 of them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (perSecond) => {
        const schedule = scheduleOf({ pacing: { kind: 'packets', perSecond } });
        schedule.packets = 1_000_000_000;
        const exactNs = Number((10n ** 18n * 1000n) / BigInt(perSecond)) / 1000;
        const dueNs = schedule.deadline(0, 60);
        // Each of the two numbers is a double, and the exact one was cut at a thousandth of a nanosecond.
        expect(Math.abs(dueNs - exactNs)).toBeLessThanOrEqual(0.001 + exactNs * 2 ** -52);
      }),
    );
  });

  test('of packets does not care about their times, and goes on over rounds', () => {
    const schedule = scheduleOf({ pacing: { kind: 'packets', perSecond: 1000 }, rounds: 2 });
    expect(deadlines(schedule, [0, 7, 7e9])).toEqual([0, 1e6, 2e6]);
    schedule.nextRound(7e9);
    expect(deadlines(schedule, [0, 7])).toEqual([3e6, 4e6]);
  });

  test('of bits sends a packet when those before it have had their time', () => {
    const schedule = scheduleOf({ pacing: { kind: 'megabits', perSecond: 8 } });
    // 8 Mbit/s are 1 byte in 1 µs
    expect([1000, 60, 1500, 1].map((bytes) => schedule.deadline(0, bytes))).toEqual([0, 1000e3, 1060e3, 2560e3]);
  });

  test('ends with the duration', () => {
    const schedule = scheduleOf({ pacing: { kind: 'packets', perSecond: 10 }, durationNs: 1e9 });
    while (!schedule.ended) schedule.deadline(0, 60);
    expect(schedule.packets).toBe(11);
  });
});

describe('top speed', () => {
  test('is at once', () => {
    expect(deadlines(scheduleOf({ pacing: { kind: 'topspeed' } }), [0, 5e9, 9e9])).toEqual([0, 0, 0]);
  });

  test('under a ceiling is a constant rate', () => {
    const schedule = scheduleOf({ pacing: { kind: 'topspeed' }, maxPps: 1000 });
    expect(deadlines(schedule, [0, 5e9, 9e9])).toEqual([0, 1e6, 2e6]);
    expect(schedule.delayedPackets).toBe(2);
  });
});

describe('the ceiling', () => {
  test('lets at most a tenth of it into any 100 ms', () => {
    const bursts = fc.array(fc.integer({ min: 0, max: 2e9 }), { minLength: 1, maxLength: 400 });
    fc.assert(
      fc.property(bursts, fc.integer({ min: 10, max: 500 }), pacings, (all, maxPps, pacing) => {
        const sorted = all.toSorted((a, b) => a - b);
        const due = deadlines(scheduleOf({ pacing, maxPps }), sorted);
        const most = Math.floor(maxPps / 10);
        for (let packet = most; packet < due.length; packet++) {
          expect(due[packet]! - due[packet - most]!).toBeGreaterThanOrEqual(100e6 * (1 - 1e-9));
        }
      }),
    );
  });

  test('changes nothing below it', () => {
    const schedule = scheduleOf({ pacing: { kind: 'packets', perSecond: 999 }, maxPps: 1000 });
    const unlimited = scheduleOf({ pacing: { kind: 'packets', perSecond: 999 } });
    const all = Array.from({ length: 5000 }, (_, i) => i);
    expect(deadlines(schedule, all)).toEqual(deadlines(unlimited, all));
    expect(schedule.delayedPackets).toBe(0);
  });

  test('stretches a burst and tells how many packets it has delayed; later ones have their own times again', () => {
    const schedule = scheduleOf({ maxPps: 20 });
    expect(deadlines(schedule, [0, 0, 0, 0, 0, 900e6])).toEqual([0, 0, 100e6, 100e6, 200e6, 900e6]);
    expect(schedule.delayedPackets).toBe(3);
  });

  test('below ten packets per second leaves as much time between them', () => {
    expect(deadlines(scheduleOf({ maxPps: 2 }), [0, 0, 0])).toEqual([0, 500e6, 1000e6]);
  });
});
