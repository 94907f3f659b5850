/** Targets for transports: they keep what arrives, for each source in its order. */
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { framedBytes, frameMessage, MessageDecoder } from '../../src/host/framing.js';
import type { InternetEndpoint } from '../../src/host/native/socket-address.js';
import type { Framing } from '../../src/host/transport-spec.js';

export interface Receiver {
  /** By source; a stream without framing is one message. */
  arrived(): Uint8Array[][];
  /** Sends a message to every source that there has been. */
  answer(message: Uint8Array): void;
  /** The addresses that have sent something. */
  sources(): Set<string>;
  close(): Promise<void>;
}

export class DatagramReceiver implements Receiver {
  readonly #socket: DatagramSocket;
  readonly #arrived = new Map<string, { readonly source: InternetEndpoint; readonly messages: Uint8Array[] }>();

  private constructor(socket: DatagramSocket) {
    this.#socket = socket;
    socket.on('message', (message, { address, port }) => {
      const key = `${address} ${port}`;
      if (!this.#arrived.has(key)) this.#arrived.set(key, { source: { address, port }, messages: [] });
      this.#arrived.get(key)!.messages.push(message);
    });
  }

  static async listen(address: string): Promise<DatagramReceiver> {
    const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 8 * 2 ** 20 });
    socket.bind(0, address);
    await once(socket, 'listening');
    return new DatagramReceiver(socket);
  }

  get endpoint(): InternetEndpoint {
    return this.#socket.address();
  }

  arrived(): Uint8Array[][] {
    return [...this.#arrived.values()].map(({ messages }) => messages);
  }

  sources(): Set<string> {
    return new Set([...this.#arrived.values()].map(({ source }) => source.address));
  }

  answer(message: Uint8Array): void {
    for (const { source } of this.#arrived.values()) this.#socket.send(message, source.port, source.address);
  }

  async close(): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }
}

interface StreamReceiverOptions {
  readonly framing: Framing;
  /** Where it listens: an address and a port, or a path. */
  readonly at: InternetEndpoint | { readonly path: string };
  readonly tls?: TlsOptions;
  /** Whether it reads what arrives; false until `resume`. */
  readonly reads?: boolean;
}

export class StreamReceiver implements Receiver {
  readonly #server: Server;
  readonly #options: StreamReceiverOptions;
  readonly #connections: { readonly socket: Socket; readonly address: string; readonly messages: Uint8Array[] }[] = [];

  private constructor(options: StreamReceiverOptions) {
    this.#options = options;
    const accept = (socket: Socket) => this.#accept(socket);
    this.#server = options.tls === undefined ? createServer(accept) : createTlsServer(options.tls, accept);
  }

  static async listen(options: StreamReceiverOptions): Promise<StreamReceiver> {
    const receiver = new StreamReceiver(options);
    const { at } = options;
    receiver.#server.listen('path' in at ? at : { host: at.address, port: at.port });
    await once(receiver.#server, 'listening');
    return receiver;
  }

  #accept(socket: Socket): void {
    const messages: Uint8Array[] = [];
    this.#connections.push({ socket, messages, address: socket.remoteAddress ?? '' });
    const decoder = new MessageDecoder((bytes, at, length) => messages.push(bytes.slice(at, at + length)));
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      if (this.#options.framing === 'length') decoder.push(chunk);
      else messages.splice(0, messages.length, Buffer.concat([...messages, chunk]));
    });
    if (this.#options.reads === false) socket.pause();
  }

  get endpoint(): InternetEndpoint {
    const { address, port } = this.#server.address() as AddressInfo; // it listens to no path
    return { address, port };
  }

  get connections(): readonly Socket[] {
    return this.#connections.map(({ socket }) => socket);
  }

  arrived(): Uint8Array[][] {
    return this.#connections.map(({ messages }) => messages).filter((messages) => messages.length > 0);
  }

  sources(): Set<string> {
    return new Set(this.#connections.map(({ address }) => address));
  }

  answer(message: Uint8Array): void {
    const { framing } = this.#options;
    const framed = new Uint8Array(framedBytes(framing, message.length));
    frameMessage(framing, message, 0, message.length, framed);
    for (const { socket } of this.#connections) socket.write(framed);
  }

  resume(): void {
    for (const { socket } of this.#connections) socket.resume();
  }

  /** Ends all connections with a reset, and goes on listening. */
  reset(): void {
    for (const { socket } of this.#connections) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const { socket } of this.#connections) socket.destroy();
    await closed;
  }
}
