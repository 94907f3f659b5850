/**
 * @module
 * HTTP/1.1 by undici: one connection for each device, opened when the device connects and not when it first speaks. Several requests at a
 * time are pipelined. An answer that does not come in time ends the connection, since answers come in order.
 *
 * Servers end connections over which nothing has come for some seconds. That is no loss: the device stays up, and opens another one with its
 * next message.
 */
import type { Socket } from 'node:net';
import type { Client, Dispatcher } from 'undici';
import { systemErrorCode } from '../../errors.js';
import { segmentHeaderBytes, tlsBytes } from '../../net/header-bytes.js';
import type { HttpTarget } from '../scenario/scenario.js';
import type { ClientIdentity, ClientListener, DeviceClient, OutgoingMessage } from './client.js';
import { ConnectionClient, type SharedByClients } from './connection-client.js';
import { type HeadBytes, measureHead } from './http-head.js';
import { type OpenSocket, recordBytes, Sockets } from './sockets.js';
import { TargetFactory } from './target-factory.js';
import { authorization } from './web-socket-link.js';

/** Devices keep their connections; undici may end one earlier where the server has said how long it does. */
const KEEP_ALIVE_MS = 24 * 3600 * 1000;

interface HttpShared extends SharedByClients {
  readonly target: HttpTarget;
  readonly origin: string;
  readonly Client: typeof Client;
  readonly sockets: Sockets;
  overheadBytes(path: string, payloadBytes: number, extraBytes: number, recordBytes: number): number;
}

export class HttpFactory extends TargetFactory<HttpTarget> implements HttpShared {
  declare readonly target: HttpTarget;
  Client!: typeof Client;
  origin = '';
  sockets!: Sockets;
  #segmentBytes = 0;
  #head: HeadBytes = { withBody: 0, withoutBody: 0 };

