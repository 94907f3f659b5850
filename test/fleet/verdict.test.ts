import { expect, test } from 'vitest';
import { verdictOf } from '../../src/fleet/run/run-fleet.js';
import { countsOf, groupOf } from './sample-fleet.js';

const reached = { attempts: 10, connects: 10, refused: 0, lost: 0 };

test.each([
  ['all arrived', { ...reached, planned: 100, sent: 100, acknowledged: 100 }, 'on-time'],
  ['nobody came in', { attempts: 30, connects: 0, refused: 30, planned: 100, unfinished: 100 }, 'target-bound'],
  ['a target that never accepts', { attempts: 10, connects: 0, planned: 100, unfinished: 100 }, 'target-bound'],
  ['no answers', { ...reached, planned: 100, sent: 100, unfinished: 100 }, 'target-bound'],
  [
    'connections that were lost',
    { ...reached, lost: 5, planned: 100, sent: 90, acknowledged: 90, unfinished: 10 },
    'target-bound',
  ],
  ['a storm at the end', { ...reached, planned: 100, sent: 90, acknowledged: 90, unfinished: 10 }, 'on-time'],
  ['too many under way', { ...reached, planned: 100, sent: 100, acknowledged: 100, waited: 2 }, 'target-bound'],
] as const)('the verdict after %s', (_, counts, verdict) => {
  const durations = groupOf().durations;
  expect(verdictOf({ total: groupOf({ counts: countsOf(counts), durations }) })).toBe(verdict);
});
