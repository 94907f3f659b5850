import { describe, expect, test } from 'vitest';
import { markov } from '../../models/markov/kind.js';
import { defaultOptions } from '../../models/model-options.js';
import { encodeModelFile } from '../../src/model-files/model-file.js';
import { collect, directionGapsNs, gapsNs, type PacketBlock, spanNs } from '../../src/packets/packet-series.js';
import { randomStream } from '../../src/random.js';
import { ksStatistic } from '../../src/statistics/ks.js';
import { train } from '../../src/training/train.js';
import fc from '../support/fast-check.js';
import { expectSynthError } from '../support/read.js';
import { blockOf, DEGENERATE, type Row, requests, rowsBy, seriesOf } from './blocks.js';

const FOREVER = Number.POSITIVE_INFINITY;
const learn = (...all: (readonly Row[])[]) =>
  markov.fit(all.map(blockOf), { ...defaultOptions(markov.options), quantizer: 'empirical' }, {});
/** The models of some rows, each made once. */
const known = new Map<readonly Row[], ReturnType<typeof learn>>();
function learnOnce(rows: readonly Row[]): ReturnType<typeof learn> {
  const model = known.get(rows) ?? learn(rows);
  known.set(rows, model);
  return model;
}
const sampled = (model: Awaited<ReturnType<typeof learn>>, packets: number, seed = '1', durationNs = FOREVER) =>
  collect(model.sample(randomStream(seed, 'packets'), { packets, durationNs }));

const expectSound = (block: PacketBlock, trainedSizes: ReadonlySet<number>) => {
  expect(block.offsetsNs[0]).toBe(0);
  expect(gapsNs(block).every((gap) => gap >= 0 && Number.isInteger(gap))).toBe(true);
  expect([...new Set(block.sizes)].filter((size) => !trainedSizes.has(size))).toEqual([]);
  expect(block.outbound.every((direction) => direction <= 1)).toBe(true);
};

const REQUESTS = requests(3000);
const sizesOf = (rows: readonly Row[]) => new Set(rows.map(([, size]) => size));
const count = (values: Iterable<number>, wanted: number) => [...values].filter((value) => value === wanted).length;

describe('what it learns', () => {
  test('a structured series gets contexts, under which its end is likelier than without them', async () => {
    const { summary } = await learnOnce(REQUESTS);
    const { order, candidates, heldOutLogLikelihood } = summary as {
      order: number;
      heldOutLogLikelihood: number;
      candidates: { order: number; heldOutLogLikelihood: number; generatedKs: number | null }[];
    };
    expect(order).toBeGreaterThan(0);
    const memoryless = candidates.filter((one) => one.order === 0).map((one) => one.heldOutLogLikelihood);
    // Which of three kinds of packet comes next is certain given the one before: ln 3 = 1.1 nats a packet. The chosen model is
    // not always the likeliest, but one that cannot be told from it.
    expect(heldOutLogLikelihood - Math.max(...memoryless)).toBeGreaterThan(Math.log(3) / 2);
    // Three resolutions, three groupings, orders from 0 to 6 unless given up.
    expect(candidates.length).toBeGreaterThanOrEqual(9 * 2);
    expect(candidates.filter(({ generatedKs }) => generatedKs !== null).length).toBeGreaterThan(0);
  });

  test('of two quantizers the one counts under which the end is likelier', async () => {
    const { summary } = await markov.fit([blockOf(requests(1500))], defaultOptions(markov.options), {});
    const { quantizer, heldOutLogLikelihood, candidates } = summary as {
      quantizer: string;
      heldOutLogLikelihood: number;
      candidates: { quantizer: string; heldOutLogLikelihood: number; generatedKs: number | null }[];
    };
    // What a kind of quantizer stands for is its candidate whose generated series fit best.
    const standing = ['empirical', 'gmm'].map((kind) =>
      candidates
        .filter((one) => one.quantizer === kind && one.generatedKs !== null)
        .reduce((a, b) => (b.generatedKs! < a.generatedKs! ? b : a)),
    );
    const likelier = standing.reduce((a, b) => (b.heldOutLogLikelihood > a.heldOutLogLikelihood ? b : a));
    expect([quantizer, heldOutLogLikelihood]).toEqual([likelier.quantizer, likelier.heldOutLogLikelihood]);
    expect(standing[0]!.heldOutLogLikelihood).not.toBe(standing[1]!.heldOutLogLikelihood);
  });

  test('the order of the packets comes back', async () => {
    const block = sampled(await learnOnce(REQUESTS), 3000);
    expectSound(block, sizesOf(REQUESTS));
    // 93 is always followed by 61, but for the last packet.
    let after93 = 0;
    let followed = 0;
    for (let i = 0; i + 1 < block.length; i++) {
      if (block.sizes[i] !== 93) continue;
      after93++;
      if (block.sizes[i + 1] === 61) followed++;
    }
    expect(after93).toBeGreaterThan(900); // a third of 3000
    expect(followed / after93).toBeGreaterThan(0.97);
  });

  test('several series make one model, and what ends one is not followed by what begins the next', async () => {
    const low: Row[] = rowsBy(300, (i) => [1000, i === 299 ? 77 : 50, 1]);
    const high: Row[] = rowsBy(300, (i) => [1000, i === 0 ? 88 : 60, 0]);
    const model = await learn(low, high, low, high);
    const block = sampled(model, 20_000);
    expectSound(block, new Set([50, 77, 60, 88]));
    expect(block.outbound.includes(0) && block.outbound.includes(1)).toBe(true);
    const joined = blockOf([...low, ...high.map(([time, size, out]): Row => [time + 1e6, size, out])]);
    const apart = [low, high].map((rows) => model.logLikelihood(blockOf(rows)));
    // The step from 50 and 77 outbound to 88 and 60 inbound was never seen: it costs, and nothing else does.
    const together = model.logLikelihood(joined) * 599 - (apart[0]! + apart[1]!) * 299;
    expect(together).toBeLessThan(0);
  });

  test('the same series twice gives the same bytes', async () => {
    const bytes = async () => {
      const options = { kind: 'markov', holdout: 0, keepAddresses: false, payloadOnly: false };
      return Buffer.from(encodeModelFile(await train([seriesOf(requests(900))], undefined, options))).toString('hex');
    };
    expect(await bytes()).toBe(await bytes());
  });

  test('an aborted training ends with SYNTH_INTERRUPTED', async () => {
    const signal = AbortSignal.abort();
    await expectSynthError(
      markov.fit([blockOf(requests(300))], defaultOptions(markov.options), { signal }),
      'SYNTH_INTERRUPTED',
    );
  });

  test('progress never falls and ends below one', async () => {
    const seen: number[] = [];
    await markov.fit([blockOf(requests(300))], defaultOptions(markov.options), {
      onProgress: (done) => seen.push(done),
    });
    expect(seen.length).toBeGreaterThan(10);
    expect(seen).toEqual(seen.slice().sort((a, b) => a - b));
    expect(seen.every((done) => done >= 0 && done <= 1)).toBe(true);
  });
});

