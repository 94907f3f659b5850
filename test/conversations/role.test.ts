import { expect, test } from 'vitest';
import { NO_STEP, ROLE, ROLES, roleOf, STEPS, stepOf, stepRole } from '../../src/conversations/role.js';
import { MARK } from '../../src/packets/packet-series.js';
import { marksOf } from './talks.js';

test.each([
  ['S', ROLE.syn],
  ['SA', ROLE.synAck],
  // What was sent with a SYN, as TCP Fast Open does (RFC 7413), changes nothing.
  ['SP', ROLE.syn],
  ['A', ROLE.ack],
  ['AP', ROLE.data],
  ['P', ROLE.data],
  ['', ROLE.ack],
  ['FA', ROLE.fin],
  ['FAP', ROLE.fin],
  ['R', ROLE.rst],
  ['RA', ROLE.rst],
  // None of these should be, but the strongest counts: what ends a connection.
  ['SR', ROLE.rst],
  ['SFRAP', ROLE.rst],
  ['SF', ROLE.syn],
])('a segment with the flags “%s” has role %i', (flags, role) => {
  expect(roleOf(6, marksOf(flags))).toBe(role);
});

test('packets of other protocols are all data', () => {
  for (const protocol of [0, 1, 2, 17, 58, 132, 255]) {
    for (const flags of ['', 'P', 'S', 'FA', 'R']) expect(roleOf(protocol, marksOf(flags))).toBe(ROLE.data);
  }
  expect(roleOf(17, MARK.laterFragment)).toBe(ROLE.data);
});

test('steps are all different, and know their role', () => {
  const steps = [0, 1].flatMap((outbound) =>
    Object.values(ROLE).map((role) => ({ role, step: stepOf(outbound, role) })),
  );
  expect(new Set(steps.map(({ step }) => step)).size).toBe(2 * ROLES);
  for (const { role, step } of steps) {
    expect(step).toBeLessThan(STEPS);
    expect(step).not.toBe(NO_STEP);
    expect(stepRole(step)).toBe(role);
  }
});
