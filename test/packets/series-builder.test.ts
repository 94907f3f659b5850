import { describe, expect, test } from 'vitest';
import { SeriesBuilder } from '../../src/packets/series-builder.js';
import fc from '../support/fast-check.js';

describe('a series', () => {
  test('starts at its first packet and counts in ns from there', () => {
    const builder = new SeriesBuilder();
    builder.append(1_700_000_000, 123_456_789, 60, true, 0);
    builder.append(1_700_000_000, 123_456_790, 70, false, 1);
    builder.append(1_700_000_001, 0, 80, true, 2);
    const series = builder.build([]);
    expect(series.startNs).toBe(1_700_000_000_123_456_789n);
    expect(Array.from(series.offsetsNs)).toEqual([0, 1, 1_000_000_000 - 123_456_789]);
    expect(Array.from(series.sizes)).toEqual([60, 70, 80]);
    expect(Array.from(series.outbound)).toEqual([1, 0, 1]);
    expect(Array.from(series.conversation)).toEqual([0, 1, 2]);
  });

  test('is brought into the order of time; what came first at equal times stays first', () => {
    const builder = new SeriesBuilder();
    const seconds = [5, 3, 5, 3, 9, 3];
    seconds.forEach((second, i) => {
      builder.append(second, 7, 100 + i, i % 2 === 0, i);
    });
    const series = builder.build([]);
    expect(series.startNs).toBe(3_000_000_007n);
    expect(Array.from(series.offsetsNs)).toEqual([0, 0, 0, 2e9, 2e9, 6e9]);
    expect(Array.from(series.sizes)).toEqual([101, 103, 105, 100, 102, 104]);
    expect(Array.from(series.outbound)).toEqual([0, 0, 0, 1, 1, 1]);
    expect(Array.from(series.conversation)).toEqual([1, 3, 5, 0, 2, 4]);
  });

  test('can be built again and again, and between packets', () => {
    const builder = new SeriesBuilder();
    builder.append(5, 0, 60, true, 0);
    builder.append(4, 0, 70, true, 0);
    expect(builder.build([])).toEqual(builder.build([]));
    builder.append(1, 5, 80, true, 0);
    expect(builder.build([]).startNs).toBe(1_000_000_005n);
  });

  test('without a packet has none', () => {
    expect(new SeriesBuilder().build([])).toMatchObject({ length: 0, startNs: 0n });
  });

  test('holds the exact time of every packet, sorted, whatever the order it came in', () => {
    // Offsets are exact to 2^53 ns = 104 days.
    const packet = fc.record({ seconds: fc.nat(100 * 86_400), nanoseconds: fc.nat(999_999_999), size: fc.nat(65_535) });
    fc.assert(
      fc.property(fc.array(packet, { minLength: 1, maxLength: 50 }), fc.nat(4_000_000_000), (packets, epoch) => {
        const builder = new SeriesBuilder();
        packets.forEach(({ seconds, nanoseconds, size }, i) => {
          builder.append(epoch + seconds, nanoseconds, size, i % 3 === 0, i);
        });
        const timeNs = (i: number) =>
          BigInt(epoch + packets[i]!.seconds) * 1_000_000_000n + BigInt(packets[i]!.nanoseconds);
        const order = packets
          .map((_, i) => i)
          .sort((a, b) => (timeNs(a) < timeNs(b) ? -1 : timeNs(a) > timeNs(b) ? 1 : a - b));
        const series = builder.build([]);
        expect(Array.from(series.conversation)).toEqual(order);
        expect(Array.from(series.offsetsNs, (offset) => series.startNs + BigInt(offset))).toEqual(order.map(timeNs));
        expect(Array.from(series.sizes)).toEqual(order.map((i) => packets[i]!.size));
        expect(Array.from(series.outbound)).toEqual(order.map((i) => (i % 3 === 0 ? 1 : 0)));
      }),
      { numRuns: 300 },
    );
  });

  test('may have more packets than there was room for at first', () => {
    const builder = new SeriesBuilder();
    for (let i = 0; i < 5000; i++) builder.append(i, i, i, i % 2 === 1, i);
    const series = builder.build([]);
    expect(series.length).toBe(5000);
    expect(Array.from(series.sizes)).toEqual(Array.from({ length: 5000 }, (_, i) => i));
    expect(series.offsetsNs[4999]).toBe(4999 * 1e9 + 4999);
  });
});
