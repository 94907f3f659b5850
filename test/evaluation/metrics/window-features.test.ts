import { describe, expect, test } from 'vitest';
import { WINDOW_PACKETS, WindowFeatures } from '../../../src/evaluation/metrics/window-features.js';
import { PacketClasses } from '../../../src/evaluation/reference.js';
import { fromGaps, type Row, rowsBy } from '../../models/blocks.js';
import fc from '../../support/fast-check.js';
import { referenceOf, viewOf } from '../compare.js';
import { rowsOf } from '../series.js';

const MS = 1e6;
/** Request and answer, of two sizes and two gaps. */
const dialogue = (count: number): Row[] => rowsBy(count, (i) => (i % 2 === 0 ? [9 * MS, 100, 1] : [MS, 1500, 0]));
const REFERENCE = referenceOf(dialogue(200));
const CLASSES = new PacketClasses(REFERENCE);
const FEATURES = new WindowFeatures(REFERENCE);
/** What follows the shares. */
const plain = (features: Float64Array) => [...features.subarray(FEATURES.length - 9, FEATURES.length)];

describe('the features of a window', () => {
  const { count, features } = FEATURES.of(viewOf(dialogue(33)));

  test('begin with the shares of the classes of size, then of gap', () => {
    const expected = new Float64Array(CLASSES.sizes.count + CLASSES.gaps.count);
    expected[CLASSES.sizes.of(true, 100)] = 1 / 2;
    expected[CLASSES.sizes.of(false, 1500)] = 1 / 2;
    expected[CLASSES.sizes.count + CLASSES.gaps.of(true, 9 * MS)] = 1 / 2;
    expected[CLASSES.sizes.count + CLASSES.gaps.of(false, MS)] = 1 / 2;
    expect(count).toBe(1);
    expect(features.subarray(0, expected.length)).toEqual(expected);
  });

  test('go on with size, gap, turns, duration and the number of sizes', () => {
    const [long, short] = [Math.log1p(9 * MS), Math.log1p(MS)];
    // Of + − + − …, 32 times: each times the next is −1, for 31 of 32.
    const alternating = -31 / 32;
    const expected = [
      ...[800, 700, alternating],
      ...[(long + short) / 2, (long - short) / 2, alternating],
      ...[1, Math.log1p(16 * 10 * MS), 2 / 32],
    ];
    expect(plain(features)).toEqual(expected.map((feature) => expect.closeTo(feature, 10)));
  });

  test('have no correlation where nothing varies', () => {
    for (const gap of [0, 1e6, 3e6, 7e6, 20e6]) {
      const constant = FEATURES.of(viewOf(rowsBy(33, () => [gap, 100, 1]))).features;
      expect(plain(constant)).toEqual([100, 0, 0, Math.log1p(gap), 0, 0, 0, Math.log1p(32 * gap), 1 / 32]);
    }
  });
});

test('the first packet of all, which has no gap, is in no window', () => {
  const [first, ...rest] = dialogue(65);
  const other: Row[] = [[first![0], 7777, 1], ...rest];
  // Its direction is: whether the second packet is a turn.
  expect(FEATURES.of(viewOf(other))).toEqual(FEATURES.of(viewOf(dialogue(65))));
  expect(FEATURES.of(viewOf(dialogue(65))).count).toBe(2);
  expect(FEATURES.of(viewOf(dialogue(64))).count).toBe(1);
  for (const packets of [0, 1, 32]) expect(FEATURES.of(viewOf(dialogue(packets))).count).toBe(0);
});

test('there are a thousand windows at most', () => {
  expect(FEATURES.of(viewOf(dialogue(40_000))).count).toBe(1000);
});

test('packets such as the real series never has are in a class too', () => {
  const rows = rowsOf({ minLength: WINDOW_PACKETS + 1, maxLength: 3 * WINDOW_PACKETS });
  fc.assert(
    fc.property(rows, rows, (real, sample) => {
      const reference = referenceOf(real);
      const features = new WindowFeatures(reference);
      const { count, features: values } = features.of(viewOf(sample));
      const { sizes, gaps } = new PacketClasses(reference);
      for (let i = 0; i < count; i++) {
        const row = values.subarray(i * features.length, (i + 1) * features.length);
        expect(row.every(Number.isFinite)).toBe(true);
        const sum = (from: number, to: number) => row.subarray(from, to).reduce((total, share) => total + share, 0);
        expect(sum(0, sizes.count)).toBeCloseTo(1, 12);
        expect(sum(sizes.count, sizes.count + gaps.count)).toBeCloseTo(1, 12);
      }
    }),
    { numRuns: 50 },
  );
});

test('only what is in a window counts, and when the series began does not', () => {
  const rows = fromGaps(dialogue(33).map(([, size, outbound], i) => [i === 0 ? 0 : 9 * MS, size, outbound]));
  const later = rows.map(([time, size, outbound]): Row => [time + 5e12, size, outbound]);
  expect(FEATURES.of(viewOf(later))).toEqual(FEATURES.of(viewOf(rows)));
});
