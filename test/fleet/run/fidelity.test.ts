import { describe, expect, test } from 'vitest';
import { PacketRecord } from '../../../src/emission/wire-fidelity.js';
import { deviceFidelity, distanceBeyond, fleetFidelity } from '../../../src/fleet/run/fidelity.js';
import { ksStatistic } from '../../../src/statistics/ks.js';
import fc from '../../support/fast-check.js';

const values = fc
  .array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 30 })
  .map((list) => Float64Array.from(list));

function record(packets: readonly (readonly [number, number])[]): PacketRecord {
  const made = new PacketRecord();
  for (const [timeNs, size] of packets) made.add(timeNs, size);
  return made;
}

describe('the distance beyond a tolerance', () => {
  test('is the Kolmogorov–Smirnov distance where there is no tolerance', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        expect(distanceBeyond(a.slice(), b.slice(), 0)).toBeCloseTo(ksStatistic(a, b), 12);
      }),
    );
  });

  test('is nothing for values that were moved by no more than the tolerance', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: -3, max: 3 }), (a, by) => {
        expect(
          distanceBeyond(
            a.slice(),
            a.map((value) => value + by),
            3,
          ),
        ).toBe(0);
      }),
    );
    expect(distanceBeyond(Float64Array.of(1, 2, 3), Float64Array.of(5, 6, 7), 3)).toBeCloseTo(1 / 3, 12);
  });
});

describe('the fidelity of a device', () => {
  const plan = record([0, 1, 2, 3].map((second) => [second * 1e9, 100] as const));

  test('is perfect where messages left a fraction of a millisecond late', () => {
    const sent = record([0, 1, 2, 3].map((second) => [second * 1e9 + (second % 2) * 0.5e6, 100] as const));
    expect(deviceFidelity(0, plan, sent)).toEqual({ group: 0, messages: 4, gapKs: 0, sizeKs: 0 });
  });

  test('suffers from sizes that are not those planned, and from messages that are missing', () => {
    const sent = record([
      [0, 100],
      [1e9, 120],
      [3e9, 100],
    ]);
    expect(deviceFidelity(0, plan, sent)).toEqual({
      group: 0,
      messages: 4,
      gapKs: 0.5,
      sizeKs: expect.closeTo(1 / 3, 12),
    });
    expect(deviceFidelity(0, plan, record([]))).toEqual({ group: 0, messages: 4, gapKs: 1, sizeKs: 1 });
    expect(deviceFidelity(0, record([[0, 100]]), record([]))).toBeUndefined();
  });

  test('of a fleet is the median of its devices', () => {
    const device = (gapKs: number, sizeKs: number) => ({ group: 0, messages: 10, gapKs, sizeKs });
    expect(fleetFidelity([device(0, 0.1), device(0.2, 0), device(0.5, 0.4)])).toEqual({
      devices: 3,
      messages: 30,
      score: 80,
      gapKs: 0.2,
      sizeKs: 0.1,
    });
    expect(fleetFidelity([])).toBeNull();
  });
});
