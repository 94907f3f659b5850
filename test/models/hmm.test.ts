import { describe, expect, test } from 'vitest';
import { HmmModel, loadHmm } from '../../models/hmm/hmm-model.js';
import { hmm } from '../../models/hmm/kind.js';
import { closedTransitions, stationaryOf } from '../../models/hmm/transitions.js';
import { defaultOptions } from '../../models/model-options.js';
import type { GaussianFitOptions } from '../../models/shared-options.js';
import { encodeModelFile } from '../../src/model-files/model-file.js';
import {
  collect,
  directionBlock,
  directionGapsNs,
  directionSizes,
  gapsNs,
  type PacketBlock,
  spanNs,
} from '../../src/packets/packet-series.js';
import { type Random, randomStream } from '../../src/random.js';
import { ksStatistic } from '../../src/statistics/ks.js';
import { train } from '../../src/training/train.js';
import { normal } from '../kernels/points.js';
import fc from '../support/fast-check.js';
import { expectSynthError } from '../support/read.js';
import { blockOf, codec, DEGENERATE, type Row, requests, rowsBy, seriesOf } from './blocks.js';

const FOREVER = Number.POSITIVE_INFINITY;
const optionsWith = (options: Partial<GaussianFitOptions> = {}): GaussianFitOptions => ({
  ...defaultOptions(hmm.options),
  threads: 1,
  ...options,
});
/** What `fit` of this kind returns. */
const learn = async (all: readonly PacketBlock[], options: Partial<GaussianFitOptions> = {}) =>
  (await hmm.fit(all, optionsWith(options), {})) as HmmModel;
const REQUESTS = requests(3000);
let requestsModel: Promise<HmmModel> | undefined;
/** The model of 3000 packets of requests, made once. */
function learnRequests(): Promise<HmmModel> {
  requestsModel ??= learn([blockOf(REQUESTS)]);
  return requestsModel;
}
const sampled = (model: HmmModel, packets: number, seed = '1', durationNs = FOREVER) =>
  collect(model.sample(randomStream(seed, 'packets'), { packets, durationNs }));
const reloaded = (model: HmmModel) => loadHmm({ ...model.save(), summary: JSON.parse(JSON.stringify(model.summary)) });
const bytesOf = (model: HmmModel) =>
  Buffer.from(
    encodeModelFile({
      model,
      conversations: undefined,
      profile: {
        kind: 'series',
        ipVersion: 4,
        protocol: 17,
        localPort: null,
        peerPort: null,
        addresses: null,
      },
      training: { series: 1, packets: 1, outboundPackets: 1, spanSeconds: 0, holdout: 0, payloadOnly: false },
    }),
  ).toString('base64');

/** Of each direction no size that its training data did not have. */
function expectSound(block: PacketBlock, trained: readonly Row[]): void {
  if (block.length > 0) expect(block.offsetsNs[0]).toBe(0);
  expect(gapsNs(block).every((gap) => gap >= 0 && Number.isInteger(gap))).toBe(true);
  for (const direction of [0, 1] as const) {
    const seen = new Set(trained.filter(([, , outbound]) => outbound === direction).map(([, size]) => size));
    const sizes = new Set(directionSizes(block, direction === 1));
    expect([...sizes].filter((size) => !seen.has(size))).toEqual([]);
  }
}

/**
 * Two states that last, of one direction: voice of about 200 bytes every 20 ms, and pauses with about 60 bytes every second. Sizes
 * are normal, gaps log-normal.
 */
const LEAVE_VOICE = 0.05;
const LEAVE_PAUSE = 0.2;
function twoStates(count: number, seed: string, outbound: 0 | 1 = 1): Row[] {
  let voice = true;
  return rowsBy(
    count,
    (_, random) => {
      if (random.next() < (voice ? LEAVE_VOICE : LEAVE_PAUSE)) voice = !voice;
      const [size, gapNs] = voice ? [200, 20e6] : [60, 1e9];
      return [
        Math.round(gapNs * Math.exp(0.1 * normal(random))),
        Math.max(20, Math.round(size + 8 * normal(random))),
        outbound,
      ];
    },
    seed,
  );
}

