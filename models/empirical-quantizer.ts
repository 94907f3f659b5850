/**
 * @module
 * The empirical quantizer: packets become tokens, and tokens become packets again.
 *
 * A size or a gap that occurs often is a symbol of its own, so that it comes back exactly; zero gaps always are. What is left
 * falls into quantile bins, and a bin is decoded to one of the values that were seen in it. A token is a direction, a size
 * symbol and a gap symbol that were seen together.
 *
 * The gap of a token is the joint gap; direction-clock.ts tells what becomes of a direction's own.
 */

import { MAX_SIZE_BYTES } from '../src/net/sizes.js';
import type { PacketBlock } from '../src/packets/packet-series.js';
import type { Random } from '../src/random.js';
import { mean } from '../src/statistics/mean.js';
import { requireModel, type Tensor, type TensorReader, vector } from '../src/tensors.js';
import { DirectionClock } from './direction-clock.js';
import { MAX_GAP_NS, MIN_SIZE_BYTES } from './limits.js';
import { type DecodeState, groupByValue, isFirst, type Quantizer } from './quantizer.js';
import { type Resolution, SymbolTable } from './symbol-table.js';

/** The symbols of one direction, and its own clock. */
interface DirectionTables {
  readonly sizes: SymbolTable;
  readonly gaps: SymbolTable;
  /** Its classes are the size symbols. */
  readonly clock: DirectionClock;
}

const NAMES = ['inbound', 'outbound'] as const;

export class EmpiricalQuantizer implements Quantizer {
  readonly #tables: readonly [DirectionTables, DirectionTables];
  /** Tokens by their parts: direction, size symbol, gap symbol. */
  readonly tokenDirection: Uint8Array;
  readonly tokenSize: Uint32Array;
  readonly tokenGap: Uint32Array;
  /** Token of the parts packed into one number, see `#pack`. */
  readonly #tokens = new Map<number, number>();

  private constructor(
    tables: readonly [DirectionTables, DirectionTables],
    tokenDirection: Uint8Array,
    tokenSize: Uint32Array,
    tokenGap: Uint32Array,
  ) {
    this.#tables = tables;
    this.tokenDirection = tokenDirection;
    this.tokenSize = tokenSize;
    this.tokenGap = tokenGap;
    for (let token = 0; token < tokenSize.length; token++) {
      this.#tokens.set(this.#pack(tokenDirection[token]!, tokenSize[token]!, tokenGap[token]!), token);
    }
  }

  /** Number of tokens. */
  get vocabulary(): number {
    return this.tokenSize.length;
  }

  /** Learns symbols and tokens from series; series of one packet have no gap and teach sizes only. */
  static fit(series: readonly PacketBlock[], resolution: Resolution): EmpiricalQuantizer {
    const tables: [DirectionTables, DirectionTables] = [
      fitDirection(series, 0, resolution),
      fitDirection(series, 1, resolution),
    ];
    const draft = new EmpiricalQuantizer(tables, new Uint8Array(0), new Uint32Array(0), new Uint32Array(0));
    const seen = new Map<number, [direction: number, size: number, gap: number]>();
    for (const block of series) {
      for (let i = 0; i < block.length; i++) {
        const direction = block.outbound[i]!;
        const size = tables[direction]!.sizes.encode(block.sizes[i]!);
        const gap = i === 0 ? -1 : tables[direction]!.gaps.encode(block.offsetsNs[i]! - block.offsetsNs[i - 1]!);
        if (gap >= 0) seen.set(draft.#pack(direction, size, gap), [direction, size, gap]);
      }
    }
    // A single packet has no gap: its token gets the one symbol that a table without gaps has.
    if (seen.size === 0) {
      for (const { outbound, sizes } of series.filter(({ length }) => length > 0)) {
        const direction = outbound[0]!;
        const size = tables[direction]!.sizes.encode(sizes[0]!);
        seen.set(draft.#pack(direction, size, 0), [direction, size, 0]);
      }
    }
    const tokens = [...seen].sort(([a], [b]) => a - b).map(([, parts]) => parts);
    return new EmpiricalQuantizer(
      tables,
      Uint8Array.from(tokens, ([direction]) => direction),
      Uint32Array.from(tokens, ([, size]) => size),
      Uint32Array.from(tokens, ([, , gap]) => gap),
    );
  }

  #pack(direction: number, size: number, gap: number): number {
    return (direction * 2 ** 17 + size) * 2 ** 17 + gap;
  }

  /** The token of each packet but the first; -1 where direction, size and gap were never seen together. */
  encode(block: PacketBlock): Int32Array {
    const tokens = new Int32Array(Math.max(0, block.length - 1));
    for (let i = 1; i < block.length; i++) {
      const gapNs = block.offsetsNs[i]! - block.offsetsNs[i - 1]!;
      tokens[i - 1] = this.#find(block.outbound[i]!, block.sizes[i]!, gapNs);
    }
    return tokens;
  }

  #find(direction: number, sizeBytes: number, gapNs: number): number {
    const { sizes, gaps } = this.#tables[direction]!;
    if (sizes.size === 0 || gaps.size === 0) return -1;
    return this.#tokens.get(this.#pack(direction, sizes.encode(sizeBytes), gaps.encode(gapNs))) ?? -1;
  }

