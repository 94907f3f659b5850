import { describe, expect, test } from 'vitest';
import { resampleBlocks } from '../../src/evaluation/block-bootstrap.js';
import { gapsNs, type PacketBlock } from '../../src/packets/packet-series.js';
import { randomStream } from '../../src/random.js';
import { blockOf, requests, rowsBy } from '../models/blocks.js';
import fc from '../support/fast-check.js';
import { RUNS, rowsOf } from './series.js';

const resample = (series: PacketBlock, length: number, meanBlock: number, seed = '1') =>
  resampleBlocks(series, length, meanBlock, randomStream(seed, 'bootstrap'));

/** Packets that are known by their size, 100 + place, and by the gap before them, the place in ms. */
const NUMBERED = blockOf(rowsBy(400, (i) => [i * 1e6, 100 + i, i % 3 === 0 ? 0 : 1]));
const places = ({ sizes }: PacketBlock) => [...sizes].map((size) => size - 100);

describe('a resampled series', () => {
  test('has the length that was asked for, begins at 0 and never goes back', () => {
    const lengths = fc.nat({ max: 200 });
    const means = fc.double({ min: 1, max: 50, noNaN: true });
    fc.assert(
      fc.property(rowsOf({ minLength: 1 }), lengths, means, fc.string(), (rows, length, mean, seed) => {
        const result = resample(blockOf(rows), length, mean, seed);
        expect(result.length).toBe(length);
        for (const column of [result.offsetsNs, result.sizes, result.outbound]) expect(column.length).toBe(length);
        if (length > 0) expect(result.offsetsNs[0]).toBe(0);
        expect(gapsNs(result).every((gap) => gap >= 0)).toBe(true);
      }),
      RUNS,
    );
  });

  test('has packets of the original only, each with its direction and the gap that it had', () => {
    const result = resample(NUMBERED, 3000, 15);
    const gaps = gapsNs(result);
    places(result).forEach((place, i) => {
      expect(result.outbound[i]).toBe(NUMBERED.outbound[place]);
      // The first packet of all had none: that of the second stands for it.
      if (i > 0) expect(gaps[i - 1]).toBe(Math.max(1, place) * 1e6);
    });
  });

  test('keeps what follows what within blocks, whose mean length is the one asked for', () => {
    const found = places(resample(NUMBERED, 20_000, 25));
    const breaks = found.filter((place, i) => i > 0 && place !== (found[i - 1]! + 1) % 400).length;
    // A new block begins after each packet with a probability of 1/25: 800 ± √800, and one in 400 goes on by chance.
    expect(Math.abs(breaks - 800)).toBeLessThan(4 * Math.sqrt(800));
  });

  test('takes every packet about as often, those at the ends too', () => {
    const counts = new Array<number>(400).fill(0);
    for (let seed = 0; seed < 40; seed++)
      for (const place of places(resample(NUMBERED, 4000, 20, `${seed}`))) counts[place]!++;
    // 400 times each; packets of a block come together, 20 of them, so a standard deviation of about √(400 · 20) ≈ 90.
    expect(Math.min(...counts)).toBeGreaterThan(400 - 4.5 * 90);
    expect(Math.max(...counts)).toBeLessThan(400 + 4.5 * 90);
  });

  test('of blocks of one packet is one of independent packets', () => {
    const found = places(resample(NUMBERED, 4000, 1));
    const successive = found.filter((place, i) => i > 0 && place === (found[i - 1]! + 1) % 400).length;
    // One in 400: 10 ± 3.
    expect(successive).toBeLessThan(25);
  });

  test('is the same for the same stream, and another for another', () => {
    const series = blockOf(requests(100));
    expect(resample(series, 50, 5)).toEqual(resample(series, 50, 5));
    expect(resample(series, 50, 5)).not.toEqual(resample(series, 50, 5, '2'));
  });
});