function shuffled(rows: readonly Row[], random: Random): Row[] {
  const order = rows.map((_, i) => ({ i, key: random.next() })).sort((a, b) => a.key - b.key);
  const gaps = gapsNs(blockOf(rows));
  return rowsBy(rows.length, (index) => {
    const { i } = order[index]!;
    return [gaps[i - 1] ?? 0, rows[i]![1], rows[i]![2]];
  });
}

describe('what it learns', () => {
  test('a known chain of two states: their number, how long they last, what they emit', async () => {
    const model = await learn([blockOf(twoStates(20_000, 'known'))]);
    const { states, transitions, stationary, emission } = model.outbound!;
    expect(states).toBe(2);
    const voice = emission.meanOf(0).sizeBytes > emission.meanOf(1).sizeBytes ? 0 : 1;
    const pause = 1 - voice;
    // Voice has 4/5 of the packets: five standard errors of 16000 and of 4000 draws.
    expect(Math.abs(transitions[2 * voice + pause]! - LEAVE_VOICE)).toBeLessThan(0.0087);
    expect(Math.abs(transitions[2 * pause + voice]! - LEAVE_PAUSE)).toBeLessThan(0.032);
    // Time in a state is in proportion to how rarely it is left: 0.2 / (0.2 + 0.05).
    expect(Math.abs(stationary[voice]! - 0.8)).toBeLessThan(0.03);
    for (const [k, size, gapNs] of [
      [voice, 200, 20e6],
      [pause, 60, 1e9],
    ] as const) {
      const { sizeBytes, logGap } = emission.meanOf(k);
      // Five standard errors of 4000 packets with deviations of 8 bytes and 0.1.
      expect(Math.abs(sizeBytes - size)).toBeLessThan(0.64);
      expect(Math.abs(logGap - Math.log(gapNs))).toBeLessThan(0.008);
    }
  });

  test('the curve never falls, and the chosen number of states has the least criterion of those compared', async () => {
    const { summary } = await learnRequests();
    for (const direction of [summary.outbound!, summary.inbound!]) {
      const { curve, candidates, states } = direction;
      expect(curve.every((value, i) => i === 0 || value >= curve[i - 1]! - 1e-9 * Math.abs(value))).toBe(true);
      const best = candidates.reduce((a, b) => (b.bic < a.bic ? b : a));
      expect(states).toBe(best.components);
      expect(curve.at(-1)).toBe(best.logLikelihood);
    }
    // Every third packet is inbound; the first of a direction has no gap of its own.
    expect([summary.outbound!.packets, summary.inbound!.packets]).toEqual([1999, 999]);
  });

  test('a number of states that was asked for is taken', async () => {
    const model = await learn([blockOf(requests(900))], { components: [5] });
    expect([model.outbound!.states, model.inbound!.states]).toEqual([5, 5]);
    expect(model.summary.outbound!.candidates).toHaveLength(1);
  });

  test('a phase that comes late in a long series is seen by the choice, and comes as often as it did', async () => {
    // More packets than the number of states is chosen on, and nothing but the last third to choose by.
    const rows = rowsBy(30_001, (i) => [1_000_000 + (i % 3), i <= 20_000 ? 100 : 900, 1]);
    const { outbound, summary } = await learn([blockOf(rows)], { components: [1, 2] });
    expect(summary.outbound!.states).toBe(2);
    expect(summary.outbound!.packets).toBe(30_000);
    const large = [0, 1].find((k) => outbound!.emission.meanOf(k).sizeBytes === 900)!;
    expect(outbound!.stationary[large]).toBeCloseTo(1 / 3, 9);
  });

  test('the curve is that of all packets, the criterion that of those which choose', async () => {
    const { summary } = await learn([blockOf(twoStates(30_001, 'long'))], { components: [2] });
    const { curve, candidates } = summary.outbound!;
    // 30000 packets and 20000 of the same kind. A packet's part has a deviation of about one nat, and a mean of as much.
    expect(curve.at(-1)! / candidates[0]!.logLikelihood).toBeCloseTo(1.5, 1);
  });

  test('several series make one model, and what ends one is not followed by what begins the next', async () => {
    const low = rowsBy(300, (_, random) => [1000 + Math.floor(random.next() * 100), 50, 1], 'low');
    const high = rowsBy(300, (_, random) => [5e8 + Math.floor(random.next() * 1e8), 900, 1], 'high');
    const { outbound, summary } = await learn([low, high, low, high].map(blockOf), { components: [2] });
    expect(summary.outbound!.packets).toBe(4 * 299);
    // Two series of four end in each state and two begin in each: 2 · 2 / 4 go from one to the other. Half a transition of prior is
    // spread by how often the states occur; 598 packets are in each.
    for (const [from, to] of [
      [0, 1],
      [1, 0],
    ] as const) {
      expect(outbound!.transitions[2 * from + to]).toBeCloseTo((1 + 0.5 * 0.25) / (598 + 0.25), 6);
    }
    const block = sampled(new HmmModel({ outbound, inbound: undefined }, summary), 20_000);
    expectSound(block, [...low, ...high]);
    expect(new Set(block.sizes)).toEqual(new Set([50, 900]));
  });

  test('the same series twice gives the same file, another seed another record of it', async () => {
    const files = await Promise.all(
      ['1', '1', '2'].map(async (seed) => bytesOf(await learn([blockOf(requests(900))], { seed }))),
    );
    expect(files[1]).toBe(files[0]);
    expect(files[2]).not.toBe(files[0]);
  });

  test('what is held out is not learned, and is as likely as what was', async () => {
    const rows = twoStates(12_000, 'holdout');
    const strange = rows.map(([time, size, outbound], i): Row => [time, i < 9000 ? size : size + 1000, outbound]);
    const trained = await train([seriesOf(strange)], undefined, {
      kind: 'hmm',
      holdout: 0.25,
      keepAddresses: false,
      payloadOnly: false,
      fit: { threads: 1 },
    });
    expect(trained.training.packets).toBe(9000);
    expectSound(sampled(trained.model as HmmModel, 5000), rows.slice(0, 9000));
    const [learned, held] = [rows.slice(0, 9000), rows.slice(9000)].map((part) =>
      trained.model.logLikelihood(blockOf(part)),
    );
    // The likelihood of a packet has a deviation of about 1.3 nats here: five standard errors of 3000 packets.
    expect(Math.abs(learned! - held!)).toBeLessThan(0.12);
    expect(trained.model.logLikelihood(blockOf(strange.slice(9000)))).toBeLessThan(held! - 5);
  });

  test('an aborted training ends with SYNTH_INTERRUPTED, also in the middle', async () => {
    const block = blockOf(requests(3000));
    await expectSynthError(hmm.fit([block], optionsWith(), { signal: AbortSignal.abort() }), 'SYNTH_INTERRUPTED');
    const controller = new AbortController();
    const hooks = { signal: controller.signal, onProgress: () => controller.abort() };
    await expectSynthError(hmm.fit([block], optionsWith(), hooks), 'SYNTH_INTERRUPTED');
  });

  test('progress never falls and ends with one at most', async () => {
    const seen: number[] = [];
    await hmm.fit([blockOf(requests(900))], optionsWith(), { onProgress: (done) => seen.push(done) });
    expect(seen.length).toBeGreaterThan(4);
    expect(seen).toEqual(seen.slice().sort((a, b) => a - b));
    expect(seen.every((done) => done > 0 && done <= 1)).toBe(true);
  });
});