describe('sampling', () => {
  const ready = learn(requests(1500));

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
  });

  test.each([0, 1, 2, 4095, 4096, 4097, 8192])('a limit of %i packets gives as many', async (packets) => {
    expect(sampled(await ready, packets).length).toBe(packets);
  });

  test('a packet at exactly the end of the duration belongs, one a nanosecond later does not', async () => {
    const model = await ready;
    const whole = sampled(model, 500);
    // The first of the packets with a time of its own after the 200th.
    const index = whole.offsetsNs.findIndex((time, i) => i > 200 && time > whole.offsetsNs[i - 1]!);
    const time = whole.offsetsNs[index]!;
    const last = whole.offsetsNs.lastIndexOf(time);
    expect(sampled(model, 500, '1', time).length).toBe(last + 1);
    expect(sampled(model, 500, '1', time - 1).length).toBe(index);
  });

  test('a duration of zero leaves the first packet, and what comes with it', async () => {
    const block = sampled(await learn(rowsBy(100, () => [1000, 50, 1])), 500, '1', 0);
    expect([...block.offsetsNs]).toEqual([0]);
  });

  test('a duration far beyond 2^32 ns is kept', async () => {
    const block = sampled(await ready, 1e6, '1', 3600e9);
    // Three packets take 1 s for the pause, 900 to 1100 ms, and 5.5 ms for the answer, 3 to 8 ms.
    expect(block.length / ((3 * 3600) / 1.0055)).toBeCloseTo(1, 1);
    expect(spanNs(block)).toBeLessThanOrEqual(3600e9);
  });
});

