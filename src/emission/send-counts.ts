/**
 * @module
 * The account of a sender, in shared memory: the thread that sends writes it, the one that shows it reads. Numbers are doubles, exact to
 * 2^53, each written by one thread only.
 */
import { LATENESS_BYTES, LatenessCounts } from './lateness.js';
import type { TransportEvents } from './transport.js';

const FIELD = {
  packets: 0,
  bytes: 1,
  failed: 2,
  blockedNs: 3,
  starvedNs: 4,
  sendingNs: 5,
  lastNs: 6,
  skipped: 7,
  errors: 8,
  reconnects: 9,
  receivedPackets: 10,
} as const;
const FIELD_BYTES = 128;

export const SEND_COUNTS_BYTES = FIELD_BYTES + LATENESS_BYTES;

export class SendCounts {
  readonly lateness: LatenessCounts;
  /** Packets that were not sent, by the name of the error; only in the thread that counts. */
  readonly failures = new Map<string, number>();
  readonly #fields: Float64Array;

  /** @param memory `SEND_COUNTS_BYTES`, at first zeros */
  constructor(memory = new SharedArrayBuffer(SEND_COUNTS_BYTES)) {
    this.#fields = new Float64Array(memory, 0, FIELD_BYTES / 8);
    this.lateness = new LatenessCounts(memory, FIELD_BYTES);
  }

  /** Sent. */
  get packets(): number {
    return this.#fields[FIELD.packets]!;
  }
  set packets(value: number) {
    this.#fields[FIELD.packets] = value;
  }

  /** Of what was sent, as it was handed over: frames, IP packets or payloads. */
  get bytes(): number {
    return this.#fields[FIELD.bytes]!;
  }
  set bytes(value: number) {
    this.#fields[FIELD.bytes] = value;
  }

  get failed(): number {
    return this.#fields[FIELD.failed]!;
  }

  /** Planned, and not tried before the end of the run. */
  get skipped(): number {
    return this.#fields[FIELD.skipped]!;
  }
  set skipped(value: number) {
    this.#fields[FIELD.skipped] = value;
  }

  /** Time for which the transport took nothing. */
  get blockedNs(): number {
    return this.#fields[FIELD.blockedNs]!;
  }
  set blockedNs(value: number) {
    this.#fields[FIELD.blockedNs] = value;
  }

  /** Time for which a packet was due and not made yet. */
  get starvedNs(): number {
    return this.#fields[FIELD.starvedNs]!;
  }
  set starvedNs(value: number) {
    this.#fields[FIELD.starvedNs] = value;
  }

  /** Time in calls that send. */
  get sendingNs(): number {
    return this.#fields[FIELD.sendingNs]!;
  }
  set sendingNs(value: number) {
    this.#fields[FIELD.sendingNs] = value;
  }

  /** When the last packet had been sent, since the start of the run. */
  get lastNs(): number {
    return this.#fields[FIELD.lastNs]!;
  }
  set lastNs(value: number) {
    this.#fields[FIELD.lastNs] = value;
  }

  /** What the transport has counted; a copy of some time ago. */
  get errors(): number {
    return this.#fields[FIELD.errors]!;
  }
  get reconnects(): number {
    return this.#fields[FIELD.reconnects]!;
  }
  get receivedPackets(): number {
    return this.#fields[FIELD.receivedPackets]!;
  }

  copyEvents({ errors, reconnects, receivedPackets }: TransportEvents): void {
    let sum = 0;
    for (const count of errors.values()) sum += count;
    this.#fields[FIELD.errors] = sum;
    this.#fields[FIELD.reconnects] = reconnects;
    this.#fields[FIELD.receivedPackets] = receivedPackets;
  }

  fail(reason: string): void {
    this.#fields[FIELD.failed]!++;
    this.failures.set(reason, (this.failures.get(reason) ?? 0) + 1);
  }
}
