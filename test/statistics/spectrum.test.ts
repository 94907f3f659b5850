import { describe, expect, test } from 'vitest';
import { spectralDistance, welch } from '../../src/statistics/spectrum.js';
import { expectClose, normals, series } from './samples.js';

describe('the power spectral density', () => {
  test('is that of scipy', () => {
    // scipy 1.10.1: /usr/bin/python3 -c "from scipy.signal import welch; \
    //   print(welch([i*i*37%101 for i in range(50)], nperseg=16)[1].tolist())"
    expectClose(
      welch(
        series(50, (i) => (i * i * 37) % 101),
        16,
      ),
      [
        81.2009883389649, 1584.814862767736, 768.6682095590464, 1108.0805488503931, 2200.2168077469746,
        2632.234195488018, 3644.9176818826368, 2330.9434583485354, 373.37456815487036,
      ],
    );
  });

  test('of independent values of variance 1 is 2 at all frequencies but the first and the last', () => {
    // One-sided, per cycle per value: the variance is its integral from 0 to ½.
    const inner = welch(normals(2 ** 18, 'white'), 64)?.subarray(2, 32);
    expect(Math.min(...inner!)).toBeGreaterThan(1.9);
    expect(Math.max(...inner!)).toBeLessThan(2.1);
  });

  test('of a wave has its peak at its frequency', () => {
    const powers = welch(
      series(1024, (i) => Math.sin((2 * Math.PI * i) / 8)),
      64,
    )!;
    expect(powers.indexOf(Math.max(...powers))).toBe(64 / 8);
  });

  test('grows with the square of the values and does not see a shift', () => {
    const values = normals(500, 'scale');
    const moved = values.map((value) => 1000 + 3 * value);
    expectClose(
      welch(moved, 32),
      welch(values, 32)!.map((power) => 9 * power),
      1e-10,
    );
  });

  test('needs a segment of values', () => {
    expect(welch(new Float64Array(15), 16)).toBeUndefined();
    expect(welch(new Float64Array(16), 16)?.length).toBe(9);
  });

  test('of a constant is exactly 0', () => {
    expect(welch(new Float64Array(100).fill(0.1), 16)).toEqual(new Float64Array(9));
  });
});

describe('the spectral distance', () => {
  const spectrum = (...densities: number[]) => Float64Array.from(densities);

  test.each([
    { name: 'the same spectrum', a: [9, 1, 2, 3], b: [0, 1, 2, 3], distance: 0 },
    { name: 'the same shape', a: [0, 1, 2, 3], b: [0, 10, 20, 30], distance: 0 },
    { name: 'all low and all high', a: [0, 1, 0, 0], b: [0, 0, 0, 7], distance: 1 },
    { name: 'one frequency and two', a: [0, 4, 0, 0], b: [0, 1, 1, 0], distance: 0.5 },
  ])('of $name is $distance', ({ a, b, distance }) => {
    expect(spectralDistance(spectrum(...a), spectrum(...b))).toBeCloseTo(distance, 14);
    expect(spectralDistance(spectrum(...b), spectrum(...a))).toBeCloseTo(distance, 14);
  });

  test('needs power besides the mean', () => {
    expect(spectralDistance(spectrum(5, 0, 0), spectrum(1, 1, 1))).toBeUndefined();
    expect(spectralDistance(spectrum(1, 1, 1), spectrum(5, 0, 0))).toBeUndefined();
  });

  test('is small between two series of the same process and large between slow and fast ones', () => {
    const [one, other] = [normals(20_000, 'one'), normals(20_000, 'other')];
    const slow = one.map((_, i) => one.subarray(Math.max(0, i - 9), i + 1).reduce((sum, value) => sum + value, 0));
    const distance = (a: Float64Array, b: Float64Array) => spectralDistance(welch(a, 256)!, welch(b, 256)!);
    expect(distance(one, other)).toBeLessThan(0.03);
    expect(distance(one, slow)).toBeGreaterThan(0.5);
  });
});
