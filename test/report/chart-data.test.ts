import { expect, test } from 'vitest';
import { SeriesView } from '../../src/evaluation/series-view.js';
import type { PacketBlock } from '../../src/packets/packet-series.js';
import {
  bytesPerBin,
  ecdfSteps,
  logGaps,
  niceTimeWidth,
  niceWidth,
  scatterDots,
  transitionShares,
} from '../../src/report/chart-data.js';
import { gapAxis } from '../../src/report/charts/axes.js';
import { sizeClasses, sizeTokens } from '../../src/report/size-classes.js';
import fc from '../support/fast-check.js';

const block = (packets: readonly (readonly [ns: number, bytes: number, outbound: 0 | 1])[]): PacketBlock => ({
  length: packets.length,
  offsetsNs: Float64Array.from(packets, ([ns]) => ns),
  sizes: Uint32Array.from(packets, ([, bytes]) => bytes),
  outbound: Uint8Array.from(packets, ([, , outbound]) => outbound),
});

/** Few different values, so that there are ties, or many. */
const samples = fc.oneof(
  fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 2000 }),
  fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 2000 }),
);

test('A distribution function of few values is exact', () => {
  expect(ecdfSteps(Float64Array.of(1, 1, 2, 5))).toEqual([
    { x: 1, share: 0.5 },
    { x: 2, share: 0.75 },
    { x: 5, share: 1 },
  ]);
  expect(ecdfSteps(new Float64Array(0))).toEqual([]);
});

test('A reduced distribution function has few steps, all of them true, and is nowhere far off', () => {
  fc.assert(
    fc.property(samples, fc.integer({ min: 10, max: 300 }), (values, most) => {
      const sorted = Float64Array.from(values).sort();
      const steps = ecdfSteps(sorted, most);
      expect(steps.length).toBeLessThanOrEqual(most);
      expect(steps[0]!.x).toBe(sorted[0]);
      expect(steps.at(-1)).toEqual({ x: sorted.at(-1), share: 1 });
      let at = 0;
      sorted.forEach((x, index) => {
        if (sorted[index + 1] === x) return;
        while (at + 1 < steps.length && steps[at + 1]!.x <= x) at++;
        const share = (index + 1) / sorted.length;
        if (steps[at]!.x === x) expect(steps[at]!.share).toBe(share);
        // The bound that the function promises.
        expect(share - steps[at]!.share).toBeLessThanOrEqual(2 / (most - 2));
      });
    }),
  );
});

test('A jump among many values keeps its full height', () => {
  const values = Float64Array.from({ length: 10_000 }, (_, i) => (i < 5000 ? i : i < 9000 ? 5000 : i)).sort();
  const steps = ecdfSteps(values, 100);
  const jump = steps.findIndex(({ x }) => x === 5000);
  expect(steps[jump]!.share - steps[jump - 1]!.share).toBeCloseTo(0.4, 10);
});

test('Every value of a scatter plot is in one of its few dots', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.double({ min: -3, max: 3, noNaN: true }), fc.double({ min: 0, max: 4, noNaN: true })), {
        minLength: 1,
        maxLength: 3000,
      }),
      fc.integer({ min: 20, max: 700 }),
      (points, most) => {
        const x = Float64Array.from(points, ([value]) => value);
        const y = Float64Array.from(points, ([, value]) => value);
        const dots = scatterDots(x, y, { x: { low: -3, high: 3 }, y: { low: 0, high: 4 } }, most);
        expect(dots.length).toBeLessThanOrEqual(most);
        expect(dots.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
        const first = points[0]!;
        expect(dots.some((dot) => dot.x === first[0] && dot.y === first[1])).toBe(true);
      },
    ),
  );
});

