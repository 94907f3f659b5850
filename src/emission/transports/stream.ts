/**
 * @module
 * TCP, TLS and unix streams by Node.js: one connection for each channel, each message written at once (Nagle off).
 */
import { setTimeout as pause } from 'node:timers/promises';
import { LENGTH_BYTES, MAX_MESSAGE_BYTES } from '../../host/framing.js';
import { connectError, errorName, type StreamSpec, socketMaker } from '../../host/stream-socket.js';
import type { Random } from '../../random.js';
import type { Batch } from '../batch.js';
import { EventCounts, SEND, type Transport } from '../transport.js';
import { StreamConnection } from './stream-connection.js';

/** A target that is not asked for more at once needs no longer queue than the usual one. */
const MAX_CONNECTING = 200;
const PATIENCE_MS = 5;

export class StreamTransport extends EventCounts implements Transport {
  readonly needsEventLoop = true;
  failure = '';
  readonly #spec: StreamSpec;
  readonly #connections: readonly StreamConnection[];
  readonly #maxBytes: number;

  /** @throws SynthError `SYNTH_USAGE` for a certificate or key that is none */
  constructor(spec: StreamSpec, random: Random) {
    super();
    this.#spec = spec;
    const connect = socketMaker(spec);
    this.#connections = Array.from(
      { length: spec.channels },
      (_, channel) => new StreamConnection(() => connect(channel), spec, random.split(`connection-${channel}`), this),
    );
    this.#maxBytes = spec.framing === 'length' ? MAX_MESSAGE_BYTES + LENGTH_BYTES : Number.POSITIVE_INFINITY;
  }

  async open(): Promise<void> {
    const failures: unknown[] = [];
    const waiting = this.#connections.values();
    const connectAll = async () => {
      // One iterator for all: each takes the next connection.
      for (const connection of waiting) {
        await this.#connect(connection).catch((error: unknown) => failures.push(error));
        if (failures.length > 0) return;
      }
    };
    await Promise.all(Array.from({ length: MAX_CONNECTING }, connectAll));
    if (failures.length === 0) return;
    await this.close(0);
    throw connectError(this.#spec, failures[0]);
  }

  /** A unix socket whose queue is full does not let us wait in it (connect(2)). */
  async #connect(connection: StreamConnection): Promise<void> {
    for (let leftMs = this.#spec.connectTimeoutMs; ; leftMs -= PATIENCE_MS) {
      try {
        return await connection.open();
      } catch (error) {
        if (errorName(error) !== 'EAGAIN' || leftMs <= 0) throw error;
        await pause(PATIENCE_MS);
      }
    }
  }

  send(batch: Batch): number {
    const { first, count } = batch;
    for (let i = first; i < count; i++) {
      const connection = this.#connections[batch.channel[i]!]!;
      const length = batch.length[i]!;
      const failure = !connection.isOpen ? 'ENOTCONN' : length > this.#maxBytes ? 'EMSGSIZE' : '';
      if (failure !== '') return i > first ? i - first : this.#fail(failure);
      if (!connection.hasRoom) return i > first ? i - first : SEND.blocked;
      connection.write(batch.bytes, batch.at[i]!, length);
    }
    return count - first;
  }

  #fail(failure: string): number {
    this.failure = failure;
    return SEND.failed;
  }

  waitForRoom(batch: Batch): Promise<void> {
    return this.#connections[batch.channel[batch.first]!]!.whenRoom(PATIENCE_MS);
  }

  /** Node.js does, in the turns of the event loop. */
  receive(): void {}

  async close(drainMs: number): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close(drainMs)));
  }
}
