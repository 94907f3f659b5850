import { afterAll, describe, expect, test } from 'vitest';
import { fitMixtures } from '../../models/gaussian/fit-mixtures.js';
import { GaussianQuantizer } from '../../models/gaussian/gaussian-quantizer.js';
import { markov } from '../../models/markov/kind.js';
import { defaultOptions } from '../../models/model-options.js';
import { startOfDecoding } from '../../models/quantizer.js';
import type { TokenFitOptions } from '../../models/shared-options.js';
import { FitPool } from '../../src/kernels/fit-pool.js';
import { Kernels } from '../../src/kernels/kernels.js';
import { collect, directionGapsNs, directionSizes, gapsNs, type PacketBlock } from '../../src/packets/packet-series.js';
import { randomStream } from '../../src/random.js';
import { ksStatistic } from '../../src/statistics/ks.js';
import { type Tensor, TensorReader } from '../../src/tensors.js';
import { blockOf, codec, DEGENERATE, type Row, requests, rowsBy } from './blocks.js';

const random = () => randomStream('quantizer', 'test');
const optionsWith = (options: Partial<TokenFitOptions> = {}): TokenFitOptions => ({
  ...defaultOptions(markov.options),
  quantizer: 'gmm',
  threads: 1,
  ...options,
});

/** For all tests: to start a thread takes longer than most of the fits. */
const pool = new FitPool(1);
afterAll(() => pool.close());

function quantizerOf(series: readonly PacketBlock[], options: Partial<TokenFitOptions> = {}) {
  const context = { pool, kernels: new Kernels(), chosen: undefined, onRow: () => {} };
  return fitMixtures(series, optionsWith(options), context);
}

function reloaded(quantizer: GaussianQuantizer): GaussianQuantizer {
  const tensors = new Map<string, Tensor>();
  quantizer.save(tensors);
  return GaussianQuantizer.load(new Kernels(), new TensorReader(tensors));
}