  classes(counts: Float64Array, groups: number): Uint32Array {
    if (groups === Number.POSITIVE_INFINITY) return Uint32Array.from(counts, (_, token) => token);
    const ofSize = this.#tables.map(({ sizes }, direction) =>
      this.#groups(direction, sizes, this.tokenSize, counts, groups),
    );
    const ofGap = this.#tables.map(({ gaps }, direction) =>
      this.#groups(direction, gaps, this.tokenGap, counts, groups),
    );
    return Uint32Array.from(this.tokenDirection, (direction, token) => {
      const size = ofSize[direction]![this.tokenSize[token]!]!;
      const gap = ofGap[direction]![this.tokenGap[token]!]!;
      return (direction * groups + size) * groups + gap;
    });
  }

  /** The group of each symbol of a table. */
  #groups(
    direction: number,
    table: SymbolTable,
    symbolOf: Uint32Array,
    counts: Float64Array,
    groups: number,
  ): Uint32Array {
    const weights = new Float64Array(table.size);
    counts.forEach((count, token) => {
      if (this.tokenDirection[token] === direction) weights[symbolOf[token]!]! += count;
    });
    return groupByValue(table.low, weights, groups);
  }

  /** As if direction and size symbol were independent of the gap symbol. */
  anyToken(marginal: Float64Array): (token: number, outbound: number, sizeBytes: number, gapNs: number) => number {
    const ofSize = [0, 1].map((direction) => new Float64Array(this.#tables[direction]!.sizes.size));
    const ofGap = [0, 1].map((direction) => new Float64Array(this.#tables[direction]!.gaps.size));
    const ofDirection = [0, 0];
    marginal.forEach((probability, token) => {
      const direction = this.tokenDirection[token]!;
      ofSize[direction]![this.tokenSize[token]!]! += probability;
      ofGap[direction]![this.tokenGap[token]!]! += probability;
      ofDirection[direction]! += probability;
    });
    return (_token, outbound, sizeBytes, gapNs) => {
      if (ofDirection[outbound] === 0) return 0;
      const { sizes, gaps } = this.#tables[outbound]!;
      const size = sizes.encode(sizeBytes);
      const gap = gaps.encode(gapNs);
      const symbols = (ofSize[outbound]![size]! * ofGap[outbound]![gap]!) / ofDirection[outbound]!;
      return symbols * sizes.probability(size, sizeBytes) * gaps.probability(gap, gapNs);
    };
  }

  probability(token: number, sizeBytes: number, gapNs: number): number {
    const { sizes, gaps } = this.#tables[this.tokenDirection[token]!]!;
    return sizes.probability(this.tokenSize[token]!, sizeBytes) * gaps.probability(this.tokenGap[token]!, gapNs);
  }

  decode(token: number, state: DecodeState, random: Random): number {
    const direction = this.tokenDirection[token]!;
    const { sizes, gaps, clock } = this.#tables[direction]!;
    const size = this.tokenSize[token]!;
    const gap = this.tokenGap[token]!;
    let realized = token;
    if (!isFirst(state)) {
      const elapsed = state.timeNs - state.lastNs[direction]!;
      const byClock = clock.draw(size, state.direction, elapsed, gaps.low[gap]!, gaps.high[gap]!, random);
      state.timeNs += byClock ?? gaps.decode(gap, random);
      const symbol = byClock === undefined ? gap : gaps.encode(byClock);
      if (symbol !== gap) realized = this.#tokens.get(this.#pack(direction, size, symbol)) ?? token;
    }
    state.sizeBytes = sizes.decode(size, random);
    state.direction = direction;
    state.lastNs[direction] = state.timeNs;
    return realized;
  }

  describe(token: number) {
    const { sizes, gaps } = this.#tables[this.tokenDirection[token]!]!;
    const [size, gap] = [this.tokenSize[token]!, this.tokenGap[token]!];
    const meanLogGap = mean(gaps.valuesOf(gap).map((gapNs) => Math.log1p(gapNs)));
    return {
      outbound: this.tokenDirection[token] === 1,
      meanSizeBytes: mean(sizes.valuesOf(size)),
      geometricMeanGapMs: Math.expm1(meanLogGap) / 1e6,
      exactSizes: size < sizes.exactCount ? 1 : 0,
      exactGaps: gap < gaps.exactCount ? 1 : 0,
    };
  }

  save(tensors: Map<string, Tensor>): void {
    this.#tables.forEach((table, direction) => {
      const prefix = `quantizer.${NAMES[direction]}`;
      table.sizes.save(`${prefix}.size`, tensors);
      table.gaps.save(`${prefix}.gap`, tensors);
      table.clock.save(`${prefix}.clock`, tensors);
    });
    tensors.set('quantizer.token.direction', vector(this.tokenDirection));
    tensors.set('quantizer.token.size', vector(this.tokenSize));
    tensors.set('quantizer.token.gap', vector(this.tokenGap));
  }

  /** @throws SynthError `SYNTH_MODEL_INVALID` */
  static load(reader: TensorReader): EmpiricalQuantizer {
    const tables: [DirectionTables, DirectionTables] = [loadDirection(reader, 0), loadDirection(reader, 1)];
    const direction = reader.vector('quantizer.token.direction', Uint8Array);
    const size = reader.vector('quantizer.token.size', Uint32Array);
    const gap = reader.vector('quantizer.token.gap', Uint32Array);
    const valid =
      size.length > 0 &&
      direction.length === size.length &&
      gap.length === size.length &&
      direction.every((value) => value <= 1) &&
      size.every((symbol, token) => symbol < tables[direction[token]!]!.sizes.size) &&
      gap.every((symbol, token) => symbol < tables[direction[token]!]!.gaps.size);
    requireModel(valid, 'has tokens that its symbol tables do not have');
    return new EmpiricalQuantizer(tables, direction, size, gap);
  }
}

function loadDirection(reader: TensorReader, direction: 0 | 1): DirectionTables {
  const prefix = `quantizer.${NAMES[direction]}`;
  const sizes = SymbolTable.load(`${prefix}.size`, reader, MIN_SIZE_BYTES, MAX_SIZE_BYTES);
  const gaps = SymbolTable.load(`${prefix}.gap`, reader, 0, MAX_GAP_NS);
  return { sizes, gaps, clock: DirectionClock.load(`${prefix}.clock`, sizes.size, reader) };
}

function fitDirection(series: readonly PacketBlock[], direction: 0 | 1, resolution: Resolution): DirectionTables {
  const sizes: number[] = [];
  const gaps: number[] = [];
  for (const block of series) {
    for (let i = 0; i < block.length; i++) {
      if (block.outbound[i] !== direction) continue;
      sizes.push(block.sizes[i]!);
      if (i > 0) gaps.push(block.offsetsNs[i]! - block.offsetsNs[i - 1]!);
    }
  }
  if (gaps.length === 0 && sizes.length > 0) gaps.push(0);
  const sizeTable = SymbolTable.fit(Float64Array.from(sizes), resolution, false);
  const gapTable = SymbolTable.fit(Float64Array.from(gaps), resolution, true);
  const clock = DirectionClock.fit(series, direction, sizeTable.size, (block, i) => sizeTable.encode(block.sizes[i]!));
  return { sizes: sizeTable, gaps: gapTable, clock };
}
