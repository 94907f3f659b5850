import { describe, expect, test } from 'vitest';
import { Classes, PacketClasses, Reference } from '../../src/evaluation/reference.js';
import { SeriesView } from '../../src/evaluation/series-view.js';
import { rowsBy } from '../models/blocks.js';
import fc from '../support/fast-check.js';
import { referenceOf } from './compare.js';
import { RUNS, rowsOf } from './series.js';

const MS = 1e6;
const SECOND = 1e9;

describe('the bins', () => {
  const { outbound, inbound } = referenceOf(
    rowsBy(400, (i) => (i % 2 === 0 ? [9 * MS, 100, 1] : [MS, i % 4 === 1 ? 40 : 1500, 0])),
  );

  test('are those of each direction, with one for each frequent size and gap', () => {
    expect(outbound.sizeBins).toEqual(Float64Array.of(100, 101));
    expect(inbound.sizeBins).toEqual(Float64Array.of(40, 41, 1500, 1501));
    expect(outbound.gapBins).toEqual(Float64Array.of(10 * MS, 10 * MS + 1));
  });

  test('of gap classes are of joint gaps', () => {
    expect(outbound.gapClasses).toEqual(Float64Array.of(9 * MS, 9 * MS + 1));
    expect(inbound.gapClasses).toEqual(Float64Array.of(MS, MS + 1));
  });

  test('are about 64, and the classes about 8', () => {
    const many = referenceOf(rowsBy(6400, (i) => [MS + i, 100 + (i % 1280), 1])).outbound;
    expect(many.sizeBins.length - 1).toBe(64);
    expect(many.sizeClasses.length - 1).toBe(8);
    expect(many.gapBins.length - 1).toBe(64);
  });
});

describe('the bin of time', () => {
  test.each([
    [1000, 5 * MS, 10 * MS],
    // One packet in each bin of 0.1 s, on average, is enough, and one in nearly each is not.
    [1000, 100 * MS, 100 * MS],
    [1000, 101 * MS, SECOND],
    [1000, 30 * SECOND, 60 * SECOND],
    // Not even in an hour.
    [100, 86_400 * SECOND, 3600 * SECOND],
  ])('of %i packets, one every %d ns, is of %d ns', (packets, gap, bin) => {
    expect(referenceOf(rowsBy(packets, () => [gap, 93, 1])).timeBinNs).toBe(bin);
  });

  test('is no finer than 2²⁰ bins of the whole', () => {
    // More packets than bins of 10 ms, of which there would be 1 078 000.
    const length = 1_100_000;
    const offsetsNs = Float64Array.from({ length }, (_, i) => i * 9.8 * MS);
    const block = { length, offsetsNs, sizes: new Uint32Array(length).fill(93), outbound: new Uint8Array(length) };
    expect(new Reference(new SeriesView(block)).timeBinNs).toBe(100 * MS);
  });

  test('exists for packets of one instant', () => {
    expect(referenceOf(rowsBy(9, () => [0, 93, 1])).timeBinNs).toBe(10 * MS);
  });
});

describe('the gap that is idle', () => {
  test('is between the gaps within bursts and those between', () => {
    const { idleNs } = referenceOf(rowsBy(60, (i) => [i % 3 === 0 ? SECOND : MS, 93, 1])).outbound;
    // Halfway, on a logarithmic scale.
    expect(idleNs! / Math.sqrt(SECOND * MS)).toBeCloseTo(1, 5);
  });

  test('does not exist where all gaps are the same, or there are none', () => {
    const { outbound, inbound } = referenceOf(rowsBy(60, () => [MS, 93, 1]));
    expect([outbound.idleNs, inbound.idleNs]).toEqual([undefined, undefined]);
  });
});

describe('classes of packets', () => {
  test('are of one direction only', () => {
    const classes = new Classes(Float64Array.of(100, 200), Float64Array.of(50));
    // Inbound below 50, and from there; outbound below 100, to 200, and from there.
    expect([0, 49, 50, 9000].map((size) => classes.of(false, size))).toEqual([0, 0, 1, 1]);
    expect([0, 100, 199, 200, 9000].map((size) => classes.of(true, size))).toEqual([2, 3, 3, 4, 4]);
    expect(classes.count).toBe(5);
  });

  test('have a number below their count for any packet, and never the same in both directions', () => {
    const value = fc.integer({ min: 0, max: 40e9 });
    fc.assert(
      fc.property(rowsOf({ minLength: 1 }), value, value, (rows, a, b) => {
        const { sizes, gaps } = new PacketClasses(referenceOf(rows));
        for (const classes of [sizes, gaps]) {
          const numbers = [classes.of(true, a), classes.of(false, b)];
          for (const number of numbers) {
            expect(Number.isInteger(number) && number >= 0 && number < classes.count).toBe(true);
          }
          expect(numbers[0]).not.toBe(numbers[1]);
        }
      }),
      RUNS,
    );
  });
});
