/**
 * @module
 * The empirical quantizer: packets become tokens, and tokens become packets again.
 *
 * A size or a gap that occurs often is a symbol of its own, so that it comes back exactly; zero gaps always are. What is left
 * falls into quantile bins, and a bin is decoded to one of the values that were seen in it. A token is a direction, a size
 * symbol and a gap symbol that were seen together.
 *
 * The gap of a token is the joint gap, so that the order of the packets is part of the sequence. A stream with a clock of its
 * own (a codec that sends every 20 ms, whatever the other side does) would be blurred by that: its own gap is a sum of joint
 * gaps. So where the gap since the previous packet of the same direction spreads less than the joint gap, the packet is timed
 * by that clock, within what its token allows.
 */

import type { Random } from '../src/random.js';
import { MAX_SIZE_BYTES, type PacketBlock } from '../src/series/packet-series.js';
import { isRising, lowerBound, orderStatistics, type Resolution, SymbolTable } from './symbol-table.js';
import { requireModel, type Tensor, type TensorReader, vector } from './tensors.js';

/** Values of a direction's own clock that a class keeps. */
const MAX_CLOCK_VALUES = 1024;
/** Packets of a class before its clock is trusted. */
const MIN_CLOCK_PACKETS = 8;
/** How far a packet may be timed outside its gap symbol's range, in widths of the range. */
const CLOCK_TOLERANCE = 3;

/** The symbols of one direction, and its own clock. */
interface DirectionTables {
  readonly sizes: SymbolTable;
  readonly gaps: SymbolTable;
  /**
   * For each size symbol and each direction of the packet before (class 2·size symbol + direction): gaps since the previous
   * packet of this direction, rising, where they spread less than the joint gaps; else empty.
   */
  readonly clockValues: Float64Array;
  readonly clockStarts: Uint32Array;
}

const MIN_SIZE_BYTES = 20;
/** Times are below 10^12 s in tables (table-reader.ts) and below 2^63 ns in captures. */
const MAX_GAP_NS = 2e21;
const NAMES = ['inbound', 'outbound'] as const;

/** Position in time while tokens are decoded. */
export interface DecodeState {
  /** Time of the latest packet; the first is at 0. */
  timeNs: number;
  direction: number;
  /** Time of the latest packet of each direction, NaN before its first. */
  readonly lastNs: [number, number];
}

export class EmpiricalQuantizer {
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

  /**
   * Classes of tokens for use as contexts: direction, and sizes and gaps in `groups` groups of about equal share each.
   *
   * @param counts how often each token occurs
   * @returns the class of each token; each token its own class where `groups` is infinite
   */
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

