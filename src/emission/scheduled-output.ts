/**
 * @module
 * Where sources put their packets: into the ring, each with the deadline that the schedule gives it, as long as there is room and
 * the plan goes on.
 */
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { throwIfInterrupted } from '../errors.js';
import type { RingWriter } from './ring.js';
import { NOT_PLANNED, type Schedule } from './schedule.js';

/** Packets between two turns of the event loop: signals and whoever shows progress want to be heard. */
const TURN_PACKETS = 8192;
/** Once the ring was full, it is filled again when so much of it is taken at most. */
const FULL_ENOUGH = 0.75;
/** Between two looks at a full ring: the longer it stays full, the longer, so that a slow run leaves the processor to the sender. */
const PAUSE_MS = { shortest: 1, longest: 4 };

export interface ScheduledOutputOptions {
  /** Whether nobody takes packets any more; asked now and then. */
  readonly isClosed?: (() => boolean) | undefined;
  /** Looks at each packet before it is planned, and throws where it must not be sent. */
  readonly check?: ((bytes: Uint8Array, at: number, length: number) => void) | undefined;
  /** Told of each packet that is planned: when it is due, in ns since the start of the run, and its length. */
  readonly onPlanned?: ((dueNs: number, length: number) => void) | undefined;
}

export class ScheduledOutput {
  /** When the latest packet is due, in ns since the start of the run. */
  lastDueNs = 0;
  /** Of the packets that were planned, in bytes. */
  longestBytes = 0;
  /** Where packets are written to; always the same memory. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly #ring: RingWriter;
  readonly #schedule: Schedule;
  readonly #options: ScheduledOutputOptions;
  #closed = false;
  #at = 0;
  #length = 0;
  #untilTurn = TURN_PACKETS;

  constructor(ring: RingWriter, schedule: Schedule, options: ScheduledOutputOptions = {}) {
    this.bytes = ring.bytes;
    this.view = new DataView(ring.bytes.buffer);
    this.#ring = ring;
    this.#schedule = schedule;
    this.#options = options;
  }

  /** Planned so far. */
  get packets(): number {
    return this.#schedule.packets;
  }

  get plannedBytes(): number {
    return this.#schedule.bytes;
  }

  get delayedPackets(): number {
    return this.#schedule.delayedPackets;
  }

  /** The share of the ring that is taken, 0 to 1. */
  get fill(): number {
    return this.#ring.fill;
  }

  /** How often everything is sent; 0 without end. */
  get rounds(): number {
    return this.#schedule.rounds;
  }

  /** Whether only the packets' own times can end the run. */
  get endsByOwnTime(): boolean {
    return this.#schedule.endsByOwnTime;
  }

  /** Whether no further packet is wanted. */
  get ended(): boolean {
    return this.#closed || this.#schedule.ended;
  }

  /** Whether nobody takes packets any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** False if `room` has to be waited for before so many packets, of so many bytes altogether. */
  hasRoom(bytes: number, packets = 1): boolean {
    return this.#untilTurn > 0 && this.#ring.hasRoom(bytes, packets);
  }

  /**
   * Waits for room.
   *
   * @returns false if the plan has ended, and there may be none
   * @throws SynthError `SYNTH_INTERRUPTED`
   */
  async room(bytes: number, packets = 1, signal?: AbortSignal): Promise<boolean> {
    if (bytes > this.#ring.maxBytes) throw new Error(`${bytes} bytes do not fit into the ring`);
    this.#untilTurn = TURN_PACKETS;
    await turn();
    let pauseMs = PAUSE_MS.shortest;
    let isFull = !this.#ring.hasRoom(bytes, packets);
    while (this.#goesOn(signal) && isFull) {
      await pause(pauseMs);
      pauseMs = Math.min(PAUSE_MS.longest, pauseMs * 2);
      isFull = this.#ring.fill > FULL_ENOUGH || !this.#ring.hasRoom(bytes, packets);
    }
    return !this.ended;
  }

  #goesOn(signal: AbortSignal | undefined): boolean {
    throwIfInterrupted(signal, 'sending');
    this.#closed ||= this.#options.isClosed?.() ?? false;
    return !this.ended;
  }

  /**
   * Begins a packet, for which there is room. One that is not committed is as if it had never been begun.
   *
   * @returns where in `bytes` it goes
   */
  begin(length: number): number {
    this.#length = length;
    this.#at = this.#ring.begin(length);
    return this.#at;
  }

  /**
   * @param timeNs the packet's own time since the beginning of the round
   * @throws SynthError of `check`
   * @returns false if the plan has ended, and the packet does not belong to it
   */
  commit(timeNs: number, channel: number): boolean {
    const length = this.#length;
    const { check, onPlanned } = this.#options;
    check?.(this.#ring.bytes, this.#at, length);
    const dueNs = this.#schedule.deadline(timeNs, length);
    if (dueNs === NOT_PLANNED) return false;
    this.#ring.commit(dueNs, channel);
    this.lastDueNs = dueNs;
    onPlanned?.(dueNs, length);
    this.#untilTurn--;
    if (length > this.longestBytes) this.longestBytes = length;
    return true;
  }

  /** Says that a packet of this time is not to be sent. */
  skip(timeNs: number): void {
    this.#schedule.skip(timeNs);
    this.#untilTurn--;
  }

  /** As `Schedule.nextRound`. */
  nextRound(timeNs: number): boolean {
    return !this.#closed && this.#schedule.nextRound(timeNs);
  }

  /** No packet will follow. To be called by whoever calls `produce`, however that ended. */
  end(): void {
    this.#ring.end();
  }
}
