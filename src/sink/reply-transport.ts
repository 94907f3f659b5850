/**
 * @module
 * Sends replies where packets have come from: each over the socket or the connection of its source.
 */

import { setTimeout as pause } from 'node:timers/promises';
import type { Batch } from '../emission/batch.js';
import { EventCounts, type Transport } from '../emission/transport.js';
import type { Source } from './source.js';
import type { SourceOrigin } from './source-origin.js';

const PATIENCE_MS = 1;

/** Told of each reply that was sent; `length` as it was handed over. */
export type OnReplied = (source: Source, bytes: Uint8Array, at: number, length: number) => void;

export class ReplyTransport extends EventCounts implements Transport {
  /** What the sources send is received on the same thread. */
  readonly needsEventLoop = true;
  failure = '';
  readonly #sourceOf: (channel: number) => Source;
  readonly #onReplied: OnReplied;
  readonly #originOf = (channel: number): SourceOrigin => this.#sourceOf(channel).origin;

  constructor(sourceOf: (channel: number) => Source, onReplied: OnReplied) {
    super();
    this.#sourceOf = sourceOf;
    this.#onReplied = onReplied;
  }

  async open(): Promise<void> {}

  send(batch: Batch): number {
    const { first } = batch;
    const { path } = this.#sourceOf(batch.channel[first]!).origin;
    const taken = path.reply(batch, this.#originOf);
    if (taken < 0) this.failure = path.failure;
    for (let i = first; i < first + taken; i++) {
      this.#onReplied(this.#sourceOf(batch.channel[i]!), batch.bytes, batch.at[i]!, batch.length[i]!);
    }
    return taken;
  }

  async waitForRoom(): Promise<void> {
    await pause(PATIENCE_MS);
  }

  /** The listeners do. */
  receive(): void {}

  /** The listeners end what they have begun. */
  async close(): Promise<void> {}
}