describe('the quantizer', () => {
  test.each(DEGENERATE)('$name: every packet of the training data has a token that its parts fit', async ({ rows }) => {
    const block = blockOf(rows);
    const { quantizer } = await quantizerOf([block]);
    expect(quantizer.vocabulary).toBeGreaterThan(0);
    const tokens = quantizer.encode(block);
    expect(tokens.length).toBe(rows.length - 1);
    tokens.forEach((token, i) => {
      const [time, size, outbound] = rows[i + 1]!;
      // Where a direction has its only packet at the very start, it has nothing to learn a token from.
      if (token < 0 || quantizer.tokenDirection[token] !== outbound) {
        throw new Error(`packet ${i + 1} has token ${token}`);
      }
      if (!(quantizer.probability(token, size, time - rows[i]![0]) > 0)) {
        throw new Error(`packet ${i + 1} is impossible`);
      }
    });
  });

  test('a direction that was never seen has no token', async () => {
    const { quantizer } = await quantizerOf([blockOf(rowsBy(100, (i) => [1000 + (i % 7), 50 + (i % 5), 1]))]);
    expect([...quantizer.tokenDirection].every((direction) => direction === 1)).toBe(true);
    const mixed = blockOf(rowsBy(6, (i) => [1000, 50, i % 2 === 0 ? 1 : 0]));
    expect([...quantizer.encode(mixed)].map((token) => token >= 0)).toEqual([false, true, false, true, false]);
  });

  test('of a series without packets, or with one, there are no tokens', async () => {
    const { quantizer } = await quantizerOf([blockOf(requests(300))]);
    expect(quantizer.encode(blockOf([])).length).toBe(0);
    expect(quantizer.encode(blockOf([[0, 93, 1]])).length).toBe(0);
  });

  test('kinds of packet that differ have tokens that differ, and each kind gives back its own sizes', async () => {
    const block = blockOf(requests(900));
    const { quantizer } = await quantizerOf([block]);
    const kinds = new Map<number, Set<number>>();
    quantizer.encode(block).forEach((token, i) => {
      const sizes = kinds.get(token) ?? kinds.set(token, new Set()).get(token)!;
      sizes.add(block.sizes[i + 1]!);
    });
    const stream = random();
    for (const [token, sizes] of kinds) {
      for (let draw = 0; draw < 50; draw++) {
        const state = startOfDecoding();
        quantizer.decode(token, state, stream);
        expect(sizes.has(state.sizeBytes)).toBe(true);
      }
    }
    // 93, 61 and either 400 or 1500 bytes, which have different gaps before them.
    const of = (size: number) => [...kinds].filter(([, sizes]) => sizes.has(size)).map(([token]) => token);
    expect(of(93).some((token) => of(61).includes(token) || of(400).includes(token))).toBe(false);
    expect(of(61).some((token) => of(1500).includes(token))).toBe(false);
  });

  test('time never goes back, gaps are whole, and the first packet is at zero', async () => {
    for (const rows of [requests(600), codec(900)]) {
      const block = blockOf(rows);
      const { quantizer } = await quantizerOf([block]);
      const stream = random();
      const state = startOfDecoding();
      let before = 0;
      quantizer.encode(block).forEach((token, i) => {
        const realized = quantizer.decode(token, state, stream);
        if (i === 0) expect(state.timeNs).toBe(0);
        expect(state.timeNs).toBeGreaterThanOrEqual(before);
        expect(Number.isInteger(state.timeNs)).toBe(true);
        expect(state.direction).toBe(quantizer.tokenDirection[token]);
        expect(realized).toBe(token);
        before = state.timeNs;
      });
    }
  });

  test('a stream with a clock of its own keeps it beside another stream', async () => {
    const block = blockOf(codec(2200));
    const { quantizer } = await quantizerOf([block]);
    const stream = random();
    const state = startOfDecoding();
    const times: number[] = [];
    for (const token of quantizer.encode(block)) {
      quantizer.decode(token, state, stream);
      if (quantizer.tokenDirection[token] === 1) times.push(state.timeNs);
    }
    const gaps = times.slice(1).map((time, i) => time - times[i]!);
    const onTime = gaps.filter((gap) => Math.abs(gap - 20_000_000) <= 1000).length;
    expect(onTime / gaps.length).toBeGreaterThan(0.9);
  });

  test('classes put tokens into no more groups than asked for, and apart by direction', async () => {
    const rows = rowsBy(1500, (_, draw) => [
      Math.floor(10 ** (9 * draw.next())),
      20 + Math.floor(1400 * draw.next() ** 3),
      draw.next() < 0.5 ? 1 : 0,
    ]);
    const block = blockOf(rows);
    const { quantizer } = await quantizerOf([block], { components: [24] });
    expect(quantizer.vocabulary).toBe(48);
    const counts = new Float64Array(quantizer.vocabulary);
    for (const token of quantizer.encode(block)) counts[token]!++;
    const classes = quantizer.classes(counts, 3);
    expect(new Set(classes).size).toBeLessThanOrEqual(2 * 3 * 3);
    expect(new Set(classes).size).toBeGreaterThan(4);
    const directions = new Map<number, number>();
    classes.forEach((one, token) => {
      const direction = quantizer.tokenDirection[token]!;
      expect(directions.get(one) ?? direction).toBe(direction);
      directions.set(one, direction);
    });
    expect([...quantizer.classes(counts, Number.POSITIVE_INFINITY)]).toEqual([...counts.keys()]);
  });

  test('probabilities of sizes and gaps given a token sum to one', async () => {
    // Sizes from 90 to 109, gaps from 0 to 19 ns: few enough that all that is likely can be added up.
    const rows = rowsBy(400, (_, draw) => [
      Math.floor(20 * draw.next()),
      100 + Math.floor(10 * (draw.next() - draw.next())),
      1,
    ]);
    const { quantizer } = await quantizerOf([blockOf(rows)], { components: [1, 2] });
    for (let token = 0; token < quantizer.vocabulary; token++) {
      let sum = 0;
      for (let size = 20; size < 250; size++) {
        for (let gapNs = 0; gapNs < 3000; gapNs++) sum += quantizer.probability(token, size, gapNs);
      }
      // The Gaussian goes on below a gap of zero and beyond what is added up; exact values have no such ends.
      expect(sum).toBeGreaterThan(0.9);
      expect(sum).toBeLessThan(1 + 1e-6);
    }
  });
});

