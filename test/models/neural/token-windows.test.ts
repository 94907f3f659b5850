import { describe, expect, test } from 'vitest';
import {
  joinPairs,
  pairsOf,
  type StreamPlan,
  scoreRows,
  scoreSteps,
  scoreWindows,
  slicePairs,
  trainingWindow,
  windowCount,
} from '../../../models/neural/token-windows.js';
import fc from '../../support/fast-check.js';

const START = 1_000_000;

/** Pairs that can be told apart: the i-th is START + 1 + i before i, and now and then a target is not to be learned. */
const numberedPairs = (length: number, unknown = Number.POSITIVE_INFINITY) => ({
  inputs: Int32Array.from({ length }, (_, i) => START + 1 + i),
  targets: Int32Array.from({ length }, (_, i) => (i % unknown === unknown - 1 ? -1 : i)),
});

/** Windows of more than one stream, and more than one window, have more than 512 targets, and 2048. */
const lengths = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 500, max: 3000 }));

describe('pairs', () => {
  const anyTokens = fc
    .array(fc.integer({ min: -1, max: 5 }), { maxLength: 30 })
    .map((tokens) => Int32Array.from(tokens));

  test('each token is the target of the one before it, the first that of the start token', () => {
    expect(pairsOf(Int32Array.of(3, 1, 4), 9)).toEqual({
      inputs: Int32Array.of(9, 3, 1),
      targets: Int32Array.of(3, 1, 4),
    });
    expect(pairsOf(new Int32Array(0), 9)).toEqual({ inputs: new Int32Array(0), targets: new Int32Array(0) });
  });

  test('an unknown token is no input: what follows it follows the start token', () => {
    fc.assert(
      fc.property(anyTokens, (tokens) => {
        const { inputs, targets } = pairsOf(tokens, 9);
        expect(targets).toEqual(tokens);
        const expected = tokens.map((_, i) => (i === 0 || tokens[i - 1]! < 0 ? 9 : tokens[i - 1]!));
        expect(inputs).toEqual(expected);
      }),
    );
  });

  test('what is sliced and joined again is what it was', () => {
    fc.assert(
      fc.property(anyTokens, fc.nat(30), fc.nat(30), (tokens, a, b) => {
        const pairs = pairsOf(tokens, 9);
        const [low, high] = [Math.min(a, b, tokens.length), Math.min(Math.max(a, b), tokens.length)];
        const parts = [slicePairs(pairs, 0, low), slicePairs(pairs, low, high), slicePairs(pairs, high, tokens.length)];
        expect(joinPairs(parts)).toEqual(pairs);
      }),
    );
  });
});

describe('windows to score', () => {
  const anyCase = fc
    .record({
      length: lengths,
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      warmUp: fc.constantFrom(0, 1, 28, 256),
    })
    .map(({ length, share, warmUp }) => ({ length, from: Math.floor(share * length), warmUp }));
  const RUNS = { numRuns: 60 };

  test('each target from the given one on is asked for just once, and none before it', () => {
    fc.assert(
      fc.property(anyCase, ({ length, from, warmUp }) => {
        const pairs = numberedPairs(length, 7);
        const windows = scoreWindows(pairs, from, warmUp, START);
        const asked = windows.flatMap(({ places }) => [...places].filter((place) => place >= 0));
        expect(asked.toSorted((a, b) => a - b)).toEqual(Array.from({ length: length - from }, (_, i) => from + i));
        for (const { targets, places } of windows) {
          expect(targets).toEqual(places.map((place) => (place < 0 ? -1 : pairs.targets[place]!)));
        }
      }),
      RUNS,
    );
  });

  test('before each target lie the tokens before it: all of them, or as many as it takes to warm up', () => {
    fc.assert(
      fc.property(anyCase, ({ length, from, warmUp }) => {
        const pairs = numberedPairs(length);
        for (const { streams, tokens, places } of scoreWindows(pairs, from, warmUp, START)) {
          const lacking = [...places.keys()].filter((row) => {
            const place = places[row]!;
            if (place < 0) return false;
            const before = Math.min(place, warmUp);
            // The target itself, and the farthest; those between follow from the rows before.
            return (
              tokens[row] !== pairs.inputs[place] || tokens[row - before * streams] !== pairs.inputs[place - before]
            );
          });
          expect(lacking).toEqual([]);
        }
      }),
      RUNS,
    );
  });

  test('no window is larger than what a network has room for', () => {
    fc.assert(
      fc.property(anyCase, ({ length, from, warmUp }) => {
        for (const { steps, streams, tokens, targets, places } of scoreWindows(
          numberedPairs(length),
          from,
          warmUp,
          START,
        )) {
          expect(steps).toBeLessThanOrEqual(scoreSteps(warmUp));
          expect(steps * streams).toBeLessThanOrEqual(scoreRows(warmUp));
          expect([tokens.length, targets.length, places.length]).toEqual(new Array(3).fill(steps * streams));
        }
      }),
      RUNS,
    );
  });
});