  /** The group of each symbol of a table: symbols in the order of their values, cut where their counts add up. */
  #groups(
    direction: number,
    table: SymbolTable,
    symbolOf: Uint32Array,
    counts: Float64Array,
    groups: number,
  ): Uint32Array {
    const weights = new Float64Array(table.size);
    let total = 0;
    counts.forEach((count, token) => {
      if (this.tokenDirection[token] !== direction) return;
      weights[symbolOf[token]!]! += count;
      total += count;
    });
    const byValue = Uint32Array.from(weights, (_, symbol) => symbol).sort(
      (a, b) => table.low[a]! - table.low[b]! || a - b,
    );
    const group = new Uint32Array(table.size);
    let below = 0;
    for (const symbol of byValue) {
      group[symbol] = Math.min(groups - 1, Math.floor(((below + weights[symbol]! / 2) / total) * groups));
      below += weights[symbol]!;
    }
    return group;
  }

  /**
   * Probability of a packet if direction and size symbol were independent of the gap symbol: what is left to say about parts
   * that were never seen together.
   *
   * @param marginal probability of each token
   */
  independent(marginal: Float64Array): (outbound: number, sizeBytes: number, gapNs: number) => number {
    const ofSize = [0, 1].map((direction) => new Float64Array(this.#tables[direction]!.sizes.size));
    const ofGap = [0, 1].map((direction) => new Float64Array(this.#tables[direction]!.gaps.size));
    const ofDirection = [0, 0];
    marginal.forEach((probability, token) => {
      const direction = this.tokenDirection[token]!;
      ofSize[direction]![this.tokenSize[token]!]! += probability;
      ofGap[direction]![this.tokenGap[token]!]! += probability;
      ofDirection[direction]! += probability;
    });
    return (outbound, sizeBytes, gapNs) => {
      if (ofDirection[outbound] === 0) return 0;
      const { sizes, gaps } = this.#tables[outbound]!;
      const size = sizes.encode(sizeBytes);
      const gap = gaps.encode(gapNs);
      const symbols = (ofSize[outbound]![size]! * ofGap[outbound]![gap]!) / ofDirection[outbound]!;
      return symbols * sizes.probability(size, sizeBytes) * gaps.probability(gap, gapNs);
    };
  }

  /** Probability of a size (bytes) and a gap (ns) given their token. */
  probability(token: number, sizeBytes: number, gapNs: number): number {
    const { sizes, gaps } = this.#tables[this.tokenDirection[token]!]!;
    return sizes.probability(this.tokenSize[token]!, sizeBytes) * gaps.probability(this.tokenGap[token]!, gapNs);
  }

  decodeSize(token: number, random: Random): number {
    return this.#tables[this.tokenDirection[token]!]!.sizes.decode(this.tokenSize[token]!, random);
  }

  /**
   * Moves `state` to the time of the packet that `token` stands for.
   *
   * @returns the token that fits the gap that came out, where the direction's own clock moved it: what follows should depend
   * on what happened, not on what was drawn
   */
  decodeTime(token: number, state: DecodeState, random: Random): number {
    const direction = this.tokenDirection[token]!;
    const { gaps } = this.#tables[direction]!;
    const gap = this.tokenGap[token]!;
    const isFirst = Number.isNaN(state.lastNs[0]) && Number.isNaN(state.lastNs[1]);
    const gapNs = isFirst ? 0 : this.#clockGap(token, state, random);
    let realized = token;
    if (isFirst) {
      // A first packet has no gap, whatever its token says.
    } else if (gapNs === undefined) {
      state.timeNs += gaps.decode(gap, random);
    } else {
      state.timeNs += gapNs;
      const symbol = gaps.encode(gapNs);
      if (symbol !== gap) {
        realized = this.#tokens.get(this.#pack(direction, this.tokenSize[token]!, symbol)) ?? token;
      }
    }
    state.direction = direction;
    state.lastNs[direction] = state.timeNs;
    return realized;
  }

  /** A joint gap by the direction's own clock, or undefined where it has none or the clock and the token do not meet. */
  #clockGap(token: number, state: DecodeState, random: Random): number | undefined {
    const direction = this.tokenDirection[token]!;
    const { gaps, clockValues, clockStarts } = this.#tables[direction]!;
    const gap = this.tokenGap[token]!;
    const low = gaps.low[gap]!;
    const high = gaps.high[gap]!;
    const last = state.lastNs[direction]!;
    const clock = 2 * this.tokenSize[token]! + state.direction;
    const from = clockStarts[clock]!;
    const to = clockStarts[clock + 1]!;
    if (from === to || low === high || Number.isNaN(last)) return undefined;
    const elapsed = state.timeNs - last;
    const slack = (high - low) * CLOCK_TOLERANCE;
    const first = lowerBound(clockValues, Math.max(elapsed, elapsed + low - slack), from, to);
    const end = lowerBound(clockValues, elapsed + high + slack + 1, first, to);
    if (first === end) return undefined;
    return clockValues[first + Math.floor(random.next() * (end - first))]! - elapsed;
  }

  save(tensors: Map<string, Tensor>): void {
    this.#tables.forEach((table, direction) => {
      const prefix = `quantizer.${NAMES[direction]}`;
      table.sizes.save(`${prefix}.size`, tensors);
      table.gaps.save(`${prefix}.gap`, tensors);
      tensors.set(`${prefix}.clock.values`, vector(table.clockValues));
      tensors.set(`${prefix}.clock.starts`, vector(table.clockStarts));
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
  const clockValues = reader.vector(`${prefix}.clock.values`, Float64Array);
  const clockStarts = reader.vector(`${prefix}.clock.starts`, Uint32Array);
  const valid =
    clockStarts.length === 2 * sizes.size + 1 &&
    clockStarts[0] === 0 &&
    clockStarts[clockStarts.length - 1] === clockValues.length &&
    isRising(clockStarts, false) &&
    clockStarts.every((from, i) => isRising(clockValues.subarray(from, clockStarts[i + 1]), false)) &&
    clockValues.every((value) => value >= 0 && value <= MAX_GAP_NS && Number.isInteger(value));
  requireModel(valid, `has a clock “${prefix}” that contradicts itself`);
  return { sizes, gaps, clockValues, clockStarts };
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
  return { sizes: sizeTable, gaps: gapTable, ...fitClocks(series, direction, sizeTable) };
}

/** Gaps of one class of packets, by both clocks. */
interface ClockSample {
  readonly joint: number[];
  readonly own: number[];
}

function fitClocks(
  series: readonly PacketBlock[],
  direction: number,
  sizes: SymbolTable,
): { clockValues: Float64Array; clockStarts: Uint32Array } {
  const classes: ClockSample[] = Array.from({ length: 2 * sizes.size }, () => ({ joint: [], own: [] }));
  for (const block of series) {
    let last = Number.NaN;
    for (let i = 0; i < block.length; i++) {
      if (block.outbound[i] !== direction) continue;
      const time = block.offsetsNs[i]!;
      if (i > 0 && !Number.isNaN(last)) {
        const sample = classes[2 * sizes.encode(block.sizes[i]!) + block.outbound[i - 1]!]!;
        sample.joint.push(time - block.offsetsNs[i - 1]!);
        sample.own.push(time - last);
      }
      last = time;
    }
  }
  const kept = classes.map(({ joint, own }) => {
    const sorted = Float64Array.from(own).sort();
    const useful = own.length >= MIN_CLOCK_PACKETS && spread(sorted) < spread(Float64Array.from(joint).sort());
    return useful ? orderStatistics(sorted, MAX_CLOCK_VALUES) : new Float64Array(0);
  });
  const clockStarts = new Uint32Array(kept.length + 1);
  kept.forEach((values, index) => {
    clockStarts[index + 1] = clockStarts[index]! + values.length;
  });
  const clockValues = new Float64Array(clockStarts[kept.length]!);
  kept.forEach((values, index) => {
    clockValues.set(values, clockStarts[index]!);
  });
  return { clockValues, clockStarts };
}

/** Distance between the first and the last decile. */
function spread(sorted: Float64Array): number {
  const last = sorted.length - 1;
  return sorted[Math.floor(0.9 * last)]! - sorted[Math.floor(0.1 * last)]!;
}
