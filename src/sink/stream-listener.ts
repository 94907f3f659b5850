/**
 * @module
 * Servers of streams: TCP, TLS and unix sockets. Each connection is a source, and each message in it a packet.
 */
import { stat } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Batch } from '../emission/batch.js';
import { SEND } from '../emission/transport.js';
import { SynthError, systemErrorCode } from '../errors.js';
import { framedBytes, frameMessage, LENGTH_BYTES, MessageDecoder } from '../host/framing.js';
import type { InternetEndpoint } from '../host/native/socket-address.js';
import type { Framing } from '../host/transport-spec.js';
import { removeAtExit } from '../temporary.js';
import { option, wording } from '../wording.js';
import { endpointText, type ListenAddress, listenError, unmapped } from './listen-address.js';
import type { ArrivalHandler, Listener } from './listener.js';
import type { SinkTime } from './sink-time.js';
import type { Source } from './source.js';
import type { ReplyPath } from './source-origin.js';

export interface StreamServerOptions {
  readonly framing: Framing;
  /** PEM; undefined where there is no tls. */
  readonly identity: { readonly certificate: Uint8Array; readonly key: Uint8Array } | undefined;
}

/** Connections that wait to be accepted. */
const BACKLOG = 4096;
/** So much may wait for a source that does not read; what comes then is not sent. */
const MAX_UNSENT_BYTES = 2 ** 20;
/** Sources get so long to take what is still to be sent. */
const LINGER_MS = 500;

export class StreamListener implements Listener {
  /** Streams lose nothing. */
  readonly dropped = 0;
  readonly #address: ListenAddress;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  /** All of them, also those that have not come so far as to be one: TLS without a handshake. */
  readonly #sockets = new Set<Socket>();
  #port = 0;
  #forget = () => {};

