/**
 * @module
 * A WebSocket as a link, by the package ws on a socket of ours: without compression, so that a message is as long as it is meant to be.
 */
import type { Socket } from 'node:net';
import type WebSocket from 'ws';
import { systemErrorCode } from '../../errors.js';
import type { Target } from '../scenario/scenario.js';
import type { ClientIdentity } from './client.js';
import { type Link, type LinkUser, OnSocket, Written } from './link.js';
import type { OpenSocket } from './sockets.js';

/** The package ws, which is loaded where it is used. */
export type WebSocketLibrary = Pick<typeof import('ws'), 'WebSocket' | 'createWebSocketStream'>;

export interface WebSocketOptions {
  readonly library: WebSocketLibrary;
  readonly url: string;
  readonly subprotocol: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly binary: boolean;
}

/** With the host of the target, whose address the socket is connected to. */
export function webSocketUrl({ host, port, tls }: Target, path: string): string {
  const authority = host.includes(':') ? `[${host.replace(/%.*$/, '')}]` : host;
  return `${tls === undefined ? 'ws' : 'wss'}://${authority}:${port}${path.startsWith('/') ? path : `/${path}`}`;
}

/** Basic authentication, RFC 7617; none without a name. */
export function authorization({ username, password }: ClientIdentity): string | undefined {
  if (username === undefined) return undefined;
  return `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`;
}

/** Begins to connect. */
export function openWebSocket(socket: Socket, options: WebSocketOptions): WebSocket {
  const { library, url, subprotocol, headers } = options;
  return new library.WebSocket(url, subprotocol === undefined ? [] : [subprotocol], {
    createConnection: () => socket,
    perMessageDeflate: false,
    headers: { ...headers },
  });
}

export class WebSocketLink<M> extends OnSocket implements Link<M> {
  protected readonly socket: Socket;
  readonly #webSocket: WebSocket;
  readonly #framing: { readonly binary: boolean };
  #user: LinkUser<M> | undefined;
  #failure: string | undefined;
  readonly #written = new Written<M>();

  constructor(open: OpenSocket, options: WebSocketOptions, user: LinkUser<M>) {
    super();
    this.#user = user;
    this.#framing = { binary: options.binary };
    this.socket = open();
    this.socket.on('error', (error) => this.#fail(error));
    this.socket.on('drain', () => this.#user?.linkDrained());
    this.#webSocket = openWebSocket(this.socket, options);
    this.#listen(this.#webSocket);
  }

  #listen(webSocket: WebSocket): void {
    webSocket.on('error', (error) => this.#fail(error));
    webSocket.once('open', () => this.#user?.linkOpened());
    webSocket.on('message', (data) => {
      // With the usual binaryType it is one Buffer.
      this.#user?.linkReceived(data as Buffer);
    });
    webSocket.once('unexpected-response', (_request, response) => {
      this.#close(refusalReason(response.statusCode ?? 0));
    });
    webSocket.once('close', (code) => this.#close(this.#failure ?? closeCodeReason(code)));
  }

  #fail(error: Error): void {
    this.#failure ??= systemErrorCode(error) ?? 'protocol-error';
  }

  #close(reason: string): void {
    const user = this.#user;
    this.abandon();
    user?.linkClosed(reason);
  }

  write(bytes: Uint8Array): void {
    this.#webSocket.send(bytes, this.#framing);
  }

  writeMessage(bytes: Uint8Array, message: M): void {
    this.#written.push(message);
    this.#webSocket.send(bytes, this.#framing, this.#onWritten);
  }

  readonly #onWritten = (error?: Error | null): void => {
    const message = this.#written.shift();
    if (error === undefined || error === null) this.#user?.linkWritten(message!);
  };

  end(): void {
    this.#webSocket.close(1000);
  }

  abandon(): void {
    this.#user = undefined;
    this.#webSocket.terminate();
    this.socket.destroy();
  }
}

/** Of a handshake that was answered otherwise. */
export const refusalReason = (status: number): string =>
  status === 401 || status === 403 ? 'not-authorized' : `http-${status}`;

/** RFC 6455, 7.4.1: what is no complaint is a peer that closes. */
function closeCodeReason(code: number): string {
  return [1000, 1001, 1005, 1006].includes(code) ? 'closed-by-peer' : `websocket-${code}`;
}
