/**
 * @module
 * The package mqtt as a client: one of its clients for each connection, which does not connect again by itself. For whoever wants to see how
 * a backend fares with what its customers use; the lean client needs a quarter of its memory.
 */
import type { Duplex } from 'node:stream';
import type { IClientOptions, MqttClient } from 'mqtt';
import { systemErrorCode } from '../../errors.js';
import type { MqttTarget } from '../scenario/scenario.js';
import type { ClientIdentity, ClientListener, OutgoingMessage } from './client.js';
import { ConnectionClient, MAX_WAITING_BYTES, type SharedByClients } from './connection-client.js';
import { ENDLESS_SESSION } from './lean-mqtt-packets.js';
import { reasonOf, refusalOf, subscriptionRefusalOf } from './mqtt-reasons.js';
import { type OpenSocket, recordBytes } from './sockets.js';
import { openWebSocket, type WebSocketOptions } from './web-socket-link.js';

export interface FullMqttShared extends SharedByClients {
  readonly target: MqttTarget;
  readonly MqttClient: typeof MqttClient;
  overheadBytes(topic: string, qos: 0 | 1 | 2, payloadBytes: number, recordBytes: number): number;
}

/** More than any connection takes; ours ends it earlier. */
const NEVER_MS = 2 ** 31 - 1;

export class FullMqttClient<M extends OutgoingMessage> extends ConnectionClient<M> {
  readonly #shared: FullMqttShared;
  readonly #openSocket: OpenSocket;
  readonly #webSocket: WebSocketOptions | undefined;
  #client: MqttClient | undefined;
  #socket: ReturnType<OpenSocket> | undefined;
  /** Messages that wait for their acknowledgement, oldest first, and when they were sent. */
  readonly #open = new Map<M, number>();
  #maxOpen: number;
  #failure: string | undefined;
  #isLeaving = false;

  constructor(
    identity: ClientIdentity,
    listener: ClientListener<M>,
    shared: FullMqttShared,
    openSocket: OpenSocket,
    webSocket: WebSocketOptions | undefined,
  ) {
    super(identity, listener, shared);
    this.#shared = shared;
    this.#openSocket = openSocket;
    this.#webSocket = webSocket;
    this.#maxOpen = shared.target.inflight;
  }

  overheadBytes(topic: string, qos: 0 | 1 | 2, payloadBytes: number): number {
    return this.#shared.overheadBytes(topic, qos, payloadBytes, recordBytes(this.#socket));
  }

  acknowledges(qos: 0 | 1 | 2): boolean {
    return qos > 0;
  }

