/**
 * @module
 * A direction's own clock. Tokens carry joint gaps, so that the order of the packets is part of the sequence. A stream with a clock
 * of its own (a codec that sends every 20 ms, whatever the other side does) would be blurred by that: its own gap is a sum of joint
 * gaps. So where the gap since the previous packet of the same direction spreads less than the joint gap, the packet is timed by
 * that clock, within what its token allows.
 */

import type { PacketBlock } from '../src/packets/packet-series.js';
import type { Random } from '../src/random.js';
import { requireModel, type Tensor, type TensorReader, vector } from '../src/tensors.js';
import { isPossibleGap } from './limits.js';
import { isRising, lowerBound, orderStatistics } from './symbol-table.js';

/** Values of the clock that a class keeps. */
const MAX_CLOCK_VALUES = 1024;
/** Packets of a class before its clock is trusted. */
const MIN_CLOCK_PACKETS = 8;
/** How far a packet may be timed outside its token's range of gaps, in widths of the range. */
const TOLERANCE = 3;

/** Gaps of one class of packets, by both clocks. */
interface ClockSample {
  readonly joint: number[];
  readonly own: number[];
}

/** A class is what a quantizer says a packet is, and the direction of the packet before: 2 · class + direction. */
export class DirectionClock {
  /** Gaps since the previous packet of this direction, rising within a class, where they spread less than the joint gaps. */
  readonly #values: Float64Array;
  readonly #starts: Uint32Array;

  private constructor(values: Float64Array, starts: Uint32Array) {
    this.#values = values;
    this.#starts = starts;
  }

  /** @param classOf asked in their order for the class of each packet of this direction that has a joint gap; negative for none */
  static fit(
    series: readonly PacketBlock[],
    direction: number,
    classCount: number,
    classOf: (block: PacketBlock, i: number) => number,
  ): DirectionClock {
    const classes: ClockSample[] = Array.from({ length: 2 * classCount }, () => ({ joint: [], own: [] }));
    for (const block of series) {
      let last = Number.NaN;
      for (let i = 0; i < block.length; i++) {
        if (block.outbound[i] !== direction) continue;
        const time = block.offsetsNs[i]!;
        const found = i > 0 ? classOf(block, i) : -1;
        if (found >= 0 && !Number.isNaN(last)) {
          const sample = classes[2 * found + block.outbound[i - 1]!]!;
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
    const starts = new Uint32Array(kept.length + 1);
    kept.forEach((values, index) => {
      starts[index + 1] = starts[index]! + values.length;
    });
    const values = new Float64Array(starts[kept.length]!);
    kept.forEach((part, index) => {
      values.set(part, starts[index]!);
    });
    return new DirectionClock(values, starts);
  }

  /**
   * A joint gap by this clock.
   *
   * @param elapsed time from the previous packet of this direction to the previous one of either, NaN if there was none
   * @param low, high range of the joint gaps that the token allows
   * @returns undefined where the class has no clock, or the clock and the token do not meet
   */
  draw(
    ofClass: number,
    previousDirection: number,
    elapsed: number,
    low: number,
    high: number,
    random: Random,
  ): number | undefined {
    const clock = 2 * ofClass + previousDirection;
    const from = this.#starts[clock]!;
    const to = this.#starts[clock + 1]!;
    if (from === to || low === high || Number.isNaN(elapsed)) return undefined;
    const slack = (high - low) * TOLERANCE;
    const first = lowerBound(this.#values, Math.max(elapsed, elapsed + low - slack), from, to);
    const end = lowerBound(this.#values, elapsed + high + slack + 1, first, to);
    if (first === end) return undefined;
    return this.#values[first + Math.floor(random.next() * (end - first))]! - elapsed;
  }

  save(prefix: string, tensors: Map<string, Tensor>): void {
    tensors.set(`${prefix}.values`, vector(this.#values));
    tensors.set(`${prefix}.starts`, vector(this.#starts));
  }

  /** @throws SynthError `SYNTH_MODEL_INVALID` */
  static load(prefix: string, classCount: number, reader: TensorReader): DirectionClock {
    const values = reader.vector(`${prefix}.values`, Float64Array);
    const starts = reader.vector(`${prefix}.starts`, Uint32Array);
    const valid =
      starts.length === 2 * classCount + 1 &&
      starts[0] === 0 &&
      starts[starts.length - 1] === values.length &&
      isRising(starts, false) &&
      starts.every((from, i) => isRising(values.subarray(from, starts[i + 1]), false)) &&
      values.every(isPossibleGap);
    requireModel(valid, `has a clock “${prefix}” that contradicts itself`);
    return new DirectionClock(values, starts);
  }
}

/** Distance between the first and the last decile. */
function spread(sorted: Float64Array): number {
  const last = sorted.length - 1;
  return sorted[Math.floor(0.9 * last)]! - sorted[Math.floor(0.1 * last)]!;
}
