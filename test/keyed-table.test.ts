import { expect, test } from 'vitest';
import { KeyedTable } from '../src/keyed-table.js';
import fc from './support/fast-check.js';

/** Few different words, so that keys repeat and share parts. */
const keys = (words: number) =>
  fc.array(fc.array(fc.constantFrom(0, 1, 2, 0xffff_ffff, 0x8000_0000), { minLength: words, maxLength: words }), {
    maxLength: 400,
  });

test.each([1, 2, 5, 11])('a table of keys of %i words does what a Map does', (words) => {
  fc.assert(
    fc.property(keys(words), fc.integer({ min: 1, max: 300 }), (sequence, maxEntries) => {
      const table = new KeyedTable(words, maxEntries);
      const map = new Map<string, number>();
      for (const key of sequence) {
        const name = key.join();
        table.key.set(key);
        expect(table.find()).toBe(map.get(name) ?? -1);
        if (!map.has(name) && map.size < maxEntries) map.set(name, map.size);
        expect(table.index()).toBe(map.get(name) ?? -1);
        expect(Array.from(table.key)).toEqual(key); // looking up leaves the key as it is
        expect(table.size).toBe(map.size);
      }
      for (const [name, index] of map) expect(Array.from(table.keyOf(index)).join()).toBe(name);
    }),
    { numRuns: 100 },
  );
});

test('a table grows far beyond its first size and finds everything again', () => {
  const table = new KeyedTable(3, 100_000);
  const write = (i: number) => table.key.set([i, i >>> 3, 7]);
  const wrong: number[] = [];
  for (let i = 0; i < 100_000; i++) {
    write(i);
    if (table.index() !== i) wrong.push(i);
  }
  for (let i = 0; i < 100_000; i++) {
    write(i);
    if (table.find() !== i) wrong.push(i);
  }
  expect(wrong).toEqual([]);
  write(100_000);
  expect([table.find(), table.index(), table.size]).toEqual([-1, -1, 100_000]);
});
