/**
 * @module
 * A connection as lean clients see it: it carries bytes, over TCP, TLS or a WebSocket, and tells what becomes of them.
 */
import type { OnReadOpts, Socket } from 'node:net';
import { closeReason, type OpenSocket, recordBytes } from './sockets.js';

/** Told until it lets go of the link. */
export interface LinkUser<M> {
  linkOpened(): void;
  /** @param bytes valid during the call */
  linkReceived(bytes: Buffer): void;
  /** The system has taken a message; asynchronous, in the order of writing. */
  linkWritten(message: M): void;
  linkDrained(): void;
  /** Nothing follows. */
  linkClosed(reason: string): void;
}

export interface Link<M> {
  write(bytes: Uint8Array): void;
  writeMessage(bytes: Uint8Array, message: M): void;
  /** Keeps what is written until `uncork`, and then writes it at once. */
  cork(): void;
  uncork(): void;
  /** What the system has not taken yet. */
  readonly waitingBytes: number;
  /** What a TLS record has beside its content. */
  readonly recordBytes: number;
  /** Ends it, after what has been written. */
  end(): void;
  /** Cuts it, and tells nothing more. */
  abandon(): void;
}

/** Messages that have been written, and taken by the system in this order. */
export class Written<M> {
  #messages: M[] = [];
  #first = 0;

  push(message: M): void {
    this.#messages.push(message);
  }

  shift(): M | undefined {
    const message = this.#messages[this.#first++];
    if (this.#first === this.#messages.length) {
      this.#messages.length = 0;
      this.#first = 0;
    } else if (this.#first === 1024) {
      this.#messages = this.#messages.slice(this.#first);
      this.#first = 0;
    }
    return message;
  }
}

/** What links on a socket of ours have in common. */
export abstract class OnSocket {
  protected abstract readonly socket: Socket;

  cork(): void {
    this.socket.cork();
  }

  uncork(): void {
    this.socket.uncork();
  }

  get waitingBytes(): number {
    return this.socket.writableLength;
  }

  get recordBytes(): number {
    return recordBytes(this.socket);
  }
}

/** Memory that all sockets of a thread read into. */
const READ_BYTES = 64 * 2 ** 10;

export class SocketLink<M> extends OnSocket implements Link<M> {
  protected readonly socket: Socket;
  #user: LinkUser<M> | undefined;
  #failure: unknown;
  #written: Written<M> | undefined;

  constructor(open: OpenSocket, readyEvent: 'connect' | 'secureConnect', readBuffer: Buffer, user: LinkUser<M>) {
    super();
    this.#user = user;
    const onread: OnReadOpts = {
      buffer: readBuffer,
      callback: (length) => {
        this.#user?.linkReceived(readBuffer.subarray(0, length));
        return true;
      },
    };
    const socket = open(onread);
    this.socket = socket;
    socket.on('error', (error) => {
      this.#failure ??= error;
    });
    socket.once(readyEvent, () => this.#user?.linkOpened());
    socket.on('drain', () => this.#user?.linkDrained());
    socket.once('close', () => this.#user?.linkClosed(closeReason(this.#failure)));
  }

  static readBuffer(): Buffer {
    return Buffer.allocUnsafeSlow(READ_BYTES);
  }

  write(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  writeMessage(bytes: Uint8Array, message: M): void {
    this.#written ??= new Written();
    this.#written.push(message);
    this.socket.write(bytes, this.#onWritten);
  }

  /** One for all messages, which are taken in their order. */
  readonly #onWritten = (error?: Error | null): void => {
    const message = this.#written!.shift();
    if (error === undefined || error === null) this.#user?.linkWritten(message!);
  };

  end(): void {
    this.socket.end();
  }

  abandon(): void {
    this.#user = undefined;
    this.socket.destroy();
  }
}
