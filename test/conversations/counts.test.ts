import { describe, expect, test } from 'vitest';
import {
  ConversationCounts,
  isClosingPlace,
  LENGTHS,
  lengthBin,
  PLACES,
  placeOf,
  stepIndex,
  waitIndex,
} from '../../src/conversations/counts.js';
import { Evidence } from '../../src/conversations/evidence.js';
import { FAR, MAX_AHEAD, markOf, serviceMarks, soonness } from '../../src/conversations/foresight.js';
import { NO_STEP, ROLE, STEPS } from '../../src/conversations/role.js';
import { partsOfSizeRow, SIZE_PLACES, sizeRow } from '../../src/conversations/sizes.js';
import { TIME_BINS } from '../../src/conversations/time-bins.js';
import { inbound, outbound } from './talks.js';

test('places are the first three packets, those up to the seventh, and later ones; in a closing the first two, and later ones', () => {
  expect([0, 1, 2, 3, 6, 7, 1000].map((index) => placeOf(index, -1))).toEqual([0, 1, 2, 3, 3, 4, 4]);
  expect([0, 1, 2, 3, 99].map((closing) => placeOf(50, closing))).toEqual([5, 6, 7, 7, 7]);
  for (let place = 0; place < PLACES; place++) expect(isClosingPlace(place)).toBe(place >= 5);
});

test('lengths are told apart up to 16 packets, then by octaves', () => {
  expect([1, 2, 16, 17, 32, 33, 64, 65].map(lengthBin)).toEqual([0, 1, 15, 16, 16, 17, 17, 18]);
  let before = 0;
  for (let packets = 1; packets < 2 ** 31; packets = Math.ceil(packets * 1.1)) {
    const bin = lengthBin(packets);
    expect(bin).toBeGreaterThanOrEqual(before);
    expect(bin).toBeLessThan(LENGTHS);
    before = bin;
  }
});

test('no two places of the tables are the same', () => {
  const steps = new Set<number>();
  const waits = new Set<number>();
  for (let service = 0; service < 2; service++) {
    for (let previous = 0; previous <= NO_STEP; previous++) {
      for (let bin = 0; bin < TIME_BINS; bin++) waits.add(waitIndex(service, previous, bin));
      for (let place = 0; place < PLACES; place++) {
        for (let step = 0; step < STEPS; step++) steps.add(stepIndex(service, place, previous, step));
      }
    }
  }
  const { steps: table, waits: times } = new ConversationCounts(2);
  expect([steps.size, Math.max(...steps)]).toEqual([table.length, table.length - 1]);
  expect([waits.size, Math.max(...waits)]).toEqual([times.length, times.length - 1]);
});

test('a row of sizes knows what it is of', () => {
  for (const [service, step, place] of [
    [0, 0, 0],
    [3, 11, 3],
    [63, 5, 2],
  ] as const) {
    expect(partsOfSizeRow(sizeRow(service, step, place))).toEqual({ service, step, place });
  }
  expect(sizeRow(1, 1, 7)).toBe(sizeRow(1, 1, SIZE_PLACES - 1));
});

describe('evidence of a closing', () => {
  test('says how much likelier than usual it is, the less the rarer it was', () => {
    const evidence = new Evidence(10);
    for (let i = 0; i < 1000; i++) evidence.add(1, 3, i < 300);
    for (let i = 0; i < 2000; i++) evidence.add(1, 4, false);
    evidence.add(1, 5, false);
    const [none, ratios] = evidence.ratios(2);
    expect(none!.size).toBe(0);
    // 300 of 3001 close; 300 of 1000 after the one, none after the other.
    expect(ratios!.get(3)).toBeCloseTo(0.3 / (300 / 3001), 1);
    expect(ratios!.get(4)).toBeCloseTo(0, 2);
    // One packet says little: (0 + 2 × usual) of 3.
    expect(ratios!.get(5)).toBeCloseTo(2 / 3, 10);
    expect(ratios!.get(6)).toBeUndefined();
  });

  test('says nothing where nothing was ever closed', () => {
    const evidence = new Evidence(10);
    for (let i = 0; i < 10; i++) evidence.add(0, i, false);
    expect(evidence.ratios(1)[0]!.size).toBe(0);
  });
});

describe('how soon a service opens', () => {
  const OPENER = 60;
  const OWN = 100;
  const OTHER = 200;
  const marks = { openers: new Set([markOf(1, OPENER)]), own: new Set([markOf(1, OPENER), markOf(1, OWN)]) };
  const soon = (sizes: readonly number[]) => [
    ...soonness(
      { length: sizes.length, sizes: Uint32Array.from(sizes), outbound: new Uint8Array(sizes.length).fill(1) },
      marks,
    ),
  ];

  test('is told by the packets of its own before the next opening: up to 2, 8, 32, or more', () => {
    const ahead = (own: number) => soon([OTHER, ...Array.from({ length: own }, () => OWN), OPENER])[0];
    expect([0, 2, 3, 8, 9, 32, 33, 100].map(ahead)).toEqual([0, 0, 1, 1, 2, 2, FAR, FAR]);
  });

  test('does not depend on packets of others, but is not looked for any further than it is known', () => {
    const behind = (others: number) => soon([OWN, ...Array.from({ length: others }, () => OTHER), OPENER])[0];
    expect([0, 10, MAX_AHEAD - 1, MAX_AHEAD, 1000].map(behind)).toEqual([0, 0, 0, FAR, FAR]);
  });

  test('is about the next opening, not about the packet itself', () => {
    expect(soon([OPENER, OWN, OWN, OWN, OPENER])).toEqual([1, 0, 0, 0, FAR]);
    expect(soon([OWN, OWN])).toEqual([FAR, FAR]);
  });

  test('can be seen where a direction and size mostly opens a service', () => {
    const counts = new ConversationCounts(3);
    const add = (service: number, place: number, step: number, size: number, times: number) => {
      for (let i = 0; i < times; i++) counts.addSize(service, place, step, size);
    };
    add(0, 0, outbound(ROLE.syn), 60, 10);
    add(0, 1, inbound(ROLE.synAck), 60, 10);
    add(0, 4, outbound(ROLE.data), 300, 10);
    // Half of the time this opens the second service, the other half it is something else.
    add(1, 0, outbound(ROLE.data), 90, 5);
    add(1, 3, outbound(ROLE.data), 90, 5);
    add(2, 4, outbound(ROLE.data), 300, 9);
    const [first, second, third] = serviceMarks(3, counts.sizes);
    expect(first!.openers).toEqual(new Set([markOf(1, 60)]));
    expect(first!.own).toEqual(new Set([markOf(1, 60), markOf(0, 60), markOf(1, 300)]));
    expect([second, third]).toEqual([undefined, undefined]);
  });
});
