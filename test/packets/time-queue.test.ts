import { expect, test } from 'vitest';
import { type TimedSource, TimeQueue } from '../../src/packets/time-queue.js';
import fc from '../support/fast-check.js';

/** Times that do not fall, one after the other. */
class Times implements TimedSource {
  readonly number: number;
  readonly #times: readonly number[];
  #next = 0;

  constructor(number: number, times: readonly number[]) {
    this.number = number;
    this.#times = times;
  }

  get timeNs(): number {
    return this.#times[this.#next]!;
  }

  advance(): boolean {
    this.#next++;
    return this.#next < this.#times.length;
  }
}

/** Times with the numbers of their sources, in the order of the queue. */
function merged(lists: readonly (readonly number[])[]): (readonly [number, number])[] {
  const queue = new TimeQueue(lists.map((times, number) => new Times(number, times)));
  const seen: (readonly [number, number])[] = [];
  for (let first = queue.first; first !== undefined; first = queue.first) {
    seen.push([first.timeNs, first.number]);
    queue.advance();
  }
  return seen;
}

test('sources merge as if all was sorted, at equal times in the order of the sources', () => {
  // Few different times, so that many are equal.
  const times = fc
    .array(fc.oneof(fc.nat(8), fc.nat(2 ** 40)), { minLength: 1, maxLength: 20 })
    .map((list) => list.toSorted((a, b) => a - b));
  fc.assert(
    fc.property(fc.array(times, { maxLength: 40, size: 'max' }), (lists) => {
      const all = lists.flatMap((list, number) => list.map((time) => [time, number] as const));
      expect(merged(lists)).toEqual(all.toSorted(([a, i], [b, j]) => a - b || i - j));
    }),
  );
});

test('no sources have no first', () => {
  expect(new TimeQueue([]).first).toBeUndefined();
});
