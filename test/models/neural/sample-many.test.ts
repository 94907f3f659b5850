/** Packets of many devices side by side, beside those of each alone. */

import { beforeAll, describe, expect, test } from 'vitest';
import { defaultOptions } from '../../../models/model-options.js';
import { rnn, tcn } from '../../../models/neural/kinds.js';
import { NeuralModel } from '../../../models/neural/neural-model.js';
import { collect, type PacketBlock } from '../../../src/packets/packet-series.js';
import { randomStream } from '../../../src/random.js';
import fc from '../../support/fast-check.js';
import { expectSynthError } from '../../support/read.js';
import { blockOf, requests } from '../blocks.js';

const FOREVER = Number.POSITIVE_INFINITY;

const fit = {
  ...defaultOptions(tcn.options),
  quantizer: 'empirical',
  hidden: 8,
  embedding: 8,
  layers: 2,
  epochs: 1,
  threads: 1,
} as const;

let models: readonly NeuralModel[];
beforeAll(async () => {
  const fitted = await Promise.all([rnn, tcn].map((kind) => kind.fit([blockOf(requests(400))], fit, {})));
  models = fitted.map((model) => {
    if (!(model instanceof NeuralModel)) throw new Error('is no network');
    return model;
  });
});

const streamsOf = (devices: number) => Array.from({ length: devices }, (_, i) => randomStream('fleet', `device-${i}`));

/** The packets of each device, and how many each had in each round. */
function sideBySide(model: NeuralModel, devices: number, packets: number, durationNs: number) {
  const rounds: (number | undefined)[][] = [];
  const blocks = Array.from({ length: devices }, () => [] as PacketBlock[]);
  for (const round of model.sampleMany(streamsOf(devices), { packets, durationNs })) {
    rounds.push(round.map((block) => block?.length));
    round.forEach((block, device) => {
      if (block === undefined) return;
      const { length, offsetsNs, sizes, outbound } = block;
      const columns = { offsetsNs: offsetsNs.slice(), sizes: sizes.slice(), outbound: outbound.slice() };
      blocks[device]!.push({ length, ...columns });
    });
  }
  return { rounds, series: blocks.map((own) => collect(own)) };
}

const alone = (model: NeuralModel, devices: number, packets: number, durationNs: number) =>
  streamsOf(devices).map((random) => collect(model.sample(random, { packets, durationNs })));

describe('devices side by side', () => {
  test.each([1, 255, 256, 257, 700])('have the packets that each has alone: %i of them', (packets) => {
    for (const model of models) {
      const { series } = sideBySide(model, 5, packets, FOREVER);
      expect(series).toEqual(alone(model, 5, packets, FOREVER));
      expect(series.every(({ length }) => length === packets)).toBe(true);
      // Each its own.
      expect(series[0]!.offsetsNs).not.toEqual(packets === 1 ? [] : series[1]!.offsetsNs);
    }
  });

  test('whatever the limits and however many they are', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0, 1),
        fc.integer({ min: 1, max: 6 }),
        fc.nat(600),
        fc.oneof(
          fc.constant(FOREVER),
          fc.integer({ min: 0, max: 200 }).map((seconds) => seconds * 1e9),
        ),
        (which, devices, packets, durationNs) => {
          const model = models[which]!;
          expect(sideBySide(model, devices, packets, durationNs).series).toEqual(
            alone(model, devices, packets, durationNs),
          );
        },
      ),
      { numRuns: 25 },
    );
  });

  test('draw as the model is told to', () => {
    for (const model of models) {
      const told = model.sampling({ temperature: 0.5, topP: 0.7 });
      const { series } = sideBySide(told, 3, 400, FOREVER);
      expect(series).toEqual(alone(told, 3, 400, FOREVER));
      expect(series).not.toEqual(alone(model, 3, 400, FOREVER));
    }
  });

  test('a device that is at its end stays there, while others go on', () => {
    for (const model of models) {
      // About a second for three packets: devices end in different rounds.
      const durationNs = 250e9;
      const { rounds, series } = sideBySide(model, 8, 100_000, durationNs);
      expect(series).toEqual(alone(model, 8, 100_000, durationNs));
      expect(rounds.length).toBeGreaterThan(2);
      const lengths = series.map((_, device) => rounds.map((round) => round[device] ?? 0));
      for (const own of lengths) {
        const end = own.findIndex((length) => length < 256);
        expect(own.slice(0, end).every((length) => length === 256)).toBe(true);
        expect(own.slice(end + 1).every((length) => length === 0)).toBe(true);
      }
      expect(new Set(series.map(({ length }) => length)).size).toBeGreaterThan(1);
      expect(series.every(({ length, offsetsNs }) => offsetsNs[length - 1]! <= durationNs)).toBe(true);
    }
  });

  test('no packets, or no devices, are nothing', () => {
    for (const model of models) {
      expect(sideBySide(model, 3, 0, FOREVER).rounds).toEqual([]);
      expect(sideBySide(model, 0, 100, FOREVER).rounds).toEqual([]);
    }
  });
});

describe.each([0, 1])('network %i', (index) => {
  /** The same with one number in place of all. */
  const filledWith = (number: number) => {
    const model = models[index]!;
    const parameters = model.parts.parameters.map(() => number);
    return NeuralModel.load(model.kind, new NeuralModel({ ...model.parts, parameters }).save());
  };

  test.each([3e38, -3e38, 1e20, 1e7])('is none with numbers like %d', async (number) => {
    await expectSynthError(async () => filledWith(number), 'SYNTH_MODEL_INVALID');
  });

  test('emits packets also with large numbers', () => {
    const block = collect(filledWith(100).sample(randomStream('1', 'packets'), { packets: 100, durationNs: FOREVER }));
    expect(block.length).toBe(100);
    expect(block.sizes.every((size) => [93, 61, 400, 1500].includes(size))).toBe(true);
    expect(block.offsetsNs.every((time, i) => i === 0 || time >= block.offsetsNs[i - 1]!)).toBe(true);
  });

  test.each([
    { temperature: 0, topP: 1 },
    { temperature: Number.NaN, topP: 1 },
    { temperature: 1, topP: 0 },
    { temperature: 1, topP: 1.1 },
  ])('refuses to draw with %o', async (sampling) => {
    await expectSynthError(async () => models[index]!.sampling(sampling), 'SYNTH_USAGE');
  });
});
