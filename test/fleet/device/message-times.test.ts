import { beforeAll, describe, expect, test } from 'vitest';
import type { TrafficModel } from '../../../models/traffic-model.js';
import { MessageTimes } from '../../../src/fleet/device/message-times.js';
import { messageRate } from '../../../src/fleet/plan/model-rate.js';
import type { Silence } from '../../../src/fleet/scenario/scenario.js';
import { loadModelFile } from '../../../src/model-files/load-model.js';
import type { LoadedModel } from '../../../src/model-files/model-file.js';
import { IP_PROTOCOL } from '../../../src/net/ip-protocol.js';
import { randomStream } from '../../../src/random.js';
import { projectRoot } from '../../support/files.js';
import { GROUP } from '../virtual-fleet.js';

const endless = Number.POSITIVE_INFINITY;
const NO_SILENCE: Silence = { fromNs: endless, scale: 1, maxNs: endless };

/** A model that draws these packets, in blocks of two. */
const drawing = (packets: readonly (readonly [atMs: number, size: number, outbound: 0 | 1])[]): TrafficModel =>
  ({
    *sample() {
      for (let i = 0; i < packets.length; i += 2) {
        const block = packets.slice(i, i + 2);
        yield {
          offsetsNs: Float64Array.from(block, ([atMs]) => atMs * 1e6),
          sizes: Uint32Array.from(block, ([, size]) => size),
          outbound: Uint8Array.from(block, ([, , outbound]) => outbound),
          length: block.length,
        };
      }
    },
  }) as unknown as TrafficModel; // all that is asked of it

function messagesOf(model: TrafficModel, options: Partial<ConstructorParameters<typeof MessageTimes>[2]> = {}) {
  const whole = { speed: 1, silence: NO_SILENCE, stackBytes: 60, startNs: 0, ...options };
  const times = new MessageTimes(model, randomStream('seed', 'packets'), whole);
  const messages: [number, number][] = [];
  while (times.advance()) messages.push([times.ownNs / 1e6, times.sizeBytes]);
  return { messages, leftToStack: times.leftToStack };
}

describe('the messages of a model', () => {
  const packets = drawing([
    [0, 60, 1],
    [10, 100, 1],
    [11, 1500, 0],
    [12, 52, 1],
    [20, 61, 1],
    [2020, 200, 1],
  ]);

  test('are the packets that the device sends and that carry something, at their times', () => {
    expect(messagesOf(packets)).toEqual({
      messages: [
        [10, 100],
        [20, 61],
        [2020, 200],
      ],
      leftToStack: 2,
    });
  });

  test('come faster, later, and with less silence, as the group wants', () => {
    expect(messagesOf(packets, { speed: 2, startNs: 5e6 }).messages.map(([ms]) => ms)).toEqual([10, 15, 1015]);
    const silence = { fromNs: 1e9, scale: 0.1, maxNs: endless };
    expect(messagesOf(packets, { silence }).messages.map(([ms]) => ms)).toEqual([10, 20, 220]);
    expect(messagesOf(packets, { silence: { ...silence, maxNs: 50e6 } }).messages.map(([ms]) => ms)).toEqual([
      10, 20, 70,
    ]);
  });

  test('end where there are none for a very long time', () => {
    const silent = drawing(Array.from({ length: 300_000 }, (_, i) => [i, 100, 0] as const));
    expect(messagesOf(silent).messages).toEqual([]);
  });

  const profile = {
    kind: 'flow',
    ipVersion: 4,
    protocol: IP_PROTOCOL.tcp,
    localPort: 1,
    peerPort: 2,
    addresses: null,
  } as const;
  const fileOf = (model: TrafficModel, part: object = {}, payloadOnly = false) =>
    ({ model, profile: { ...profile, ...part }, training: { payloadOnly } }) as unknown as LoadedModel; // all that is asked of it

  test('have to be there, and to take time', () => {
    const rate = (model: TrafficModel) => () => messageRate(fileOf(model), GROUP);
    expect(rate(drawing([[0, 100, 0]]))).toThrow(/sends no packet that carries anything/);
    expect(
      rate(
        drawing([
          [0, 100, 1],
          [0, 100, 1],
        ]),
      ),
    ).toThrow(/at the same time/);
  });

  describe('of the example', () => {
    let telemetry: LoadedModel;
    beforeAll(async () => {
      telemetry = await loadModelFile(`${projectRoot}examples/models/telemetry.safetensors`);
    });

    test('come about every five seconds, as the device that it was learned from speaks', () => {
      const { perSecond, meanPacketBytes } = messageRate(telemetry, GROUP);
      expect(1 / perSecond).toBeGreaterThan(4);
      expect(1 / perSecond).toBeLessThan(6);
      expect(meanPacketBytes).toBeGreaterThan(100);
      expect(messageRate(telemetry, { ...GROUP, speed: 10 }).perSecond).toBeCloseTo(10 * perSecond, 6);
    });
  });
});