describe('what comes back', () => {
  const series: readonly [string, readonly Row[]][] = [
    ['requests', REQUESTS],
    ['a codec beside packets at any time', codec(3000)],
    ['two states', twoStates(4000, 'back')],
  ];
  test.each(series)('sizes and gaps of each direction, as often as they were: %s', async (_, rows) => {
    const real = blockOf(rows);
    const block = sampled(await (rows === REQUESTS ? learnRequests() : learn([real])), 60_000);
    expectSound(block, rows);
    for (const outbound of [true, false]) {
      if (directionSizes(real, outbound).length === 0) continue;
      expect(ksStatistic(directionSizes(block, outbound), directionSizes(real, outbound))).toBeLessThan(0.02);
      expect(ksStatistic(directionGapsNs(block, outbound), directionGapsNs(real, outbound))).toBeLessThan(0.02);
    }
  });

  test('zero gaps and exact sizes have their share', async () => {
    const block = sampled(await learnRequests(), 60_000);
    const outbound = directionBlock(block, true);
    const share = (values: ArrayLike<number>, wanted: number) =>
      Array.from(values).filter((value) => value === wanted).length / values.length;
    // Outbound packets come in pairs with no time between them: 93 bytes, then 61.
    expect(Math.abs(share(gapsNs(outbound), 0) - 0.5)).toBeLessThan(0.01);
    expect(Math.abs(share(outbound.sizes, 93) - 0.5)).toBeLessThan(0.01);
    // Of the inbound ones each half, by 1000 draws of the rule: as in the data, within five standard errors of 20000 draws.
    const wanted = share(directionSizes(blockOf(REQUESTS), false), 1500);
    expect(Math.abs(share(directionSizes(block, false), 1500) - wanted)).toBeLessThan(0.018);
  });

  test('gaps that are rare and long, and gaps of nanoseconds, are those of the data', async () => {
    const kinds = [137, 20_411, 999_983, 10_000_019, 3600e9];
    const rows = rowsBy(4000, (i) => [i % 100 === 7 ? 3600e9 : kinds[i % 4]!, 93, 1]);
    const gaps = gapsNs(sampled(await learn([blockOf(rows)]), 40_000));
    expect(new Set(gaps)).toEqual(new Set(kinds));
    // One in a hundred; five standard errors of 40000 draws.
    expect(Math.abs(gaps.filter((gap) => gap === 3600e9).length / gaps.length - 0.01)).toBeLessThan(0.0025);
  });

  test('sizes go with gaps within a state, as strongly as they did', async () => {
    // Hardly any value occurs twice, and all of them are one state.
    const rows = rowsBy(3000, (_, random) => {
      const [a, b] = [normal(random), normal(random)];
      return [Math.round(1e9 * Math.exp(a)), Math.round(20_000 + 3000 * (0.8 * a + 0.6 * b)), 1];
    });
    const correlation = (block: PacketBlock) => {
      const x = gapsNs(block).map(Math.log);
      const y = Float64Array.from(block.sizes.subarray(1));
      const [meanX, meanY] = [x, y].map((values) => values.reduce((sum, value) => sum + value, 0) / values.length);
      const sum = (value: (i: number) => number) => x.reduce((total, _, i) => total + value(i), 0);
      const xy = sum((i) => (x[i]! - meanX!) * (y[i]! - meanY!));
      return xy / Math.sqrt(sum((i) => (x[i]! - meanX!) ** 2) * sum((i) => (y[i]! - meanY!) ** 2));
    };
    const model = await learn([blockOf(rows)], { components: [1] });
    // Of sums as they are made here: 0.8. Five standard errors, (1 - 0.8²)/√n, of 10000 draws and of 3000 packets.
    expect(Math.abs(correlation(sampled(model, 10_000)) - 0.8)).toBeLessThan(0.038);
  });

  test('pauses come after the packets that they came after', async () => {
    const rows = twoStates(8000, 'order');
    const long = (block: PacketBlock) => {
      const gaps = gapsNs(block);
      const after = Array.from(gaps.subarray(1)).filter((_, i) => gaps[i]! > 200e6);
      return after.filter((gap) => gap > 200e6).length / after.length;
    };
    // A pause is followed by a pause with probability 0.8, though only a fifth of all gaps are pauses: five standard errors.
    expect(Math.abs(long(sampled(await learn([blockOf(rows)]), 20_000)) - 0.8)).toBeLessThan(0.06);
  });
});