test('Widths of bins are round and few enough', () => {
  // 600 s in at most 400 bins: at least 1.5 s each.
  expect(niceWidth(600, 400)).toBe(2);
  expect(niceWidth(400, 400)).toBe(1);
  expect(niceWidth(0.3, 3)).toBeCloseTo(0.1, 12);
  fc.assert(
    fc.property(fc.double({ min: 1, max: 1e18, noNaN: true }), fc.integer({ min: 1, max: 4000 }), (whole, most) => {
      const width = niceWidth(whole, most);
      expect(whole / width).toBeLessThanOrEqual(most * (1 + 1e-6));
      expect(whole / width).toBeGreaterThan(most / 2.5 / (1 + 1e-6));
    }),
  );
});

test('Widths of time are round in the units of people, and never too many', () => {
  // 7.28 d in at most 400 bins: at least 26.2 min each.
  expect(niceTimeWidth(7.28 * 86_400e9, 400)).toBe(1800e9);
  expect(niceTimeWidth(596e9, 400)).toBe(2e9);
  fc.assert(
    fc.property(fc.double({ min: 1, max: 1e18, noNaN: true }), fc.integer({ min: 1, max: 4000 }), (span, most) => {
      expect(span / niceTimeWidth(span, most)).toBeLessThanOrEqual(most * (1 + 1e-6));
    }),
  );
});

test('Bytes in bins of time, of one direction and of both', () => {
  const series = block([
    [5e9, 100, 1],
    [5.5e9, 40, 0],
    [6.5e9, 60, 1],
    [9e9, 1000, 1],
  ]);
  expect([...bytesPerBin(series, true, 1e9, 3)]).toEqual([100, 60, 0]);
  expect([...bytesPerBin(series, undefined, 1e9, 5)]).toEqual([140, 60, 0, 0, 1000]);
  expect([...bytesPerBin(block([]), true, 1e9, 2)]).toEqual([0, 0]);
});

test('Gaps below a microsecond count as one microsecond', () => {
  expect([...logGaps(Float64Array.of(0, 1, 1000, 1e9))]).toEqual([-6, -6, -6, 0]);
});

test('An axis of gaps has a place of its own for 0, left of every decade', () => {
  const axis = gapAxis([Float64Array.of(0, 0, 2e3, 5e6)])!;
  expect(axis.position(0)).toBe(axis.zeroAt);
  expect(axis.zeroAt).toBeLessThan(axis.breakAt!);
  expect(axis.breakAt!).toBeLessThan(3);
  expect(axis.range.high).toBe(7);
  expect(gapAxis([Float64Array.of(1e3, 2e3)])!.breakAt).toBeUndefined();
  expect(gapAxis([Float64Array.of(0, 0), new Float64Array(0)])).toBeUndefined();
});

test('Transitions are shares of what follows a token', () => {
  expect(transitionShares(Uint8Array.of(0, 1, 0, 1, 0, 0), 3)).toEqual([[1 / 3, 2 / 3, 0], [1, 0, 0], undefined]);
});

test('A frequent size is a class of its own, and the two directions share none', () => {
  const packets = Array.from({ length: 200 }, (_, i) => [i, i % 2 === 0 ? 93 : 100 + i, (i >> 1) % 2 ? 1 : 0] as const);
  const series = block(packets);
  const classes = sizeClasses(new SeriesView(series), 4);
  expect(classes.names.slice(0, classes.outboundTokens)).toContain('93');
  const tokens = sizeTokens(series, classes);
  packets.forEach(([, bytes, outbound], index) => {
    const token = tokens[index]!;
    expect(token < classes.outboundTokens).toBe(outbound === 1);
    if (bytes === 93) expect(classes.names[token]).toBe('93');
  });
  // Sizes beyond the classes go to the nearest one.
  expect([
    ...sizeTokens(
      block([
        [0, 1, 1],
        [1, 65_535, 1],
      ]),
      classes,
    ),
  ]).toEqual([0, classes.outboundTokens - 1]);
});

test('A direction without packets has one class', () => {
  const classes = sizeClasses(new SeriesView(block([[0, 50, 1]])), 4);
  expect(classes.names).toEqual(['50', 'any']);
  expect([
    ...sizeTokens(
      block([
        [0, 50, 1],
        [1, 60, 0],
      ]),
      classes,
    ),
  ]).toEqual([0, 1]);
});
