/**
 * @module
 * What all clients have in common: the life of a connection, told exactly once, and the time that its parts may take.
 *
 * Whatever a client calls back for `destroy` comes in a microtask, never from inside the call.
 */
import { errorName } from '../../host/stream-socket.js';
import type { ClientIdentity, ClientListener, DeviceClient, OutgoingMessage } from './client.js';
import type { Watch, Watched } from './watch.js';

/** What is under way when a connection is to end gets this time, and the other end the same again to close it. */
const GRACE_MS = 1000;
/** What a connection may hold that the system has not taken; beyond, there is no room. */
export const MAX_WAITING_BYTES = 64 * 2 ** 10;

export type ConnectionState = 'idle' | 'connecting' | 'connected' | 'closing';

/** What clients of one target share. */
export interface SharedByClients {
  readonly watch: Watch;
  readonly connectTimeoutMs: number;
  readonly ackTimeoutMs: number;
}

export abstract class ConnectionClient<M extends OutgoingMessage> implements DeviceClient<M>, Watched {
  onRoom: (() => void) | undefined;
  protected state: ConnectionState = 'idle';
  protected readonly identity: ClientIdentity;
  protected readonly listener: ClientListener<M>;
  readonly #shared: SharedByClients;
  /** When the state has lasted too long. */
  #deadlineMs = Number.POSITIVE_INFINITY;
  #watchGroup = 0;
  #wantsRoom = false;
  /** Counts connections, so that what was meant for one never ends the next. */
  #attempt = 0;

  constructor(identity: ClientIdentity, listener: ClientListener<M>, shared: SharedByClients) {
    this.identity = identity;
    this.listener = listener;
    this.#shared = shared;
  }

  abstract overheadBytes(topic: string, qos: 0 | 1 | 2, payloadBytes: number): number;
  abstract acknowledges(qos: 0 | 1 | 2): boolean;

  /** Begins to connect. What it throws is the reason why the connection did not come to be. */
  protected abstract open(): void;
  /** Takes a message that there is room for. */
  protected abstract take(message: M): void;
  protected abstract hasRoom(qos: 0 | 1 | 2): boolean;
  /** Begins to end the connection as the protocol has it. */
  protected abstract leave(): void;
  /** Forgets the connection and all that belongs to it, at once; nothing of it may call back from then on. */
  protected abstract release(): void;
  /** Looks for what is overdue while connected. */
  protected checkConnection(_nowMs: number): void {}
  /** What was under way has taken too long. @returns whether it may take once more as long */
  protected hurry(): boolean {
    return false;
  }

  connect(): void {
    const { watch, connectTimeoutMs } = this.#shared;
    const attempt = ++this.#attempt;
    this.state = 'connecting';
    this.#deadlineMs = watch.nowMs() + connectTimeoutMs;
    this.#watchGroup = watch.add(this);
    try {
      this.open();
    } catch (error) {
      queueMicrotask(() => this.#attempt === attempt && this.finish(errorName(error)));
    }
  }

  send(message: M): boolean {
    if (this.state !== 'connected') return false;
    if (!this.hasRoom(message.qos)) {
      this.#wantsRoom = true;
      return false;
    }
    this.take(message);
    return true;
  }

  disconnect(): void {
    if (this.state === 'connecting') this.destroy();
    if (this.state !== 'connected') return;
    this.state = 'closing';
    this.#deadlineMs = this.#shared.watch.nowMs() + GRACE_MS;
    this.leave();
  }

  destroy(): void {
    if (this.state === 'idle') return;
    const attempt = this.#attempt;
    this.state = 'closing';
    this.release();
    queueMicrotask(() => this.#attempt === attempt && this.finish('closed'));
  }

  check(nowMs: number): void {
    if (nowMs >= this.#deadlineMs) {
      if (this.state === 'closing' && this.hurry()) this.#deadlineMs = nowMs + GRACE_MS;
      else this.finish('connect-timeout');
    } else if (this.state === 'connected') {
      this.checkConnection(nowMs);
    }
  }

  protected connected(): void {
    if (this.state !== 'connecting') return;
    this.state = 'connected';
    this.#deadlineMs = Number.POSITIVE_INFINITY;
    this.listener.onConnected();
  }

  /** The one way out: tells of the end of a connection, unless that has been told. */
  protected finish(reason: string): void {
    if (this.state === 'idle') return;
    const told = this.state === 'closing' ? 'closed' : reason;
    this.state = 'idle';
    this.#wantsRoom = false;
    this.#shared.watch.remove(this, this.#watchGroup);
    this.release();
    this.listener.onClosed(told);
  }

  /** Tells that there is room, if somebody waits for it. */
  protected offerRoom(): void {
    if (!this.#wantsRoom || this.state !== 'connected' || !this.hasRoom(1) || !this.hasRoom(0)) return;
    this.#wantsRoom = false;
    this.onRoom?.();
  }

  protected nowMs(): number {
    return this.#shared.watch.nowMs();
  }
}
