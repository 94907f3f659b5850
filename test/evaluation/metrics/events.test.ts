import { describe, expect, test } from 'vitest';
import { bursts, idleTimes, responseGaps, runLengths } from '../../../src/evaluation/metrics/events.js';
import { fromGaps, type Row } from '../../models/blocks.js';
import fc from '../../support/fast-check.js';
import { referenceOf, viewOf } from '../compare.js';
import { RUNS, rowsOf } from '../series.js';

const MS = 1e6;
const PAUSE = 1e9;

/** out out · in · (pause) out in in · (pause) out */
const ROWS = fromGaps([
  [0, 100, 1],
  [MS, 100, 1],
  [5 * MS, 60, 0],
  [PAUSE, 100, 1],
  [7 * MS, 60, 0],
  [MS, 60, 0],
  [PAUSE, 100, 1],
]);
const VIEW = viewOf(ROWS);
const REFERENCE = referenceOf(ROWS);

describe('bursts', () => {
  test('are the packets between two pauses of their own direction', () => {
    expect(bursts(VIEW, true, REFERENCE)).toEqual(Float64Array.of(2, 1, 1));
    // 60-byte packets 1.007 s and 1 ms apart.
    expect(bursts(VIEW, false, REFERENCE)).toEqual(Float64Array.of(1, 2));
  });

  test('have all packets of the direction in them, one more than pauses', () => {
    fc.assert(
      fc.property(rowsOf({ minLength: 3 }), fc.boolean(), (rows, outbound) => {
        const view = viewOf(rows);
        const lengths = bursts(view, outbound, referenceOf(rows));
        const idle = idleTimes(view, outbound, referenceOf(rows));
        expect(lengths === undefined).toBe(idle === undefined);
        if (lengths === undefined) return;
        expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(view.count(outbound));
        expect(lengths.length).toBe(idle!.length + 1);
        expect(lengths.every((length) => length > 0)).toBe(true);
      }),
      RUNS,
    );
  });

  test('and pauses do not exist where the real series has one kind of gap', () => {
    const even = fromGaps(Array.from({ length: 9 }, (): Row => [MS, 100, 1]));
    expect(bursts(VIEW, true, referenceOf(even))).toBeUndefined();
    expect(idleTimes(VIEW, true, referenceOf(even))).toBeUndefined();
  });

  test('are none where there are no packets', () => {
    expect(bursts(viewOf([]), true, REFERENCE)).toEqual(Float64Array.of());
    expect(idleTimes(viewOf([]), true, REFERENCE)).toEqual(Float64Array.of());
  });
});

test('idle times rise', () => {
  // 1 s and the 5 ms before it; 1 s and 8 ms.
  expect(idleTimes(VIEW, true, REFERENCE)).toEqual(Float64Array.of(PAUSE + 5 * MS, PAUSE + 8 * MS));
});

describe('response gaps', () => {
  test('are from the last packet of the other side to the first one after it', () => {
    expect(responseGaps(VIEW, false)).toEqual(Float64Array.of(5 * MS, 7 * MS));
    expect(responseGaps(VIEW, true)).toEqual(Float64Array.of(PAUSE, PAUSE));
  });

  test('are as many as the runs that something stands before', () => {
    fc.assert(
      fc.property(rowsOf({ minLength: 1 }), (rows) => {
        const view = viewOf(rows);
        const runs = runLengths(view, true).length + runLengths(view, false).length;
        expect(responseGaps(view, true).length + responseGaps(view, false).length).toBe(runs - 1);
      }),
      RUNS,
    );
  });
});

describe('run lengths', () => {
  test('are the packets from one side before the other speaks', () => {
    expect(runLengths(VIEW, true)).toEqual(Float64Array.of(2, 1, 1));
    expect(runLengths(VIEW, false)).toEqual(Float64Array.of(1, 2));
  });

  test('have all packets in them, and runs of both sides take turns', () => {
    fc.assert(
      fc.property(rowsOf({ minLength: 1 }), (rows) => {
        const view = viewOf(rows);
        const [out, into] = [runLengths(view, true), runLengths(view, false)];
        expect([...out, ...into].reduce((sum, length) => sum + length, 0)).toBe(rows.length);
        expect(Math.abs(out.length - into.length)).toBeLessThanOrEqual(1);
      }),
      RUNS,
    );
  });

  test('are none where there are no packets', () => {
    expect(runLengths(viewOf([]), true)).toEqual(Float64Array.of());
    expect(responseGaps(viewOf([]), true)).toEqual(Float64Array.of());
  });
});