describe('sampling', () => {
  const ready = learn([blockOf(codec(1200))]);

  test('one seed is one series, another seed is another', async () => {
    const model = await ready;
    expect(sampled(model, 9000)).toEqual(sampled(model, 9000));
    expect(sampled(model, 9000, '2').offsetsNs).not.toEqual(sampled(model, 9000).offsetsNs);
  });

  test('a longer series begins with the shorter one', async () => {
    const model = await ready;
    const long = sampled(model, 9001);
    const short = sampled(model, 4097);
    expect(short.offsetsNs).toEqual(long.offsetsNs.slice(0, 4097));
    expect(short.sizes).toEqual(long.sizes.slice(0, 4097));
    expect(short.outbound).toEqual(long.outbound.slice(0, 4097));
  });

  test.each([0, 1, 2, 4095, 4096, 4097, 8192])('a limit of %i packets gives as many', async (packets) => {
    expect(sampled(await ready, packets).length).toBe(packets);
  });

  test('a packet at exactly the end of the duration belongs, one a nanosecond later does not', async () => {
    const model = await ready;
    const whole = sampled(model, 500);
    const time = whole.offsetsNs[300]!;
    expect(time).toBeGreaterThan(whole.offsetsNs[299]!);
    expect(time).toBeLessThan(whole.offsetsNs[301]!);
    expect(sampled(model, 500, '1', time).length).toBe(301);
    expect(sampled(model, 500, '1', time - 1).length).toBe(300);
    expect(sampled(model, 500, '1', 0).length).toBe(1);
  });

  test('a direction is the same whether the other is there or not', async () => {
    const model = await ready;
    const both = sampled(model, 6000);
    for (const outbound of [true, false]) {
      const directions = outbound
        ? { outbound: model.outbound, inbound: undefined }
        : { outbound: undefined, inbound: model.inbound };
      const alone = sampled(new HmmModel(directions, model.summary), 6000);
      const mixed = directionBlock(both, outbound);
      expect(mixed.length).toBeGreaterThan(1000);
      expect(mixed.sizes).toEqual(alone.sizes.slice(0, mixed.length));
      const start = mixed.offsetsNs[0]!;
      expect(mixed.offsetsNs.map((time) => time - start)).toEqual(alone.offsetsNs.slice(0, mixed.length));
    }
  });

  test('two directions that are the same model do not send the same packets', async () => {
    const model = await learn([
      blockOf([...twoStates(3000, 'a', 1), ...twoStates(3000, 'a', 0)].sort(([a], [b]) => a - b)),
    ]);
    const block = sampled(model, 8000);
    const [one, other] = [true, false].map((outbound) => directionGapsNs(block, outbound).map(Math.log));
    const n = Math.min(one!.length, other!.length);
    expect(n).toBeGreaterThan(3000);
    const centred = [one!, other!].map((values) => {
      const part = values.subarray(0, n);
      const mean = part.reduce((sum, value) => sum + value, 0) / n;
      return part.map((value) => value - mean);
    });
    const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
    const [a, b] = centred as [Float64Array, Float64Array]; // two directions
    // States last for a few packets, which makes 3000 packets about as good as 3000 · (0.25 / 1.75) independent ones: 5/√430.
    expect(Math.abs(dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)))).toBeLessThan(0.24);
  });
});