describe('windows to train on', () => {
  const anyPlan = fc
    .record({
      length: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 100, max: 1500 })),
      streams: fc.integer({ min: 1, max: 12 }),
      steps: fc.integer({ min: 1, max: 40 }),
      stateless: fc.boolean(),
      place: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      slot: fc.integer({ min: 1, max: 12 }),
    })
    .map(({ length, place, slot, ...plan }) => ({
      plan: { ...plan, pairs: numberedPairs(length), start: START } satisfies StreamPlan,
      offset: Math.floor(place * length),
      /** Streams of a slot. */
      slot: Math.min(slot, plan.streams),
    }));
  const RUNS = { numRuns: 100 };

  /** All windows of a pass, slot by slot. */
  const passOf = ({ plan, offset, slot }: { plan: StreamPlan; offset: number; slot: number }) =>
    Array.from({ length: windowCount(plan) }, (_, index) =>
      Array.from({ length: Math.ceil(plan.streams / slot) }, (_, i) => {
        const first = i * slot;
        return { first, ...trainingWindow(plan, offset, index, first, Math.min(slot, plan.streams - first)) };
      }),
    );

  test('each pair occurs just once in a pass', () => {
    fc.assert(
      fc.property(anyPlan, (given) => {
        const targets = passOf(given).flatMap((slots) =>
          slots.flatMap((window) => [...window.targets].filter((target) => target >= 0)),
        );
        const { length } = given.plan.pairs.targets;
        expect(targets.toSorted((a, b) => a - b)).toEqual(Array.from({ length }, (_, i) => i));
      }),
      RUNS,
    );
  });

  test('streams begin with the start token, and so does each window of a network without a state; else a target has its own input', () => {
    fc.assert(
      fc.property(anyPlan, (given) => {
        passOf(given).forEach((slots, index) => {
          for (const { streams, tokens, targets } of slots) {
            const begins = given.plan.stateless || index === 0;
            const wrong = [...targets.keys()].filter((row) => {
              const expected = (begins && row < streams) || targets[row]! < 0 ? START : START + 1 + targets[row]!;
              return tokens[row] !== expected;
            });
            expect(wrong).toEqual([]);
          }
        });
      }),
      RUNS,
    );
  });

  test('a stream goes on where it was: from row to row, from window to window, over the end of the ring', () => {
    fc.assert(
      fc.property(anyPlan, (given) => {
        const total = given.plan.pairs.targets.length;
        const streams = Array.from({ length: given.plan.streams }, () => [] as number[]);
        for (const slots of passOf(given)) {
          for (const { first, streams: count, targets } of slots) {
            targets.forEach((target, row) => {
              streams[first + (row % count)]!.push(target);
            });
          }
        }
        for (const stream of streams) {
          const known = stream.filter((target) => target >= 0);
          // Behind the last pair there are none.
          expect(stream.slice(known.length).every((target) => target < 0)).toBe(true);
          expect(known.every((target, i) => i === 0 || target === (known[i - 1]! + 1) % total)).toBe(true);
        }
        expect(streams[0]![0]).toBe(given.offset);
      }),
      RUNS,
    );
  });

  test('no window is longer than it may be, and none much shorter than another', () => {
    fc.assert(
      fc.property(anyPlan, (given) => {
        const steps = passOf(given).flatMap((slots) => slots.map((window) => window.steps));
        expect(Math.max(...steps)).toBeLessThanOrEqual(given.plan.steps);
        expect(Math.max(...steps) - Math.min(...steps)).toBeLessThanOrEqual(1);
      }),
      RUNS,
    );
  });
});
