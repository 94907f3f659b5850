import { expect, test } from 'vitest';
import { findOutages } from '../../../src/fleet/account/outages.js';
import type { GroupInterval } from '../../../src/fleet/account/snapshot.js';
import { intervalOf } from '../sample-fleet.js';

/** An interval a second, from pairs of devices up and wanted. */
const secondsOf = (pairs: readonly (readonly [number, number])[], some: Partial<GroupInterval> = {}) =>
  pairs.map(([up, wanted], index) => intervalOf(index + 1, { up, wanted, ...some }));

const CUT = new Map([
  ['dropped: offline', 5000],
  ['connection: ECONNRESET', 60],
  ['connect: ECONNREFUSED', 40],
]);

test('A fleet without trouble has no outage, nor has one that never was', () => {
  expect(
    findOutages(
      secondsOf([
        [10, 10],
        [20, 20],
        [20, 20],
      ]),
      new Map(),
    ),
  ).toEqual([]);
  expect(findOutages([], new Map())).toEqual([]);
  expect(
    findOutages(
      secondsOf([
        [0, 0],
        [0, 0],
      ]),
      CUT,
    ),
  ).toEqual([]);
});

test('From the interval in which half of the devices are lost until nine in ten are back', () => {
  const intervals = secondsOf([
    [100, 100],
    [100, 100],
    [50, 100],
    [10, 100],
    [89, 100],
    [90, 100],
    [100, 100],
  ]);
  expect(findOutages(intervals, CUT)).toEqual([
    { fromSeconds: 2, toSeconds: 6, missing: 90, reason: 'connection: ECONNRESET' },
  ]);
});

test('A loss of fewer than half is none', () => {
  expect(
    findOutages(
      secondsOf([
        [100, 100],
        [51, 100],
        [60, 100],
        [100, 100],
      ]),
      CUT,
    ),
  ).toEqual([]);
});

test('Half of the devices lost little by little are lost', () => {
  expect(
    findOutages(
      secondsOf([
        [100, 100],
        [80, 100],
        [60, 100],
        [45, 100],
        [100, 100],
      ]),
      CUT,
    ),
  ).toMatchObject([{ fromSeconds: 3, toSeconds: 5, missing: 55 }]);
});

test('What lasts to the end has no end', () => {
  expect(
    findOutages(
      secondsOf([
        [100, 100],
        [0, 100],
        [0, 100],
      ]),
      CUT,
    ),
  ).toEqual([{ fromSeconds: 1, toSeconds: null, missing: 100, reason: 'connection: ECONNRESET' }]);
});

test('Two outages are two', () => {
  const outages = findOutages(
    secondsOf([
      [9, 9],
      [0, 9],
      [9, 9],
      [9, 9],
      [1, 9],
      [9, 9],
    ]),
    CUT,
  );
  expect(outages.map(({ fromSeconds, toSeconds, missing }) => [fromSeconds, toSeconds, missing])).toEqual([
    [1, 3, 9],
    [4, 6, 8],
  ]);
});

test('A planned ramp-down is no outage', () => {
  expect(
    findOutages(
      secondsOf([
        [100, 100],
        [40, 40],
        [5, 5],
        [0, 0],
      ]),
      CUT,
    ),
  ).toEqual([]);
});

test('A storm whose devices are away by the plan is none, and their slow return is none', () => {
  expect(
    findOutages(
      secondsOf([
        [100, 100],
        [20, 20],
        [20, 20],
        [30, 100],
        [60, 100],
        [100, 100],
      ]),
      new Map(),
    ),
  ).toEqual([]);
});

test('A ramp that connects more slowly than planned is none', () => {
  expect(
    findOutages(
      secondsOf(
        [
          [1, 50],
          [10, 100],
          [40, 100],
          [95, 100],
        ],
        { connects: 30 },
      ),
      CUT,
    ),
  ).toEqual([]);
});

test('A target that was never there is an outage from the beginning to the end', () => {
  const refused = new Map([['connect: ECONNREFUSED', 900]]);
  expect(
    findOutages(
      secondsOf(
        [
          [0, 10],
          [0, 20],
          [0, 20],
        ],
        { errors: 300 },
      ),
      refused,
    ),
  ).toEqual([{ fromSeconds: 0, toSeconds: null, missing: 20, reason: 'connect: ECONNREFUSED' }]);
});

test('A target that refuses at least half of the attempts of those that come is in an outage, fewer are none', () => {
  const refused = new Map([['connect: mqtt-server-unavailable', 100]]);
  const ramp: [number, number][] = [
    [10, 10],
    [12, 20],
    [14, 30],
    [30, 30],
  ];
  expect(findOutages(secondsOf(ramp, { connects: 2, errors: 2 }), refused)).toMatchObject([
    { fromSeconds: 1, toSeconds: 4, missing: 16 },
  ]);
  expect(findOutages(secondsOf(ramp, { connects: 3, errors: 2 }), refused)).toEqual([]);
});

test('Messages that fail during a ramp are no refused attempts', () => {
  const messages = new Map([
    ['message: http-503', 100_000],
    ['connect: timeout', 2],
  ]);
  expect(
    findOutages(
      secondsOf(
        [
          [10, 20],
          [20, 30],
          [30, 40],
        ],
        { connects: 10, errors: 500 },
      ),
      messages,
    ),
  ).toEqual([]);
});

test('Where the plan ends before the outage does, it ends with the plan', () => {
  expect(
    findOutages(
      secondsOf([
        [50, 50],
        [0, 50],
        [0, 20],
        [0, 0],
      ]),
      CUT,
    ),
  ).toMatchObject([{ fromSeconds: 1, toSeconds: 3 }]);
});

test('An outage that nobody gave a reason for says so', () => {
  expect(
    findOutages(
      secondsOf([
        [9, 9],
        [0, 9],
      ]),
      new Map(),
    )[0]!.reason,
  ).toBe('unknown');
});
