import { describe, expect, test } from 'vitest';
import {
  difference,
  GROUP_COUNTS_BYTES,
  GroupCounts,
  GroupSums,
  quantilesNs,
  summaryOf,
} from '../../../src/fleet/account/group-counts.js';
import fc from '../../support/fast-check.js';

const counts = () => new GroupCounts(new SharedArrayBuffer(GROUP_COUNTS_BYTES));
function sumsOf(...all: readonly GroupCounts[]): GroupSums {
  const sums = new GroupSums();
  for (const one of all) one.addTo(sums);
  return sums;
}

describe('the account of a group', () => {
  test('is the sum of its threads', () => {
    const [a, b] = [counts(), counts()];
    a.add('sent');
    b.add('sent', 2);
    a.add('up', -1);
    const sums = sumsOf(a, b);
    expect(sums.named()).toMatchObject({ sent: 3, up: -1, planned: 0 });
    const total = new GroupSums();
    total.add(sums);
    total.add(sums);
    expect(total.get('sent')).toBe(6);
  });

  test('knows durations to half a percent', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 40 }), { minLength: 1, maxLength: 200 }), (values) => {
        const one = counts();
        for (const value of values) one.durations.latency.record(value);
        const sorted = values.toSorted((a, b) => a - b);
        const { count, p50Ns, p99Ns, maxNs, meanNs } = summaryOf(sumsOf(one).durations.latency);
        // The smallest value that so many are not above: the definition of an empirical quantile.
        const at = (share: number) => sorted[Math.ceil(share * values.length) - 1]!;
        const about = (value: number) => [value * 0.995 - 1, value * 1.005 + 1] as const;
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        for (const [measured, exact] of [
          [p50Ns, at(0.5)],
          [p99Ns, at(0.99)],
          [maxNs, at(1)],
          [meanNs, mean],
        ] as const) {
          const [low, high] = about(exact);
          expect(measured).toBeGreaterThanOrEqual(low);
          expect(measured).toBeLessThanOrEqual(high);
        }
        expect(count).toBe(values.length);
      }),
    );
  });

  test('says of a time between two looks what happened in it', () => {
    const one = counts();
    one.durations.latency.record(1e6);
    const before = sumsOf(one).durations.latency;
    expect(quantilesNs(difference(sumsOf(one).durations.latency, before), [0.5, 1])).toEqual([0, 0]);
    one.durations.latency.record(9e6);
    const [median] = quantilesNs(difference(sumsOf(one).durations.latency, before), [0.5]);
    expect(median! / 9e6).toBeCloseTo(1, 2);
    expect(quantilesNs(difference(before, undefined), [1])[0]! / 1e6).toBeCloseTo(1, 2);
  });
});