describe('likelihood', () => {
  test('data like the training data are likelier than the same packets in any order', async () => {
    const model = await learn([blockOf(twoStates(6000, 'training'))]);
    const other = twoStates(12_000, 'other');
    const [ordered, mixed] = [other, shuffled(other, randomStream('shuffle', 'rows'))].map((rows) =>
      model.logLikelihood(blockOf(rows)),
    );
    // In order a transition costs 0.8·H(0.05) + 0.2·H(0.2) = 0.259 nats. In any order the model still expects states to last:
    // -0.8·(0.8·ln 0.95 + 0.2·ln 0.05) - 0.2·(0.8·ln 0.2 + 0.2·ln 0.8) = 0.778. The share of the pauses, with a standard error
    // of 0.01, moves that by 2.3 times as much.
    expect(Math.abs(ordered! - mixed! - (0.778 - 0.259))).toBeLessThan(0.115);
  });

  test('of a long series is not cut where its computation is', async () => {
    // Eight kinds of packet, one after the other: each is certain given the one before, and the first one in eight.
    const cycle = (length: number) => blockOf(rowsBy(length, (i) => [1e6 * (1 + (i % 8)), 100 * (1 + (i % 8)), 1]));
    const model = await learn([cycle(8001)], { components: [8] });
    expect(model.outbound!.states).toBe(8);
    // 8192 packets are looked at together: three times 8000 are cut nowhere, 24000 are cut twice.
    const total = (packets: number) => model.logLikelihood(cycle(packets + 1)) * packets;
    expect(total(24_000) - 3 * total(8000)).toBeCloseTo(2 * Math.log(8), 2);
  });

  test('of other packets than those it knows is low, and a number', async () => {
    const model = await learn([blockOf(rowsBy(500, (_, random) => [1 + Math.floor(random.next() * 1e6), 93, 1]))]);
    const strange: Row[] = [
      [0, 20, 0],
      [0, 65_535, 1],
      [1, 21, 0],
      [2 ** 53, 20, 1],
      [2 ** 54, 262_144, 0],
      [2 ** 54, 262_144, 1],
    ];
    const own = model.logLikelihood(blockOf(rowsBy(500, () => [1000, 93, 1])));
    for (const rows of [
      strange,
      strange.map(([time, size]): Row => [time, size, 0]),
      strange.map(([time, size]): Row => [time, size, 1]),
    ]) {
      const value = model.logLikelihood(blockOf(rows));
      expect(value).toSatisfy(Number.isFinite);
      expect(value).toBeLessThan(own);
    }
  });
});