describe('a saved quantizer', () => {
  test.each([
    ...DEGENERATE.slice(0, 9),
    { name: 'codec', rows: codec(900) },
    { name: 'requests', rows: requests(900) },
  ])('$name: encodes, decodes and classifies the same', async ({ rows }) => {
    const block = blockOf(rows);
    const { quantizer } = await quantizerOf([block]);
    const loaded = reloaded(quantizer);
    expect(loaded.encode(block)).toEqual(quantizer.encode(block));
    expect(loaded.tokenDirection).toEqual(quantizer.tokenDirection);
    const [one, other] = [startOfDecoding(), startOfDecoding()];
    const [streamOne, streamOther] = [random(), random()];
    for (let i = 0; i < 500; i++) {
      const token = i % quantizer.vocabulary;
      expect(loaded.decode(token, one, streamOne)).toBe(quantizer.decode(token, other, streamOther));
      expect(one).toEqual(other);
    }
    const counts = new Float64Array(quantizer.vocabulary).fill(1);
    expect(loaded.classes(counts, 3)).toEqual(quantizer.classes(counts, 3));
    expect(loaded.probability(0, 93, 1000)).toBe(quantizer.probability(0, 93, 1000));
  });
});

describe('a Markov chain over its tokens', () => {
  const learn = (rows: readonly Row[]) => markov.fit([blockOf(rows)], optionsWith(), {});
  const sampled = (model: Awaited<ReturnType<typeof learn>>, packets: number) =>
    collect(model.sample(randomStream('1', 'packets'), { packets, durationNs: Number.POSITIVE_INFINITY }));

  test.each(DEGENERATE)('$name trains, samples, saves and loads', async ({ rows }) => {
    const model = await learn(rows);
    expect(model.summary['quantizer']).toBe('gmm');
    const block = sampled(model, 2000);
    expect(block.length).toBe(2000);
    expect(block.offsetsNs[0]).toBe(0);
    expect(gapsNs(block).every((gap) => gap >= 0 && Number.isInteger(gap))).toBe(true);
    for (const direction of [0, 1]) {
      const seen = new Set(rows.filter(([, , outbound]) => outbound === direction).map(([, size]) => size));
      expect(directionSizes(block, direction === 1).filter((size) => !seen.has(size)).length).toBe(0);
    }
    const saved = model.save();
    const loaded = await markov.load({ ...saved, summary: JSON.parse(JSON.stringify(saved.summary)) });
    expect(sampled(loaded, 2000)).toEqual(block);
    expect([...loaded.save().tensors]).toEqual([...saved.tensors]);
    if (rows.length > 1) {
      expect(model.logLikelihood(blockOf(rows))).toSatisfy(Number.isFinite);
      expect(loaded.logLikelihood(blockOf(rows))).toBe(model.logLikelihood(blockOf(rows)));
    }
    const strange: Row[] = [
      [0, 20, 0],
      [0, 65_535, 1],
      [1, 21, 0],
      [2 ** 53, 20, 1],
      [2 ** 54, 262_144, 0],
    ];
    expect(model.logLikelihood(blockOf(strange))).toSatisfy(Number.isFinite);
  });

  test('sizes and gaps come back as often as they were', async () => {
    const real = blockOf(requests(3000));
    const block = sampled(await learn(requests(3000)), 30_000);
    for (const outbound of [true, false]) {
      expect(ksStatistic(directionSizes(block, outbound), directionSizes(real, outbound))).toBeLessThan(0.02);
      expect(ksStatistic(directionGapsNs(block, outbound), directionGapsNs(real, outbound))).toBeLessThan(0.04);
    }
  });
});
