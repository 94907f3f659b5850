/**
 * @module
 * The connection of one channel, made again when it is lost.
 *
 * What has been written before a loss counts as sent, as with any socket: nobody knows how much of it has arrived.
 */
import type { Socket } from 'node:net';
import { BackOffPauses } from '../../host/back-off.js';
import { framedBytes, frameMessage, LENGTH_BYTES, MessageDecoder } from '../../host/framing.js';
import { errorName, namedError, readyEvent, type StreamSpec } from '../../host/stream-socket.js';
import type { Random } from '../../random.js';
import type { EventCounts } from '../transport.js';

/** What waits in this process, beside the buffers of the kernel. */
const MAX_WAITING_BYTES = 64 * 2 ** 10;
const BACK_OFF = { firstMs: 100, maxMs: 10_000 };
/** After all has been handed over the other end gets this time to read it, and to say so by closing. */
const LINGER_MS = 1000;

export class StreamConnection {
  readonly #connect: () => Socket;
  readonly #spec: StreamSpec;
  readonly #pauses: BackOffPauses;
  readonly #counts: EventCounts;
  #socket: Socket | undefined;
  #isReady = false;
  #isClosing = false;
  #retry: NodeJS.Timeout | undefined;

  /** @param random for the times between attempts, so that many connections do not come back at once */
  constructor(connect: () => Socket, spec: StreamSpec, random: Random, counts: EventCounts) {
    this.#connect = connect;
    this.#spec = spec;
    this.#pauses = new BackOffPauses(BACK_OFF, random);
    this.#counts = counts;
  }

  /** Whether messages can be written: false also when the other end has closed. */
  get isOpen(): boolean {
    return this.#isReady && this.#socket!.writable;
  }

  /** Whether the target takes what is written. */
  get hasRoom(): boolean {
    return this.#socket!.writableLength < MAX_WAITING_BYTES;
  }

  /** Connects once. Rejects with the error of the system. */
  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = this.#connect();
      this.#socket = socket;
      const timer = setTimeout(() => socket.destroy(namedError('ETIMEDOUT')), this.#spec.connectTimeoutMs);
      let failure: unknown;
      socket.on('error', (error) => {
        failure ??= error;
      });
      socket.once(readyEvent(this.#spec), () => {
        clearTimeout(timer);
        this.#begin(socket);
        resolve();
      });
      socket.once('close', () => {
        clearTimeout(timer);
        if (this.#isReady) this.#end(failure);
        else reject(failure ?? namedError('closed'));
      });
    });
  }

  #begin(socket: Socket): void {
    this.#isReady = true;
    this.#pauses.restart();
    this.#countReceived(socket);
    // Node.js counts what the kernel takes, and what comes in, as activity.
    socket.setTimeout(this.#spec.stallTimeoutMs);
    socket.on('timeout', () => {
      if (socket.writableLength > 0) socket.destroy(namedError('ESTALLED'));
    });
  }

  #countReceived(socket: Socket): void {
    const counts = this.#counts;
    const decoder = new MessageDecoder((_bytes, _at, length) => count(length + LENGTH_BYTES));
    let isFramed = this.#spec.framing === 'length';
    const count = (bytes: number) => {
      counts.receivedPackets++;
      counts.receivedBytes += bytes;
    };
    socket.on('data', (chunk: Buffer) => {
      if (!isFramed) return count(chunk.length);
      try {
        decoder.push(chunk);
      } catch {
        // It answers in its own way, which is no reason not to send; from now on its chunks count.
        isFramed = false;
        counts.countError('EBADMSG');
      }
    });
  }

  #end(failure: unknown): void {
    this.#isReady = false;
    if (failure !== undefined || !this.#isClosing) {
      this.#counts.countError(failure === undefined ? 'closed' : errorName(failure));
    }
    this.#reconnectLater();
  }

  #reconnectLater(): void {
    if (this.#isClosing || !this.#spec.reconnect) return;
    this.#retry = setTimeout(() => void this.#reconnect(), this.#pauses.nextMs());
  }

  async #reconnect(): Promise<void> {
    try {
      await this.open();
      this.#counts.reconnects++;
    } catch (error) {
      if (!this.#isClosing) this.#counts.countError(errorName(error));
      this.#reconnectLater();
    }
  }

  /** Copies a message out of memory that will be used again. */
  write(bytes: Uint8Array, at: number, length: number): void {
    const { framing } = this.#spec;
    const message = Buffer.allocUnsafe(framedBytes(framing, length));
    if (message.length === 0) return;
    frameMessage(framing, bytes, at, length, message);
    this.#socket!.write(message);
  }

  /** When the target has taken all that waits, or is lost, at the latest after a time. */
  whenRoom(patienceMs: number): Promise<void> {
    return happened(this.#socket!, ['drain', 'close'], patienceMs);
  }

  /** @param drainMs how long the target may take for what waits */
  async close(drainMs: number): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#retry);
    const socket = this.#socket;
    if (socket === undefined || socket.closed) return;
    if (this.isOpen && drainMs > 0) {
      const ended = happened(socket, ['close'], drainMs);
      socket.end();
      await happened(socket, ['finish', 'close'], drainMs);
      await Promise.race([ended, happened(socket, ['close'], LINGER_MS)]);
    }
    if (this.#isReady && socket.writableLength > 0) this.#counts.countError('ESTALLED');
    if (socket.closed) return;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.destroy();
    await closed;
  }
}

/** Resolves at the first of some events, or after a time. */
function happened(socket: Socket, events: readonly string[], patienceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      for (const event of events) socket.off(event, done);
      resolve();
    };
    const timer = setTimeout(done, patienceMs);
    for (const event of events) socket.once(event, done);
  });
}
