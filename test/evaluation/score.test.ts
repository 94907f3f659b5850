import { describe, expect, test } from 'vitest';
import { ASPECTS, type Aspect, eachAspect } from '../../src/evaluation/metric.js';
import { type AspectLoss, aspectLosses, lossOf, scoreOf } from '../../src/evaluation/score.js';
import fc from '../support/fast-check.js';
import { RUNS } from './series.js';

const share = fc.double({ min: 0, max: 1, noNaN: true });
const anyLosses = fc.array(fc.record({ aspect: fc.constantFrom(...ASPECTS), loss: share }), {
  minLength: 1,
  maxLength: 30,
});
const scoreFrom = (losses: readonly AspectLoss[]) => scoreOf(aspectLosses(losses))!;

describe('the loss of a metric', () => {
  const scored = { aspect: 'size', worst: 0.5 } as const;

  test.each([
    { what: 'nothing at or below what real packets have', value: 0.2, real: 0.2, loss: 0 },
    { what: 'nothing below', value: 0.1, real: 0.2, loss: 0 },
    { what: 'half, half way to the worst', value: 0.45, real: 0.2, loss: 0.5 },
    { what: 'all at the worst', value: 0.7, real: 0.2, loss: 1 },
    { what: 'no more than all', value: 9, real: 0.2, loss: 1 },
  ])('is $what', ({ value, real, loss }) => {
    expect(lossOf(value, real, scored)).toBeCloseTo(loss, 12);
  });

  test('is 0 to 1, rises with the value and falls with what real packets have', () => {
    fc.assert(
      fc.property(share, share, share, share, (a, b, real, worst) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const loss = (value: number, floor: number) => lossOf(value, floor, { aspect: 'gap', worst: worst + 0.01 });
        expect(loss(low, real)).toBeGreaterThanOrEqual(0);
        expect(loss(high, real)).toBeLessThanOrEqual(1);
        expect(loss(low, real)).toBeLessThanOrEqual(loss(high, real));
        expect(loss(real, high)).toBeLessThanOrEqual(loss(real, low));
      }),
      RUNS,
    );
  });
});

describe('the loss of an aspect', () => {
  test('is the root mean square of its metrics, null without any', () => {
    const losses: AspectLoss[] = [
      { aspect: 'size', loss: 0.6 },
      { aspect: 'size', loss: 0.8 },
      { aspect: 'gap', loss: 0.3 },
    ];
    // √((0.36 + 0.64) / 2)
    expect(aspectLosses(losses)).toEqual({
      ...eachAspect(() => null),
      size: expect.closeTo(Math.SQRT1_2, 12),
      gap: expect.closeTo(0.3, 12),
    });
  });
});

describe('the score', () => {
  const losing = (losses: Partial<Record<Aspect, number>>) => eachAspect((aspect) => losses[aspect] ?? 0);

  test('is 100 where nothing is lost, and 0 where everything is', () => {
    expect(scoreOf(eachAspect(() => 0))).toBe(100);
    expect(scoreOf(eachAspect(() => 1))).toBe(0);
  });

  test('of one aspect lost altogether is 59', () => {
    // 1 − √(1/6)
    expect(scoreOf(losing({ order: 1 }))).toBeCloseTo(100 * (1 - Math.sqrt(1 / 6)), 12);
  });

  test('takes more for one clear fault than for the same in small ones', () => {
    expect(scoreOf(losing({ gap: 0.6 }))).toBeLessThan(scoreOf(eachAspect(() => 0.1))!);
  });

  test('is that of the aspects there are', () => {
    expect(scoreOf({ ...eachAspect(() => null), rate: 0.3, order: 0.3 })).toBeCloseTo(70, 12);
    expect(scoreOf(eachAspect(() => null))).toBeNull();
  });

  test('is 0 to 100 and never rises with a loss', () => {
    fc.assert(
      fc.property(anyLosses, fc.nat(), share, (losses, index, loss) => {
        const score = scoreFrom(losses);
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(100);
        const place = index % losses.length;
        const worse = losses.with(place, { ...losses[place]!, loss: Math.max(loss, losses[place]!.loss) });
        expect(scoreFrom(worse)).toBeLessThanOrEqual(score + 1e-9);
      }),
      RUNS,
    );
  });

  test('does not depend on the order of the metrics', () => {
    fc.assert(
      fc.property(anyLosses, (losses) => {
        expect(scoreFrom(losses.toReversed())).toBeCloseTo(scoreFrom(losses), 9);
      }),
      RUNS,
    );
  });
});
