/** Real servers for clients of fleets, all of the same shape, and a device that keeps what its client tells. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import { createServer as createCoapServer } from 'coap';
import { WebSocketServer } from 'ws';
import type {
  ClientFactory,
  ClientIdentity,
  ClientListener,
  DeviceClient,
  OutgoingMessage,
} from '../../src/fleet/clients/client.js';
import { createClientFactory } from '../../src/fleet/clients/create-factory.js';
import type {
  CoapTarget,
  HttpTarget,
  MqttTarget,
  SocketTarget,
  Target,
  TargetTls,
  WebSocketTarget,
} from '../../src/fleet/scenario/scenario.js';
import { MessageDecoder } from '../../src/host/framing.js';
import type { Certificate } from './certificate.js';
import { turns } from './turns.js';

export interface Peer {
  readonly target: Target;
  /** Payloads in the order of their arrival. */
  readonly received: Buffer[];
  /** Whether it says something to whoever connects or sends, and how many bytes. */
  readonly answerBytes: number;
  /** Cuts all connections, and takes no others. */
  stop(): Promise<void>;
}

const base = (port: number, tls?: TargetTls) => ({
  name: 'test',
  url: 'test://127.0.0.1',
  host: '127.0.0.1',
  port,
  tls,
  connectTimeoutMs: 120_000,
  ackTimeoutMs: 120_000,
  backOff: { firstMs: 10, maxMs: 10 },
});

export const mqttTarget = (port: number, options: Partial<MqttTarget> = {}): MqttTarget => ({
  ...base(port),
  protocol: 'mqtt',
  client: 'lean',
  over: 'tcp',
  path: '/mqtt',
  version: '3.1.1',
  keepAliveS: 60,
  cleanSession: true,
  inflight: 10,
  ...options,
});

export const httpTarget = (port: number, options: Partial<HttpTarget> = {}): HttpTarget => ({
  ...base(port),
  protocol: 'http',
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  inflight: 1,
  ...options,
});

export const coapTarget = (port: number, options: Partial<CoapTarget> = {}): CoapTarget => ({
  ...base(port),
  protocol: 'coap',
  method: 'POST',
  confirmable: true,
  inflight: 1,
  ...options,
});

export const webSocketTarget = (port: number, options: Partial<WebSocketTarget> = {}): WebSocketTarget => ({
  ...base(port),
  protocol: 'websocket',
  binary: true,
  subprotocol: undefined,
  headers: {},
  ...options,
});

export const socketTarget = (port: number, options: Partial<SocketTarget> = {}): SocketTarget => ({
  ...base(port),
  protocol: 'tcp',
  framing: 'length',
  ...options,
});

export const trusting = ({ cert }: Certificate): TargetTls => ({
  ca: cert,
  certificate: undefined,
  key: undefined,
  serverName: undefined,
  verify: true,
});

export async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return portOf(server.address());
}

// A server that listens on a port has an AddressInfo.
const portOf = (address: unknown): number => (address as AddressInfo).port;

/** Remembers connections, so that they can be cut. */
function cuttable(server: Server): () => Promise<void> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  return async () => {
    for (const socket of sockets) socket.destroy();
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  };
}

const ANSWER = Buffer.from('answer');

export async function httpPeer(options: Partial<HttpTarget> = {}, certificate?: Certificate): Promise<Peer> {
  const received: Buffer[] = [];
  const server = certificate === undefined ? createHttpServer() : createHttpsServer(certificate);
  server.keepAliveTimeout = 60_000;
  const stop = cuttable(server);
  server.on('request', (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push(Buffer.concat(chunks));
      response.end(ANSWER);
    });
  });
  const port = await listen(server);
  return { target: httpTarget(port, options), received, answerBytes: ANSWER.length, stop };
}

export async function coapPeer(options: Partial<CoapTarget> = {}): Promise<Peer> {
  const received: Buffer[] = [];
  const server = createCoapServer({ type: 'udp4' });
  server.on('request', (request, response) => {
    received.push(request.payload);
    response.code = '2.04';
    response.end(ANSWER);
  });
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => server.listen(socket, () => resolve()));
  let isClosed = false;
  const stop = async () => {
    if (isClosed) return;
    isClosed = true;
    await new Promise<void>((resolve) => server.close(() => resolve()));
    socket.close();
  };
  return { target: coapTarget(port, options), received, answerBytes: ANSWER.length, stop };
}

