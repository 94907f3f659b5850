import { describe, expect, test } from 'vitest';
import {
  collect,
  directionBlock,
  directionGapsNs,
  directionSizes,
  gapsNs,
  sliceBlock,
  sliceSeries,
  spanNs,
} from '../../src/packets/packet-series.js';
import { throughputBytes } from '../../src/packets/throughput.js';
import { blockOf, seriesOf } from '../models/blocks.js';

const SERIES = seriesOf([
  [0, 100, 1],
  [5, 200, 0],
  [5, 300, 1],
  [1_000_000_007, 400, 0],
  [3_000_000_000, 500, 1],
]);
const EMPTY = blockOf([]);

describe('directions', () => {
  test('have their own sizes', () => {
    expect([...directionSizes(SERIES, true)]).toEqual([100, 300, 500]);
    expect([...directionSizes(SERIES, false)]).toEqual([200, 400]);
  });

  test('have gaps since their own previous packet', () => {
    expect([...directionGapsNs(SERIES, true)]).toEqual([5, 2_999_999_995]);
    expect([...directionGapsNs(SERIES, false)]).toEqual([1_000_000_002]);
  });

  test('share the joint gaps', () => {
    expect([...gapsNs(SERIES)]).toEqual([5, 0, 1_000_000_002, 1_999_999_993]);
  });

  test('become blocks of their own', () => {
    expect(directionBlock(SERIES, false)).toEqual(
      blockOf([
        [5, 200, 0],
        [1_000_000_007, 400, 0],
      ]),
    );
  });

  test('of an empty block or one packet have nothing to tell', () => {
    const one = blockOf([[0, 60, 1]]);
    expect(directionGapsNs(one, true).length).toBe(0);
    expect(directionGapsNs(one, false).length).toBe(0);
    expect(gapsNs(EMPTY).length).toBe(0);
    expect(directionSizes(EMPTY, true).length).toBe(0);
    expect([spanNs(EMPTY), spanNs(one), spanNs(SERIES)]).toEqual([0, 0, 3_000_000_000]);
  });

  test('count only the packets of the block, whose arrays may be longer', () => {
    const short = { ...SERIES, length: 2 };
    expect([...directionSizes(short, true)]).toEqual([100]);
    expect([...gapsNs(short)]).toEqual([5]);
  });
});

describe('slices', () => {
  test('of a series start at their first packet', () => {
    const slice = sliceSeries(SERIES, 3, 5);
    expect(slice.startNs).toBe(SERIES.startNs + 1_000_000_007n);
    expect([...slice.offsetsNs]).toEqual([0, 1_999_999_993]);
    expect([...slice.sizes]).toEqual([400, 500]);
    expect([...slice.outbound]).toEqual([0, 1]);
    expect(slice.conversation.length).toBe(2);
  });

  test('of a block keep their times', () => {
    expect([...sliceBlock(SERIES, 3, 5).offsetsNs]).toEqual([1_000_000_007, 3_000_000_000]);
  });

  test('may be empty', () => {
    expect(sliceSeries(SERIES, 5, 5)).toMatchObject({ length: 0, startNs: SERIES.startNs });
    expect(sliceBlock(SERIES, 0, 0).length).toBe(0);
  });
});

test('collect copies blocks that are reused', () => {
  function* reused() {
    const block = blockOf([
      [0, 1, 1],
      [0, 2, 0],
      [9, 9, 9 as 1],
    ]);
    for (let i = 0; i < 3; i++) {
      block.offsetsNs.fill(i);
      yield { ...block, length: 2 };
    }
  }
  const whole = collect(reused());
  expect([...whole.offsetsNs]).toEqual([0, 0, 1, 1, 2, 2]);
  expect([...whole.sizes]).toEqual([1, 2, 1, 2, 1, 2]);
  expect(collect([]).length).toBe(0);
});

describe('throughput', () => {
  test('is the bytes of one direction per full bin, from the first packet of either', () => {
    // Bins of a second from 0 to 3 s: the packet at 3 s begins a bin that is not full.
    expect([...throughputBytes(SERIES, true, 1e9)]).toEqual([400, 0, 0]);
    expect([...throughputBytes(SERIES, false, 1e9)]).toEqual([200, 400, 0]);
  });

  test('counts from the first packet where that is not at zero', () => {
    const later = blockOf([
      [7e9, 10, 1],
      [7.5e9, 20, 1],
      [9e9, 30, 1],
    ]);
    expect([...throughputBytes(later, true, 1e9)]).toEqual([30, 0]);
  });

  test('puts a packet on the boundary into the bin that begins there', () => {
    const onTime = blockOf([
      [0, 1, 1],
      [1e9, 2, 1],
      [2e9, 4, 1],
    ]);
    expect([...throughputBytes(onTime, true, 1e9)]).toEqual([1, 2]);
  });

  test('of less than a bin is empty', () => {
    expect(throughputBytes(SERIES, true, 4e9).length).toBe(0);
    expect(throughputBytes(EMPTY, true, 1e9).length).toBe(0);
  });
});
