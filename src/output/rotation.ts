/**
 * @module
 * When the next file of a series begins, and what each of them holds. Asked for every record, so it counts and compares, no more.
 */

/** What ends a file; at least one of both is finite. */
export interface RotationLimits {
  /** Bytes before compression that a file has at most; a single record may be longer. */
  readonly maxBytes: number;
  /** In ns. Files begin at multiples of it after the first packet; no file where no packet is. */
  readonly intervalNs: number;
}

export const NO_LIMITS: RotationLimits = {
  maxBytes: Number.POSITIVE_INFINITY,
  intervalNs: Number.POSITIVE_INFINITY,
};

/** The records of a file; times of the earliest and the latest, in ns since the Unix epoch. */
export interface FileContent {
  readonly packets: number;
  readonly firstNs: bigint | undefined;
  readonly lastNs: bigint | undefined;
}

const sinceEpoch = (seconds: number, nanoseconds: number): bigint =>
  BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);

const precedes = (seconds: number, nanoseconds: number, otherSeconds: number, otherNanoseconds: number): boolean =>
  seconds < otherSeconds || (seconds === otherSeconds && nanoseconds < otherNanoseconds);

export class RotationAccount {
  readonly #limits: RotationLimits;
  /** Of the first record of the series, to which times are aligned. */
  #originSeconds = Number.NaN;
  #originNanoseconds = 0;
  #intervalEndNs: number;
  /** Of the current file; the times are of its earliest and its latest record. */
  #packets = 0;
  #firstSeconds = 0;
  #firstNanoseconds = 0;
  #lastSeconds = 0;
  #lastNanoseconds = 0;
  /** Of files that have ended and are not yet taken, oldest first. */
  readonly #ended: FileContent[] = [];

  constructor(limits: RotationLimits) {
    this.#limits = limits;
    this.#intervalEndNs = limits.intervalNs;
  }

  /**
   * Counts a record.
   *
   * @param fileBytes bytes of the current file so far
   * @param recordBytes bytes of the record, or more where they are not known
   * @returns whether the record is the first of the next file
   */
  add(seconds: number, nanoseconds: number, fileBytes: number, recordBytes: number): boolean {
    const isLater = this.#isInLaterInterval(seconds, nanoseconds);
    const begins = this.#packets > 0 && (isLater || fileBytes + recordBytes > this.#limits.maxBytes);
    if (begins) {
      this.#ended.push(this.#content());
      this.#packets = 0;
    }
    if (this.#packets === 0 || precedes(seconds, nanoseconds, this.#firstSeconds, this.#firstNanoseconds)) {
      this.#firstSeconds = seconds;
      this.#firstNanoseconds = nanoseconds;
    }
    if (this.#packets === 0 || !precedes(seconds, nanoseconds, this.#lastSeconds, this.#lastNanoseconds)) {
      this.#lastSeconds = seconds;
      this.#lastNanoseconds = nanoseconds;
    }
    this.#packets++;
    return begins;
  }

  /** What the oldest file holds that has ended and was not asked for; at the end of everything, the last one. */
  take(): FileContent {
    return this.#ended.shift() ?? this.#content();
  }

  /** A packet whose time lies further back stays in the file of the time that has been reached, be it late or the clock set back. */
  #isInLaterInterval(seconds: number, nanoseconds: number): boolean {
    if (Number.isNaN(this.#originSeconds)) {
      this.#originSeconds = seconds;
      this.#originNanoseconds = nanoseconds;
    }
    const offsetNs = (seconds - this.#originSeconds) * 1e9 + (nanoseconds - this.#originNanoseconds);
    if (offsetNs < this.#intervalEndNs) return false;
    const { intervalNs } = this.#limits;
    this.#intervalEndNs = (Math.floor(offsetNs / intervalNs) + 1) * intervalNs;
    return true;
  }

  #content(): FileContent {
    const packets = this.#packets;
    if (packets === 0) return { packets, firstNs: undefined, lastNs: undefined };
    return {
      packets,
      firstNs: sinceEpoch(this.#firstSeconds, this.#firstNanoseconds),
      lastNs: sinceEpoch(this.#lastSeconds, this.#lastNanoseconds),
    };
  }
}