  protected async load(): Promise<void> {
    const { host, port, tls } = this.target;
    this.Client = (await import('undici')).Client;
    this.origin = `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host.replace(/%.*$/, '')}]` : host}:${port}`;
    this.sockets = new Sockets(this.target, this.address);
    this.#segmentBytes = segmentHeaderBytes(this.address);
    this.#head = await measureHead(this.Client, this.origin, this.target);
  }

  overheadBytes(path: string, payloadBytes: number, extraBytes: number, recordBytes: number): number {
    const { withBody, withoutBody } = this.#head;
    // The measured ones have a path of one byte, and a length of one digit.
    const head = payloadBytes === 0 ? withoutBody : withBody + String(payloadBytes).length - 1;
    const all = head + Buffer.byteLength(path) - 1 + extraBytes;
    return this.#segmentBytes + all + (this.target.tls === undefined ? 0 : tlsBytes(recordBytes, all + payloadBytes));
  }

  create<M extends OutgoingMessage>(identity: ClientIdentity, listener: ClientListener<M>): DeviceClient<M> {
    return new HttpClient(identity, listener, this);
  }
}

class HttpClient<M extends OutgoingMessage> extends ConnectionClient<M> {
  readonly #shared: HttpShared;
  readonly #openSocket: OpenSocket;
  readonly #headers: Record<string, string>;
  /** What the device's own header takes. */
  readonly #extraBytes: number;
  #socket: Socket | undefined;
  #client: Client | undefined;
  /** Requests that are not answered yet. */
  #open = 0;
  #failure: string | undefined;
  /** Messages that wait for another connection. */
  #waiting: M[] = [];
  /** When that has to be there. */
  #reopenedByMs = Number.POSITIVE_INFINITY;

  constructor(identity: ClientIdentity, listener: ClientListener<M>, shared: HttpShared) {
    super(identity, listener, shared);
    this.#shared = shared;
    this.#openSocket = shared.sockets.openerOf(identity);
    const { headers } = shared.target;
    const basic = Object.keys(headers).some((name) => /^authorization$/i.test(name))
      ? undefined
      : authorization(identity);
    this.#headers = basic === undefined ? { ...headers } : { ...headers, authorization: basic };
    this.#extraBytes = basic === undefined ? 0 : `authorization: ${basic}\r\n`.length;
  }

  overheadBytes(topic: string, _qos: 0 | 1 | 2, payloadBytes: number): number {
    return this.#shared.overheadBytes(pathOf(topic), payloadBytes, this.#extraBytes, recordBytes(this.#socket));
  }

  acknowledges(): boolean {
    return true;
  }

  protected open(): void {
    this.#open = 0;
    this.#dial(() => this.connected());
  }

  #dial(onReady: () => void): void {
    this.#failure = undefined;
    const socket = this.#openSocket();
    this.#socket = socket;
    socket.on('error', (error) => {
      if (this.#socket === socket) this.#failure ??= failureOf(error);
    });
    // Undici hears of it behind this, and has to say what became of its requests.
    socket.once('close', () => queueMicrotask(() => this.#socket === socket && this.#ended()));
    socket.once(this.#shared.sockets.readyEvent, () => {
      if (this.#socket !== socket) return;
      this.#client = this.#clientOn(socket);
      onReady();
    });
  }

  #ended(): void {
    const reason = this.#failure ?? CLOSED;
    const isIdle = this.state === 'connected' && this.#open === 0 && reason === CLOSED;
    if (isIdle) this.release();
    else this.finish(reason);
  }

  #clientOn(socket: Socket): Client {
    const { Client: ClientClass, origin, ackTimeoutMs, target } = this.#shared;
    let isTaken = false;
    return new ClientClass(origin, {
      connect: (_options, callback) => {
        const isOver = isTaken || socket.destroyed;
        isTaken = true;
        // From inside the call undici would not notice that it can go on.
        queueMicrotask(() => {
          if (isOver) callback(new Error('the connection has ended'), null);
          else callback(null, socket);
        });
      },
      pipelining: target.inflight,
      headersTimeout: ackTimeoutMs,
      bodyTimeout: ackTimeoutMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
    });
  }

  protected hasRoom(): boolean {
    return this.#open < this.#shared.target.inflight;
  }

  protected take(message: M): void {
    this.#open++;
    const client = this.#client;
    if (client !== undefined) {
      this.#dispatch(message, client);
      return;
    }
    this.#waiting.push(message);
    if (this.#waiting.length > 1) return;
    this.#reopenedByMs = this.nowMs() + this.#shared.target.connectTimeoutMs;
    this.#dial(() => {
      this.#reopenedByMs = Number.POSITIVE_INFINITY;
      for (const waiting of this.#waiting.splice(0)) this.#dispatch(waiting, this.#client!);
    });
  }

  protected override checkConnection(nowMs: number): void {
    if (nowMs >= this.#reopenedByMs) this.finish('connect-timeout');
  }

  #dispatch(message: M, client: Client): void {
    const settle = (reason: string | undefined, bytes: number | undefined) => {
      if (this.#client === client) this.#settle(message, reason, bytes);
    };
    const answer = new Answer((reason, bytes) => {
      // Undici tells of it from inside `dispatch`.
      if (reason === INVALID_REQUEST) queueMicrotask(() => settle(reason, bytes));
      else settle(reason, bytes);
    });
    const { payload, topic } = message;
    client.dispatch(
      {
        // As the user has given it; undici refuses what is no method.
        method: this.#shared.target.method as Dispatcher.HttpMethod,
        path: pathOf(topic),
        headers: this.#headers,
        body: Buffer.from(payload.buffer, payload.byteOffset, payload.length),
        // Else undici would wait for the answer to the one before.
        idempotent: true,
        blocking: false,
      },
      answer,
    );
  }

  /** @param reason undefined for a message that the target has taken. @param bytes of the answer's body; undefined where there is no answer */
  #settle(message: M, reason: string | undefined, bytes: number | undefined): void {
    // The end of the connection follows, which ends all that is open.
    if (bytes === undefined && reason !== ACK_TIMEOUT && reason !== INVALID_REQUEST) return;
    this.#open--;
    if (reason === ACK_TIMEOUT) this.#failure ??= ACK_TIMEOUT;
    if (bytes !== undefined) this.listener.onReceived(bytes);
    if (reason === undefined) this.listener.onAcknowledged(message);
    else this.listener.onFailed(message, reason);
    if (this.state === 'closing') this.leave();
    else this.offerRoom();
  }

  protected leave(): void {
    if (this.#open > 0) return;
    if (this.#socket === undefined) queueMicrotask(() => this.finish('closed'));
    else this.#socket.end();
  }

  protected release(): void {
    const [socket, client] = [this.#socket, this.#client];
    this.#socket = undefined;
    this.#client = undefined;
    this.#waiting = [];
    this.#reopenedByMs = Number.POSITIVE_INFINITY;
    socket?.destroy();
    // What is left of it has no other end than this.
    client?.destroy().catch(() => {});
  }
}

const ACK_TIMEOUT = 'ack-timeout';
const CLOSED = 'closed-by-peer';
/** A path, or headers, that cannot be sent. */
const INVALID_REQUEST = 'invalid-request';

/** With what is no character of a path percent-encoded: RFC 3986, 2.1. */
function pathOf(topic: string): string {
  const path = topic.startsWith('/') ? topic : `/${topic}`;
  return path.replace(/[^\x21-\x7e]+/g, (text) => Buffer.from(text).toString('hex').replace(/../g, '%$&'));
}

/** One answer: its status and how much it says. */
class Answer implements Dispatcher.DispatchHandler {
  readonly #onEnd: (reason: string | undefined, bytes: number | undefined) => void;
  #status = 0;
  #bytes = 0;

  constructor(onEnd: (reason: string | undefined, bytes: number | undefined) => void) {
    this.#onEnd = onEnd;
  }

  onRequestStart(): void {}

  onResponseStart(_controller: unknown, status: number): void {
    this.#status = status;
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    this.#bytes += chunk.length;
  }

  onResponseEnd(): void {
    const isTaken = this.#status >= 200 && this.#status < 300;
    this.#onEnd(isTaken ? undefined : `http-${this.#status}`, this.#bytes);
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#onEnd(failureOf(error), undefined);
  }
}

function failureOf(error: Error): string {
  const code = systemErrorCode(error);
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') return ACK_TIMEOUT;
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') return INVALID_REQUEST;
  // Undici has ended it as the server has told it to: `connection: close`, or as long as it keeps connections.
  if (code === 'UND_ERR_INFO' || code === 'UND_ERR_SOCKET') return CLOSED;
  if (code === undefined || code.startsWith('HPE_')) return 'protocol-error';
  return code;
}
