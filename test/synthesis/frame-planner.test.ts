import { describe, expect, test } from 'vitest';
import { ROLE } from '../../src/conversations/role.js';
import { IP_PROTOCOL } from '../../src/net/ip-protocol.js';
import { randomStream } from '../../src/random.js';
import type { ConversationSpec } from '../../src/synthesis/conversation-spec.js';
import { FramePlanner, type Oversize } from '../../src/synthesis/frame-planner.js';
import { openChannel } from '../../src/synthesis/open-channel.js';
import { createPayloadSource } from '../../src/synthesis/payload/payload-source.js';
import { expectSynthError } from '../support/read.js';
import { specOf } from './scripts.js';

const open = (spec: Partial<ConversationSpec>) => {
  const random = randomStream('planner', 'headers');
  return openChannel(specOf(0, spec), { payload: createPayloadSource('zeros', random), random, strictSizes: false });
};

/** Plans one packet that the local end sends. */
function planOf(
  spec: Partial<ConversationSpec>,
  sizeBytes: number,
  mtu = Number.POSITIVE_INFINITY,
  oversize: Oversize = 'fragment',
) {
  const plan = new FramePlanner({ mtu, oversize }).plan(open(spec), { sizeBytes, outbound: 1, role: ROLE.data }, 0);
  const columns = [plan.frameBytes, plan.frameOutbound, plan.frameForced] as const;
  const [bytes, outbound, forced] = columns.map((column) => [...column.subarray(0, plan.frames)]);
  return { ...plan, bytes, outbound, forced };
}

describe('a plan', () => {
  test('of a datagram is one frame of its size', () => {
    const { protocol, ipVersion, transportBytes, bytes, outbound, forced } = planOf({ protocol: 17 }, 100);
    expect({ protocol, ipVersion, transportBytes }).toEqual({ protocol: 17, ipVersion: 4, transportBytes: 80 });
    expect([bytes, outbound, forced]).toEqual([[114], [1], [0]]);
  });

  test('of the first packet of a connection begins with its handshake', () => {
    const { segments, outbound, forced, bytes } = planOf({}, 100);
    expect(segments.count).toBe(4);
    expect(outbound).toEqual([1, 0, 1, 1]);
    expect(forced).toEqual([1, 1, 1, 0]);
    expect(bytes!.at(-1)).toBe(114);
  });

  // RFC 791 §3.1: 1480 of 2480 bytes fit the MTU. RFC 8200 §4.5: with 8 bytes of header more, 1448 of 2460 do.
  test.each([
    [4, [1514, 14 + 20 + 1000]],
    [6, [14 + 48 + 1448, 14 + 48 + 1012]],
  ] as const)(
    'of an oversize datagram over IPv%i has its fragments, the first of which stands for it',
    (version, each) => {
      const { bytes, forced, firstFragment } = planOf({ protocol: 17, ipVersion: version }, 2500, 1500);
      expect([bytes, forced, firstFragment]).toEqual([each, [0, 1], 0]);
    },
  );

  test('of an oversize packet of a connection has frames, then fragments', () => {
    const { outbound, forced, firstFragment, frames } = planOf({}, 2500, 1500);
    expect([outbound, forced]).toEqual([
      [1, 0, 1, 1, 1],
      [1, 1, 1, 0, 1],
    ]);
    expect([firstFragment, frames]).toEqual([3, 5]);
  });

  test('of a packet that is split has segments of at most the MTU and no fragments', () => {
    const { bytes, frames, firstFragment } = planOf({ midstream: true }, 4000, 1500, 'split');
    expect(Math.max(...bytes!)).toBe(1514);
    expect(firstFragment).toBe(frames);
  });

  test('has a plainer protocol where the size is too small for that of the conversation', () => {
    expect(planOf({}, 39).protocol).toBe(IP_PROTOCOL.udp);
    expect(planOf({}, 27).protocol).toBe(253); // RFC 3692
    expect(planOf({ ipVersion: 6 }, 39).ipVersion).toBe(4);
  });

  test('is the same object for every packet', () => {
    const planner = new FramePlanner({ mtu: 1500, oversize: 'fragment' });
    const channel = open({ protocol: 17 });
    const packet = { sizeBytes: 2500, outbound: 1, role: ROLE.data };
    const plan = planner.plan(channel, packet, 0);
    expect(planner.plan(channel, { ...packet, sizeBytes: 60 }, 0)).toBe(plan);
    expect([plan.frames, plan.firstFragment, plan.fragmentBytes]).toEqual([1, 1, 0]);
  });
});

test('room is made for all frames of a plan and their bytes', () => {
  for (const sizeBytes of [20, 576, 577, 1500, 9000, 65_535]) {
    for (const version of [4, 6] as const) {
      const { frames, bytes } = planOf({ ipVersion: version }, sizeBytes, 576);
      const planner = new FramePlanner({ mtu: 576, oversize: 'fragment' });
      expect(planner.maxFrames(sizeBytes)).toBeGreaterThanOrEqual(frames);
      expect(planner.maxBytes(sizeBytes)).toBeGreaterThanOrEqual(bytes!.reduce((sum, each) => sum + each, 0));
    }
  }
});

test('packets that may not or cannot be cut are refused', async () => {
  await expectSynthError(async () => planOf({}, 1501, 1500, 'error'), 'SYNTH_USAGE');
  await expectSynthError(async () => planOf({ protocol: 17 }, 65_536, 1500, 'split'), 'SYNTH_USAGE');
  await expectSynthError(async () => new FramePlanner({ mtu: 575, oversize: 'error' }), 'SYNTH_USAGE');
});
