import { expect, test } from 'vitest';
import { verdictOf } from '../../src/emission/verdict.js';

const kept = { paced: true, p99Ns: 50e3, maxNs: 2e6, blockedNs: 0 };

test('a plan that was kept is on time, also with a hiccup', () => {
  expect(verdictOf(kept)).toBe('on-time');
  expect(verdictOf({ ...kept, maxNs: 400e6 })).toBe('on-time');
});

test('who is late without having waited for the target is generator-bound', () => {
  expect(verdictOf({ ...kept, p99Ns: 900e6, maxNs: 1e9 })).toBe('generator-bound');
  expect(verdictOf({ ...kept, p99Ns: 130e6, maxNs: 130e6, blockedNs: 1e6 })).toBe('generator-bound');
});

test('who is late for having waited is target-bound', () => {
  expect(verdictOf({ ...kept, p99Ns: 900e6, maxNs: 1e9, blockedNs: 800e6 })).toBe('target-bound');
});

test('without times to keep nothing is late', () => {
  expect(verdictOf({ ...kept, paced: false, p99Ns: 0, maxNs: 0, blockedNs: 5e9 })).toBe('unpaced');
});