describe('degenerate input', () => {
  test.each(DEGENERATE)('$name trains, samples, saves and loads', async ({ rows }) => {
    const model = await learnOnce(rows);
    const block = sampled(model, 5000);
    expect(block.length).toBe(5000);
    expectSound(block, sizesOf(rows));
    const loaded = await markov.load({ ...model.save(), summary: JSON.parse(JSON.stringify(model.summary)) });
    expect(sampled(loaded, 5000)).toEqual(block);
    if (rows.length > 1) expect(model.logLikelihood(blockOf(rows))).toSatisfy(Number.isFinite);
  });

  test.each(DEGENERATE)('$name: what was never seen has a finite likelihood', async ({ rows }) => {
    const model = await learnOnce(rows);
    const strange: Row[] = [
      [0, 20, 0],
      [0, 65_535, 1],
      [1, 21, 0],
      [2 ** 53, 1, 1],
      [2 ** 54, 262_144, 0],
    ];
    for (const outbound of [0, 1] as const) {
      expect(model.logLikelihood(blockOf(strange.map(([t, s]) => [t, s, outbound])))).toSatisfy(Number.isFinite);
    }
    expect(model.logLikelihood(blockOf(strange))).toSatisfy(Number.isFinite);
  });

  test('any series trains, samples and is likely to some degree', async () => {
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
          const model = await learn(...series);
          const block = sampled(model, 100);
          expect(block.length).toBe(100);
          expectSound(block, new Set(series.flatMap((rows) => [...sizesOf(rows)])));
          for (const rows of series.filter(({ length }) => length > 1)) {
            expect(model.logLikelihood(blockOf(rows))).toSatisfy(Number.isFinite);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** The numbers are those of the list of known traps in the design. */
describe('traps', () => {
  test('trap 2: gaps below a millisecond are kept to the nanosecond', async () => {
    const rows = rowsBy(2000, (i) => [[137, 20_411, 999_983, 10_000_019][i % 4]!, 93, 1]);
    const block = sampled(await learn(rows), 2000);
    expect(new Set(gapsNs(block))).toEqual(new Set([137, 20_411, 999_983, 10_000_019]));
  });

  test('trap 3: no gap is an outlier; a rare long pause and the zero gaps come back as often as they were', async () => {
    const rows = rowsBy(4000, (i) => [i % 100 === 0 ? 3600e9 : i % 2 === 0 ? 0 : 1_000_000, 93, 1]);
    const gaps = gapsNs(sampled(await learn(rows), 20_000));
    // One in a hundred, and 49 in a hundred. Five standard deviations of independent draws are 0.0035 and 0.018.
    expect(count(gaps, 3600e9) / gaps.length).toBeCloseTo(0.01, 2);
    expect(Math.abs(count(gaps, 0) / gaps.length - 0.49)).toBeLessThan(0.018);
  });

  test('trap 4: a zero gap comes back as zero, as often as it was seen, even where it is rare', async () => {
    const rows = rowsBy(4000, (i, random) => [i % 250 === 0 ? 0 : 1 + Math.floor(random.next() * 1e6), 93, 1]);
    const gaps = gapsNs(sampled(await learn(rows), 50_000));
    // 1 in 250; five standard deviations of 50000 independent draws are 0.0014.
    expect(Math.abs(count(gaps, 0) / gaps.length - 1 / 250)).toBeLessThan(0.0014);
  });

  test('trap 5: sizes that are spikes come back as the same spikes', async () => {
    const rows = rowsBy(3000, (i, random) => [
      Math.floor(random.next() * 1e6),
      random.next() < 0.7 ? 93 : 1500,
      i % 2 ? 1 : 0,
    ]);
    const block = sampled(await learn(rows), 20_000);
    expect(new Set(block.sizes)).toEqual(new Set([93, 1500]));
    const trained = Float64Array.from(rows, ([, size]) => size);
    // A Gaussian around 93 would have KS 0.35 at least: half of the spike lies above 93. Sampling noise stays below 0.03.
    expect(ksStatistic(Float64Array.from(block.sizes), trained)).toBeLessThan(0.03);
  });

  test('trap 6: nothing that does not spread stops the training', async () => {
    const model = await learn(rowsBy(50, () => [1_000_000, 93, 1]));
    const block = sampled(model, 100);
    expect(new Set(block.sizes)).toEqual(new Set([93]));
    expect(new Set(gapsNs(block))).toEqual(new Set([1_000_000]));
    expect(new Set(block.outbound)).toEqual(new Set([1]));
  });

  test('trap 7: the two directions are interleaved as in the training data', async () => {
    const changes = (block: PacketBlock) =>
      block.outbound.filter((one, i) => i > 0 && one !== block.outbound[i - 1]).length;
    const real = changes(blockOf(REQUESTS));
    expect(real).toBe(1999); // two changes every three packets
    expect(Math.abs(changes(sampled(await learnOnce(REQUESTS), 3000)) / real - 1)).toBeLessThan(0.03);
  });

  test('trap 8: two directions that are independent do not share their noise', async () => {
    // Gaps of both directions uniform; correlation of the n-th outbound with the n-th inbound gap.
    const rows = rowsBy(4000, (_, random) => [1 + Math.floor(random.next() * 1e6), 93, random.next() < 0.5 ? 1 : 0]);
    const block = sampled(await learn(rows), 20_000);
    const [a, b] = [directionGapsNs(block, true), directionGapsNs(block, false)];
    const n = Math.min(a.length, b.length);
    const mean = (values: Float64Array) => values.subarray(0, n).reduce((sum, value) => sum + value, 0) / n;
    const [meanA, meanB] = [mean(a), mean(b)];
    let [ab, aa, bb] = [0, 0, 0];
    for (let i = 0; i < n; i++) {
      ab += (a[i]! - meanA) * (b[i]! - meanB);
      aa += (a[i]! - meanA) ** 2;
      bb += (b[i]! - meanB) ** 2;
    }
    // Independent: standard deviation 1/√n, here about 0.01.
    expect(Math.abs(ab / Math.sqrt(aa * bb))).toBeLessThan(0.05);
  });

  test('trap 9: no size that was not seen, and no negative gap', async () => {
    const rows = rowsBy(2000, (_, random) => {
      const size =
        random.next() < 0.5 ? 20 + Math.floor(random.next() ** 8 * 30) : 1500 - Math.floor(random.next() ** 8 * 30);
      return [Math.floor(random.next() ** 6 * 1e6), size, random.next() < 0.5 ? 1 : 0];
    });
    expectSound(sampled(await learn(rows), 50_000), sizesOf(rows));
  });
});
