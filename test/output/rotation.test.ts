import { describe, expect, test } from 'vitest';
import { NO_LIMITS, RotationAccount, type RotationLimits } from '../../src/output/rotation.js';

/** Which of the records begin a file, if each has ten bytes. */
function beginnings(limits: Partial<RotationLimits>, timesNs: readonly number[]): number[] {
  const account = new RotationAccount({ ...NO_LIMITS, ...limits });
  let fileBytes = 4;
  return timesNs.flatMap((timeNs, i) => {
    const begins = account.add(1_700_000_000 + Math.floor(timeNs / 1e9), timeNs % 1e9, fileBytes, 10);
    fileBytes = (begins ? 4 : fileBytes) + 10;
    return begins ? [i] : [];
  });
}

describe('a new file begins', () => {
  test('never without limits', () => {
    expect(beginnings({}, [0, 1e9, 1e15])).toEqual([]);
  });

  test('before a record with which the file would be larger than the limit', () => {
    expect(beginnings({ maxBytes: 24 }, [0, 0, 0, 0, 0])).toEqual([2, 4]);
    expect(beginnings({ maxBytes: 23 }, [0, 0, 0])).toEqual([1, 2]);
  });

  test('with every record if none fits', () => {
    expect(beginnings({ maxBytes: 1 }, [0, 0, 0])).toEqual([1, 2]);
  });

  test('at multiples of the interval after the first packet, and not for intervals without packets', () => {
    // The first packet is half a second after a full one: boundaries are at 0.5 s, not at full seconds.
    const afterFirst = [0, 0.6e9, 0.999_999_999e9, 1e9, 1.999e9, 5.5e9, 6e9];
    const times = afterFirst.map((timeNs) => Math.round(0.5e9 + timeNs));
    expect(beginnings({ intervalNs: 1e9 }, times)).toEqual([3, 5, 6]);
  });

  test('not for packets that come late', () => {
    expect(beginnings({ intervalNs: 1e9 }, [0, 1.5e9, 0.5e9, 1.6e9, 2e9])).toEqual([1, 4]);
  });

  test('by size and time, whichever comes first, without moving the times', () => {
    expect(beginnings({ maxBytes: 24, intervalNs: 1e9 }, [0, 0.1e9, 0.9e9, 1e9, 1.1e9, 1.9e9, 2e9])).toEqual([
      2, 3, 5, 6,
    ]);
  });
});

test('what each file holds is asked for in order, the last one at the end', () => {
  const account = new RotationAccount({ ...NO_LIMITS, maxBytes: 1 });
  account.add(10, 1, 0, 1);
  account.add(11, 2, 1, 1);
  account.add(12, 999_999_999, 1, 1);
  expect([account.take(), account.take(), account.take()]).toEqual([
    { packets: 1, firstNs: 10_000_000_001n, lastNs: 10_000_000_001n },
    { packets: 1, firstNs: 11_000_000_002n, lastNs: 11_000_000_002n },
    { packets: 1, firstNs: 12_999_999_999n, lastNs: 12_999_999_999n },
  ]);
  expect(new RotationAccount(NO_LIMITS).take()).toEqual({ packets: 0, firstNs: undefined, lastNs: undefined });
});
