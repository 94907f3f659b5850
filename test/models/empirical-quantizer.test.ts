import { describe, expect, test } from 'vitest';
import { EmpiricalQuantizer } from '../../models/empirical-quantizer.js';
import { startOfDecoding } from '../../models/quantizer.js';
import { lowerBound, SymbolTable } from '../../models/symbol-table.js';
import type { PacketBlock } from '../../src/packets/packet-series.js';
import { randomStream } from '../../src/random.js';
import { type Tensor, TensorReader, vector } from '../../src/tensors.js';
import fc from '../support/fast-check.js';
import { expectSynthError } from '../support/read.js';
import { blockOf, DEGENERATE, requests, rowsBy } from './blocks.js';

const RUNS = { numRuns: 200 };
const tableOf = (values: readonly number[], ratioLimit = true) =>
  SymbolTable.fit(Float64Array.from(values), 0.3, ratioLimit);
const random = () => randomStream('quantizer', 'test');

/** Gaps or sizes as they occur: some values many times, some zero, the rest anywhere. */
const values = fc.array(
  fc.oneof(fc.constant(0), fc.constantFrom(93, 1500, 20_000_000), fc.nat(1000), fc.integer({ min: 0, max: 2 ** 40 })),
  { minLength: 1, maxLength: 300 },
);

describe('a symbol table', () => {
  test('gives back exactly what occurs often', () => {
    const stream = random();
    const many = Array.from({ length: 2000 }, (_, i) =>
      i % 4 === 0 ? 93 : i % 50 === 1 ? 1500 : Math.floor(stream.next() * 1e6),
    );
    const table = tableOf(many);
    for (const value of [93, 1500]) {
      const symbol = table.encode(value);
      expect(symbol).toBeLessThan(table.exactCount);
      expect(table.decode(symbol, stream)).toBe(value);
      expect(table.probability(symbol, value)).toBe(1);
      expect(table.probability(symbol, value + 1)).toBe(0);
    }
  });

  test('gives back a zero as zero, however rare, and nothing else as zero', () => {
    const table = tableOf([0, ...Array.from({ length: 5000 }, (_, i) => i + 1)]);
    const stream = random();
    expect(table.decode(table.encode(0), stream)).toBe(0);
    for (let i = 0; i < 500; i++) expect(table.decode(table.encode(1), stream)).toBeGreaterThan(0);
  });

  test('decodes to values that were seen, of the same symbol', () => {
    fc.assert(
      fc.property(values, fc.boolean(), (all, ratioLimit) => {
        const table = tableOf(all, ratioLimit);
        const seen = new Set(all);
        const stream = random();
        for (const value of seen) {
          const symbol = table.encode(value);
          expect(value).toBeGreaterThanOrEqual(table.low[symbol]!);
          expect(value).toBeLessThanOrEqual(table.high[symbol]!);
          const decoded = table.decode(symbol, stream);
          expect(seen.has(decoded)).toBe(true);
          expect(table.encode(decoded)).toBe(symbol);
        }
      }),
      RUNS,
    );
  });

  test('keeps equal values in one symbol and symbols apart', () => {
    fc.assert(
      fc.property(values, fc.boolean(), (all, ratioLimit) => {
        const table = tableOf(all, ratioLimit);
        for (let bin = table.exactCount + 1; bin < table.size; bin++) {
          expect(table.low[bin]).toBeGreaterThan(table.high[bin - 1]!);
        }
      }),
      RUNS,
    );
  });

  test('gives probabilities that sum to one over the range of a symbol', () => {
    const table = tableOf([...Array.from({ length: 80 }, (_, i) => 10 + i * 3), 5, 5, 5, 5, 5, 5]);
    for (let symbol = 0; symbol < table.size; symbol++) {
      let sum = 0;
      for (let value = 0; value < 400; value++) sum += table.probability(symbol, value);
      expect(sum).toBeCloseTo(1, 12);
    }
  });

  test('takes a value that was never seen for the nearest', () => {
    const exact = tableOf([...new Array<number>(10).fill(100), ...new Array<number>(10).fill(200)]);
    const nearest = (value: number) => exact.low[exact.encode(value)];
    expect([0, 99, 149, 151, 201, 1e9].map(nearest)).toEqual([100, 100, 100, 200, 200, 200]);
    const binned = tableOf(Array.from({ length: 64 }, (_, i) => 100 + 10 * i));
    expect(binned.exactCount).toBe(0);
    expect(binned.encode(0)).toBe(0);
    expect(binned.encode(1e12)).toBe(binned.size - 1);
    for (let value = 100; value <= 730; value++) expect(value).toBeLessThanOrEqual(binned.high[binned.encode(value)]!);
  });

  test('keeps pauses of different scale apart', () => {
    const table = tableOf([
      ...Array.from({ length: 20 }, (_, i) => 1e9 + i),
      ...Array.from({ length: 20 }, (_, i) => 60e9 + i),
    ]);
    const symbols = new Set([table.encode(1e9 + 5), table.encode(60e9 + 5)]);
    expect(symbols.size).toBe(2);
  });

  test('is empty for no values', () => {
    expect(tableOf([]).size).toBe(0);
  });
});

