/**
 * @module
 * Waits for the UDP sockets of a sink, all with one call that does not hold up the thread, and takes what they have.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { BATCH_PACKETS } from '../emission/batch.js';
import { LINUX, type Linux } from '../host/native/linux.js';
import type { ArrivalHandler } from './listener.js';
import type { UdpListener } from './udp-listener.js';

const POLL_BYTES = 8;
/** The longest wait, after which is looked whether the sink has ended. */
const POLL_MS = 50;
/** Calls in a row for one socket, before others have their turn. */
const MAX_CALLS = 16;

/** Calls that empty a full socket of small datagrams. */
const CALLS_FOR_ALL = 2048;

/** A socket that has room for what comes within some milliseconds. */
const LARGE_BYTES = 8 * 2 ** 20;
const MAX_QUIET_LOOKS = 5;

const turnOfEventLoop = () => new Promise<void>((resolve) => setImmediate(resolve));

export class UdpReceiver {
  readonly #linux: Linux;
  readonly #listeners: readonly UdpListener[];
  readonly #handler: ArrivalHandler;
  readonly #polls: Uint8Array;
  /** Looks in a row that have found nothing. */
  #quietLooks = 0;
  #stopped = false;

  constructor(linux: Linux, listeners: readonly UdpListener[], handler: ArrivalHandler) {
    this.#linux = linux;
    this.#listeners = listeners;
    this.#handler = handler;
    this.#polls = new Uint8Array(Math.max(1, listeners.length) * POLL_BYTES);
    const view = new DataView(this.#polls.buffer);
    listeners.forEach(({ descriptor }, index) => {
      view.setInt32(index * POLL_BYTES, descriptor, true);
      view.setInt16(index * POLL_BYTES + 4, LINUX.POLLIN, true);
    });
  }

  /** Resolves after `stop`, or when nothing more is taken. */
  async run(): Promise<void> {
    if (this.#listeners.length === 0) return;
    while (!this.#stopped && !this.#handler.isFull) {
      let received = 0;
      for (const listener of this.#listeners) received += this.#drain(listener, MAX_CALLS);
      if (this.#handler.isBehind) await this.#handler.caughtUp();
      await this.#wait(received);
    }
  }

  /** The kernel says when packets came, so that nothing is lost by letting some gather; and waiting for each costs more than it. */
  async #wait(received: number): Promise<void> {
    this.#quietLooks = received > 0 ? 0 : this.#quietLooks + 1;
    const mayGather =
      received < BATCH_PACKETS && this.#listeners.every(({ bufferBytes }) => bufferBytes >= LARGE_BYTES);
    if (this.#quietLooks > MAX_QUIET_LOOKS || (received === 0 && !mayGather)) {
      await this.#linux.pollAsync(this.#polls, this.#listeners.length, POLL_MS);
    } else if (mayGather) {
      await pause(1);
    } else {
      await turnOfEventLoop();
    }
  }

  /** Takes what the sockets hold, at most about what fits into them. */
  drain(): void {
    for (const listener of this.#listeners) this.#drain(listener, CALLS_FOR_ALL);
  }

  #drain(listener: UdpListener, maxCalls: number): number {
    let received = 0;
    for (let call = 0; call < maxCalls && !this.#handler.isFull; call++) {
      const count = listener.drain();
      received += count;
      if (count < BATCH_PACKETS) break;
    }
    return received;
  }

  /** `run` resolves some milliseconds later; only then the sockets may be closed. */
  stop(): void {
    this.#stopped = true;
  }
}
