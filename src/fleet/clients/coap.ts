/**
 * @module
 * CoAP by the package coap: each device has a socket and an agent of its own, and is connected when the socket is. Retransmissions are those
 * of the package. What does not fit a datagram goes in blocks (RFC 7959).
 */
import type { Socket } from 'node:dgram';
import type { Agent, OutgoingMessage as CoapRequest, IncomingMessage } from 'coap';
import { SynthError, systemErrorCode } from '../../errors.js';
import { errorName } from '../../host/stream-socket.js';
import { coapHeaderBytes, datagramHeaderBytes, splitQuery } from '../../net/header-bytes.js';
import type { CoapTarget } from '../scenario/scenario.js';
import type { ClientIdentity, ClientListener, DeviceClient, OutgoingMessage } from './client.js';
import { ConnectionClient, type SharedByClients } from './connection-client.js';
import { connectedSocket } from './datagram.js';
import { TargetFactory } from './target-factory.js';

/** The largest block, and what says so in its option: 2^(6 + 4). */
const BLOCK_BYTES = 1024;
const BLOCK_SIZE_EXPONENT = 6;

interface CoapShared extends SharedByClients {
  readonly target: CoapTarget;
  readonly address: string;
  readonly Agent: typeof Agent;
}

export class CoapFactory extends TargetFactory<CoapTarget> implements CoapShared {
  declare readonly target: CoapTarget;
  Agent!: typeof Agent;

  protected async load(): Promise<void> {
    if (this.target.tls !== undefined) {
      const hint = 'Write it as coap://, or send to a proxy that speaks DTLS.';
      throw new SynthError('SYNTH_USAGE', `${this.target.url}: there is no CoAP over DTLS here`, { hint });
    }
    this.Agent = (await import('coap')).Agent;
  }

  create<M extends OutgoingMessage>(identity: ClientIdentity, listener: ClientListener<M>): DeviceClient<M> {
    return new CoapClient(identity, listener, this);
  }
}

interface OpenRequest<M> {
  /** Undefined once its message has found its end. */
  message: M | undefined;
  readonly sentMs: number;
}

class CoapClient<M extends OutgoingMessage> extends ConnectionClient<M> {
  readonly #shared: CoapShared;
  #socket: Socket | undefined;
  #agent: Agent | undefined;
  /** What may still be answered, oldest first. */
  readonly #requests = new Map<CoapRequest, OpenRequest<M>>();
  /** Of these the ones whose message waits for its end. */
  #open = 0;

  constructor(identity: ClientIdentity, listener: ClientListener<M>, shared: CoapShared) {
    super(identity, listener, shared);
    this.#shared = shared;
  }

  overheadBytes(topic: string, _qos: 0 | 1 | 2, payloadBytes: number): number {
    return datagramHeaderBytes(this.#shared.address) + coapHeaderBytes(topic, payloadBytes);
  }

  acknowledges(): boolean {
    return this.#shared.target.confirmable;
  }

  protected open(): void {
    const { address, target } = this.#shared;
    const socket = connectedSocket(address, target.port);
    this.#socket = socket;
    socket.once('connect', () => {
      if (this.#socket !== socket) return;
      this.#agent = new this.#shared.Agent({ socket: withoutAddresses(socket) });
      this.#agent.on('error', () => {});
      this.connected();
    });
    socket.on('error', (error) => {
      if (this.#socket === socket) this.finish(errorName(error));
    });
  }

  protected hasRoom(): boolean {
    return this.#open < this.#shared.target.inflight;
  }

  protected take(message: M): void {
    const { method, confirmable, port } = this.#shared.target;
    const [pathname, query] = splitQuery(message.topic);
    const parts = query === undefined ? { pathname } : { pathname, query };
    const request = this.#agent!.request({ host: this.#shared.address, port, method, confirmable, ...parts });
    if (message.payload.length > BLOCK_BYTES) request.setOption('Block1', Buffer.of(BLOCK_SIZE_EXPONENT));
    this.#requests.set(request, { message, sentMs: this.nowMs() });
    this.#open++;
    request.on('response', (response: IncomingMessage) => this.#answered(request, response));
    request.on('error', (error: Error) => this.#failed(request, error));
    request.on('timeout', () => this.#end(request, 'ack-timeout'));
    // The package writes it when the request is complete; its callback tells of the system, as that of a socket.
    if (!confirmable) request.sender.once('sent', (error?: Error | null) => error ?? this.#settle(request, undefined));
    const { buffer, byteOffset, length } = message.payload;
    request.end(Buffer.from(buffer, byteOffset, length));
  }

  #answered(request: CoapRequest, { code, payload }: IncomingMessage): void {
    if (!this.#requests.has(request)) return;
    if (code !== '0.00') this.listener.onReceived(payload.length);
    this.#end(request, code.startsWith('2') ? undefined : code === '0.00' ? 'coap-reset' : `coap-${code}`);
  }

  #failed(request: CoapRequest, error: Error): void {
    // The package gives up with an error that has no code; one of the system is the socket's, and ends it.
    if (!this.#requests.has(request)) return;
    const code = systemErrorCode(error);
    if (code !== undefined) this.finish(code);
    else this.#end(request, 'retransmitTimeout' in error ? 'ack-timeout' : 'protocol-error');
  }

  #end(request: CoapRequest, reason: string | undefined): void {
    this.#settle(request, reason);
    if (this.#requests.delete(request)) this.#agent?.abort(request);
  }

  /** Tells the end of a message; an answer to it may still come. */
  #settle(request: CoapRequest, reason: string | undefined): void {
    const open = this.#requests.get(request);
    const message = open?.message;
    if (open === undefined || message === undefined) return;
    open.message = undefined;
    this.#open--;
    if (reason === undefined) this.listener.onAcknowledged(message);
    else this.listener.onFailed(message, reason);
    if (this.state === 'closing') this.leave();
    else this.offerRoom();
  }

  protected override checkConnection(nowMs: number): void {
    for (const [request, { sentMs }] of this.#requests) {
      if (nowMs < sentMs + this.#shared.ackTimeoutMs || this.state !== 'connected') return;
      this.#end(request, 'ack-timeout');
    }
  }

  protected leave(): void {
    if (this.#open > 0) return;
    queueMicrotask(() => this.state === 'closing' && this.finish('closed'));
  }

  protected release(): void {
    const [socket, agent] = [this.#socket, this.#agent];
    this.#socket = undefined;
    this.#agent = undefined;
    const requests = [...this.#requests.keys()];
    this.#requests.clear();
    this.#open = 0;
    for (const request of requests) agent?.abort(request);
    socket?.close();
  }
}

/** The package sends to an address each time, which a connected socket does not take; only as such it hears that nobody is there. */
function withoutAddresses(socket: Socket): Socket {
  const send = socket.send.bind(socket);
  type Callback = (error: Error | null, bytes: number) => void;
  const sendConnected = (bytes: Buffer, at: number, length: number, _port: number, _host: string, done: Callback) =>
    send(bytes, at, length, done);
  // The one of its many signatures that the package uses.
  socket.send = sendConnected as Socket['send'];
  return socket;
}