  protected open(): void {
    this.#failure = undefined;
    this.#isLeaving = false;
    const client = new this.#shared.MqttClient(() => this.#openStream(), this.#options());
    this.#client = client;
    client.on('connect', ({ properties }) =>
      this.#whenCurrent(client, () => this.#accepted(properties?.receiveMaximum)),
    );
    client.on('message', (_topic, payload) =>
      this.#whenCurrent(client, () => this.listener.onReceived(payload.length)),
    );
    client.on('disconnect', ({ reasonCode = 0 }) => {
      if (reasonCode > 0) this.#failure ??= reasonOf(reasonCode);
    });
    client.on('error', (error) => this.#whenCurrent(client, () => this.#fail(error)));
    client.on('close', () => this.#whenCurrent(client, () => this.finish(this.#failure ?? 'closed-by-peer')));
  }

  /** Nothing of an earlier connection is heard. */
  #whenCurrent(client: MqttClient, action: () => void): void {
    if (this.#client === client) action();
  }

  #openStream(): Duplex {
    const socket = this.#openSocket();
    this.#socket = socket;
    socket.on('drain', () => this.#socket === socket && this.offerRoom());
    if (this.#webSocket === undefined) {
      socket.on('error', (error) => this.#socket === socket && this.#fail(error));
      return socket;
    }
    const webSocket = openWebSocket(socket, this.#webSocket);
    const stream = this.#webSocket.library.createWebSocketStream(webSocket);
    // It only ends with the WebSocket, and waits to be read.
    webSocket.once('close', () => stream.destroy());
    return stream;
  }

  #options(): IClientOptions {
    const { version, keepAliveS, cleanSession } = this.#shared.target;
    const { id, username, password, will } = this.identity;
    const isEndless = version === '5' && !cleanSession;
    return {
      clientId: id,
      protocolVersion: version === '5' ? 5 : 4,
      keepalive: keepAliveS,
      clean: cleanSession,
      reconnectPeriod: 0,
      connectTimeout: NEVER_MS,
      resubscribe: false,
      queueQoSZero: false,
      timerVariant: 'native',
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(will === undefined ? {} : { will: { ...will, payload: Buffer.from(will.payload) } }),
      ...(isEndless ? { properties: { sessionExpiryInterval: ENDLESS_SESSION } } : {}),
    };
  }

  #accepted(receiveMaximum: number | undefined): void {
    this.#maxOpen = Math.min(this.#shared.target.inflight, receiveMaximum ?? 65_535);
    const client = this.#client!;
    const topics = [...this.identity.subscribe];
    if (topics.length === 0) {
      this.connected();
      return;
    }
    client.subscribe(topics, { qos: 2 }, (error, _granted, packet) => {
      this.#whenCurrent(client, () => {
        const refusal = packet?.granted.map(Number).find((code) => code >= 0x80);
        if (refusal !== undefined) this.finish(subscriptionRefusalOf(refusal));
        else if (error) this.#fail(error);
        else this.connected();
      });
    });
  }

  #fail(error: Error): void {
    this.#failure ??= failureOf(error);
    // What comes of the socket is followed by its end.
    if (systemErrorCode(error) === undefined) this.finish(this.#failure);
  }

  protected hasRoom(qos: 0 | 1 | 2): boolean {
    const mayOpen = qos === 0 || this.#open.size < this.#maxOpen;
    return mayOpen && (this.#socket?.writableLength ?? 0) <= MAX_WAITING_BYTES;
  }

  protected take(message: M): void {
    const { topic, payload, qos, retain, isRepeated } = message;
    const client = this.#client!;
    if (qos > 0) this.#open.set(message, this.nowMs());
    const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
    client.publish(topic, bytes, { qos, retain, dup: isRepeated && qos > 0 }, (error) => {
      this.#whenCurrent(client, () => this.#settle(message, error));
    });
  }

  #settle(message: M, error: Error | undefined | null): void {
    // Told twice, or with an error of a connection that is about to end.
    if (message.qos > 0 && !this.#open.has(message)) return;
    const code = codeOf(error);
    if (error && code === undefined) return;
    this.#open.delete(message);
    if (code === undefined) this.listener.onAcknowledged(message);
    else this.listener.onFailed(message, reasonOf(code));
    if (this.state === 'closing') this.leave();
    else this.offerRoom();
  }

  protected override checkConnection(nowMs: number): void {
    for (const sentMs of this.#open.values()) {
      if (nowMs >= sentMs + this.#shared.ackTimeoutMs) this.finish('ack-timeout');
      return;
    }
  }

  protected leave(): void {
    if (this.#open.size === 0) this.#sayGoodbye();
  }

  protected override hurry(): boolean {
    if (this.#isLeaving || this.#client === undefined) return false;
    this.#sayGoodbye();
    return true;
  }

  #sayGoodbye(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#client?.end();
  }

  protected release(): void {
    const [client, socket] = [this.#client, this.#socket];
    this.#client = undefined;
    this.#socket = undefined;
    this.#open.clear();
    client?.end(true);
    socket?.destroy();
  }
}

/** Of a packet that refuses something. */
function codeOf(error: unknown): number | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : undefined;
}

function failureOf(error: Error): string {
  const code = codeOf(error);
  if (code !== undefined) return refusalOf(code);
  if (error.message === 'Keepalive timeout') return 'keep-alive-timeout';
  return systemErrorCode(error) ?? 'protocol-error';
}