export async function webSocketPeer(options: Partial<WebSocketTarget> = {}, certificate?: Certificate): Promise<Peer> {
  const received: Buffer[] = [];
  const server = certificate === undefined ? createHttpServer() : createHttpsServer(certificate);
  const stop = cuttable(server);
  new WebSocketServer({ server }).on('connection', (webSocket) => {
    webSocket.on('error', () => {});
    webSocket.on('message', (data) => {
      // One Buffer, as long as binaryType is what it is at first.
      received.push(data as Buffer);
      webSocket.send(ANSWER);
    });
  });
  return { target: webSocketTarget(await listen(server), options), received, answerBytes: ANSWER.length, stop };
}

export async function udpPeer(): Promise<Peer> {
  const received: Buffer[] = [];
  const socket = createSocket({ type: 'udp4', recvBufferSize: 2 ** 20 });
  socket.on('message', (message, { port, address }) => {
    received.push(message);
    socket.send(ANSWER, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  let isClosed = false;
  const stop = async () => {
    if (!isClosed) socket.close();
    isClosed = true;
  };
  const target = socketTarget(socket.address().port, { protocol: 'udp' });
  return { target, received, answerBytes: ANSWER.length, stop };
}

export async function tcpPeer(options: Partial<SocketTarget> = {}, certificate?: Certificate): Promise<Peer> {
  const received: Buffer[] = [];
  const answer = Buffer.concat([Buffer.from([0, 0, 0, ANSWER.length]), ANSWER]);
  const onConnection = (socket: Socket) => {
    socket.on('error', () => {});
    const decoder = new MessageDecoder((bytes, at, length) => {
      received.push(Buffer.from(bytes.subarray(at, at + length)));
      socket.write(answer);
    });
    socket.on('data', (chunk) => decoder.push(chunk));
  };
  const server =
    certificate === undefined ? createServer(onConnection) : createTlsServer({ ...certificate }, onConnection);
  const stop = cuttable(server);
  return { target: socketTarget(await listen(server), options), received, answerBytes: ANSWER.length, stop };
}

/** Keeps all that a client tells. */
export class TestDevice implements ClientListener<OutgoingMessage> {
  connects = 0;
  readonly closed: string[] = [];
  readonly acknowledged: OutgoingMessage[] = [];
  readonly failed: { readonly message: OutgoingMessage; readonly reason: string }[] = [];
  readonly receivedBytes: number[] = [];
  /** Called behind the count. */
  whenClosed: () => void = () => {};
  readonly client: DeviceClient<OutgoingMessage>;

  constructor(factory: ClientFactory, identity: Partial<ClientIdentity> = {}) {
    this.client = factory.create(identityOf(identity), this);
  }

  onConnected(): void {
    this.connects++;
  }

  onClosed(reason: string): void {
    this.closed.push(reason);
    this.whenClosed();
  }

  onAcknowledged(message: OutgoingMessage): void {
    this.acknowledged.push(message);
  }

  onFailed(message: OutgoingMessage, reason: string): void {
    this.failed.push({ message, reason });
  }

  onReceived(bytes: number): void {
    this.receivedBytes.push(bytes);
  }

  async connect(): Promise<void> {
    const before = this.connects;
    this.client.connect();
    await until(() => this.connects > before || this.closed.length > 0, 'connected');
    if (this.connects === before) throw new Error(`closed: ${this.closed.join()}`);
  }

  /** Sends one after the other, as there is room. */
  async sendAll(messages: readonly OutgoingMessage[]): Promise<void> {
    for (const message of messages) {
      while (!this.client.send(message)) {
        if (this.closed.length > 0) throw new Error(`closed: ${this.closed.join()}`);
        await new Promise<void>((resolve) => {
          this.client.onRoom = resolve;
        });
      }
    }
  }

  async end(): Promise<void> {
    this.whenClosed = () => {};
    this.client.destroy();
    await pause(0);
  }
}

export const identityOf = (identity: Partial<ClientIdentity>): ClientIdentity => ({
  id: 'device-1',
  username: undefined,
  password: undefined,
  certificate: undefined,
  key: undefined,
  will: undefined,
  subscribe: [],
  ...identity,
});

export const messageOf = (payload: Uint8Array, options: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
  topic: 'a/b',
  payload,
  qos: 0,
  retain: false,
  isRepeated: false,
  ...options,
});

export async function preparedFactory(target: Target): Promise<ClientFactory> {
  const factory = await createClientFactory(target);
  await factory.prepare();
  return factory;
}

/** For what takes as long as it takes; gives up when a test would. */
export async function until(condition: () => boolean, what: string, patienceMs = 120_000): Promise<void> {
  // Within this process things take no time.
  for (let looks = 0; looks < 50 && !condition(); looks++) await turns(1);
  for (let waitedMs = 0; !condition(); waitedMs += 5) {
    if (waitedMs > patienceMs) throw new Error(`not ${what} within ${patienceMs} ms`);
    await pause(5);
  }
}
