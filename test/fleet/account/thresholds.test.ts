import { describe, expect, test } from 'vitest';
import type { Counts } from '../../../src/fleet/account/snapshot.js';
import type { Judged } from '../../../src/fleet/account/thresholds.js';
import { judgeThresholds, METRICS, parseThreshold } from '../../../src/fleet/account/thresholds.js';
import fc from '../../support/fast-check.js';
import { countsOf, groupOf } from '../sample-fleet.js';

const groups = ['hub', 'lamp'];
const sampleGroup = (name: string, devices: number, counts: Partial<Counts>) =>
  groupOf({ name, devices, counts: countsOf(counts) });
const parse = (text: string) => parseThreshold(text, groups);

describe('a threshold', () => {
  test.each([
    ['latency.p99 < 200ms', undefined, 'latency.p99', '<', 200e6],
    ['latency.max<=1m30s', undefined, 'latency.max', '<=', 90e9],
    ['errors.rate < 0.1%', undefined, 'errors.rate', '<', 0.001],
    ['errors.rate == 0', undefined, 'errors.rate', '==', 0],
    ['hub: sent.rate > 1.5k/s', 'hub', 'sent.rate', '>', 1500],
    ['lamp:fidelity >= 90', 'lamp', 'fidelity', '>=', 90],
    ['dropped.count != 3', undefined, 'dropped.count', '!=', 3],
  ])('%s is read', (text, group, metric, operator, value) => {
    expect(parse(text)).toMatchObject({ text, group, metric, operator, value: expect.closeTo(value, 9) });
  });

  test.each([
    ['latencey.p99 < 1s', 'there is no metric “latencey.p99”', 'Did you mean latency.p99?'],
    ['latency.p98 < 1s', 'there is no metric “latency.p98”', 'Did you mean latency.p90?'],
    ['latency < 1s', 'there is no metric “latency”', expect.stringContaining('latency')],
    ['latency.p99 < 200', 'durations need a unit', 'Write it like 200ms.'],
    ['latency.p99 < soon', 'is not a duration', expect.any(String)],
    ['errors.rate < 5', 'is not a share', expect.any(String)],
    ['sent.count > 10ms', 'is not a number', expect.any(String)],
    ['nobody: sent.count > 1', 'there is no group “nobody”', 'There are hub, lamp.'],
    ['hup: sent.count > 1', 'there is no group “hup”', 'Did you mean hub?'],
    ['sent.count', 'is not a threshold', expect.any(String)],
    ['', 'is not a threshold', expect.any(String)],
  ])('%s is refused', (text, message, hint) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ message: expect.stringContaining(message), hint }));
  });

  test('can be of any metric that there is', () => {
    for (const [name, { unit }] of METRICS) {
      const value = { duration: '1s', share: '1%', rate: '1/s', number: '1' }[unit];
      expect(parse(`${name} > ${value}`).metric).toBe(name);
    }
  });

  test('is judged by all devices, or by those of its group', () => {
    const hub = sampleGroup('hub', 10, { planned: 100, attempts: 100, failed: 2 });
    const lamp = sampleGroup('lamp', 10, { planned: 100, attempts: 100, failed: 0 });
    const total = sampleGroup('all', 20, { planned: 200, attempts: 200, failed: 2 });
    const judged: Judged = { elapsedSeconds: 10, groups: [hub, lamp], total };
    const judge = (text: string) => judgeThresholds([parse(text)], judged)[0]!;
    expect(judge('errors.rate < 0.6%')).toMatchObject({ value: 0.005, passed: true });
    expect(judge('hub: errors.rate < 0.6%')).toMatchObject({ value: 0.01, passed: false });
    expect(judge('lamp: failed.count == 0')).toMatchObject({ value: 0, passed: true });
    expect(judge('planned.rate > 19/s')).toMatchObject({ value: 20, passed: true });
    // Known in the end only, and never measured: what has no value has not been reached.
    expect(judge('fidelity > 0')).toMatchObject({ value: null, passed: false });
  });

  test('keeps to its operator on both sides of the boundary', () => {
    const operators = {
      '<': (a: number, b: number) => a < b,
      '<=': (a: number, b: number) => a <= b,
      '>': (a: number, b: number) => a > b,
      '>=': (a: number, b: number) => a >= b,
      '==': (a: number, b: number) => a === b,
      '!=': (a: number, b: number) => a !== b,
    };
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.entries(operators)),
        fc.nat(5),
        fc.nat(5),
        ([operator, holds], count, limit) => {
          const total = sampleGroup('all', 1, { dropped: count });
          const [result] = judgeThresholds([parse(`dropped.count ${operator} ${limit}`)], {
            elapsedSeconds: 1,
            groups: [],
            total,
          });
          expect(result!.passed).toBe(holds(count, limit));
        },
      ),
    );
  });
});
