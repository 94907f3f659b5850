/**
 * @module
 * New times for packets: moved, and the gaps between them stretched or shrunk. Exact to the nanosecond: what does not come out even is
 * rounded down, which never changes the order of two packets.
 */
import type { Packet } from '../capture/packet.js';
import { SynthError } from '../errors.js';

/** How many times faster, as a fraction of two integers. */
export interface Speed {
  readonly numerator: number;
  readonly denominator: number;
}

export interface TimeChangeOptions {
  /** Added to every time, in ns; may be negative. */
  readonly shiftNs: bigint;
  /** Time of the first packet, in ns since the Unix epoch; undefined where it keeps its own. */
  readonly startNs: bigint | undefined;
  readonly speed: Speed;
}

export const SAME_TIMES: TimeChangeOptions = {
  shiftNs: 0n,
  startNs: undefined,
  speed: { numerator: 1, denominator: 1 },
};

const SECOND_NS = 1_000_000_000;

/** With these every product below stays under 2^53. */
const MAX_SPEED_PART = 2 ** 20;

/** A decimal number above 0, with a numerator and a denominator up to 2^20. @throws SynthError `SYNTH_USAGE` */
export function parseSpeed(text: string): Speed {
  const [, whole, fraction = ''] = /^(\d{1,7})(?:\.(\d{1,6}))?$/.exec(text) ?? [];
  const denominator = 10 ** fraction.length;
  const numerator = Number(whole ?? 0) * denominator + Number(fraction);
  const divisor = greatestCommonDivisor(numerator, denominator);
  const speed = { numerator: numerator / divisor, denominator: denominator / divisor };
  if (speed.numerator === 0 || speed.numerator > MAX_SPEED_PART) {
    throw new SynthError('SYNTH_USAGE', `“${text}” is not a speed`, {
      hint: 'Write it like 2 (twice as fast) or 0.5, from 0.000001 to 1000000.',
    });
  }
  return speed;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

export class TimeChange {
  /** The time that `apply` has found. */
  seconds = 0;
  nanoseconds = 0;
  readonly #options: TimeChangeOptions;
  readonly #isSameSpeed: boolean;
  #started = false;
  /** Time of the first packet, before and after. */
  #firstSeconds = 0;
  #firstNanoseconds = 0;
  #newSeconds = 0;
  #newNanoseconds = 0;

  constructor(options: TimeChangeOptions) {
    this.#options = options;
    this.#isSameSpeed = options.speed.numerator === options.speed.denominator;
  }

  /** @throws SynthError `SYNTH_USAGE` for a time before 1970 */
  apply({ seconds, nanoseconds }: Packet): void {
    if (!this.#started) this.#start(seconds, nanoseconds);
    let newSeconds = seconds - this.#firstSeconds;
    let newNanoseconds = nanoseconds - this.#firstNanoseconds;
    if (!this.#isSameSpeed) {
      const { numerator, denominator } = this.#options.speed;
      const scaledSeconds = newSeconds * denominator;
      newSeconds = floorOfQuotient(scaledSeconds, numerator);
      const rest = scaledSeconds - newSeconds * numerator;
      newNanoseconds = floorOfQuotient(rest * SECOND_NS + newNanoseconds * denominator, numerator);
    }
    newNanoseconds += this.#newNanoseconds;
    const carry = Math.floor(newNanoseconds / SECOND_NS);
    this.seconds = this.#newSeconds + newSeconds + carry;
    this.nanoseconds = newNanoseconds - carry * SECOND_NS;
    if (this.seconds < 0) {
      throw new SynthError('SYNTH_USAGE', 'a packet would have a time before 1970, which a capture cannot say', {
        hint: 'Shift by less.',
      });
    }
  }

  #start(seconds: number, nanoseconds: number): void {
    const { startNs, shiftNs } = this.#options;
    const newNs = startNs ?? BigInt(seconds) * BigInt(SECOND_NS) + BigInt(nanoseconds) + shiftNs;
    this.#started = true;
    this.#firstSeconds = seconds;
    this.#firstNanoseconds = nanoseconds;
    // BigInt rounds towards 0: the nanoseconds of a negative time are negative, and are carried like any others.
    this.#newSeconds = Number(newNs / BigInt(SECOND_NS));
    this.#newNanoseconds = Number(newNs % BigInt(SECOND_NS));
  }
}

/** Of integers whose quotient a double may round up to the next integer. */
function floorOfQuotient(dividend: number, divisor: number): number {
  const quotient = Math.floor(dividend / divisor);
  return quotient * divisor > dividend ? quotient - 1 : quotient;
}