test('lowerBound is the first index that is not below the value', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 30 }), fc.nat(21), (all, value) => {
      const sorted = Float64Array.from(all).sort();
      const index = sorted.findIndex((one) => one >= value);
      expect(lowerBound(sorted, value)).toBe(index < 0 ? sorted.length : index);
    }),
    RUNS,
  );
});

/** A codec of 20 ms ± 1 µs, and in the other direction packets at any time. */
function codec(): PacketBlock {
  const stream = random();
  const voice = Array.from(
    { length: 1500 },
    (_, i) => [i * 20_000_000 + Math.floor(stream.next() * 1000), 200, 1] as const,
  );
  const other = Array.from({ length: 700 }, () => [Math.floor(stream.next() * 30e9), 60, 0] as const);
  return blockOf([...voice, ...other].sort(([a], [b]) => a - b));
}

describe('the quantizer', () => {
  test.each(DEGENERATE)('$name: every packet of the training data has a token that its parts fit', ({ rows }) => {
    const block = blockOf(rows);
    const quantizer = EmpiricalQuantizer.fit([block], 0.15);
    expect(quantizer.vocabulary).toBeGreaterThan(0);
    const tokens = quantizer.encode(block);
    expect(tokens.length).toBe(rows.length - 1);
    tokens.forEach((token, i) => {
      const [time, size, outbound] = rows[i + 1]!;
      if (token < 0 || quantizer.tokenDirection[token] !== outbound)
        throw new Error(`packet ${i + 1} has token ${token}`);
      if (!(quantizer.probability(token, size, time - rows[i]![0]) > 0))
        throw new Error(`packet ${i + 1} is impossible`);
    });
  });

  test('sizes come back from the symbol they went into', () => {
    const block = blockOf(requests(600));
    const quantizer = EmpiricalQuantizer.fit([block], 0.3);
    const stream = random();
    const state = startOfDecoding();
    quantizer.encode(block).forEach((token, i) => {
      quantizer.decode(token, state, stream);
      // All four sizes occur often enough to be exact.
      expect(state.sizeBytes).toBe(block.sizes[i + 1]);
    });
  });

  test('direction, size and gap that were never seen together have no token', () => {
    const block = blockOf(rowsBy(100, (i) => (i % 2 === 0 ? [1000, 50, 1] : [2000, 60, 1])));
    const quantizer = EmpiricalQuantizer.fit([block], 0.15);
    const strange = blockOf([
      [0, 50, 1],
      [1000, 60, 1],
      [3000, 60, 1],
      [4000, 50, 0],
    ]);
    expect([...quantizer.encode(strange)].map((token) => token >= 0)).toEqual([false, true, false]);
  });

  test('time never goes back, and the first packet is at zero', () => {
    const block = blockOf(requests(600));
    const quantizer = EmpiricalQuantizer.fit([block], 0.3);
    const stream = random();
    const state = startOfDecoding();
    let before = 0;
    quantizer.encode(block).forEach((token, i) => {
      const realized = quantizer.decode(token, state, stream);
      if (i === 0) expect(state.timeNs).toBe(0);
      expect(state.timeNs).toBeGreaterThanOrEqual(before);
      expect(quantizer.tokenDirection[realized]).toBe(quantizer.tokenDirection[token]);
      before = state.timeNs;
    });
  });

  test('a stream with a clock of its own keeps it beside another stream', () => {
    // A codec of 20 ms ± 1 µs, and in the other direction packets at any time.
    const stream = random();
    const block = codec();
    const quantizer = EmpiricalQuantizer.fit([block], 0.3);
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

  test('classes put tokens into no more groups than asked for, and apart by direction', () => {
    const block = blockOf(requests(900));
    const quantizer = EmpiricalQuantizer.fit([block], 0.6);
    const counts = new Float64Array(quantizer.vocabulary);
    for (const token of quantizer.encode(block)) counts[token]!++;
    const classes = quantizer.classes(counts, 4);
    expect(new Set(classes).size).toBeLessThanOrEqual(2 * 4 * 4);
    const directions = new Map<number, number>();
    classes.forEach((one, token) => {
      const direction = quantizer.tokenDirection[token]!;
      expect(directions.get(one) ?? direction).toBe(direction);
      directions.set(one, direction);
    });
    expect([...quantizer.classes(counts, Number.POSITIVE_INFINITY)]).toEqual([...counts.keys()]);
  });
});

describe('a saved quantizer', () => {
  const stream = random();
  const block = blockOf([
    ...rowsBy(400, (_, draw) => [
      1 + Math.floor(draw.next() * 1e6),
      100 + Math.floor(draw.next() * 9),
      draw.next() < 0.5 ? 1 : 0,
    ]),
  ]);
  const saved = (change: (tensors: Map<string, Tensor>) => void = () => {}) => {
    const tensors = new Map<string, Tensor>();
    EmpiricalQuantizer.fit([block], 0.3).save(tensors);
    change(tensors);
    return () => EmpiricalQuantizer.load(new TensorReader(tensors));
  };

  test('encodes and decodes the same', () => {
    const [quantizer, loaded] = [EmpiricalQuantizer.fit([block], 0.3), saved()()];
    expect(loaded.encode(block)).toEqual(quantizer.encode(block));
    for (let token = 0; token < quantizer.vocabulary; token++) {
      const [one, other] = [startOfDecoding(), startOfDecoding()];
      loaded.decode(token, one, randomStream('a', 'b'));
      quantizer.decode(token, other, randomStream('a', 'b'));
      expect(one).toEqual(other);
    }
    expect(stream.next()).toBeLessThan(1);
  });

  const edit = (name: string, change: (data: Tensor['data']) => Tensor['data']) => (tensors: Map<string, Tensor>) => {
    const { data } = tensors.get(`quantizer.${name}`)!;
    tensors.set(`quantizer.${name}`, vector(change(data.slice())));
  };
  const at = (index: number, value: number) => (data: Tensor['data']) => {
    data.set([value], index < 0 ? data.length + index : index);
    return data;
  };

  test.each<[string, (tensors: Map<string, Tensor>) => void]>([
    [
      'no tokens',
      (tensors) => {
        for (const part of ['direction', 'size', 'gap']) edit(`token.${part}`, (data) => data.slice(0, 0))(tensors);
      },
    ],
    ['a direction that is neither', edit('token.direction', at(0, 2))],
    ['a size symbol that is not there', edit('token.size', at(0, 1e6))],
    ['a gap symbol that is not there', edit('token.gap', at(-1, 1e6))],
    ['tokens of different number', edit('token.gap', (data) => data.slice(1))],
    ['a size below an IP header', edit('outbound.size.low', at(0, 19))],
    ['a size above the largest', edit('outbound.size.high', at(-1, 262_145))],
    ['a size that is not whole', edit('outbound.size.values', at(-1, 100.5))],
    ['a negative gap', edit('outbound.gap.low', at(0, -1))],
    ['a gap outside its symbol', edit('outbound.gap.values', at(0, 1e12))],
    ['more exact symbols than symbols', edit('inbound.gap.exact', at(0, 1e6))],
    ['an exact symbol with a range', edit('inbound.gap.exact', at(0, 1))],
    ['starts that do not rise', edit('inbound.gap.starts', at(1, 0))],
    ['starts beyond the values', edit('inbound.gap.starts', at(-1, 1e6))],
    ['bounds the wrong way round', edit('inbound.gap.high', at(0, 0))],
    ['a clock without an end', edit('inbound.clock.starts', (data) => data.slice(1))],
  ])('with %s is refused', async (_, change) => {
    await expectSynthError(saved(change), 'SYNTH_MODEL_INVALID');
  });

  test('with a clock that runs backwards is refused, so that time never does', async () => {
    const tensors = new Map<string, Tensor>();
    EmpiricalQuantizer.fit([codec()], 0.3).save(tensors);
    const name = 'quantizer.outbound.clock.values';
    const { data } = tensors.get(name)!;
    expect(data.length).toBeGreaterThan(1);
    tensors.set(name, vector(data.slice().reverse() as Float64Array)); // reverse keeps the type
    await expectSynthError(() => EmpiricalQuantizer.load(new TensorReader(tensors)), 'SYNTH_MODEL_INVALID');
  });
});