  /** @throws SynthError `SYNTH_USAGE` for a certificate that is none */
  constructor(address: ListenAddress, options: StreamServerOptions, handler: ArrivalHandler, time: SinkTime) {
    this.#address = address;
    const accept = (socket: Socket) => {
      const { framing } = options;
      const origin = { url: this.url, framingBytes: framing === 'length' ? LENGTH_BYTES : 0 };
      const connection = new Connection(socket, origin, handler, time, () => this.#connections.delete(connection));
      this.#connections.add(connection);
    };
    this.#server = address.kind === 'tls' ? tlsServer(options, accept, handler) : createServer(accept);
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  get url(): string {
    const address = this.#address;
    if (address.kind === 'unix') return `unix://${address.path}`;
    return `${address.kind}://${endpointText({ ...address.endpoint, port: this.#port })}`;
  }

  /** @throws SynthError `SYNTH_SYSTEM_LIMIT` */
  async open(): Promise<void> {
    const address = this.#address;
    const where =
      address.kind === 'unix'
        ? { path: address.path }
        : { host: address.endpoint.address, port: address.endpoint.port };
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        this.#server.listen({ ...where, backlog: BACKLOG }, resolve);
      });
    } catch (error) {
      const code = systemErrorCode(error) ?? String(error);
      const isTaken = address.kind === 'unix' && code === 'EADDRINUSE';
      throw isTaken ? await takenPathError(address.path) : listenError(requestedUrl(address), code, error);
    }
    if (address.kind === 'unix') this.#forget = removeAtExit(address.path);
    else this.#port = (this.#server.address() as AddressInfo).port; // it has one, and no path
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#connections) connection.finish();
    const timer = setTimeout(() => {
      for (const connection of this.#connections) connection.destroy();
      for (const socket of this.#sockets) socket.destroy();
    }, LINGER_MS);
    await closed;
    clearTimeout(timer);
    this.#forget();
  }
}

const requestedUrl = (address: ListenAddress): string =>
  address.kind === 'unix' ? `unix://${address.path}` : `${address.kind}://${endpointText(address.endpoint)}`;

function tlsServer(
  { identity }: StreamServerOptions,
  accept: (socket: Socket) => void,
  handler: ArrivalHandler,
): Server {
  if (identity === undefined) {
    throw new SynthError('SYNTH_USAGE', 'tls takes a certificate and its key', {
      hint: wording`Give ${option('identity.certificate')} and ${option('identity.key')}.`,
    });
  }
  try {
    const server = createTlsServer({ cert: Buffer.from(identity.certificate), key: Buffer.from(identity.key) }, accept);
    return server.on('tlsClientError', () => handler.problem('TLS handshake'));
  } catch (error) {
    throw new SynthError('SYNTH_USAGE', `the certificate or its key: ${(error as Error).message}`, {
      hint: wording`Give ${option('identity.certificate')} and ${option('identity.key')} as PEM files that belong together.`,
      cause: error,
    });
  }
}

/** Why a unix path is taken: by a program, or by what one has left. */
async function takenPathError(path: string): Promise<SynthError> {
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined && !found.isSocket()) {
    return new SynthError('SYNTH_SYSTEM_LIMIT', `cannot listen on unix://${path}: a file is there`);
  }
  const isAnswered = await new Promise<boolean>((resolve) => {
    const socket = connect(path);
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
  return isAnswered
    ? new SynthError('SYNTH_SYSTEM_LIMIT', `cannot listen on unix://${path}: another program does`)
    : new SynthError(
        'SYNTH_SYSTEM_LIMIT',
        `cannot listen on unix://${path}: a socket is there on which nobody listens`,
        {
          hint: `A program that ended early has left it. Remove it with: rm ${path}`,
        },
      );
}

class Connection implements ReplyPath {
  failure = '';
  readonly #socket: Socket;
  readonly #handler: ArrivalHandler;
  readonly #time: SinkTime;
  readonly #framingBytes: number;
  readonly #decoder: MessageDecoder;
  readonly #open: () => Source;
  /** Begins with its first message: who says nothing is nobody. */
  #source: Source | undefined;
  #chunkNs = 0;

  constructor(
    socket: Socket,
    { url, framingBytes }: { readonly url: string; readonly framingBytes: number },
    handler: ArrivalHandler,
    time: SinkTime,
    onClose: () => void,
  ) {
    this.#socket = socket;
    this.#handler = handler;
    this.#time = time;
    this.#framingBytes = framingBytes;
    this.#decoder = new MessageDecoder((bytes, at, length) => this.#arrived(bytes, at, length));
    const remote = endOf(socket.remoteAddress, socket.remotePort);
    const local = endOf(socket.localAddress, socket.localPort);
    this.#open = () =>
      handler.openSource({ url, transport: 'tcp', remote, local, framingBytes, path: this, name: undefined });
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', (error) => handler.problem(systemErrorCode(error) ?? error.message));
    socket.on('close', () => {
      this.#end();
      onClose();
    });
  }

  #receive(chunk: Uint8Array): void {
    this.#chunkNs = this.#time.now();
    try {
      if (this.#framingBytes === 0) this.#arrived(chunk, 0, chunk.length);
      else this.#decoder.push(chunk);
    } catch (error) {
      if (!(error instanceof SynthError) || error.code !== 'SYNTH_DELIVERY_FAILED') throw error;
      this.#handler.problem('not a message');
      this.#socket.destroy();
      return;
    }
    if (!this.#handler.isBehind) return;
    this.#socket.pause();
    this.#handler.caughtUp().then(
      () => this.#socket.resume(),
      () => this.#socket.destroy(),
    );
  }

  #arrived(bytes: Uint8Array, at: number, length: number): void {
    if (this.#handler.isFull) return;
    this.#source ??= this.#open();
    this.#handler.arrived(this.#source, bytes, at, length, this.#chunkNs);
  }

  #end(): void {
    if (this.#decoder.pendingBytes > 0) this.#handler.problem('incomplete message');
    if (this.#source !== undefined) this.#handler.disconnected(this.#source, this.#time.now());
  }

  reply(batch: Batch): number {
    const socket = this.#socket;
    const { first } = batch;
    if (!socket.writable) return this.#fail('EPIPE');
    // To wait would hold up the replies to all others.
    if (socket.writableLength > MAX_UNSENT_BYTES) return this.#fail('ENOBUFS');
    const at = batch.at[first]!;
    const length = batch.length[first]!;
    const framing = this.#framingBytes === 0 ? 'none' : 'length';
    const message = Buffer.allocUnsafe(framedBytes(framing, length));
    frameMessage(framing, batch.bytes, at, length, message);
    socket.write(message);
    return 1;
  }

  #fail(name: string): number {
    this.failure = name;
    return SEND.failed;
  }

  finish(): void {
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

function endOf(address: string | undefined, port: number | undefined): InternetEndpoint | undefined {
  if (address === undefined || port === undefined) return undefined;
  return { address: unmapped(address), port };
}