describe('degenerate input', () => {
  test.each(DEGENERATE)('$name trains, samples, saves and loads', async ({ rows }) => {
    const model = await learn([blockOf(rows)]);
    const block = sampled(model, 300);
    expect(block.length).toBe(300);
    expectSound(block, rows);
    // Time goes on, so that a duration ends it: half of the time of 300 packets leaves fewer, or those of one instant.
    expect(spanNs(block)).toBeGreaterThan(0);
    const durationNs = Math.floor(spanNs(block) / 2);
    const timed = sampled(model, 1e6, '1', durationNs);
    expect(timed.length).toBe(block.offsetsNs.filter((time) => time <= durationNs).length);
    expectSound(timed, rows);

    const loaded = reloaded(model);
    expect(sampled(loaded, 300)).toEqual(block);
    expect(bytesOf(loaded)).toBe(bytesOf(model));
    for (const direction of ['outbound', 'inbound'] as const) {
      const trained = rows.some(([, , outbound]) => (outbound === 1) === (direction === 'outbound'));
      expect(model[direction] !== undefined).toBe(trained);
    }
    if ([0, 1].some((one) => rows.filter(([, , outbound]) => outbound === one).length > 1)) {
      expect(model.logLikelihood(blockOf(rows))).toSatisfy(Number.isFinite);
      expect(loaded.logLikelihood(blockOf(rows))).toBe(model.logLikelihood(blockOf(rows)));
    }
  });

  test('packets of one instant are taken to come about once a second, all of them', async () => {
    const { rows } = DEGENERATE.find(({ name }) => name === 'all at the same instant')!;
    // 50 of each direction: 15000 of one are 300 seconds. Ends of a second come as in a Poisson process: five deviations are 29 %.
    const seconds = spanNs(sampled(await learn([blockOf(rows)]), 30_000)) / 1e9;
    expect(Math.abs(seconds / 300 - 1)).toBeLessThan(0.29);
  });

  test('a million identical packets train, and come back', async () => {
    const length = 1e6;
    const offsetsNs = new Float64Array(length).map((_, i) => i * 20_000_000);
    const identical = {
      length,
      offsetsNs,
      sizes: new Uint32Array(length).fill(200),
      outbound: new Uint8Array(length).fill(1),
    };
    const model = await learn([identical]);
    expect(model.outbound!.states).toBe(1);
    const block = sampled(model, 1000);
    expect(new Set(gapsNs(block))).toEqual(new Set([20_000_000]));
    expect(new Set(block.sizes)).toEqual(new Set([200]));
  });

  test('any series trains, samples and loads', async () => {
    const row = fc.tuple(
      fc.oneof(fc.constant(0), fc.constantFrom(1, 1000, 1_000_000), fc.integer({ min: 0, max: 1e12 })),
      fc.oneof(fc.constantFrom(20, 93, 1500), fc.integer({ min: 20, max: 65_535 })),
      fc.constantFrom(0 as const, 1 as const),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(row, { minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 3 }),
        async (all) => {
          const series = all.map((gaps) => rowsBy(gaps.length, (i) => gaps[i]!));
          const model = await learn(series.map(blockOf), { threads: 1, components: [1, 2, 4] });
          const block = sampled(model, 100);
          expect(block.length).toBe(100);
          expectSound(block, series.flat());
          expect(sampled(reloaded(model), 100)).toEqual(block);
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('the states of a series', () => {
  const ready = learn([blockOf(twoStates(6000, 'states'))]);

  test('have as many entries as a direction has packets but its first', async () => {
    const model = await learn([blockOf(requests(900))]);
    for (const length of [1, 2, 3, 4, 300]) {
      const block = blockOf(requests(900).slice(0, length));
      const [outbound, inbound] = [true, false].map((one) => Math.max(0, directionSizes(block, one).length - 1));
      const states = model.viterbi(block);
      expect([states.outbound!.length, states.inbound!.length]).toEqual([outbound, inbound]);
      const rows = model.posterior(block);
      expect(rows.outbound!.length).toBe(outbound! * model.outbound!.states);
      expect(rows.inbound!.length).toBe(inbound! * model.inbound!.states);
    }
    const alone = await ready;
    expect(alone.viterbi(blockOf(requests(30))).inbound).toBeUndefined();
    expect(alone.posterior(blockOf(requests(30))).inbound).toBeUndefined();
  });

  test('tell two states apart that are obviously different', async () => {
    const model = await ready;
    const block = blockOf(twoStates(2000, 'obvious'));
    const isPause = Array.from(gapsNs(block), (gap) => gap > 200e6);
    const { states: count, emission } = model.outbound!;
    const pauses = new Set(
      Array.from({ length: count }, (_, k) => k).filter((k) => emission.meanOf(k).sizeBytes < 130),
    );
    const states = model.viterbi(block).outbound!;
    expect(isPause.filter((pause, i) => pauses.has(states[i]!) !== pause)).toEqual([]);
    const posterior = model.posterior(block).outbound!;
    isPause.forEach((pause, i) => {
      const row = posterior.subarray(i * count, (i + 1) * count);
      const share = row.reduce((sum, probability, k) => sum + (pauses.has(k) === pause ? probability : 0), 0);
      expect(share).toBeGreaterThan(0.999);
      expect(row.reduce((sum, probability) => sum + probability, 0)).toBeCloseTo(1, 9);
    });
  });
});

describe('the stationary distribution', () => {
  test('is left as it is by a transition', () => {
    const matrices = fc.integer({ min: 1, max: 12 }).chain((states) =>
      fc.array(fc.double({ min: 1e-6, max: 1, noNaN: true }), {
        minLength: states * states,
        maxLength: states * states,
      }),
    );
    fc.assert(
      fc.property(matrices, (weights) => {
        const states = Math.sqrt(weights.length);
        const transitions = Float64Array.from(weights, (weight, cell) => {
          const row = Math.floor(cell / states);
          return weight / weights.slice(row * states, (row + 1) * states).reduce((sum, value) => sum + value, 0);
        });
        const stationary = stationaryOf(transitions);
        expect(stationary.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
        stationary.forEach((value, j) => {
          expect(value).toBeGreaterThanOrEqual(0);
          const next = stationary.reduce((sum, one, i) => sum + one * transitions[i * states + j]!, 0);
          expect(next).toBeCloseTo(value, 9);
        });
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    [0.5, 0.5],
    [0.05, 0.2],
    [1, 1],
    [1e-3, 0.9],
    [3e-9, 1e-9],
  ])('of two states that are left with %f and %f is in proportion to how seldom they are', (a, b) => {
    const [first, second] = stationaryOf(Float64Array.of(1 - a, a, b, 1 - b));
    // π = (b, a) / (a + b). Where both are seldom left, 1 - a is rounded to 10⁻¹⁶, of a of 10⁻⁹.
    expect(first).toBeCloseTo(b / (a + b), 6);
    expect(second).toBeCloseTo(a / (a + b), 6);
  });

  test('of a chain that nearly falls apart is that of its parts, weighted by how they are left', () => {
    // Two pairs of states; 0 goes to the second pair with 10⁻⁶, 2 back with 3·10⁻⁶.
    const [out, back] = [1e-6, 3e-6];
    const transitions = Float64Array.from(
      [
        [0.5 - out, 0.5, out, 0],
        [0.25, 0.75, 0, 0],
        [back, 0, 0.9 - back, 0.1],
        [0, 0, 0.4, 0.6],
      ].flat(),
    );
    // Within the pairs (1/3, 2/3) and (4/5, 1/5); between them, flows are equal: p·out/3 = q·back·4/5 and p + q = 1.
    const p = (back * 0.8) / (out / 3 + back * 0.8);
    const expected = [p / 3, (2 * p) / 3, (1 - p) * 0.8, (1 - p) * 0.2];
    stationaryOf(transitions).forEach((value, k) => {
      // The parts are those of a chain without the links, up to about 10⁻⁶.
      expect(value).toBeCloseTo(expected[k]!, 5);
    });
  });

  test('of closed transitions is how often the states occurred', () => {
    const random = randomStream('closed', 'counts');
    for (const states of [1, 2, 3, 7]) {
      // A walk through the states, and how often it was in each.
      const counts = new Float64Array(states * states);
      const occupancy = new Float64Array(states);
      let state = 0;
      for (let i = 0; i < 500; i++) {
        occupancy[state]!++;
        const next = Math.min(states - 1, Math.floor(random.next() ** 2 * states));
        if (i < 499) counts[state * states + next]!++;
        state = next;
      }
      const transitions = closedTransitions(counts, occupancy);
      for (let i = 0; i < states; i++) {
        const row = transitions.subarray(states * i, states * (i + 1));
        expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
      }
      stationaryOf(transitions).forEach((share, k) => {
        expect(share).toBeCloseTo(occupancy[k]! / 500, 9);
      });
    }
  });

  test('exists for counts of states that were never left, or never reached', () => {
    // One sequence of eleven packets in the first state and one of twenty-one in the second; nobody was in the third.
    const counts = Float64Array.of(10, 0, 0, 0, 20, 0, 0, 0, 0);
    const transitions = closedTransitions(counts, Float64Array.of(11, 21, 0));
    // One end and one beginning of two in each state: 1 · 1 / 2 from one to the other, and half a transition of prior.
    const prior = (0.5 * 11 * 21) / 32 ** 2;
    expect(transitions[1]).toBeCloseTo((0.5 + prior) / (11 + (0.5 * 11) / 32), 12);
    expect(transitions[3]).toBeCloseTo((0.5 + prior) / (21 + (0.5 * 21) / 32), 12);
    const last = [11 / 32, 21 / 32, 0];
    transitions.subarray(6).forEach((value, k) => {
      expect(value).toBeCloseTo(last[k]!, 12);
    });
    expect(stationaryOf(transitions)[2]).toBeCloseTo(0, 12);
  });
});
