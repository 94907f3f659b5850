import { describe, expect, test } from 'vitest';
import { RecordSampler } from '../../src/conversations/record-sampler.js';
import { emptyRecords } from '../../src/conversations/records.js';
import { ROLE } from '../../src/conversations/role.js';
import { randomStream } from '../../src/random.js';
import { inbound, outbound } from './talks.js';

const SYN = outbound(ROLE.syn);
const DATA = outbound(ROLE.data);
const never = () => false;

/** A deck of records that begin with these steps and sizes. */
function samplerOf(
  beginnings: readonly (readonly [step: number, sizeBytes: number])[],
  firstRecord = 0,
): RecordSampler {
  const records = emptyRecords(firstRecord + beginnings.length);
  for (const [i, [step, sizeBytes]] of beginnings.entries()) {
    records.firstStep[firstRecord + i] = step;
    records.firstSize[firstRecord + i] = sizeBytes;
  }
  return new RecordSampler(
    records,
    beginnings.map((_, i) => firstRecord + i),
  );
}

const draws = (count: number, draw: (i: number) => number) => Array.from({ length: count }, (_, i) => draw(i));

describe('a deck of records', () => {
  test('gives every record once before any of them again', () => {
    const deck = samplerOf(
      draws(50, (i) => i).map((i) => [i % 3 === 0 ? SYN : DATA, 60 + (i % 4)] as const),
      7,
    );
    const random = randomStream('1', 'deck');
    for (let round = 0; round < 4; round++) {
      const drawn = draws(50, (i) => deck.draw(i % 2 === 0 ? SYN : DATA, 60 + (i % 5), random, never));
      expect(drawn.toSorted((a, b) => a - b)).toEqual(draws(50, (i) => 7 + i));
    }
  });

  test('gives one that began with the same step and size, or else with the same step, or else any', () => {
    const random = randomStream('2', 'deck');
    for (let run = 0; run < 20; run++) {
      const deck = samplerOf([
        [SYN, 60],
        [SYN, 60],
        [SYN, 52],
        [DATA, 60],
        [inbound(ROLE.data), 99],
      ]);
      const first = draws(2, () => deck.draw(SYN, 60, random, never)).toSorted((a, b) => a - b);
      expect(first).toEqual([0, 1]);
      expect(deck.draw(SYN, 60, random, never)).toBe(2);
      const rest = draws(2, () => deck.draw(SYN, 60, random, never)).toSorted((a, b) => a - b);
      expect(rest).toEqual([3, 4]);
    }
  });

  test('gives each of equal records as often', () => {
    const counts = new Uint32Array(4);
    const random = randomStream('3', 'deck');
    for (let run = 0; run < 4000; run++) {
      const deck = samplerOf(draws(4, (i) => i).map((i) => [SYN, 60 + i] as const));
      counts[deck.draw(SYN, 999, random, never)]!++;
    }
    // Binomial: 1000 ± 27 each, so five of these.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(140);
  });

  test('gives no record that is busy, unless all are', () => {
    const deck = samplerOf([
      [SYN, 60],
      [SYN, 60],
      [DATA, 60],
    ]);
    const random = randomStream('4', 'deck');
    const busy = new Set([0, 2]);
    for (let run = 0; run < 30; run++) expect(deck.draw(SYN, 60, random, (record) => busy.has(record))).toBe(1);
    busy.add(1);
    for (let run = 0; run < 30; run++) {
      expect([0, 1, 2]).toContain(deck.draw(SYN, 60, random, (record) => busy.has(record)));
    }
  });

  test('gives the same by the same seed', () => {
    const beginnings = draws(40, (i) => i).map((i) => [SYN, 60 + (i % 3)] as const);
    const drawn = (seed: string) => {
      const [deck, random] = [samplerOf(beginnings), randomStream(seed, 'deck')];
      return draws(80, () => deck.draw(SYN, 60, random, never));
    };
    expect(drawn('5')).toEqual(drawn('5'));
    expect(drawn('5')).not.toEqual(drawn('6'));
  });
});
